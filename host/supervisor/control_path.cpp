// Tests: tests/unit/supervisor/control_server_test.cpp
#include "supervisor/control_path.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <filesystem>

namespace hawser::host {
namespace {

namespace fs = std::filesystem;

// FNV-1a, 64 bits: a name, not a secret.
std::uint64_t hash_of(const std::string &text)
{
    std::uint64_t hash = 14695981039346656037ULL;
    for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 1099511628211ULL;
    return hash;
}

fs::path control_directory()
{
    if (::geteuid() == 0) return "/run/hawser";
    const char *runtime = std::getenv("XDG_RUNTIME_DIR");
    if (runtime != nullptr && runtime[0] == '/') return fs::path(runtime) / "hawser";
    return "/tmp/hawser-" + std::to_string(::geteuid());
}

} // namespace

std::string default_control_path(const std::string &config_path)
{
    char name[32];
    std::snprintf(name, sizeof name, "%016llx.sock",
                  static_cast<unsigned long long>(hash_of(config_path.empty() ? "serve" : config_path)));
    return (control_directory() / name).string();
}

Result<void> prepare_control_directory(const std::string &socket_path)
{
    const fs::path directory = fs::path(socket_path).parent_path();
    if (directory != control_directory()) return {}; // the operator's own
    if (::mkdir(directory.c_str(), 0700) != 0 && errno != EEXIST)
        return system_error("control socket: cannot make the directory " + directory.string(), errno);
    struct stat status {};
    if (::lstat(directory.c_str(), &status) != 0) return system_error("control socket: " + directory.string(), errno);
    if (!S_ISDIR(status.st_mode) || status.st_uid != ::geteuid() || (status.st_mode & 077) != 0) {
        return Error{Status::NotPermitted,
                     "control socket: expected " + directory.string() +
                         " to be a directory of this user's alone (mode 0700); remove it or set " + "[host].control"};
    }
    return {};
}

} // namespace hawser::host
