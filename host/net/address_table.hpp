// How many connections each address has open, over all loops of a listener. An entry exists while its address has a
// connection, so that memory is bounded by the connections that are open; 16 shards keep the loops out of each other's
// way. An IPv6 address is counted by its /64, which is what one subscriber has. [any-thread]
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <vector>

namespace hawser::host {

struct SocketAddress;

// What is counted for a peer; 0: nothing (a Unix socket).
std::uint64_t address_key(const SocketAddress &address);

class AddressTable {
public:
    AddressTable();
    // False: the address has `most` already.
    bool enter(std::uint64_t key, std::uint64_t most);
    // REQUIRES: enter(key) said true once more often than this was called.
    void leave(std::uint64_t key);

    std::size_t addresses(); // that have a connection
    std::size_t slots();     // that memory is held for

private:
    struct Slot {
        std::uint64_t key = 0; // 0: free
        std::uint64_t count = 0;
    };
    // Open addressing by steps of one, at most half full.
    struct alignas(64) Shard {
        std::mutex mutex;
        std::vector<Slot> slots;
        std::size_t used = 0;
    };
    static constexpr std::size_t kShards = 16;
    static constexpr std::size_t kLeast = 16;

    std::uint64_t hash(std::uint64_t key) const;
    std::size_t place(const Shard &shard, std::uint64_t key) const;
    void resize(Shard &shard, std::size_t size) const;
    void erase(Shard &shard, std::size_t hole) const;

    std::array<Shard, kShards> shards_;
    std::uint64_t seed_; // nobody outside can choose addresses that collide
};

} // namespace hawser::host
