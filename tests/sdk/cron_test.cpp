// Tests of hawser/cron.hpp and hawser/time_zone.hpp.
#include "hawser/cron.hpp"
#include "hawser/testing.hpp"
#include "hawser/wait.hpp"

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <ctime>
#include <gtest/gtest.h>
#include <string>
#include <vector>

namespace {

using hawser::CronExpression;
using hawser::TimeZone;
using namespace std::chrono_literals;

std::int64_t utc(int year, unsigned month, unsigned day, int hour = 0, int minute = 0)
{
    return hawser::detail::days_of(year, month, day) * 86'400 + hour * 3600 + minute * 60;
}

// "2026-03-29 03:00" there.
std::string local(std::int64_t time, const TimeZone &zone = {})
{
    const std::int64_t seconds = time + zone.offset_at(time);
    const std::int64_t days = hawser::detail::floor_days(seconds);
    const auto date = hawser::detail::date_of(days);
    char text[96];
    std::snprintf(text, sizeof text, "%lld-%02u-%02u %02lld:%02lld", static_cast<long long>(date.year), date.month,
                  date.day, static_cast<long long>((seconds - days * 86'400) / 3600),
                  static_cast<long long>((seconds - days * 86'400) / 60 % 60));
    return text;
}

std::string after(const char *expression, std::int64_t time, const TimeZone &zone = {})
{
    const auto next = CronExpression(expression).next_after(time, zone);
    return next ? local(*next, zone) : "never";
}

TEST(CronExpressions, FindTheNextTime)
{
    const std::int64_t now = utc(2026, 11, 29, 10, 30); // a Sunday
    EXPECT_EQ(after("* * * * *", now), "2026-11-29 10:31");
    EXPECT_EQ(after("*/15 * * * *", now), "2026-11-29 10:45");
    EXPECT_EQ(after("30 10 * * *", now), "2026-11-30 10:30");
    EXPECT_EQ(after("0 9-17/4 * * mon-fri", now), "2026-11-30 09:00");
    EXPECT_EQ(after("0 0 29 2 *", now), "2028-02-29 00:00");
    EXPECT_EQ(after("0 0 1,15 * *", now), "2026-12-01 00:00");
    EXPECT_EQ(after("0 0 13 * fri", now), "2026-12-04 00:00"); // either is enough
    EXPECT_EQ(after("0 12 * DEC 7", now), "2026-12-06 12:00");
    EXPECT_EQ(after("@monthly", now), "2026-12-01 00:00");
    EXPECT_EQ(after("0 0 30 2 *", now), "never");
}

TEST(CronExpressions, ThatAreNoneSayWhichField)
{
    const auto error_of = [](const char *expression) -> std::string {
        try {
            (void)CronExpression(expression);
        } catch (const hawser::Error &error) {
            return error.what();
        }
        return "";
    };
    EXPECT_EQ(error_of("* * * *"), "\"* * * *\": expected five fields, got 4");
    EXPECT_EQ(error_of("* * * * * *"), "\"* * * * * *\": expected five fields, got more");
    EXPECT_EQ(error_of("60 * * * *"),
              "\"60 * * * *\": minute: expected 0 to 59, a range, a step or a list, got \"60\"");
    for (const char *wrong : {"a * * * *", "1- * * * *", "5-1 * * * *", "*/0 * * * *", "*/x * * * *", "* 24 * * *",
                              "* * 0 * *", "* * * 13 *", "* * * * 8", "* * * foo *", "1,,2 * * * *", "-1 * * * *"})
        EXPECT_NE(error_of(wrong), "") << wrong;
}

TEST(CronExpressions, InAnHourThatIsLeftOutComeRightAfterIt)
{
    const TimeZone berlin = TimeZone::named("Europe/Berlin");
    EXPECT_EQ(after("30 2 * * *", utc(2026, 3, 28, 12), berlin), "2026-03-29 03:00");
    EXPECT_EQ(after("30 2 * * *", utc(2026, 3, 29, 1, 0), berlin), "2026-03-30 02:30");
    EXPECT_EQ(after("30 * * * *", utc(2026, 3, 29, 0, 30), berlin), "2026-03-29 03:30"); // every hour that there is
}

TEST(CronExpressions, InAnHourThatComesTwiceComeOnce)
{
    const TimeZone berlin = TimeZone::named("Europe/Berlin");
    const auto first = CronExpression("30 2 * * *").next_after(utc(2026, 10, 24, 12), berlin);
    EXPECT_EQ(*first, utc(2026, 10, 25, 0, 30));
    EXPECT_EQ(after("30 2 * * *", *first, berlin), "2026-10-26 02:30");
    const auto hourly = CronExpression("30 * * * *").next_after(*first, berlin);
    EXPECT_EQ(*hourly, utc(2026, 10, 25, 1, 30)); // the second 02:30
}

// Against the C library, over the end of the table of the file and beyond.
TEST(TimeZones, AreAsTheCLibraryKnowsThem)
{
    for (const char *name : {"Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Kolkata", "America/Nuuk",
                             "Africa/Casablanca", "Pacific/Chatham", "Europe/Dublin"}) {
        const TimeZone zone = TimeZone::named(name);
        ::setenv("TZ", name, 1);
        ::tzset();
        for (std::int64_t time = utc(1950, 1, 1); time < utc(2060, 1, 1); time += 86'400 * 3 + 3'607) {
            const std::time_t at = time;
            std::tm there{};
            ::localtime_r(&at, &there);
            ASSERT_EQ(zone.offset_at(time), there.tm_gmtoff) << name << ' ' << time;
        }
    }
    ::unsetenv("TZ");
    ::tzset();
}

TEST(TimeZones, ThatAreNotKnownAreRefused)
{
    for (const char *name : {"Mars/Olympus", "../passwd", "/etc/passwd", "zone.tab"})
        EXPECT_THROW((void)TimeZone::named(name), hawser::Error) << name;
    EXPECT_EQ(TimeZone::named("UTC").offset_at(0), 0);
}

TEST(Crons, CallAtTheirTimesAndNeverTwiceAtOnce)
{
    hawser::testing::Host host; // 2026-01-01 00:00 UTC
    std::vector<std::string> at;
    hawser::Cron cron(host.node(), "*/10 * * * *", "UTC", [&]() -> hawser::Task<> {
        at.push_back(local(host.loop().wall / 1'000'000'000));
        if (at.size() == 2) co_await hawser::sleep(25min);
    });
    cron.start();
    host.advance(1h);
    EXPECT_EQ(
        at, (std::vector<std::string>{"2026-01-01 00:10", "2026-01-01 00:20", "2026-01-01 00:50", "2026-01-01 01:00"}));
    cron.stop();
    host.advance(1h);
    EXPECT_EQ(at.size(), 4U);
}

TEST(Crons, StartedAgainWaitForTheirOwnTask)
{
    hawser::testing::Host host;
    int runs = 0, most = 0, calls = 0;
    hawser::Cron cron(host.node(), "*/10 * * * *", "UTC", [&]() -> hawser::Task<> {
        ++calls;
        most = std::max(most, ++runs);
        co_await hawser::sleep(25min);
        --runs;
    });
    cron.start();
    host.advance(15min);
    cron.stop();
    cron.start();
    host.advance(50min);
    EXPECT_EQ(most, 1);
    EXPECT_EQ(calls, 2) << "at 0:10, which ends at 0:35, and at 0:40";
}

TEST(Crons, GoOnAfterAnError)
{
    hawser::testing::Host host;
    hawser::Cron cron(host.node(), "@hourly", "", [] { throw std::runtime_error("no luck"); });
    cron.start();
    host.advance(3h);
    EXPECT_EQ(host.logged("cron_failed").size(), 3U);
    cron.stop();
}

} // namespace
