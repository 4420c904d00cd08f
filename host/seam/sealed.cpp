// Tests: tests/unit/seam/snapshot_test.cpp
#include "seam/sealed.hpp"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

namespace hawser::host {
namespace {

constexpr int kSeals = F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE;
constexpr off_t kMost = off_t{256} << 20;

Result<void> write_all(int fd, std::string_view bytes)
{
    while (!bytes.empty()) {
        const ssize_t n = ::write(fd, bytes.data(), bytes.size());
        if (n < 0 && errno == EINTR) continue;
        if (n <= 0) return system_error("cannot write a memory file", errno);
        bytes.remove_prefix(static_cast<std::size_t>(n));
    }
    return {};
}

} // namespace

Result<Fd> write_sealed(const char *name, std::string_view bytes)
{
    Fd fd(::memfd_create(name, MFD_CLOEXEC | MFD_ALLOW_SEALING));
    if (!fd) return system_error("cannot make a memory file", errno);
    if (auto written = write_all(fd.get(), bytes); !written) return written.error();
    if (::fcntl(fd.get(), F_ADD_SEALS, kSeals) != 0) return system_error("cannot seal a memory file", errno);
    return fd;
}

Result<std::string> read_sealed(int fd)
{
    const int seals = ::fcntl(fd, F_GET_SEALS);
    if (seals < 0 || (seals & kSeals) != kSeals) return Error{Status::PluginFailed, "expected a sealed memory file"};
    struct stat status {};
    if (::fstat(fd, &status) != 0) return system_error("memory file", errno);
    if (status.st_size <= 0 || status.st_size > kMost) return Error{Status::PluginFailed, "its size is out of range"};
    std::string bytes(static_cast<std::size_t>(status.st_size), '\0');
    for (std::size_t at = 0; at < bytes.size();) {
        const ssize_t n = ::pread(fd, bytes.data() + at, bytes.size() - at, static_cast<off_t>(at));
        if (n < 0 && errno == EINTR) continue;
        if (n <= 0) return system_error("cannot read a memory file", errno);
        at += static_cast<std::size_t>(n);
    }
    return bytes;
}

} // namespace hawser::host
