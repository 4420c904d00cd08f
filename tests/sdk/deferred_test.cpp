// Tests of hawser/deferred.hpp and hawser/deferred_tools.hpp.
#include "hawser/deferred_tools.hpp"
#include "hawser/testing.hpp"
#include "hawser/wait.hpp"

#include <chrono>
#include <gtest/gtest.h>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

namespace {

using hawser::Deferred;
using hawser::Outcome;
using hawser::Scope;
using hawser::Task;
using hawser::testing::Host;
using namespace std::chrono_literals;

struct Results : testing::Test {
    Host host;
    hawser::Node node = host.node();
    Scope scope{node};
    std::vector<std::string> said;

    void say(std::string text) { said.push_back(std::move(text)); }
    // The text of the error that it ends with; empty: none yet.
    template<typename T>
    std::shared_ptr<std::string> error_of(Deferred<T> of)
    {
        auto text = std::make_shared<std::string>();
        of.add_both([text](Outcome<T> outcome) {
            if (outcome.thrown) *text = hawser::detail::what(outcome.thrown);
        });
        return text;
    }
};

using Said = std::vector<std::string>;

TEST_F(Results, PassThroughWhatIsAdded)
{
    Deferred<int> first;
    first.add_callback([](int value) { return value * 2; })
        .add_callback([](int value) { return std::to_string(value) + "!"; })
        .add_callback([this](std::string text) { say(text); });
    EXPECT_EQ(said, Said{});
    first.callback(21);
    EXPECT_EQ(said, Said{"42!"});
}

TEST_F(Results, MayBeThereBeforeTheFunction)
{
    Deferred<int> first;
    first.callback(1);
    first.add_callback([this](int value) { say(std::to_string(value)); });
    EXPECT_EQ(said, Said{"1"});
}

TEST_F(Results, AnErrorPassesCallbacksByUntilAnErrbackTakesIt)
{
    Deferred<int> first;
    first.add_callback([](int) -> int { throw std::out_of_range("too far"); })
        .add_callback([this](int) {
            say("never");
            return 0;
        })
        .add_errback<std::bad_alloc>([](const std::bad_alloc &) { return 1; })
        .add_errback<std::logic_error>([this](const std::logic_error &error) {
            say(error.what());
            return 7;
        })
        .add_callback([this](int value) { say(std::to_string(value)); });
    first.callback(1);
    EXPECT_EQ(said, (Said{"too far", "7"}));
}

TEST_F(Results, ADeferredThatAFunctionReturnsPausesTheChain)
{
    Deferred<int> first;
    Deferred<std::string> inner;
    first.add_callback([&](int) { return inner; }).add_callback([this](std::string text) { say(text); });
    first.callback(1);
    EXPECT_EQ(said, Said{});
    inner.callback("inner");
    EXPECT_EQ(said, Said{"inner"});
}

TEST_F(Results, FiringTwiceIsAnError)
{
    Deferred<int> first;
    first.callback(1);
    EXPECT_THROW(first.callback(2), hawser::Error);
    EXPECT_THROW(first.errback(std::runtime_error("late")), hawser::Error);
}

TEST_F(Results, TwoFunctionsAfterTheSameResultAreAnError)
{
    Deferred<int> first;
    first.add_callback([](int) {});
    EXPECT_THROW(first.add_callback([](int) {}), hawser::Error);
}

TEST_F(Results, AnErrorThatNobodyTakesIsLoggedWithWhereItBegan)
{
    {
        Deferred<int> first;
        first.errback(std::runtime_error("nobody cared"));
        EXPECT_EQ(host.logged("deferred_failed").size(), 0U);
    }
    ASSERT_EQ(host.logged("deferred_failed").size(), 1U);
    EXPECT_EQ(host.logged("deferred_failed")[0].fields["error"], "nobody cared");
    EXPECT_NE(host.logged("deferred_failed")[0].fields["made_at"].find("deferred_test.cpp:"), std::string::npos);
}

TEST_F(Results, CancellingAsksTheCancellerAndThenFailsWithCancelled)
{
    Deferred<int> first([this] { say("asked"); });
    auto last = first.add_callback([](int value) { return value; });
    auto error = error_of(last);
    last.cancel();
    EXPECT_EQ(said, Said{"asked"});
    EXPECT_EQ(*error, "it was cancelled");
    EXPECT_NO_THROW(first.callback(1)); // one that comes too late
    EXPECT_THROW(first.callback(1), hawser::Error);
}

TEST_F(Results, CancellingGoesToTheDeferredThatTheChainWaitsFor)
{
    Deferred<int> first;
    Deferred<int> inner([this] { say("inner asked"); });
    auto last = first.add_callback([&](int) { return inner; });
    auto error = error_of(last);
    first.callback(1);
    last.cancel();
    EXPECT_EQ(said, Said{"inner asked"});
    EXPECT_EQ(*error, "it was cancelled");
}

TEST_F(Results, ATimeoutCancelsAndSaysSo)
{
    Deferred<int> slow([this] { say("asked"); });
    auto error = error_of(slow.add_timeout(node, 2s));
    host.advance(1999ms);
    EXPECT_EQ(*error, "");
    host.advance(1ms);
    EXPECT_EQ(*error, "it took too long");
    EXPECT_EQ(said, Said{"asked"});
}

TEST_F(Results, ATimeoutLeavesAResultInTimeAlone)
{
    Deferred<int> quick;
    int value = 0;
    quick.add_timeout(node, 2s).add_callback([&](int got) { value = got; });
    quick.callback(3);
    host.advance(5s);
    EXPECT_EQ(value, 3);
    EXPECT_EQ(host.loop().pending(), 0U);
}

TEST_F(Results, GatherKeepsTheOrder)
{
    Deferred<int> a, b;
    std::vector<int> all;
    hawser::gather<int>({a, b}).add_callback([&](std::vector<int> values) { all = values; });
    b.callback(2);
    a.callback(1);
    EXPECT_EQ(all, (std::vector<int>{1, 2}));
}

TEST_F(Results, GatherFailsWithTheFirstErrorAndCancelsTheRest)
{
    Deferred<int> a, b([this] { say("b asked"); });
    auto error = error_of(hawser::gather<int>({a, b}));
    a.errback(std::runtime_error("no luck"));
    EXPECT_EQ(*error, "no luck");
    EXPECT_EQ(said, Said{"b asked"});
}

TEST_F(Results, ARaceIsWonByTheFirstThatSucceeds)
{
    Deferred<int> a, b, c([this] { say("c asked"); });
    std::pair<std::size_t, int> won{9, 9};
    hawser::race<int>({a, b, c}).add_callback([&](auto first) { won = first; });
    a.errback(std::runtime_error("no luck"));
    b.callback(5);
    EXPECT_EQ(won, (std::pair<std::size_t, int>{1, 5}));
    EXPECT_EQ(said, Said{"c asked"});
}

TEST_F(Results, ARaceThatAllLoseSaysWhatEachSaid)
{
    Deferred<int> a, b;
    auto error = error_of(hawser::race<int>({a, b}));
    a.errback(std::runtime_error("one"));
    b.errback(std::runtime_error("two"));
    EXPECT_EQ(*error, "all failed: one; two");
}

TEST_F(Results, ATaskAwaitsADeferred)
{
    Deferred<int> later;
    int got = 0;
    scope.spawn([&]() -> Task<> { got = co_await later; });
    EXPECT_EQ(got, 0);
    later.callback(4);
    EXPECT_EQ(got, 4);
}

TEST_F(Results, ATaskGetsTheErrorOfADeferred)
{
    Deferred<void> later;
    scope.spawn([&]() -> Task<> { co_await later; });
    later.errback(std::runtime_error("no luck"));
    ASSERT_EQ(host.logged("task_failed").size(), 1U);
    EXPECT_EQ(host.logged("task_failed")[0].fields["error"], "no luck");
}

TEST_F(Results, ACancelledTaskCancelsTheDeferredThatItAwaits)
{
    Deferred<int> later([this] { say("asked"); });
    scope.spawn([&]() -> Task<> { co_await later; });
    scope.cancel();
    EXPECT_EQ(said, Said{"asked"});
    EXPECT_NO_THROW(later.callback(1));
}

TEST_F(Results, ATaskBecomesADeferred)
{
    const auto slow = []() -> Task<int> {
        co_await hawser::sleep(1s);
        co_return 3;
    };
    int got = 0;
    hawser::defer(scope, slow()).add_callback([&](int value) { got = value; });
    host.advance(1s);
    EXPECT_EQ(got, 3);
}

TEST_F(Results, CancellingTheDeferredOfATaskCancelsTheTask)
{
    const auto slow = []() -> Task<int> {
        co_await hawser::sleep(1s);
        co_return 3;
    };
    auto deferred = hawser::defer(scope, slow());
    auto error = error_of(deferred);
    deferred.cancel();
    EXPECT_EQ(*error, "it was cancelled");
    EXPECT_EQ(host.loop().pending(), 0U);
    EXPECT_TRUE(scope.empty());
}

TEST_F(Results, AShieldedTaskOutlivesWhoeverAwaitsIt)
{
    Scope request(node);
    const auto save = [](Results *of) -> Task<int> {
        co_await hawser::sleep(1s);
        of->say("saved");
        co_return 1;
    };
    request.spawn([&, this]() -> Task<> { co_await hawser::shield(scope, save(this)); });
    request.cancel();
    host.advance(1s);
    EXPECT_EQ(said, Said{"saved"});
}

} // namespace
