// What the acceptors and connections of one listener share over all loops of the process: its limits and what they
// count. The limits are set before a loop uses them. [any-thread]
#pragma once

#include "base/network.hpp"
#include "net/address_table.hpp"
#include "net/pace.hpp"

#include <atomic>
#include <cstdint>
#include <vector>

namespace hawser::host {

struct SocketAddress;

// A log line that comes at most once a second, with how often it would have come.
class Seldom {
public:
    // True: to be told now; `*times` since the last one, this time included.
    bool tell(std::uint64_t now, std::uint64_t *times);

private:
    std::atomic<std::uint64_t> next_{0}, times_{0};
};

enum class Limit : std::uint8_t { Connections, PerAddress, AcceptRate };

struct ListenerRules {
    std::uint64_t connections = 0, per_address = 0, accept_rate = 0; // 0: no bound
    bool closes = false;                // at `connections`: accept and reset, instead of leaving them in the queue
    std::uint64_t bytes_per_second = 0; // of one connection, each direction; 0: no bound
    std::uint64_t output = 16u << 20;   // copied bytes of one connection that may wait to be sent
    std::uint64_t idle = 0;             // ns without a byte; 0: for ever
    std::vector<Network> proxies;       // whose connections begin with a PROXY header
};

class ListenerShare {
public:
    AddressTable by_address;
    std::atomic<std::uint64_t> open{0}; // connections
    Seldom told_limit, told_header, told_exhausted;
    Gate rate;

    void set(ListenerRules rules);
    const ListenerRules &rules() const { return rules_; }
    // Accepting takes more than a look at nothing.
    bool bounded() const { return bounded_; }
    // Its connections have Terms.
    bool has_terms() const { return has_terms_; }
    bool trusts(const SocketAddress &peer) const;
    // Takes a place for one more connection; false: there are as many as may be.
    bool enter();
    // For one that came from the generation before: it is not one too many.
    void enter_moved() { open.fetch_add(1, std::memory_order_relaxed); }
    void leave() { open.fetch_sub(1, std::memory_order_relaxed); }

private:
    ListenerRules rules_;
    bool bounded_ = false, has_terms_ = false;
};

} // namespace hawser::host
