#include "base/backoff.hpp"

#include <gtest/gtest.h>

#include <cstdint>
#include <vector>

namespace hawser::host {
namespace {

std::vector<std::uint64_t> next_delays(Backoff &backoff, int count)
{
    std::vector<std::uint64_t> delays;
    for (int i = 0; i < count; ++i) delays.push_back(backoff.next_delay());
    return delays;
}

TEST(Backoff, SpreadsEachWaitByAFifth)
{
    Backoff shorter(1000, 8000), longer(1000, 8000);
    EXPECT_EQ(shorter.next_delay(0) + longer.next_delay(1), 0U) << "the first is at once";
    for (const std::uint64_t delay : {1000U, 2000U, 4000U, 8000U, 8000U}) {
        EXPECT_EQ(shorter.next_delay(0), delay * 4 / 5);
        EXPECT_EQ(longer.next_delay(1), delay * 6 / 5);
    }
}

TEST(Backoff, TriesAtOnceThenDoublesUpToTheLongestWait)
{
    Backoff backoff(100, 1000);
    EXPECT_EQ(next_delays(backoff, 7), (std::vector<std::uint64_t>{0, 100, 200, 400, 800, 1000, 1000}));
}

TEST(Backoff, BeginsAgainAfterASuccess)
{
    Backoff backoff(100, 1000);
    next_delays(backoff, 4);
    backoff.succeeded();
    EXPECT_EQ(backoff.failures(), 0U);
    EXPECT_EQ(next_delays(backoff, 2), (std::vector<std::uint64_t>{0, 100}));
}

TEST(Backoff, CountsTheFailures)
{
    Backoff backoff(100, 1000);
    next_delays(backoff, 3);
    EXPECT_EQ(backoff.failures(), 3U);
}

TEST(Backoff, NeverWaitsLongerThanTheLongestEvenIfTheFirstIsLonger)
{
    Backoff backoff(5000, 1000);
    EXPECT_EQ(next_delays(backoff, 3), (std::vector<std::uint64_t>{0, 1000, 1000}));
}

TEST(Backoff, StaysAtTheLongestWaitForAnyNumberOfFailures)
{
    Backoff backoff(1, UINT64_MAX / 2 + 2);
    std::uint64_t last = 0;
    for (int i = 0; i < 200; ++i) last = backoff.next_delay();
    EXPECT_EQ(last, UINT64_MAX / 2 + 2);
}

TEST(RestartWindow, AllowsNoMoreThanItsLimitWithinTheWindow)
{
    RestartWindow window(2, 60);
    EXPECT_TRUE(window.allow(100));
    EXPECT_TRUE(window.allow(110));
    EXPECT_FALSE(window.allow(159));
}

TEST(RestartWindow, AllowsAgainWhenTheOldestLeavesTheWindow)
{
    RestartWindow window(2, 60);
    window.allow(100);
    window.allow(110);
    EXPECT_TRUE(window.allow(160));
    EXPECT_FALSE(window.allow(169));
}

TEST(RestartWindow, DoesNotCountARefusedRestart)
{
    RestartWindow window(1, 60);
    window.allow(100);
    window.allow(159);
    EXPECT_TRUE(window.allow(160));
}

TEST(RestartWindow, WithALimitOfZeroAllowsNothing)
{
    RestartWindow window(0, 60);
    EXPECT_FALSE(window.allow(0));
}

} // namespace
} // namespace hawser::host
