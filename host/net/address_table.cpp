// Tests: tests/unit/net/limits_test.cpp
#include "net/address_table.hpp"

#include "net/address.hpp"

#include <sys/random.h>

#include <chrono>
#include <utility>

namespace hawser::host {

std::uint64_t address_key(const SocketAddress &address)
{
    // What is not an IPv6 /64 lies in 0:0::/32, which is no subscriber's.
    constexpr std::uint64_t kFour = 0xffffULL << 32, kLocal = 0xfffeULL << 32;
    std::uint64_t bits = 0;
    if (address.family == 4) {
        for (std::size_t i = 0; i < 4; ++i) bits = bits << 8 | address.ip[i];
        return kFour | bits;
    }
    if (address.family != 6) return 0;
    for (std::size_t i = 0; i < 8; ++i) bits = bits << 8 | address.ip[i];
    return bits != 0 ? bits : kLocal; // ::1 and its like
}

AddressTable::AddressTable()
{
    const bool random = ::getrandom(&seed_, sizeof seed_, GRND_NONBLOCK) == static_cast<ssize_t>(sizeof seed_);
    if (!random) seed_ = static_cast<std::uint64_t>(std::chrono::steady_clock::now().time_since_epoch().count());
}

// The finisher of SplitMix64 over the key and the seed, twice: one multiplication is undone too easily.
std::uint64_t AddressTable::hash(std::uint64_t key) const
{
    std::uint64_t x = key ^ seed_;
    for (int round = 0; round < 2; ++round) {
        x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9ULL;
        x = (x ^ (x >> 27)) * 0x94d049bb133111ebULL;
        x = x ^ (x >> 31) ^ (seed_ << 1);
    }
    return x;
}

// Where the key is, or the free slot where it would be. REQUIRES: a free slot.
std::size_t AddressTable::place(const Shard &shard, std::uint64_t key) const
{
    const std::size_t mask = shard.slots.size() - 1;
    std::size_t i = (hash(key) / kShards) & mask;
    while (shard.slots[i].key != 0 && shard.slots[i].key != key) i = (i + 1) & mask;
    return i;
}

void AddressTable::resize(Shard &shard, std::size_t size) const
{
    const std::vector<Slot> old = std::exchange(shard.slots, std::vector<Slot>(size));
    for (const Slot &slot : old) {
        if (slot.key != 0) shard.slots[place(shard, slot.key)] = slot;
    }
}

bool AddressTable::enter(std::uint64_t key, std::uint64_t most)
{
    Shard &shard = shards_[hash(key) % kShards];
    const std::lock_guard lock(shard.mutex);
    if ((shard.used + 1) * 2 > shard.slots.size()) resize(shard, shard.slots.empty() ? kLeast : shard.slots.size() * 2);
    Slot &slot = shard.slots[place(shard, key)];
    if (slot.key != 0 && slot.count >= most) return false;
    if (slot.key == 0) {
        slot.key = key;
        ++shard.used;
    }
    ++slot.count;
    return true;
}

void AddressTable::leave(std::uint64_t key)
{
    Shard &shard = shards_[hash(key) % kShards];
    const std::lock_guard lock(shard.mutex);
    const std::size_t at = place(shard, key);
    if (--shard.slots[at].count > 0) return;
    erase(shard, at);
    --shard.used;
    if (shard.slots.size() > kLeast && shard.used * 8 < shard.slots.size()) resize(shard, shard.slots.size() / 2);
}

// What stands behind a hole moves up unless it would come before its own place: no marks of what was there.
void AddressTable::erase(Shard &shard, std::size_t hole) const
{
    const std::size_t mask = shard.slots.size() - 1;
    for (std::size_t i = (hole + 1) & mask; shard.slots[i].key != 0; i = (i + 1) & mask) {
        const std::size_t home = (hash(shard.slots[i].key) / kShards) & mask;
        if (((i - home) & mask) < ((i - hole) & mask)) continue;
        shard.slots[hole] = shard.slots[i];
        hole = i;
    }
    shard.slots[hole] = {};
}

std::size_t AddressTable::addresses()
{
    std::size_t sum = 0;
    for (Shard &shard : shards_) {
        const std::lock_guard lock(shard.mutex);
        sum += shard.used;
    }
    return sum;
}

std::size_t AddressTable::slots()
{
    std::size_t sum = 0;
    for (Shard &shard : shards_) {
        const std::lock_guard lock(shard.mutex);
        sum += shard.slots.size();
    }
    return sum;
}

} // namespace hawser::host
