// How often each of many keys came, over all threads, in memory of a fixed size and without a lock. A bucket is one
// time: when it is full again (the generic cell rate algorithm). Where there is no room for all keys, those that would
// be full soonest are forgotten, in favour of who comes.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>

namespace limit {

class Buckets {
public:
    static constexpr std::size_t kSlots = 1 << 16;

    // `interval`: ns for one request; `burst`: requests at once.
    Buckets(std::uint64_t interval, std::uint64_t burst)
        : interval_(interval)
        , tolerance_(interval * (burst - 1))
        , slots_(std::make_unique<std::array<Slot, kSlots>>())
    {}

    // 0: it may; else ns until it may. `key` is not 0 and as good as random. [any-thread]
    std::uint64_t take(std::uint64_t key, std::uint64_t now)
    {
        Slot &slot = slot_of(key, now);
        std::uint64_t full = slot.full.load(std::memory_order_relaxed);
        for (;;) {
            const std::uint64_t from = full > now ? full : now;
            if (from > now + tolerance_) return from - now - tolerance_;
            if (slot.full.compare_exchange_weak(full, from + interval_, std::memory_order_relaxed)) return 0;
        }
    }

private:
    static constexpr std::size_t kProbes = 8;
    struct Slot {
        std::atomic<std::uint64_t> key{0}, full{0};
    };

    Slot &slot_of(std::uint64_t key, std::uint64_t now)
    {
        Slot *best = nullptr;
        for (std::size_t i = 0; i < kProbes; ++i) {
            Slot &slot = (*slots_)[(key + i) % kSlots];
            std::uint64_t is = slot.key.load(std::memory_order_relaxed);
            if (is == key) return slot;
            if (is == 0 && slot.key.compare_exchange_strong(is, key, std::memory_order_relaxed)) return slot;
            if (is == key) return slot;
            if (best == nullptr ||
                slot.full.load(std::memory_order_relaxed) < best->full.load(std::memory_order_relaxed))
                best = &slot;
        }
        // Another thread may take it for another key at the same time: then both count on one bucket for once.
        best->key.store(key, std::memory_order_relaxed);
        best->full.store(now, std::memory_order_relaxed);
        return *best;
    }

    const std::uint64_t interval_, tolerance_;
    std::unique_ptr<std::array<Slot, kSlots>> slots_;
};

} // namespace limit
