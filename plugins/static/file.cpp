// Tests: plugins/static/tests/file_test.cpp
#include "file.hpp"

#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <ctime>

namespace static_files {
namespace {

int hex_value(char c)
{
    if (c >= '0' && c <= '9') return c - '0';
    const char lower = static_cast<char>(c | 0x20);
    return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

} // namespace

bool decode_path(std::string_view path, std::string &decoded)
{
    decoded.clear();
    for (std::size_t i = 0; i < path.size(); ++i) {
        char c = path[i];
        if (c == '%') {
            const int high = i + 2 < path.size() ? hex_value(path[i + 1]) : -1;
            const int low = i + 2 < path.size() ? hex_value(path[i + 2]) : -1;
            if (high < 0 || low < 0) return false;
            c = static_cast<char>(high * 16 + low);
            i += 2;
            // Decoded these would be separators that the client's path does not have.
            if (c == '/' || c == '\\') return false;
        }
        if (c == '\0') return false;
        // "." and ".." too: the engine has removed those that count.
        if (c == '.' && (decoded.empty() || decoded.back() == '/')) return false;
        decoded += c;
    }
    return true;
}

Root::~Root()
{
    if (fd_ >= 0) ::close(fd_);
}

int Root::open(const std::string &directory)
{
    fd_ = ::open(directory.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC);
    return fd_ >= 0 ? 0 : errno;
}

OpenFile Root::find(const std::string &path) const
{
    OpenFile file;
    open_how how{};
    // NONBLOCK: a FIFO must not hold the loop; it is refused below.
    how.flags = O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY;
    how.resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS;
    // EAGAIN: something was renamed, anywhere on the machine, while a link with ".." was followed.
    constexpr int kMostTries = 100;
    long fd = -1;
    for (int tries = 0; tries < kMostTries; ++tries) {
        fd = ::syscall(SYS_openat2, fd_, path.empty() ? "." : path.c_str(), &how, sizeof how);
        if (fd >= 0 || (errno != EAGAIN && errno != EINTR)) break;
    }
    if (fd < 0) {
        file.error = errno;
        return file;
    }
    file.fd = static_cast<int>(fd);
    if (::fstat(file.fd, &file.status) == 0 && (S_ISREG(file.status.st_mode) || S_ISDIR(file.status.st_mode)))
        return file;
    ::close(file.fd);
    file.fd = -1;
    file.error = ENOENT;
    return file;
}

std::string etag_of(const struct stat &status)
{
    char text[96];
    std::snprintf(text, sizeof text, "\"%llx-%llx-%llx%08lx\"", static_cast<unsigned long long>(status.st_ino),
                  static_cast<unsigned long long>(status.st_size),
                  static_cast<unsigned long long>(status.st_mtim.tv_sec),
                  static_cast<unsigned long>(status.st_mtim.tv_nsec));
    return text;
}

std::string http_date(std::int64_t seconds)
{
    const std::time_t time = seconds;
    std::tm tm{};
    gmtime_r(&time, &tm);
    constexpr const char *kDays[] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
    constexpr const char *kMonths[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                       "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    char text[64];
    std::snprintf(text, sizeof text, "%s, %02d %s %04d %02d:%02d:%02d GMT", kDays[tm.tm_wday], tm.tm_mday,
                  kMonths[tm.tm_mon], tm.tm_year + 1900, tm.tm_hour, tm.tm_min, tm.tm_sec);
    return text;
}

} // namespace static_files
