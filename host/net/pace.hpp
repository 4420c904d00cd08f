// Rates: how many may pass in a time. Arithmetic alone; the caller brings the time.
#pragma once

#include <atomic>
#include <cstdint>

namespace hawser::host {

// Single passes at a rate, for all loops of a listener; a tenth of a second's worth (at least one) may come at once.
// [any-thread]
class Gate {
public:
    // Before its use on several threads. 0: everything passes.
    void set(std::uint64_t per_second);
    bool on() const { return interval_ != 0; }
    // 0: one may pass and is counted. Else the time when to ask again.
    std::uint64_t take(std::uint64_t now);
    void give_back(); // nobody came

private:
    std::uint64_t interval_ = 0, slack_ = 0; // ns
    std::atomic<std::uint64_t> due_{0};      // when all that passed would have passed at an even pace
};

// Bytes of one direction of one connection at a rate: a bucket that holds a quarter of a second's worth. For one
// thread.
class Pace {
public:
    void set(std::uint64_t per_second, std::uint64_t now); // 0: any number passes
    bool on() const { return rate_ != 0; }
    std::uint64_t room(std::uint64_t now); // bytes that may pass
    void spend(std::uint64_t bytes) { level_ -= static_cast<double>(bytes); }
    // REQUIRES: on(). When a tenth of a second's worth, at least a byte, will have room.
    std::uint64_t when(std::uint64_t now) const;

private:
    double most() const;
    std::uint64_t rate_ = 0;
    std::uint64_t at_ = 0; // when level_ was right
    double level_ = 0;     // bytes
};

} // namespace hawser::host
