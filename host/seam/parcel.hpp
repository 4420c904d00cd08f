// Connections on their way from one worker to the worker of the next generation: what a packet of them looks like, and
// its answer. One packet holds up to kMostParcels of them, their sockets beside the bytes, in order; the next is sent
// when it was answered. Either side may be of the version before or after.
#pragma once

#include "base/result.hpp"
#include "seam/passing.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace hawser::host {

inline constexpr std::uint16_t kParcelVersion = 1;
inline constexpr std::size_t kMostParcels = kMostPassed;
inline constexpr std::size_t kMostParcelBytes = 96 * 1024; // of a packet, unless its first parcel is longer
inline constexpr std::size_t kParcelPacket = 256 * 1024;   // no packet is longer

struct ParcelAddress { // as net's SocketAddress
    std::uint16_t family = 0, port = 0;
    std::array<std::uint8_t, 16> ip{};
    std::string text;
};

struct Parcel {
    std::string listener, protocol; // by name: numbers differ between generations; protocol: its kind
    std::string state;              // of the session
    std::string input;              // that the session left unconsumed
    std::uint64_t timer = 0;        // monotonic ns; 0: none
    bool paused = false;
    struct Ends {
        ParcelAddress peer, local;
    };
    std::optional<Ends> ends; // as a PROXY header said
};

struct ParcelBatch {
    std::uint32_t number = 0;
    std::vector<Parcel> parcels; // as many as sockets came along
};
std::string encode_parcels(const ParcelBatch &batch);
// Errors: malformed, another version, or not `sockets` of them.
Result<ParcelBatch> decode_parcels(std::string_view bytes, std::size_t sockets);
// How many bytes it adds to a packet.
std::size_t parcel_size(const Parcel &parcel);

struct ParcelAnswer {
    std::uint32_t number = 0;           // of the batch
    std::vector<std::uint8_t> accepted; // 1 or 0 for each parcel
};
std::string encode_parcel_answer(const ParcelAnswer &answer);
Result<ParcelAnswer> decode_parcel_answer(std::string_view bytes);

} // namespace hawser::host
