// Tests: tests/unit/seam/snapshot_test.cpp
#include "seam/snapshot.hpp"

#include "seam/plan_wire.hpp"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include <cerrno>

namespace hawser::host {
namespace {

constexpr std::uint32_t kMagic = 0x504e5348; // "HSNP"
constexpr std::uint32_t kVersion = 2;
constexpr int kSeals = F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE;
constexpr off_t kMost = off_t{256} << 20;

Error spoiled(const std::string &why) { return {Status::PluginFailed, "snapshot: " + why}; }

Result<void> write_all(int fd, std::string_view bytes)
{
    while (!bytes.empty()) {
        const ssize_t n = ::write(fd, bytes.data(), bytes.size());
        if (n < 0 && errno == EINTR) continue;
        if (n <= 0) return system_error("cannot write the snapshot", errno);
        bytes.remove_prefix(static_cast<std::size_t>(n));
    }
    return {};
}

Result<Snapshot> parse(std::string_view bytes)
{
    WireReader in(bytes);
    std::uint32_t magic = 0, version = 0;
    Snapshot snapshot;
    in.number(magic);
    in.number(version);
    if (in.bad() || magic != kMagic) return spoiled("expected a snapshot, got other bytes");
    if (version != kVersion)
        return spoiled("expected version " + std::to_string(kVersion) + ", got " + std::to_string(version));
    in.number(snapshot.generation);
    in.number(snapshot.drain_timeout_ns);
    in.number(snapshot.log_level);
    in.number(snapshot.log_format);
    in.number(snapshot.access);
    in.flag(snapshot.single);
    in.number(snapshot.start_timeout_ns);
    in.flag(snapshot.rehearses);
    if (snapshot.log_level < Level::Error || snapshot.log_level > Level::Debug) in.spoil();
    if (snapshot.log_format > LogFormat::Journal || snapshot.access > AccessFormat::Json) in.spoil();
    read_plan(in, snapshot.compartment);
    if (in.bad()) return spoiled("its content contradicts itself or is cut off");
    return snapshot;
}

} // namespace

Result<Fd> write_snapshot(const Snapshot &snapshot)
{
    WireWriter out;
    out.number(kMagic);
    out.number(kVersion);
    out.number(snapshot.generation);
    out.number(snapshot.drain_timeout_ns);
    out.number(snapshot.log_level);
    out.number(snapshot.log_format);
    out.number(snapshot.access);
    out.number(static_cast<std::uint8_t>(snapshot.single));
    out.number(snapshot.start_timeout_ns);
    out.number(static_cast<std::uint8_t>(snapshot.rehearses));
    write_plan(out, snapshot.compartment);
    Fd fd(::memfd_create("hawser-snapshot", MFD_CLOEXEC | MFD_ALLOW_SEALING));
    if (!fd) return system_error("cannot make the snapshot", errno);
    if (auto written = write_all(fd.get(), out.bytes()); !written) return written.error();
    if (::fcntl(fd.get(), F_ADD_SEALS, kSeals) != 0) return system_error("cannot seal the snapshot", errno);
    return fd;
}

Result<Snapshot> read_snapshot(int fd)
{
    const int seals = ::fcntl(fd, F_GET_SEALS);
    if (seals < 0 || (seals & kSeals) != kSeals) return spoiled("expected a sealed memory file");
    struct stat status {};
    if (::fstat(fd, &status) != 0) return system_error("snapshot", errno);
    if (status.st_size <= 0 || status.st_size > kMost) return spoiled("its size is out of range");
    const auto size = static_cast<std::size_t>(status.st_size);
    void *memory = ::mmap(nullptr, size, PROT_READ, MAP_PRIVATE, fd, 0);
    if (memory == MAP_FAILED) return system_error("snapshot", errno);
    auto parsed = parse({static_cast<const char *>(memory), size});
    ::munmap(memory, size);
    return parsed;
}

} // namespace hawser::host
