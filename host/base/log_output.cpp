// Tests: tests/unit/base/log_output_test.cpp
#include "base/log_output.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <climits>
#include <cstring>
#include <ctime>
#include <string>

namespace hawser::host {
namespace {

constexpr std::uint64_t kDatagramPatience = 1'000'000'000; // a log daemon that takes nothing for so long is stuck

std::uint64_t monotonic()
{
    timespec now{};
    ::clock_gettime(CLOCK_MONOTONIC, &now);
    return static_cast<std::uint64_t>(now.tv_sec) * 1'000'000'000 + static_cast<std::uint64_t>(now.tv_nsec);
}

} // namespace

LogOutput::LogOutput(int fd, LogFormat format, std::function<std::uint64_t()> overruns)
    : fd_(fd)
    , format_(format)
    , overruns_(std::move(overruns))
{}

void LogOutput::set(int fd, LogFormat format)
{
    format_.store(format);
    fd_.store(fd);
}

void LogOutput::write(std::string_view record)
{
    const std::uint64_t overruns = overruns_ ? overruns_() : 0;
    const std::uint64_t count = lost_ + overruns - told_overruns_;
    if (count > 0) {
        const auto now = std::chrono::system_clock::now().time_since_epoch();
        const std::string number = std::to_string(count);
        const LogField field{"count", number};
        const std::int64_t wall = std::chrono::duration_cast<std::chrono::nanoseconds>(now).count();
        if (!put(format_record(format_, {wall, Level::Warning, "host", "log_lines_lost", {&field, 1}}))) {
            ++lost_;
            return;
        }
        lost_ = 0;
        told_overruns_ = overruns;
    }
    if (!put(record)) ++lost_;
}

bool LogOutput::put(std::string_view record)
{
    if (is_datagram(format_)) return put_datagram(record);
    if (torn_ && !put_stream("\n")) return false;
    torn_ = false;
    return put_stream(record);
}

void LogOutput::look_at(int fd)
{
    if (fd == known_fd_) return;
    known_fd_ = fd;
    struct stat status {};
    regular_ = ::fstat(fd, &status) == 0 && S_ISREG(status.st_mode);
}

// A pipe that nobody reads is waited for, but not at the end of the process.
bool LogOutput::wait_writable(int fd)
{
    const std::uint64_t until = until_.load(), now = until != 0 ? monotonic() : 0;
    const int patience =
        until == 0 ? 1000
                   : static_cast<int>(std::min<std::uint64_t>(until > now ? (until - now) / 1'000'000 : 0, 1000));
    pollfd waiting{fd, POLLOUT, 0};
    if (::poll(&waiting, 1, patience) > 0) return true;
    return until == 0 || monotonic() < until; // look again
}

bool LogOutput::put_stream(std::string_view bytes)
{
    const std::size_t all = bytes.size();
    while (!bytes.empty()) {
        const int fd = fd_.load();
        look_at(fd);
        pollfd ready{fd, POLLOUT, 0};
        if (!regular_ && ::poll(&ready, 1, 0) == 0) { // writing would block, or the whole process would
            if (!wait_writable(fd)) {
                torn_ = torn_ || bytes.size() < all;
                return false;
            }
            continue;
        }
        const std::size_t part = regular_ ? bytes.size() : std::min<std::size_t>(bytes.size(), PIPE_BUF);
        const ssize_t n = ::write(fd, bytes.data(), part);
        if (n < 0 && (errno == EINTR || errno == EAGAIN)) continue;
        if (n <= 0) {
            torn_ = torn_ || bytes.size() < all;
            return false;
        }
        bytes.remove_prefix(static_cast<std::size_t>(n));
    }
    return true;
}

bool LogOutput::put_datagram(std::string_view record)
{
    const std::uint64_t until = monotonic() + kDatagramPatience;
    for (;;) {
        const int fd = fd_.load();
        if (::send(fd, record.data(), record.size(), MSG_NOSIGNAL | MSG_DONTWAIT) >= 0) return true;
        if (errno == EMSGSIZE && format_ == LogFormat::Journal) return put_large(fd, record);
        if (errno == EINTR) continue;
        if (errno != EAGAIN || monotonic() >= until || !wait_writable(fd)) return false;
    }
}

// What is too large for a datagram the journal takes as a sealed memory file.
bool LogOutput::put_large(int fd, std::string_view record)
{
    const Fd file(::memfd_create("hawser-log", MFD_CLOEXEC | MFD_ALLOW_SEALING));
    if (!file) return false;
    for (std::string_view left = record; !left.empty();) {
        const ssize_t n = ::write(file.get(), left.data(), left.size());
        if (n <= 0) return false;
        left.remove_prefix(static_cast<std::size_t>(n));
    }
    if (::fcntl(file.get(), F_ADD_SEALS, F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE) != 0) return false;
    alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof(int))> control{};
    msghdr message{};
    message.msg_control = control.data();
    message.msg_controllen = control.size();
    cmsghdr *header = CMSG_FIRSTHDR(&message);
    header->cmsg_level = SOL_SOCKET;
    header->cmsg_type = SCM_RIGHTS;
    header->cmsg_len = CMSG_LEN(sizeof(int));
    const int passed = file.get();
    std::memcpy(CMSG_DATA(header), &passed, sizeof passed);
    return ::sendmsg(fd, &message, MSG_NOSIGNAL) >= 0;
}

} // namespace hawser::host
