// The loop that raw_http and raw_echo share: the least that a server on epoll can do. One thread, level-triggered, one
// receive and one send for each readiness. What a peer that does not read leaves over is dropped with the connection.
#pragma once

#include "sockets.hpp"

#include <array>
#include <csignal>

namespace bench {

// `on_data(fd, bytes, size)` returns false to close the connection; `on_open(fd)` is told of each new one.
template<typename OnOpen, typename OnData>
void serve(const std::string &address, OnOpen on_open, OnData on_data)
{
    ::signal(SIGPIPE, SIG_IGN);
    const int listener = listen_on(address);
    const int epoll = ::epoll_create1(EPOLL_CLOEXEC);
    watch(epoll, listener, EPOLLIN);
    static std::array<char, 64 * 1024> buffer;
    std::array<epoll_event, 256> events{};
    for (;;) {
        const int count = ::epoll_wait(epoll, events.data(), events.size(), -1);
        for (int i = 0; i < count; ++i) {
            const int fd = events[static_cast<std::size_t>(i)].data.fd;
            if (fd == listener) {
                for (int accepted, n = 0;
                     n < 32 && (accepted = ::accept4(listener, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC)) >= 0;
                     ++n) {
                    on_open(accepted);
                    watch(epoll, accepted, EPOLLIN);
                }
                continue;
            }
            const ssize_t size = ::recv(fd, buffer.data(), buffer.size(), 0);
            if (size < 0 && errno == EAGAIN) continue;
            if (size <= 0 || !on_data(fd, buffer.data(), static_cast<std::size_t>(size))) ::close(fd);
        }
    }
}

} // namespace bench
