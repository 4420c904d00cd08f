// Tests of the coroutines of the SDK: hawser/task.hpp, scope.hpp, wait.hpp, combine.hpp.
#include "hawser/combine.hpp"
#include "hawser/scope.hpp"
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

struct Coroutines : testing::Test {
    Host host;
    std::vector<std::string> said;
    Scope scope{host.node()};

    Task<int> number(int value, std::chrono::nanoseconds after)
    {
        co_await sleep(after);
        said.push_back("number " + std::to_string(value));
        co_return value;
    }
    Task<int> failing(std::string why, std::chrono::nanoseconds after)
    {
        co_await sleep(after);
        throw std::runtime_error(why);
    }
    Task<> say(std::string text, std::chrono::nanoseconds after)
    {
        co_await sleep(after);
        said.push_back(text);
    }
};

using Said = std::vector<std::string>;

TEST_F(Coroutines, ATaskDoesNothingBeforeItIsAwaited)
{
    const auto task = say("hello", 0s);
    host.advance(1s);
    EXPECT_EQ(said, Said{});
}

TEST_F(Coroutines, ATaskThatNobodyAwaitedIsNamed)
{
    static_cast<void>(say("forgotten", 0s));
    const auto forgotten = host.logged("task_forgotten");
    ASSERT_EQ(forgotten.size(), 1U);
    EXPECT_NE(forgotten[0].fields.at("task").find("say("), std::string::npos) << forgotten[0].fields.at("task");
    EXPECT_NE(forgotten[0].fields.at("at").find("task_test.cpp:"), std::string::npos);
}

TEST_F(Coroutines, ATaskThatGoesWithWhoeverWouldHaveAwaitedItIsNotNamed)
{
    const auto first_waits = [](Task<> later) -> Task<> {
        co_await sleep(1s);
        co_await std::move(later);
    };
    scope.spawn(first_waits(say("never", 0s)));
    scope.cancel();
    scope.spawn([this]() -> Task<> { co_await hawser::with_timeout(say("late", 2s), 1s); });
    host.advance(1s);
    EXPECT_EQ(host.logged("task_forgotten").size(), 0U);
    EXPECT_EQ(said, Said{});
}

TEST_F(Coroutines, ASpawnedTaskRunsUntilItsFirstWaitAtOnce)
{
    scope.spawn([this]() -> Task<> {
        said.push_back("begun");
        co_await sleep(1s);
        said.push_back("ended");
    });
    EXPECT_EQ(said, Said{"begun"});
    host.advance(999ms);
    EXPECT_EQ(said, Said{"begun"});
    host.advance(1ms);
    EXPECT_EQ(said, (Said{"begun", "ended"}));
    EXPECT_TRUE(scope.empty());
}

TEST_F(Coroutines, ATaskGivesItsResultToWhoeverAwaitsIt)
{
    int sum = 0;
    scope.spawn([&]() -> Task<> {
        sum += co_await number(1, 1s);
        sum += co_await number(2, 1s);
    });
    host.advance(2s);
    EXPECT_EQ(sum, 3);
}

TEST_F(Coroutines, AnExceptionGoesToWhoeverAwaits)
{
    std::string caught;
    scope.spawn([&]() -> Task<> {
        try {
            co_await failing("no luck", 1s);
        } catch (const std::runtime_error &error) {
            caught = error.what();
        }
    });
    host.advance(1s);
    EXPECT_EQ(caught, "no luck");
}

TEST_F(Coroutines, AnExceptionThatNobodyCatchesIsLoggedWhereItsScopeIs)
{
    scope.spawn([&]() -> Task<> { co_await failing("no luck", 1s); });
    host.advance(1s);
    ASSERT_EQ(host.logged("task_failed").size(), 1U);
    EXPECT_EQ(host.logged("task_failed")[0].fields["error"], "no luck");
}

TEST_F(Coroutines, TheEndOfTheScopeCancelsWhatWaitsAndDestroysWhatItHolds)
{
    auto held = std::make_shared<int>(1);
    {
        Scope shorter(host.node());
        shorter.spawn([this](std::shared_ptr<int>) -> Task<> { co_await say("never", 1s); }, held);
        EXPECT_EQ(held.use_count(), 2);
    }
    EXPECT_EQ(held.use_count(), 1);
    host.advance(2s);
    EXPECT_EQ(said, Said{});
    EXPECT_EQ(host.loop().pending(), 0U);
}

TEST_F(Coroutines, ATaskThatCancelsItsOwnScopeEndsAtItsNextWait)
{
    scope.spawn([this]() -> Task<> {
        scope.cancel();
        said.push_back("still here");
        co_await sleep(0s);
        said.push_back("never");
    });
    host.advance(1s);
    EXPECT_EQ(said, Said{"still here"});
    EXPECT_TRUE(scope.empty());
}

TEST_F(Coroutines, TenMillionAwaitsOfReadyTasksDoNotGrowTheStack)
{
    int sum = 0;
    const auto one = []() -> Task<int> { co_return 1; };
    scope.spawn([&]() -> Task<> {
        for (int i = 0; i < 1'000'000; ++i) sum += co_await one();
    });
    EXPECT_EQ(sum, 1'000'000);
}

