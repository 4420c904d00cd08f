// Tests: tests/unit/base/backoff_test.cpp
#include "base/backoff.hpp"

#include <algorithm>

namespace hawser::host {

std::uint64_t Backoff::next_delay()
{
    const unsigned attempt = failures_++;
    if (attempt == 0) return 0;
    std::uint64_t delay = first_;
    for (unsigned i = 1; i < attempt && delay < longest_; ++i) delay = delay > longest_ / 2 ? longest_ : delay * 2;
    return std::min(delay, longest_);
}

std::uint64_t Backoff::next_delay(double chance)
{
    const std::uint64_t delay = next_delay(), fifth = delay / 5;
    return delay - fifth + static_cast<std::uint64_t>(2 * static_cast<double>(fifth) * chance);
}

bool RestartWindow::allow(std::uint64_t now_ns)
{
    while (!times_.empty() && now_ns - times_.front() >= within_) times_.pop_front();
    if (times_.size() >= limit_) return false;
    times_.push_back(now_ns);
    return true;
}

} // namespace hawser::host
