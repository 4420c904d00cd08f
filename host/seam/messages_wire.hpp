// Messages as bytes: version, type, then the members of the message. Descriptors travel beside the bytes, in order.
#pragma once

#include "seam/channel.hpp"
#include "seam/wire.hpp"

#include <cstddef>
#include <string>
#include <vector>

namespace hawser::host {

// The packets that carry `message`: more than one only for Sockets (batches of descriptors) and StatusReport (parts,
// all but the last marked as continued).
struct Packet {
    std::string bytes;
    std::vector<int> fds; // borrowed
};
std::vector<Packet> encode(const Message &message);

struct Decoded {
    Message message;
    bool continued = false; // StatusReport: more rows follow in the next packet
};
// Takes the descriptors; those that no member asked for are closed with `fds`.
Result<Decoded> decode(std::string_view bytes, std::vector<Fd> fds);

} // namespace hawser::host
