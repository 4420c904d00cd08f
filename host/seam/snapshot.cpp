// Tests: tests/unit/seam/snapshot_test.cpp
#include "seam/snapshot.hpp"

#include "seam/plan_wire.hpp"
#include "seam/sealed.hpp"

namespace hawser::host {
namespace {

constexpr std::uint32_t kMagic = 0x504e5348; // "HSNP"
constexpr std::uint32_t kVersion = 4;

Error spoiled(const std::string &why) { return {Status::PluginFailed, "snapshot: " + why}; }

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
    if (!in.at_end()) in.flag(snapshot.checks);
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
    out.number(static_cast<std::uint8_t>(snapshot.checks));
    return write_sealed("hawser-snapshot", out.bytes());
}

Result<Snapshot> read_snapshot(int fd)
{
    auto bytes = read_sealed(fd);
    if (!bytes) return spoiled(bytes.error().text);
    return parse(*bytes);
}

} // namespace hawser::host
