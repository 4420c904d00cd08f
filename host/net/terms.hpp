// What only a connection of a listener with limits or trusted proxies has. Made where it is accepted, then its
// connection's, and for its loop's thread.
#pragma once

#include "net/address.hpp"
#include "net/listener_share.hpp"
#include "net/pace.hpp"
#include "net/proxy_header.hpp"
#include "net/wheel.hpp"

#include <cstdint>
#include <memory>

namespace hawser::host {

class Connection;

struct Terms : WheelEntry {
    explicit Terms(ListenerShare &of)
        : share(of)
    {}
    ~Terms()
    {
        if (counted != 0) share.by_address.leave(counted);
    }
    Terms(const Terms &) = delete;
    Terms &operator=(const Terms &) = delete;

    // Counts it for its peer; false: the address has as many as may be.
    bool count(const SocketAddress &peer)
    {
        const std::uint64_t key = share.rules().per_address > 0 ? address_key(peer) : 0;
        if (key == 0) return true;
        if (!share.by_address.enter(key, share.rules().per_address)) return false;
        counted = key;
        return true;
    }

    ListenerShare &share;
    Connection *connection = nullptr;
    std::uint64_t counted = 0; // in share.by_address
    Pace in, out;
    std::uint64_t moved = 0;             // when bytes last went, in either direction
    std::unique_ptr<ProxyHeader> header; // to come before all else
    struct Ends {
        SocketAddress peer, local;
    };
    std::unique_ptr<Ends> ends; // as the header said, instead of the socket's
};

} // namespace hawser::host
