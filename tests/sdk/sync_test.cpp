// Tests of hawser/sync.hpp, and of cancelling everything everywhere.
#include "hawser/combine.hpp"
#include "hawser/scope.hpp"
#include "hawser/sync.hpp"
#include "hawser/testing.hpp"
#include "hawser/wait.hpp"

#include <chrono>
#include <gtest/gtest.h>
#include <memory>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

namespace {

using hawser::Scope;
using hawser::sleep;
using hawser::Task;
using hawser::testing::Host;
using namespace std::chrono_literals;

struct Meeting : testing::Test {
    Host host;
    std::vector<std::string> said;
    Scope scope{host.node()};
};

using Said = std::vector<std::string>;

TEST_F(Meeting, AnEventLetsAllGoOn)
{
    hawser::Event event;
    for (const char *name : {"a", "b"})
        scope.spawn([&event, name, this]() -> Task<> {
            co_await event.wait();
            said.emplace_back(name);
        });
    EXPECT_EQ(said, Said{});
    event.set();
    EXPECT_EQ(said, (Said{"a", "b"}));
}

TEST_F(Meeting, ASemaphoreLetsOnlySoManyInAndIsFair)
{
    hawser::Semaphore semaphore(2);
    int inside = 0, most = 0;
    for (int i = 0; i < 6; ++i)
        scope.spawn([&, i]() -> Task<> {
            const auto permit = co_await semaphore.acquire();
            most = std::max(most, ++inside);
            co_await sleep(1s);
            --inside;
            said.push_back(std::to_string(i));
        });
    host.advance(10s);
    EXPECT_EQ(most, 2);
    EXPECT_EQ(said, (Said{"0", "1", "2", "3", "4", "5"}));
    EXPECT_EQ(semaphore.available(), 2U);
}

TEST_F(Meeting, APermitGrantedToATaskThatIsCancelledGoesToTheNext)
{
    hawser::Mutex mutex;
    Scope other(host.node());
    scope.spawn([&]() -> Task<> {
        const auto first = co_await mutex.lock();
        co_await sleep(1s);
        other.cancel(); // waits for the same; granted or not, it must not keep it
    });
    other.spawn([&]() -> Task<> {
        const auto second = co_await mutex.lock();
        co_await sleep(10s);
    });
    scope.spawn([&]() -> Task<> {
        const auto third = co_await mutex.lock();
        said.emplace_back("third");
    });
    host.advance(1s);
    EXPECT_EQ(said, Said{"third"});
    EXPECT_FALSE(mutex.locked());
}

TEST_F(Meeting, AChannelIsBoundedAndKeepsTheOrder)
{
    hawser::Channel<int> channel(2);
    std::vector<int> got;
    scope.spawn([&]() -> Task<> {
        for (int i = 0; i < 5; ++i) {
            co_await channel.push(i);
            said.push_back("pushed " + std::to_string(i));
        }
        channel.close();
    });
    EXPECT_EQ(said.size(), 2U);
    scope.spawn([&]() -> Task<> {
        while (const auto value = co_await channel.pop()) got.push_back(*value);
        said.emplace_back("closed");
    });
    EXPECT_EQ(got, (std::vector<int>{0, 1, 2, 3, 4}));
    EXPECT_EQ(said.back(), "closed");
}

TEST_F(Meeting, AValueOnItsWayToATaskThatIsCancelledIsNotLost)
{
    hawser::Channel<int> channel(0);
    Scope other(host.node());
    std::vector<int> got;
    other.spawn([&]() -> Task<> { co_await channel.pop(); });
    scope.spawn([&]() -> Task<> {
        co_await channel.push(1); // goes to the one above
        other.cancel();           // before it could go on
        if (const auto value = channel.try_pop()) got.push_back(*value);
    });
    EXPECT_EQ(got, std::vector<int>{1});
}

// A program that uses all of it, cancelled at each point in turn.
TEST(Cancellation, AtEachPointLeavesNothingBehind)
{
    struct Owner {
        hawser::Semaphore semaphore{1};
        hawser::Channel<std::string> channel{1};
        hawser::Event event;
        Scope scope;
        explicit Owner(const hawser::Node &node)
            : scope(node)
        {}
    };
    const std::size_t rounds = hawser::testing::cancel_everywhere([](Host &host) {
        auto owner = std::make_unique<Owner>(host.node());
        Owner &all = *owner;
        all.scope.spawn([&all]() -> Task<> {
            for (int i = 0; i < 4; ++i) {
                const auto permit = co_await all.semaphore.acquire();
                co_await all.channel.push(
                    co_await hawser::offload([i] { return std::string(100, 'a') + std::to_string(i); }));
            }
            all.channel.close();
        });
        all.scope.spawn([&all]() -> Task<> {
            while (const auto text = co_await all.channel.pop()) {
                const auto permit = co_await all.semaphore.acquire();
                co_await sleep(1ms);
            }
            all.event.set();
        });
        all.scope.spawn([&all]() -> Task<> {
            const auto waits = [](Owner *of) -> Task<> { co_await of->event.wait(); };
            const auto sleeps = []() -> Task<> { co_await sleep(1h); };
            co_await hawser::when_any(sleeps(), waits(&all));
            co_await hawser::when_all(waits(&all), waits(&all));
            co_await hawser::with_timeout(waits(&all), 1s);
        });
        return owner;
    });
    EXPECT_GT(rounds, 10U);
    EXPECT_LT(rounds, 100U);
}

} // namespace
