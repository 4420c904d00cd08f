// The resource `limit` in the running host, and its buckets by themselves.
#include "buckets.hpp"

#include "web.hpp"

#include <thread>
#include <vector>

namespace hawser::test {
namespace {

constexpr std::uint64_t kSecond = 1'000'000'000;

TEST(Buckets, LetABurstThroughAndThenTheRate)
{
    limit::Buckets buckets(kSecond / 10, 3);
    std::uint64_t now = 100 * kSecond;
    for (int i = 0; i < 3; ++i) EXPECT_EQ(buckets.take(7, now), 0U) << i;
    EXPECT_EQ(buckets.take(7, now), kSecond / 10);
    now += kSecond / 10;
    EXPECT_EQ(buckets.take(7, now), 0U);
    EXPECT_NE(buckets.take(7, now), 0U);
}

TEST(Buckets, FillUpAgainOnlyToTheBurst)
{
    limit::Buckets buckets(kSecond, 2);
    EXPECT_EQ(buckets.take(7, kSecond), 0U);
    const std::uint64_t later = 1000 * kSecond;
    EXPECT_EQ(buckets.take(7, later), 0U);
    EXPECT_EQ(buckets.take(7, later), 0U);
    EXPECT_NE(buckets.take(7, later), 0U);
}

TEST(Buckets, OfOneKeyAreNotThoseOfAnother)
{
    limit::Buckets buckets(kSecond, 1);
    EXPECT_EQ(buckets.take(7, kSecond), 0U);
    EXPECT_EQ(buckets.take(8, kSecond), 0U);
    EXPECT_NE(buckets.take(7, kSecond), 0U);
}

TEST(Buckets, HaveRoomForWhoComesAfterAMillionOthers)
{
    limit::Buckets buckets(kSecond, 1);
    for (std::uint64_t key = 1; key <= 1'000'000; ++key) EXPECT_EQ(buckets.take(key * 2654435761U, kSecond), 0U);
    EXPECT_EQ(buckets.take(1, 2 * kSecond), 0U);
    EXPECT_NE(buckets.take(1, 2 * kSecond), 0U);
}

TEST(Buckets, GiveNoMoreThanTheBurstToManyThreads)
{
    limit::Buckets buckets(1000 * kSecond, 500);
    std::atomic<int> passed{0};
    std::vector<std::thread> threads;
    for (int i = 0; i < 4; ++i) {
        threads.emplace_back([&] {
            for (int k = 0; k < 1000; ++k) passed += buckets.take(7, kSecond) == 0 ? 1 : 0;
        });
    }
    for (std::thread &each : threads) each.join();
    EXPECT_EQ(passed, 500);
}

TEST(Limit, AnswersAboveTheBurstWithARetryTime)
{
    Host host(web_with("\"/\" = { resource = \"limit\", rate = 0.01, burst = 3, inner = { resource = \"text\", body = "
                       "\"one\" } }"));
    ASSERT_TRUE(host.ready()) << host.process().err();
    // Over all loops: connections are spread over them.
    for (int i = 0; i < 3; ++i) EXPECT_EQ(host.connect().get("/").body, "one");
    const Client::Answer answer = host.connect().get("/");
    EXPECT_EQ(answer.status, 429);
    const int wait = std::atoi(field_of(answer, "Retry-After").c_str());
    EXPECT_TRUE(wait > 90 && wait <= 100) << wait;
}

} // namespace
} // namespace hawser::test
