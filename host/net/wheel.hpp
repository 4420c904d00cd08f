// One coarse timer wheel a loop for the deadlines of all its connections. Moving a deadline later costs a store: the
// entry stays where it is filed and is filed again when its slot comes round. A deadline is met at most kTick late
// (plus the loop's own turn). For the loop's thread.
#pragma once

#include <array>
#include <cstdint>

namespace hawser::host {

// Embedded in whatever has a deadline.
struct WheelEntry {
    std::uint64_t due = 0; // monotonic ns; 0: no deadline
    WheelEntry *previous = nullptr, *next = nullptr;
    std::uint32_t filed = 0; // tick number of its slot; meaningful while linked

    bool linked() const { return previous != nullptr; }
};

class Wheel {
public:
    static constexpr std::uint64_t kTick = 100'000'000; // 100 ms
    using Fire = void (*)(WheelEntry &entry);

    Wheel();
    void set(WheelEntry &entry, std::uint64_t deadline, std::uint64_t now);
    void remove(WheelEntry &entry);

    // Calls fire for every entry whose deadline is over; its deadline is 0 then.
    void advance(std::uint64_t now, Fire fire);
    // When advance() has something to look at; 0: nothing is filed.
    std::uint64_t next();

private:
    static constexpr std::uint32_t kSlots = 1024; // 102 s; later deadlines are looked at once a round

    static std::uint64_t tick_of(std::uint64_t time) { return time / kTick + (time % kTick != 0 ? 1 : 0); }
    void file(WheelEntry &entry);
    void unlink(WheelEntry &entry);

    std::array<WheelEntry, kSlots> slots_; // list heads
    std::uint64_t done_ = 0;               // the last tick that was looked at
    std::uint64_t first_ = 0;              // no slot before this tick holds an entry, but for those not after done_
    std::uint64_t filed_ = 0;              // entries linked
};

} // namespace hawser::host
