// Tests: tests/unit/net/limits_test.cpp
#include "net/listener_share.hpp"

#include "net/address.hpp"

#include <algorithm>
#include <utility>

namespace hawser::host {

bool Seldom::tell(std::uint64_t now, std::uint64_t *times)
{
    constexpr std::uint64_t kEvery = 1'000'000'000;
    times_.fetch_add(1, std::memory_order_relaxed);
    std::uint64_t next = next_.load(std::memory_order_relaxed);
    if (now < next || !next_.compare_exchange_strong(next, now + kEvery, std::memory_order_relaxed)) return false;
    *times = times_.exchange(0, std::memory_order_relaxed);
    return true;
}

void ListenerShare::set(ListenerRules rules)
{
    rules_ = std::move(rules);
    rate.set(rules_.accept_rate);
    bounded_ = rules_.connections > 0 || rules_.accept_rate > 0;
    has_terms_ = rules_.per_address > 0 || rules_.bytes_per_second > 0 || rules_.idle > 0 || !rules_.proxies.empty() ||
                 rules_.output != ListenerRules().output;
}

bool ListenerShare::trusts(const SocketAddress &peer) const
{
    return std::any_of(rules_.proxies.begin(), rules_.proxies.end(),
                       [&peer](const Network &network) { return network.contains(peer.family, peer.ip); });
}

bool ListenerShare::enter()
{
    const std::uint64_t before = open.fetch_add(1, std::memory_order_relaxed);
    if (rules_.connections == 0 || before < rules_.connections) return true;
    leave();
    return false;
}

} // namespace hawser::host
