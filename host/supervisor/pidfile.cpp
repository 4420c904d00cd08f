// Tests: tests/system/daemon_test.cpp
#include "supervisor/pidfile.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdio>

namespace hawser::host {
namespace {

constexpr int kTries = 100; // until the file that is locked is the one at the path

Error failed(const std::string &path, const char *what, int error)
{
    return system_error("pidfile: cannot " + std::string(what) + ' ' + path, error);
}

bool is_at(int file, const std::string &path)
{
    struct stat mine {
    }, there{};
    return ::fstat(file, &mine) == 0 && ::stat(path.c_str(), &there) == 0 && mine.st_dev == there.st_dev &&
           mine.st_ino == there.st_ino;
}

std::string text_of(int file)
{
    std::array<char, 16> text{};
    const ssize_t n = ::pread(file, text.data(), text.size(), 0);
    std::string all(text.data(), n > 0 ? static_cast<std::size_t>(n) : 0);
    const std::size_t end = all.find_first_not_of("0123456789");
    return all.substr(0, end);
}

// What is at the path, made if there is nothing, and locked: nobody else takes it meanwhile.
Result<Fd> lock(const std::string &path)
{
    for (int i = 0; i < kTries; ++i) {
        Fd file(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0644));
        if (!file) return failed(path, "open", errno);
        struct stat status {};
        if (::fstat(file.get(), &status) != 0 || !S_ISREG(status.st_mode))
            return Error{Status::System, "pidfile: expected a regular file, got something else at " + path};
        if (::flock(file.get(), LOCK_EX | LOCK_NB) != 0) {
            if (errno != EWOULDBLOCK) return failed(path, "lock", errno);
            const std::string pid = text_of(file.get());
            return Error{Status::System, "pidfile: " + path + " is held by a running host" +
                                             (pid.empty() ? " that is starting" : " with pid " + pid) +
                                             "; stop it, or name another file"};
        }
        if (is_at(file.get(), path)) return file;
    }
    return Error{Status::System, "pidfile: " + path + " changes all the time; name another file"};
}

} // namespace

Pidfile::~Pidfile()
{
    if (file_ && is_at(file_.get(), path_)) ::unlink(path_.c_str());
}

void Pidfile::adopt(const std::string &path, Fd file)
{
    path_ = path;
    file_ = std::move(file);
}

Result<void> Pidfile::take(const std::string &path)
{
    auto old = lock(path);
    if (!old) return std::move(old.error());
    const std::string pid = std::to_string(::getpid()), made = path + '.' + pid;
    Fd file(::open(made.c_str(), O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0644));
    if (!file) return failed(made, "create", errno);
    const std::string line = pid + '\n';
    errno = ENOSPC; // of a write that takes a part only
    const bool placed = ::flock(file.get(), LOCK_EX | LOCK_NB) == 0 &&
                        ::write(file.get(), line.data(), line.size()) == static_cast<ssize_t>(line.size()) &&
                        ::rename(made.c_str(), path.c_str()) == 0;
    if (!placed) {
        const int error = errno;
        ::unlink(made.c_str());
        return failed(path, "write", error);
    }
    path_ = path;
    file_ = std::move(file);
    return {};
}

} // namespace hawser::host
