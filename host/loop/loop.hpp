// One thread with one event loop: readiness of many descriptors, timers, posted work. Boost.Asio runs it; readiness
// goes through one level-triggered epoll set of the loop's own, whose descriptor is Asio's only one
// (host/decisions/0001). Everything is for the loop's thread, except what says [any-thread]. A loop is made before and
// destroyed after its thread runs.
//
// A turn is: read the clock, do what is due, then after(). Whoever needs a last word in every turn (connections that
// send what callbacks queued) sets it with on_turn_end().
#pragma once

#include "base/counters.hpp"
#include "base/result.hpp"
#include "loop/timer_heap.hpp"

#include <cstdint>
#include <functional>
#include <memory>

namespace hawser::host {

// Monotonic and wall time in nanoseconds as of now, for code outside a loop. [any-thread]
std::uint64_t monotonic_now();
std::int64_t wall_now();

// A descriptor in a loop's readiness set. The holder removes it before it closes the descriptor or is destroyed.
class Watch {
public:
    // `events` as in epoll. May be called once more in the turn in which it was removed only if its holder keeps itself
    // alive until the turn ends; holders that die earlier must not.
    virtual void on_ready(std::uint32_t events) = 0;

protected:
    ~Watch() = default;
};

// Work for another thread's loop: plain data, so that queuing allocates nothing.
struct Task {
    void (*run)(const Task &task) = nullptr;
    void *first = nullptr;
    void *second = nullptr;
    void (*third)(void *, void *) = nullptr;
    std::uint64_t number = 0;
};

class Loop {
public:
    // The clock is kept in `now` and `wall`, read once a turn, so that plugins see it without a call.
    Loop(unsigned index, std::uint64_t &now, std::int64_t &wall, LoopCounters &counters);
    ~Loop();
    Loop(const Loop &) = delete;
    Loop &operator=(const Loop &) = delete;

    unsigned index() const { return index_; }
    std::uint64_t now() const { return now_; }
    LoopCounters &counters() { return counters_; }

    // Whether the calling thread is the one that runs this loop. [any-thread]
    bool is_mine() const { return current_ == this; }

    void run();  // on its thread, until stop(); tasks posted before that run first
    void stop(); // [any-thread] run() returns after the turn in hand; later posts are refused

    Result<void> add(int fd, std::uint32_t events, Watch *watch);
    void modify(int fd, std::uint32_t events, Watch *watch);
    void remove(int fd);

    TimerHeap &timers() { return timers_; }

    // [any-thread] Runs the task on this loop, in the order of the calls of one thread. False: the loop has ended.
    bool post(const Task &task);
    bool submit(std::function<void()> work); // [any-thread] the same for what is not on a hot path

    void on_turn_end(std::function<void()> after) { after_ = std::move(after); }
    void run_again_soon(); // one more turn at once, after what is ready was looked at

private:
    class Engine;
    void begin_turn();
    void end_turn();
    void ready();

    static constinit thread_local const Loop *current_; // that this thread runs

    unsigned index_;
    std::uint64_t &now_;
    std::int64_t &wall_;
    LoopCounters &counters_;
    TimerHeap timers_;
    std::function<void()> after_;
    std::unique_ptr<Engine> engine_;
};

} // namespace hawser::host
