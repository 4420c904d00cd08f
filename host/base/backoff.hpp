// Restart arithmetic: how long to wait before the next attempt, and how many were made within a window. Pure: time is
// passed in, in nanoseconds of any monotonic clock. Not thread-safe.
#pragma once

#include <cstdint>
#include <deque>

namespace hawser::host {

// The first wait is 0, then `first`, doubling to `longest`; succeeded() begins again.
class Backoff {
public:
    Backoff(std::uint64_t first_ns, std::uint64_t longest_ns)
        : first_(first_ns)
        , longest_(longest_ns)
    {}

    std::uint64_t next_delay();
    // A fifth shorter (`chance` 0) to a fifth longer (1), so that many do not come back at one moment.
    std::uint64_t next_delay(double chance);
    void succeeded() { failures_ = 0; }
    unsigned failures() const { return failures_; }

private:
    std::uint64_t first_, longest_;
    unsigned failures_ = 0;
};

// At most `limit` restarts within `within_ns`.
class RestartWindow {
public:
    RestartWindow(unsigned limit, std::uint64_t within_ns)
        : limit_(limit)
        , within_(within_ns)
    {}

    // Counts a restart at `now_ns`; false when it would be one too many.
    bool allow(std::uint64_t now_ns);

private:
    unsigned limit_;
    std::uint64_t within_;
    std::deque<std::uint64_t> times_;
};

} // namespace hawser::host
