#include "net/wheel.hpp"

#include <gtest/gtest.h>

#include <vector>

namespace hawser::host {
namespace {

struct Entry : WheelEntry {
    std::uint64_t wanted = 0, fired = 0;
};

std::uint64_t now_of_test = 0;

void note(WheelEntry &entry) { static_cast<Entry &>(entry).fired = now_of_test; }

// Turns the wheel as a loop does: wakes when next() says so.
void run_until(Wheel &wheel, std::uint64_t &now, std::uint64_t end)
{
    while (wheel.next() != 0 && wheel.next() <= end) {
        now = std::max(now, wheel.next());
        now_of_test = now;
        wheel.advance(now, note);
    }
    now = end;
}

TEST(Wheel, MeetsEveryDeadlineWithinATick)
{
    Wheel wheel;
    std::uint64_t now = 123'456'789'000;
    std::vector<Entry> entries(2000);
    for (std::size_t i = 0; i < entries.size(); ++i) {
        entries[i].wanted = now + i * 15'000'000 + 1; // 15 ms apart, up to 30 s
        wheel.set(entries[i], entries[i].wanted, now);
    }
    run_until(wheel, now, now + 40'000'000'000);
    for (const Entry &entry : entries) {
        EXPECT_GE(entry.fired, entry.wanted);
        EXPECT_LE(entry.fired, entry.wanted + Wheel::kTick);
    }
    EXPECT_EQ(wheel.next(), 0U);
}

TEST(Wheel, FollowsADeadlineThatMovesLaterEarlierAndAway)
{
    Wheel wheel;
    std::uint64_t now = 1'000'000'000;
    Entry later, earlier, away;
    for (Entry *entry : {&later, &earlier, &away}) wheel.set(*entry, now + 5'000'000'000, now);
    wheel.set(later, now + 9'000'000'000, now);
    wheel.set(earlier, now + 1'000'000'000, now);
    wheel.set(away, 0, now);
    const std::uint64_t start = now;
    run_until(wheel, now, now + 20'000'000'000);
    EXPECT_NEAR(static_cast<double>(later.fired - start), 9e9, 2e8);
    EXPECT_NEAR(static_cast<double>(earlier.fired - start), 1e9, 2e8);
    EXPECT_EQ(away.fired, 0U);
}

TEST(Wheel, KeepsDeadlinesBeyondOneRound)
{
    Wheel wheel;
    std::uint64_t now = 5'000'000'000;
    Entry far;
    wheel.set(far, now + 500'000'000'000, now);
    const std::uint64_t start = now;
    run_until(wheel, now, now + 600'000'000'000);
    EXPECT_NEAR(static_cast<double>(far.fired - start), 500e9, 2e8);
}

TEST(Wheel, LooksAtADeadlineThatNeverComesOnceARound)
{
    Wheel wheel;
    std::uint64_t now = 5'000'000'000;
    Entry never;
    wheel.set(never, ~std::uint64_t{0}, now);
    EXPECT_GT(wheel.next(), now + 100'000'000'000);
    wheel.advance(wheel.next(), note);
    EXPECT_EQ(never.fired, 0U);
}

TEST(Wheel, FindsTheNextDeadlineWhateverWasSetAndRemovedBefore)
{
    Wheel wheel;
    std::uint64_t now = 7'000'000'000;
    Entry early, late;
    wheel.set(late, now + 60'000'000'000, now);
    EXPECT_GE(wheel.next(), late.due);
    wheel.set(early, now + 1'000'000'000, now);
    EXPECT_LE(wheel.next(), early.due + Wheel::kTick);
    wheel.remove(early);
    EXPECT_GE(wheel.next(), late.due);
    wheel.remove(late);
    EXPECT_EQ(wheel.next(), 0U);
    now += 500'000'000'000; // nothing was looked at meanwhile
    wheel.set(early, now + 200'000'000, now);
    EXPECT_LE(wheel.next(), early.due + Wheel::kTick);
    EXPECT_GE(wheel.next(), early.due);
}

TEST(Wheel, ForgetsWhatIsRemovedAlsoWhileItFires)
{
    Wheel wheel;
    static Wheel *the_wheel;
    static Entry *other;
    Entry one, two;
    the_wheel = &wheel;
    other = &two;
    wheel.set(one, 100, 0);
    wheel.set(two, 100, 0);
    wheel.advance(1'000'000'000, [](WheelEntry &) { the_wheel->remove(*other); });
    EXPECT_FALSE(two.linked());
    EXPECT_EQ(two.fired, 0U);
}

} // namespace
} // namespace hawser::host
