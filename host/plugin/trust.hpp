// Whether a plugin file can be trusted as much as the program itself: nobody but root and the running user can have
// written it or replaced it.
#pragma once

#include "base/fd.hpp"
#include "base/result.hpp"

#include <sys/stat.h>

#include <functional>
#include <string>

namespace hawser::host {

struct TrustedFile {
    Fd fd; // for reading
    struct stat status {};
};

// Opens `path` (absolute) without following a link in its last part, as a regular file, and checks its owner and mode,
// its directory's, and those of all directories above; sticky directories such as /tmp pass above the file's own.
// Errors say what was found and what to do, to stand behind the path.
Result<TrustedFile> open_trusted(const std::string &path);

// Its steps one by one, for those who want to know which of them fails.
Result<TrustedFile> open_regular(const std::string &path);
Result<void> check_writers(const struct stat &status);
// Each directory on the way to `path`, itself included, with what is wrong with it or "". Some come twice. Errors: the
// way ends before it is reached.
using DirectoryHearer = std::function<void(const std::string &directory, const std::string &wrong)>;
Result<void> walk_directories(const std::string &path, const DirectoryHearer &hear);

// The same rules for a directory that is searched.
Result<void> check_directory(const std::string &path);

} // namespace hawser::host
