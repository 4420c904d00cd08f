// Tests: tests/unit/seam/parcel_test.cpp
#include "seam/parcel.hpp"

#include "seam/wire.hpp"

namespace hawser::host {
namespace {

constexpr std::size_t kLeastParcel = 26; // bytes of one with empty texts

Error malformed(const char *what) { return {Status::PluginFailed, std::string("parcel: malformed ") + what}; }

void write_address(WireWriter &out, const ParcelAddress &address)
{
    out.number(address.family);
    out.number(address.port);
    for (const std::uint8_t byte : address.ip) out.number(byte);
    out.text(address.text);
}

void read_address(WireReader &in, ParcelAddress &address)
{
    in.number(address.family);
    in.number(address.port);
    for (std::uint8_t &byte : address.ip) in.number(byte);
    in.text(address.text);
}

void write_parcel(WireWriter &out, const Parcel &parcel)
{
    out.text(parcel.listener);
    out.text(parcel.protocol);
    out.text(parcel.state);
    out.text(parcel.input);
    out.number(parcel.timer);
    out.number(static_cast<std::uint8_t>(parcel.paused));
    out.number(static_cast<std::uint8_t>(parcel.ends.has_value()));
    if (!parcel.ends) return;
    write_address(out, parcel.ends->peer);
    write_address(out, parcel.ends->local);
}

void read_parcel(WireReader &in, Parcel &parcel)
{
    in.text(parcel.listener);
    in.text(parcel.protocol);
    in.text(parcel.state);
    in.text(parcel.input);
    in.number(parcel.timer);
    in.flag(parcel.paused);
    bool has_ends = false;
    in.flag(has_ends);
    if (!has_ends) return;
    parcel.ends.emplace();
    read_address(in, parcel.ends->peer);
    read_address(in, parcel.ends->local);
}

// True: of a version that is understood.
bool read_version(WireReader &in)
{
    std::uint16_t version = 0;
    in.number(version);
    return !in.bad() && version == kParcelVersion;
}

} // namespace

std::size_t parcel_size(const Parcel &parcel)
{
    constexpr std::size_t kEnds = 2 * 24;
    const std::size_t ends = parcel.ends ? kEnds + parcel.ends->peer.text.size() + parcel.ends->local.text.size() : 0;
    return kLeastParcel + parcel.listener.size() + parcel.protocol.size() + parcel.state.size() + parcel.input.size() +
           ends;
}

std::string encode_parcels(const ParcelBatch &batch)
{
    WireWriter out;
    out.number(kParcelVersion);
    out.number(batch.number);
    out.list(batch.parcels, write_parcel);
    return out.bytes();
}

Result<ParcelBatch> decode_parcels(std::string_view bytes, std::size_t sockets)
{
    WireReader in(bytes);
    if (!read_version(in)) return malformed("packet, or of another version");
    ParcelBatch batch;
    in.number(batch.number);
    in.list(batch.parcels, kLeastParcel, read_parcel);
    if (in.bad() || batch.parcels.size() != sockets) return malformed("packet");
    return batch;
}

std::string encode_parcel_answer(const ParcelAnswer &answer)
{
    WireWriter out;
    out.number(kParcelVersion);
    out.number(answer.number);
    out.list(answer.accepted, [](WireWriter &to, std::uint8_t each) { to.number(each); });
    return out.bytes();
}

Result<ParcelAnswer> decode_parcel_answer(std::string_view bytes)
{
    WireReader in(bytes);
    if (!read_version(in)) return malformed("answer, or of another version");
    ParcelAnswer answer;
    in.number(answer.number);
    in.list(answer.accepted, 1, [](WireReader &from, std::uint8_t &each) { from.number(each); });
    if (in.bad()) return malformed("answer");
    return answer;
}

} // namespace hawser::host
