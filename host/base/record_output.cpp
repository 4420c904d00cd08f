// Tests: tests/unit/base/record_writer_test.cpp
#include "base/record_output.hpp"

#include <poll.h>
#include <sys/stat.h>
#include <sys/uio.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <climits>

namespace hawser::host {
namespace {

constexpr int kLook = 50; // ms between two looks at `until`

bool is_over(const std::atomic<std::uint64_t> &until)
{
    const std::uint64_t at = until.load(std::memory_order_relaxed);
    return at != 0 && static_cast<std::uint64_t>(std::chrono::steady_clock::now().time_since_epoch().count()) >= at;
}

// The two stretches without their first `done` bytes.
RecordOutput::Parts rest_of(const RecordOutput::Parts &parts, std::size_t done)
{
    if (done < parts[0].size()) return {parts[0].substr(done), parts[1]};
    return {parts[1].substr(done - parts[0].size()), std::string_view()};
}

// The byte before the one at `at`; at > 0.
char byte_before(const RecordOutput::Parts &parts, std::size_t at)
{
    return at <= parts[0].size() ? parts[0][at - 1] : parts[1][at - parts[0].size() - 1];
}

} // namespace

RecordOutput::RecordOutput(Fd fd)
    : fd_(std::move(fd))
{
    struct stat status {};
    is_file_ = ::fstat(fd_.get(), &status) == 0 && S_ISREG(status.st_mode);
}

std::uint64_t RecordOutput::lines_of(const Parts &parts)
{
    return static_cast<std::uint64_t>(std::count(parts[0].begin(), parts[0].end(), '\n') +
                                      std::count(parts[1].begin(), parts[1].end(), '\n'));
}

// False: the time is over.
bool RecordOutput::wait(const std::atomic<std::uint64_t> &until) const
{
    pollfd fd{fd_.get(), POLLOUT, 0};
    for (;;) {
        const int n = ::poll(&fd, 1, kLook);
        if (n > 0) return true; // an error too: write() says which
        if (is_over(until)) return false;
    }
}

std::int64_t RecordOutput::write_some(const Parts &rest, const std::atomic<std::uint64_t> &until)
{
    if (is_file_) {
        iovec iov[2] = {{const_cast<char *>(rest[0].data()), rest[0].size()},
                        {const_cast<char *>(rest[1].data()), rest[1].size()}};
        return ::writev(fd_.get(), iov, rest[1].empty() ? 1 : 2);
    }
    // A pipe may be blocking and shared: no more at once than it takes whole, and whole lines where they fit.
    if (!wait(until)) {
        errno = ETIMEDOUT;
        return -1;
    }
    std::string_view piece = rest[0].substr(0, PIPE_BUF);
    if (const std::size_t end = piece.rfind('\n'); end != std::string_view::npos) piece = piece.substr(0, end + 1);
    return ::write(fd_.get(), piece.data(), piece.size());
}

// How far it came; `error` is why no further, or 0.
std::size_t RecordOutput::write_all(const Parts &parts, const std::atomic<std::uint64_t> &until, int &error)
{
    const std::size_t all = parts[0].size() + parts[1].size();
    std::size_t at = 0;
    while (at < all) {
        if (is_over(until)) {
            error = ETIMEDOUT;
            break;
        }
        const std::int64_t n = write_some(rest_of(parts, at), until);
        if (n > 0) {
            at += static_cast<std::size_t>(n);
        } else if (n == 0 || (errno != EINTR && errno != EAGAIN)) {
            error = n == 0 ? EIO : errno;
            break;
        }
    }
    return at;
}

RecordOutput::Done RecordOutput::write(const Parts &parts, const std::atomic<std::uint64_t> &until)
{
    Done done;
    // A line that a full disk has cut must not swallow the next one.
    if (in_line_ && write_all({"\n", {}}, until, done.error) == 1) in_line_ = false;
    if (in_line_) {
        done.lost = lines_of(parts);
        return done;
    }
    const std::size_t at = write_all(parts, until, done.error);
    done.lost = lines_of(rest_of(parts, at));
    done.written = lines_of(parts) - done.lost;
    in_line_ = at > 0 && byte_before(parts, at) != '\n';
    return done;
}

} // namespace hawser::host
