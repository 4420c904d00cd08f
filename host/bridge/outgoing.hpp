// Opens connections to endpoints for plugins: "tcp:host:port", "unix:/path", and "service:name", a listener of this
// compartment over a pipe. Names are resolved on the offload pool; the addresses of a name race (RFC 8305).
#pragma once

#include "bridge/name_lookup.hpp"
#include "loop/timer_heap.hpp"

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace hawser::host {

class Conn;
class LoopFace;

// A connection on its way: looks the name up, then tries one address after the other, the next one as soon as one has
// failed or has not answered for a while, until one is connected or the time is over. Owned by its connection. [loop]
class Dial {
public:
    static constexpr std::uint64_t kNextAfter = 250'000'000; // RFC 8305, 5: Connection Attempt Delay

    Dial(LoopFace &face, Conn &conn, std::uint64_t until);
    ~Dial();
    Dial(const Dial &) = delete;
    Dial &operator=(const Dial &) = delete;

    void start_tcp(NameQuestion question);
    void start_unix(std::string_view path);

private:
    class Attempt;
    static void found(void *who, int status, Addresses addresses);
    static void expired(void *who);
    static void hurry(void *who);
    void race(Addresses addresses);
    void try_next();
    void attempt_ended(Attempt &attempt, int error);
    void retire(std::unique_ptr<Attempt> attempt);

    LoopFace &face_;
    Conn &conn_;
    NameLookup *lookup_ = nullptr;
    Addresses left_; // the next one last
    std::vector<std::unique_ptr<Attempt>> attempts_;
    int error_ = 0;
    TimerHeap::Place timer_ = nullptr, next_timer_ = nullptr;
};

// On HAWSER_OK `conn` is a connection that queues what is written; it opens or closes later, from the top of the loop.
// `timeout` in nanoseconds, for everything together; 0: 30 seconds. Errors: HAWSER_INVALID (address),
// HAWSER_UNSUPPORTED (scheme), HAWSER_LIMIT (no descriptor, no memory). [loop]
std::int32_t open_outgoing(LoopFace &loop, std::uint32_t tag, std::string_view address, std::uint64_t timeout,
                           Conn *&conn);

// "host:port" of an address with its scheme taken off; false: it is none. A port of 0 only if `any_port`.
bool split_host_port(std::string_view text, bool any_port, std::string &host, std::string &port);

} // namespace hawser::host
