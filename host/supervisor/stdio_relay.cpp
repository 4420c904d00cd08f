// Tests: tests/system/stdio_test.cpp
#include "supervisor/stdio_relay.hpp"

#include <fcntl.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <poll.h>
#include <thread>
#include <vector>

namespace hawser::host {

struct StdioRelay::Shared {
    Fd ours, ended;
};

namespace {

constexpr std::size_t kChunk = 65536;

// A file that is non-blocking (an inetd's socket) is waited for.
bool retry(int fd, short events)
{
    if (errno == EINTR) return true;
    if (errno != EAGAIN) return false;
    pollfd ready{fd, events, 0};
    return ::poll(&ready, 1, -1) >= 0 || errno == EINTR;
}

bool write_all(int fd, const char *bytes, std::size_t size)
{
    while (size > 0) {
        const ssize_t n = ::write(fd, bytes, size);
        if (n < 0 && !retry(fd, POLLOUT)) return false;
        if (n > 0) {
            bytes += n;
            size -= static_cast<std::size_t>(n);
        }
    }
    return true;
}

// Until the end of `from`, or until `to` takes no more.
void copy(int from, int to)
{
    std::vector<char> buffer(kChunk);
    for (;;) {
        const ssize_t n = ::read(from, buffer.data(), buffer.size());
        if (n == 0 || (n < 0 && !retry(from, POLLIN))) return;
        if (n > 0 && !write_all(to, buffer.data(), static_cast<std::size_t>(n))) return;
    }
}

} // namespace

StdioRelay::StdioRelay(std::shared_ptr<Shared> shared, Fd connection)
    : shared_(std::move(shared))
    , connection_(std::move(connection))
{}

int StdioRelay::ended_fd() const { return shared_->ended.get(); }

Result<StdioRelay> StdioRelay::start()
{
    std::array<int, 2> ends{};
    if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()) != 0) return system_error("stdio:", errno);
    auto shared = std::make_shared<Shared>();
    shared->ours.reset(ends[0]);
    Fd connection(ends[1]);
    ::fcntl(connection.get(), F_SETFL, O_NONBLOCK);
    shared->ended.reset(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
    if (!shared->ended) return system_error("stdio:", errno);
    std::thread([shared] {
        copy(STDIN_FILENO, shared->ours.get());
        ::shutdown(shared->ours.get(), SHUT_WR);
    }).detach();
    std::thread([shared] {
        copy(shared->ours.get(), STDOUT_FILENO);
        // Who listens behind a pipe or a socket hears the end now, not when the process is gone.
        ::shutdown(STDOUT_FILENO, SHUT_WR);
        ::shutdown(shared->ours.get(), SHUT_RD);
        const std::uint64_t one = 1;
        [[maybe_unused]] const auto told = ::write(shared->ended.get(), &one, sizeof one);
    }).detach();
    return StdioRelay(std::move(shared), std::move(connection));
}

} // namespace hawser::host
