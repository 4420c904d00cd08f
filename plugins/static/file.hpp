// Opens files below a directory by the path of a request, and nothing else. For one loop's thread.
#pragma once

#include <sys/stat.h>

#include <string>
#include <string_view>

namespace static_files {

// Decodes a request's path once ("%20"). False: malformed, a NUL, an encoded slash or backslash, a hidden part
// (".git").
bool decode_path(std::string_view path, std::string &decoded);

struct OpenFile {
    int fd = -1; // the caller's
    struct stat status {};
    int error = 0; // errno when there is none
};

class Root {
public:
    Root() = default;
    ~Root();
    Root(const Root &) = delete;
    Root &operator=(const Root &) = delete;

    int open(const std::string &directory); // errno, or 0
    // `path`: relative, "" for the root itself. The kernel follows no link out of the root (openat2, RESOLVE_BENEATH).
    OpenFile find(const std::string &path) const;

private:
    int fd_ = -1;
};

std::string etag_of(const struct stat &status); // strong: inode, size and time of change
std::string http_date(std::int64_t seconds);    // RFC 9110 § 5.6.7

} // namespace static_files
