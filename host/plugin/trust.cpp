// Tests: tests/unit/plugin/catalogue_test.cpp
#include "plugin/trust.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <vector>

namespace hawser::host {
namespace {

namespace fs = std::filesystem;

Error refused(Status status, std::string text) { return {status, std::move(text)}; }

std::string reason(int error)
{
    char buffer[128];
    return strerror_r(error, buffer, sizeof buffer);
}

bool trusted_owner(uid_t owner) { return owner == 0 || owner == ::geteuid(); }

// What is wrong with who may write to it, or "".
std::string wrong_writer(const struct stat &status)
{
    if (!trusted_owner(status.st_uid))
        return "owned by user " + std::to_string(status.st_uid) + ", expected root or the running user";
    if ((status.st_mode & (S_IWGRP | S_IWOTH)) != 0) return "writable by its group or others; use chmod go-w";
    return {};
}

Error cannot_look(const fs::path &path)
{
    return refused(Status::BadConfig, "directory " + path.string() + ": " + reason(errno));
}

// Follows a path as the kernel does, and checks every directory on the way: those that a link leads through as well,
// for whoever may write to one of them decides what the path means.
class Walk {
public:
    // With `hear`, every directory is told of and none ends the walk.
    explicit Walk(const fs::path &path, const DirectoryHearer &hear = nullptr)
        : hear_(hear)
    {
        push(path);
    }

    Result<void> run()
    {
        if (auto checked = check(); !checked) return checked;
        while (!ahead_.empty()) {
            const fs::path part = std::move(ahead_.back());
            ahead_.pop_back();
            auto stepped = step(part);
            if (!stepped) return stepped;
        }
        return check(); // ".." or a link may end at a directory that was passed as one above
    }

private:
    void push(const fs::path &path)
    {
        const std::vector<fs::path> parts(path.begin(), path.end());
        ahead_.insert(ahead_.end(), parts.rbegin(), parts.rend());
        if (path.is_absolute()) here_ = "/";
    }

    Result<void> step(const fs::path &part)
    {
        if (part.empty() || part == "." || part == "/") return {};
        if (part == "..") {
            here_ = here_.parent_path();
            return {};
        }
        const fs::path next = here_ / part;
        struct stat status {};
        if (::lstat(next.c_str(), &status) != 0) return cannot_look(next);
        if (!S_ISLNK(status.st_mode)) {
            here_ = next;
            return check();
        }
        if (!trusted_owner(status.st_uid))
            return refused(Status::BadConfig, "its directory is reached by the link " + next.string() +
                                                  ", owned by user " + std::to_string(status.st_uid) +
                                                  ", expected root or the running user");
        if (++links_ > kMostLinks) {
            errno = ELOOP;
            return cannot_look(next);
        }
        std::error_code error;
        const fs::path target = fs::read_symlink(next, error);
        if (error) return refused(Status::BadConfig, "directory " + next.string() + ": " + error.message());
        push(target);
        return target.is_absolute() ? check() : Result<void>();
    }

    // Sticky directories such as /tmp pass where something is above what is searched.
    Result<void> check()
    {
        Result<void> checked = check_here();
        if (!hear_) return checked;
        hear_(here_.string(), checked ? "" : checked.error().text);
        return {};
    }

    Result<void> check_here()
    {
        struct stat status {};
        if (::lstat(here_.c_str(), &status) != 0) return cannot_look(here_);
        const std::string wrong = wrong_writer(status);
        const bool sticky = (status.st_mode & S_ISVTX) != 0 && trusted_owner(status.st_uid) && !is_last();
        if (wrong.empty() || sticky) return {};
        return refused(Status::BadConfig, "its directory " + here_.string() + " is " + wrong);
    }

    bool is_last() const
    {
        return std::all_of(ahead_.begin(), ahead_.end(),
                           [](const fs::path &part) { return part.empty() || part == "." || part == "/"; });
    }

    static constexpr int kMostLinks = 40; // as the kernel's
    fs::path here_ = "/";
    std::vector<fs::path> ahead_; // the next part is the last
    int links_ = 0;
    DirectoryHearer hear_;
};

std::string kind_of(mode_t mode)
{
    if (S_ISDIR(mode)) return "a directory";
    if (S_ISFIFO(mode)) return "a FIFO";
    if (S_ISSOCK(mode)) return "a socket";
    if (S_ISCHR(mode) || S_ISBLK(mode)) return "a device";
    return "something else";
}

} // namespace

Result<void> check_directory(const std::string &path) { return Walk(path).run(); }

Result<void> walk_directories(const std::string &path, const DirectoryHearer &hear) { return Walk(path, hear).run(); }

Result<TrustedFile> open_regular(const std::string &path)
{
    TrustedFile file;
    // NONBLOCK: opening a FIFO must not wait for a writer.
    file.fd.reset(::open(path.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC));
    if (!file.fd) {
        if (errno == ELOOP)
            return refused(Status::BadConfig, "not a regular file: a symbolic link; use the file itself");
        if (errno == ENXIO) return refused(Status::BadConfig, "not a regular file: a socket");
        const Status status = errno == ENOENT ? Status::NoFile : Status::BadConfig;
        return refused(status, "cannot be opened: " + reason(errno));
    }
    if (::fstat(file.fd.get(), &file.status) != 0)
        return refused(Status::BadConfig, "cannot be read: " + reason(errno));
    if (!S_ISREG(file.status.st_mode))
        return refused(Status::BadConfig, "not a regular file: " + kind_of(file.status.st_mode));
    return file;
}

Result<void> check_writers(const struct stat &status)
{
    const std::string wrong = wrong_writer(status);
    if (wrong.empty()) return {};
    return refused(Status::BadConfig, wrong);
}

Result<TrustedFile> open_trusted(const std::string &path)
{
    auto file = open_regular(path);
    if (!file) return file;
    if (auto checked = check_writers(file->status); !checked) return std::move(checked.error());
    if (auto checked = Walk(fs::path(path).parent_path()).run(); !checked) return std::move(checked.error());
    return file;
}

} // namespace hawser::host
