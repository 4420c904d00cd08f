// Opens connections to endpoints for plugins: "tcp:host:port" and "unix:/path". Names are resolved on the offload pool;
// the addresses of a name are tried one after the other.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

namespace hawser::host {

class Conn;
class LoopFace;
class Lookup;

// The name look-ups of one loop that have not ended, so that a connection that goes first is not connected any more.
class Lookups {
public:
    void add(Lookup *lookup) { running_.push_back(lookup); }
    void remove(Lookup *lookup) { std::erase(running_, lookup); }
    void forget(const Conn *conn);

private:
    std::vector<Lookup *> running_;
};

// On HAWSER_OK `conn` is a connection that queues what is written; it opens or closes later, from the top of the loop.
// `timeout` in nanoseconds, for everything together; 0: 30 seconds. Errors: HAWSER_INVALID (address),
// HAWSER_UNSUPPORTED (scheme), HAWSER_LIMIT (no descriptor, no memory). [loop]
std::int32_t open_outgoing(LoopFace &loop, std::uint32_t tag, std::string_view address, std::uint64_t timeout,
                           Conn *&conn);

} // namespace hawser::host
