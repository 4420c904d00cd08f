// Tests: tests/unit/net/limits_test.cpp
#include "net/pace.hpp"

#include <algorithm>
#include <cmath>

namespace hawser::host {
namespace {

constexpr std::uint64_t kSecond = 1'000'000'000;

} // namespace

void Gate::set(std::uint64_t per_second)
{
    interval_ = per_second == 0 ? 0 : std::max<std::uint64_t>(kSecond / per_second, 1);
    slack_ = interval_ * (std::max<std::uint64_t>(per_second / 10, 1) - 1);
}

std::uint64_t Gate::take(std::uint64_t now)
{
    std::uint64_t due = due_.load(std::memory_order_relaxed);
    for (;;) {
        const std::uint64_t from = std::max(due, now);
        if (from - now > slack_) return from - slack_;
        if (due_.compare_exchange_weak(due, from + interval_, std::memory_order_relaxed)) return 0;
    }
}

void Gate::give_back() { due_.fetch_sub(interval_, std::memory_order_relaxed); }

double Pace::most() const { return std::max(static_cast<double>(rate_) / 4, 1.0); }

void Pace::set(std::uint64_t per_second, std::uint64_t now)
{
    rate_ = per_second;
    at_ = now;
    level_ = most();
}

std::uint64_t Pace::room(std::uint64_t now)
{
    if (now > at_) level_ += static_cast<double>(now - at_) * static_cast<double>(rate_) / kSecond;
    level_ = std::min(level_, most());
    at_ = std::max(at_, now);
    return level_ < 1 ? 0 : static_cast<std::uint64_t>(level_);
}

std::uint64_t Pace::when(std::uint64_t now) const
{
    const double rate = static_cast<double>(rate_);
    const double wanted = std::max(rate / 10, 1.0) - level_;
    return now + static_cast<std::uint64_t>(std::ceil(std::max(wanted, 0.0) * kSecond / rate));
}

} // namespace hawser::host
