// Counters of one loop. Written by its thread alone, read by anybody: relaxed stores, no read-modify-write. They lie in
// the status page, so that they survive the worker.
#pragma once

#include <atomic>
#include <cstdint>

namespace hawser::host {

class Counter {
public:
    // One writer only: a plain add without a locked instruction.
    void add(std::uint64_t n) { value_.store(value_.load(std::memory_order_relaxed) + n, std::memory_order_relaxed); }
    void set(std::uint64_t n) { value_.store(n, std::memory_order_relaxed); }
    std::uint64_t get() const { return value_.load(std::memory_order_relaxed); }

private:
    std::atomic<std::uint64_t> value_{0};
};

struct LoopCounters {
    Counter turns;        // wake-ups handled
    Counter turn_started; // monotonic ns; 0 while the loop waits
    Counter accepted, closed, refused;
    Counter bytes_in, bytes_out;

    std::uint64_t open() const { return accepted.get() - closed.get(); }
};

} // namespace hawser::host
