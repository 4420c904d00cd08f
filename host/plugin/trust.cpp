// Tests: tests/unit/plugin/catalogue_test.cpp
#include "plugin/trust.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>

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

Result<void> check_ancestors(fs::path directory, bool sticky_passes)
{
    for (;; directory = directory.parent_path()) {
        struct stat status {};
        if (::lstat(directory.c_str(), &status) != 0)
            return refused(Status::BadConfig, "directory " + directory.string() + ": " + reason(errno));
        // A link is followed by whoever opens the path: what it points to is checked, and its own directory next.
        if (S_ISLNK(status.st_mode) && ::stat(directory.c_str(), &status) != 0)
            return refused(Status::BadConfig, "directory " + directory.string() + ": " + reason(errno));
        const bool sticky = (status.st_mode & S_ISVTX) != 0 && trusted_owner(status.st_uid);
        const std::string wrong = wrong_writer(status);
        if (!wrong.empty() && !(sticky && sticky_passes))
            return refused(Status::BadConfig, "its directory " + directory.string() + " is " + wrong);
        sticky_passes = true;
        if (directory == directory.root_path()) return {};
    }
}

std::string kind_of(mode_t mode)
{
    if (S_ISDIR(mode)) return "a directory";
    if (S_ISFIFO(mode)) return "a FIFO";
    if (S_ISSOCK(mode)) return "a socket";
    if (S_ISCHR(mode) || S_ISBLK(mode)) return "a device";
    return "something else";
}

} // namespace

Result<void> check_directory(const std::string &path) { return check_ancestors(path, false); }

Result<TrustedFile> open_trusted(const std::string &path)
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
    const std::string wrong = wrong_writer(file.status);
    if (!wrong.empty()) return refused(Status::BadConfig, wrong);
    if (auto checked = check_ancestors(fs::path(path).parent_path(), false); !checked)
        return std::move(checked.error());
    return file;
}

} // namespace hawser::host
