// What a listener's limits count, with times and addresses of the test's.
#include "net/address.hpp"
#include "net/address_table.hpp"
#include "net/listener_share.hpp"
#include "net/pace.hpp"

#include <gtest/gtest.h>

#include <array>
#include <thread>

namespace hawser::host {
namespace {

constexpr std::uint64_t kSecond = 1'000'000'000;

SocketAddress four(std::uint8_t last)
{
    const std::array<std::uint8_t, 4> ip{192, 0, 2, last};
    return ip_address(4, ip.data(), 1);
}

SocketAddress six(std::uint8_t of_network, std::uint8_t of_host)
{
    std::array<std::uint8_t, 16> ip{0x20, 0x01, 0x0d, 0xb8};
    ip[7] = of_network;
    ip[15] = of_host;
    return ip_address(6, ip.data(), 1);
}

TEST(Gate, LetsATenthOfASecondPassAtOnceAndThenKeepsItsPace)
{
    Gate gate;
    gate.set(100);
    int passed = 0;
    while (gate.take(kSecond) == 0) ++passed;
    EXPECT_EQ(passed, 10);
    const std::uint64_t next = gate.take(kSecond);
    EXPECT_EQ(next, kSecond + kSecond / 100);
    EXPECT_EQ(gate.take(next), 0U);
    EXPECT_NE(gate.take(next), 0U);
}

TEST(Gate, CountsNobodyWhoDidNotCome)
{
    Gate gate;
    gate.set(1);
    ASSERT_EQ(gate.take(kSecond), 0U);
    gate.give_back();
    EXPECT_EQ(gate.take(kSecond), 0U);
}

TEST(Pace, LetsAQuarterOfASecondsWorthPassAtOnceAndThenItsRate)
{
    Pace pace;
    pace.set(1000, 0);
    EXPECT_EQ(pace.room(0), 250U);
    pace.spend(250);
    EXPECT_EQ(pace.room(0), 0U);
    const std::uint64_t next = pace.when(0);
    EXPECT_EQ(next, kSecond / 10);
    EXPECT_EQ(pace.room(next), 100U);
}

TEST(Pace, KeepsNoMoreThanAQuarterOfASecondForLater)
{
    Pace pace;
    pace.set(1000, 0);
    pace.spend(250);
    EXPECT_EQ(pace.room(100 * kSecond), 250U);
}

TEST(Seldom, TellsOnceASecondAndHowOftenItWas)
{
    Seldom seldom;
    std::uint64_t times = 0;
    EXPECT_TRUE(seldom.tell(kSecond, &times));
    EXPECT_EQ(times, 1U);
    EXPECT_FALSE(seldom.tell(kSecond + 1, &times));
    EXPECT_TRUE(seldom.tell(2 * kSecond, &times));
    EXPECT_EQ(times, 2U);
}

TEST(AddressTable, RefusesOneMoreThanAnAddressMayHaveAndTakesItOnceOneHasGone)
{
    AddressTable table;
    const std::uint64_t a = address_key(four(1)), b = address_key(four(2));
    EXPECT_TRUE(table.enter(a, 2));
    EXPECT_TRUE(table.enter(a, 2));
    EXPECT_FALSE(table.enter(a, 2));
    EXPECT_TRUE(table.enter(b, 2));
    table.leave(a);
    EXPECT_TRUE(table.enter(a, 2));
}

TEST(AddressTable, CountsIpv6ByItsNetworkAndUnixNotAtAll)
{
    EXPECT_EQ(address_key(six(1, 1)), address_key(six(1, 2)));
    EXPECT_NE(address_key(six(1, 1)), address_key(six(2, 1)));
    EXPECT_EQ(address_key(unix_address("/run/x")), 0U);
    EXPECT_NE(address_key(four(1)), 0U);
}

TEST(AddressTable, GivesItsMemoryBackWithTheConnections)
{
    AddressTable table;
    for (std::uint64_t key = 1; key <= 100'000; ++key) ASSERT_TRUE(table.enter(key, 1));
    EXPECT_EQ(table.addresses(), 100'000U);
    for (std::uint64_t key = 1; key <= 100'000; ++key) table.leave(key);
    EXPECT_EQ(table.addresses(), 0U);
    EXPECT_LT(table.slots(), 1000U);
}

TEST(AddressTable, CountsRightWhenEveryLoopUsesIt)
{
    AddressTable table;
    std::array<std::thread, 4> loops;
    for (auto &loop : loops) {
        loop = std::thread([&table] {
            for (std::uint64_t i = 0; i < 20'000; ++i) {
                const std::uint64_t key = 1 + i % 97;
                if (table.enter(key, 1'000'000)) table.leave(key);
            }
        });
    }
    for (auto &loop : loops) loop.join();
    EXPECT_EQ(table.addresses(), 0U);
}

TEST(ListenerShare, HasRoomForAsManyAsItsLimitAndNoOneMore)
{
    ListenerShare share;
    ListenerRules rules;
    rules.connections = 2;
    share.set(rules);
    EXPECT_TRUE(share.enter());
    EXPECT_TRUE(share.enter());
    EXPECT_FALSE(share.enter());
    share.leave();
    EXPECT_TRUE(share.enter());
    EXPECT_EQ(share.open.load(), 2U);
}

TEST(ListenerShare, TrustsTheNetworksThatItWasToldAlone)
{
    ListenerShare share;
    ListenerRules rules;
    rules.proxies = {*parse_network("192.0.2.0/30"), *parse_network("unix")};
    share.set(rules);
    EXPECT_TRUE(share.trusts(four(3)));
    EXPECT_FALSE(share.trusts(four(4)));
    EXPECT_TRUE(share.trusts(unix_address("")));
    EXPECT_FALSE(share.trusts(six(1, 1)));
}

} // namespace
} // namespace hawser::host
