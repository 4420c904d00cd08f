// Sockets for the programs of this folder and their tests: addresses as "127.0.0.1:80", "[::1]:80" or "unix:/path".
// Nothing here uses the host's code: what measures it stands on its own. Failures end the program with a message.
#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>

namespace bench {

[[noreturn]] inline void die(const std::string &what)
{
    std::fprintf(stderr, "%s: %s\n", what.c_str(), std::strerror(errno));
    std::exit(71);
}

struct Address {
    sockaddr_storage storage{};
    socklen_t size = 0;
    const sockaddr *raw() const { return reinterpret_cast<const sockaddr *>(&storage); }
    int family() const { return storage.ss_family; }
};

inline Address parse_address(const std::string &text)
{
    Address address;
    if (text.rfind("unix:", 0) == 0) {
        auto *local = reinterpret_cast<sockaddr_un *>(&address.storage);
        local->sun_family = AF_UNIX;
        std::snprintf(local->sun_path, sizeof local->sun_path, "%s", text.c_str() + 5);
        address.size = sizeof *local;
        return address;
    }
    const std::size_t colon = text.rfind(':');
    std::string host = text.substr(0, colon);
    const auto port = htons(static_cast<std::uint16_t>(std::atoi(text.c_str() + colon + 1)));
    auto *v4 = reinterpret_cast<sockaddr_in *>(&address.storage);
    if (inet_pton(AF_INET, host.c_str(), &v4->sin_addr) == 1) {
        v4->sin_family = AF_INET;
        v4->sin_port = port;
        address.size = sizeof *v4;
        return address;
    }
    if (host.size() > 2 && host.front() == '[') host = host.substr(1, host.size() - 2);
    auto *v6 = reinterpret_cast<sockaddr_in6 *>(&address.storage);
    if (inet_pton(AF_INET6, host.c_str(), &v6->sin6_addr) == 1) {
        v6->sin6_family = AF_INET6;
        v6->sin6_port = port;
        address.size = sizeof *v6;
        return address;
    }
    std::fprintf(stderr, "expected an address like 127.0.0.1:80, [::1]:80 or unix:/path, got \"%s\"\n", text.c_str());
    std::exit(64);
}

inline void no_delay(int fd)
{
    const int on = 1;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
}

// A non-blocking connection, perhaps still connecting; -1 with errno when it failed at once.
inline int start_connect(const Address &address, const char *source = nullptr)
{
    const int fd = ::socket(address.family(), SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0) return -1;
    if (address.family() != AF_UNIX) no_delay(fd);
    if (source) {
        const Address from = parse_address(std::string(source) + ":0");
        const int on = 1;
        setsockopt(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &on, sizeof on);
        if (::bind(fd, from.raw(), from.size) != 0) die("bind");
    }
    if (::connect(fd, address.raw(), address.size) != 0 && errno != EINPROGRESS) {
        const int code = errno;
        ::close(fd);
        errno = code;
        return -1;
    }
    return fd;
}

// A non-blocking listening socket; prints "listening PORT" when the port was 0, so that a caller can read it.
inline int listen_on(const std::string &text)
{
    const Address address = parse_address(text);
    const int fd = ::socket(address.family(), SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0) die("socket");
    const int on = 1;
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (address.family() != AF_UNIX) no_delay(fd); // inherited by what it accepts
    if (::bind(fd, address.raw(), address.size) != 0) die("bind " + text);
    if (::listen(fd, 4096) != 0) die("listen " + text);
    sockaddr_in bound{};
    socklen_t size = sizeof bound;
    if (::getsockname(fd, reinterpret_cast<sockaddr *>(&bound), &size) == 0 && bound.sin_family == AF_INET)
        std::printf("listening %d\n", ntohs(bound.sin_port));
    std::fflush(stdout);
    return fd;
}

inline void watch(int epoll, int fd, std::uint32_t events, int operation = EPOLL_CTL_ADD)
{
    epoll_event event{};
    event.events = events;
    event.data.fd = fd;
    if (::epoll_ctl(epoll, operation, fd, &event) != 0) die("epoll_ctl");
}

} // namespace bench
