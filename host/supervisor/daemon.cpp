// Tests: tests/system/daemon_test.cpp
#include "supervisor/daemon.hpp"

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdint>
#include <cstring>
#include <ostream>

namespace hawser::host {
namespace {

Status failed(std::ostream &err, int error)
{
    err << "hawser: cannot go to the background: " << std::strerror(error) << '\n';
    return Status::System;
}

Status hear(const Fd &daemon, std::ostream &err)
{
    std::int32_t status = 0;
    ssize_t n = 0;
    while ((n = ::read(daemon.get(), &status, sizeof status)) < 0 && errno == EINTR) {}
    if (n == sizeof status) return static_cast<Status>(status);
    err << "hawser: the host ended before it served, without a word; run it without --daemon to see why\n";
    return Status::PluginFailed;
}

} // namespace

std::optional<Status> Daemon::begin(std::ostream &err)
{
    std::array<int, 2> ends{};
    if (::pipe2(ends.data(), O_CLOEXEC) != 0) return failed(err, errno);
    Fd daemon(ends[0]);
    parent_.reset(ends[1]);
    err.flush();
    const int between = ::fork();
    if (between < 0) return failed(err, errno);
    if (between > 0) {
        parent_.reset();
        while (::waitpid(between, nullptr, 0) < 0 && errno == EINTR) {}
        return hear(daemon, err);
    }
    // A leader of a session could get a terminal again: its child is none.
    ::setsid();
    const int last = ::fork();
    if (last < 0) tell(failed(err, errno));
    if (last != 0) ::_exit(0);
    return std::nullopt;
}

void Daemon::tell(Status status)
{
    const auto number = static_cast<std::int32_t>(status);
    [[maybe_unused]] const auto told = ::write(parent_.get(), &number, sizeof number);
    parent_.reset();
}

void Daemon::ready()
{
    if (!parent_) return;
    const Fd null(::open("/dev/null", O_RDWR | O_CLOEXEC));
    for (int fd = STDIN_FILENO; null && fd <= STDERR_FILENO; ++fd) ::dup2(null.get(), fd);
    tell(Status::Ok);
}

void Daemon::ended(Status status)
{
    if (parent_) tell(status);
}

} // namespace hawser::host
