// Opens connections to endpoints for plugins: "tcp:host:port" and "unix:/path". Names are resolved on the offload pool;
// the addresses of a name are tried one after the other.
#pragma once

#include "loop/offload.hpp"

#include <cstdint>
#include <string>
#include <string_view>

struct addrinfo;

namespace hawser::host {

class Conn;
class LoopFace;

// A connection on its way: looks the name up on the pool, then makes a socket for one address after the other until one
// is connected or the time is over. Owned by its connection; while a look-up runs it outlives that. [loop]
class Dial final : public OffloadJob {
public:
    Dial(LoopFace &face, Conn &conn, std::uint64_t until);
    ~Dial();
    Dial(const Dial &) = delete;
    Dial &operator=(const Dial &) = delete;

    void start_tcp(std::string host, std::string port);
    void start_unix(std::string_view path);
    bool next();   // false: no address is left
    void forget(); // connected or gone: ends this, at the latest with its look-up

private:
    void work() override; // [pool]
    void done() override;
    int look_up(int flags);
    void go();
    static void expired(void *who);

    LoopFace &face_;
    Conn *conn_;
    std::string host_, port_;
    bool looking_up_ = false;
    int status_ = 0, error_ = 0;
    addrinfo *found_ = nullptr;
    const addrinfo *next_ = nullptr;
    TimerHeap::Place timer_ = nullptr;
};

// On HAWSER_OK `conn` is a connection that queues what is written; it opens or closes later, from the top of the loop.
// `timeout` in nanoseconds, for everything together; 0: 30 seconds. Errors: HAWSER_INVALID (address),
// HAWSER_UNSUPPORTED (scheme), HAWSER_LIMIT (no descriptor, no memory). [loop]
std::int32_t open_outgoing(LoopFace &loop, std::uint32_t tag, std::string_view address, std::uint64_t timeout,
                           Conn *&conn);

} // namespace hawser::host