TEST_F(Coroutines, AMovedTaskIsRefusedByName)
{
    Task<int> task = number(1, 0s);
    const Task<int> other = std::move(task);
    std::string caught;
    scope.spawn([&]() -> Task<> { // NOLINT(bugprone-use-after-move): that is what is tested
        try {
            co_await std::move(task);
        } catch (const hawser::Error &error) {
            caught = error.what();
        }
    });
    EXPECT_EQ(caught, "expected a task to await, got one that was moved away");
}

TEST_F(Coroutines, WorkOnThePoolRunsOnAnotherThreadAndItsResultComesBack)
{
    std::thread::id there;
    int result = 0;
    scope.spawn([&]() -> Task<> {
        result = co_await hawser::offload([&there] {
            there = std::this_thread::get_id();
            return 7;
        });
    });
    host.run();
    EXPECT_EQ(result, 7);
    EXPECT_NE(there, std::this_thread::get_id());
}

TEST_F(Coroutines, WhatWorkOnThePoolThrowsComesBack)
{
    scope.spawn([]() -> Task<> { co_await hawser::offload([] { throw std::runtime_error("broken disk"); }); });
    host.run();
    ASSERT_EQ(host.logged("task_failed").size(), 1U);
    EXPECT_EQ(host.logged("task_failed")[0].fields["error"], "broken disk");
}

TEST_F(Coroutines, AFullPoolIsAnErrorThatSaysSo)
{
    host.loop().pool_limit(0);
    std::int32_t status = 0;
    scope.spawn([&]() -> Task<> {
        try {
            co_await hawser::offload([] {});
        } catch (const hawser::StatusError &error) {
            status = error.status();
        }
    });
    EXPECT_EQ(status, HAWSER_LIMIT);
}

TEST_F(Coroutines, CancelledWorkOfThePoolRunsUnseenAndIsReleased)
{
    auto held = std::make_shared<int>(0);
    scope.spawn([held]() -> Task<> {
        const auto work = [held] { *held = 1; };
        co_await hawser::offload(work);
    });
    scope.cancel();
    host.run();
    EXPECT_EQ(*held, 1);
    EXPECT_EQ(held.use_count(), 1);
}

TEST_F(Coroutines, WhenAllRunsThemBesideEachOtherAndKeepsTheirOrder)
{
    std::tuple<int, std::monostate, int> all;
    scope.spawn([&]() -> Task<> { all = co_await hawser::when_all(number(1, 2s), say("between", 1s), number(3, 1s)); });
    host.advance(2s);
    EXPECT_EQ(std::get<0>(all), 1);
    EXPECT_EQ(std::get<2>(all), 3);
    EXPECT_EQ(said.back(), "number 1");
}

TEST_F(Coroutines, WhenAllCancelsTheOthersWhenOneFails)
{
    std::string caught;
    scope.spawn([&]() -> Task<> {
        try {
            co_await hawser::when_all(number(1, 5s), failing("no luck", 1s));
        } catch (const std::runtime_error &error) {
            caught = error.what();
        }
    });
    host.advance(1s);
    EXPECT_EQ(caught, "no luck");
    EXPECT_EQ(host.loop().pending(), 0U);
}

TEST_F(Coroutines, WhenAllTakesAListAsLongAsItIs)
{
    std::vector<int> all;
    scope.spawn([&]() -> Task<> {
        std::vector<Task<int>> tasks;
        for (int i = 0; i < 100; ++i) tasks.push_back(number(i, std::chrono::milliseconds(100 - i)));
        all = co_await hawser::when_all(std::move(tasks));
    });
    host.advance(1s);
    ASSERT_EQ(all.size(), 100U);
    EXPECT_EQ(all[42], 42);
}

TEST_F(Coroutines, WhenAnyTakesTheFirstAndCancelsTheRest)
{
    std::size_t first = 9;
    scope.spawn([&]() -> Task<> {
        const auto any = co_await hawser::when_any(number(1, 2s), number(2, 1s), say("never", 3s));
        first = any.index();
    });
    host.advance(1s);
    EXPECT_EQ(first, 1U);
    EXPECT_EQ(host.loop().pending(), 0U);
}

TEST_F(Coroutines, WithTimeoutPassesTheResultOn)
{
    int result = 0;
    scope.spawn([&]() -> Task<> { result = co_await hawser::with_timeout(number(4, 1s), 2s); });
    host.advance(1s);
    EXPECT_EQ(result, 4);
    EXPECT_EQ(host.loop().pending(), 0U);
}

TEST_F(Coroutines, WithTimeoutCancelsAndThrows)
{
    std::int32_t status = 0;
    scope.spawn([&]() -> Task<> {
        try {
            co_await hawser::with_timeout(number(4, 3s), 2s);
        } catch (const hawser::StatusError &error) {
            status = error.status();
        }
    });
    host.advance(2s);
    EXPECT_EQ(status, HAWSER_TIMED_OUT);
    EXPECT_EQ(host.loop().pending(), 0U);
}

} // namespace
