// Tests of hawser/time.hpp.
#include "hawser/testing.hpp"
#include "hawser/time.hpp"
#include "hawser/wait.hpp"

#include <algorithm>
#include <chrono>
#include <gtest/gtest.h>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

namespace {

using hawser::LoopingCall;
using hawser::Scope;
using hawser::Task;
using hawser::testing::Host;
using namespace std::chrono_literals;

struct Times : testing::Test {
    Host host;
    hawser::Node node = host.node();
    std::uint64_t begun = host.now();
    std::vector<std::uint64_t> at; // milliseconds since the beginning

    void tick() { at.push_back((host.now() - begun) / 1'000'000); }
};

using At = std::vector<std::uint64_t>;

TEST_F(Times, CallLaterCallsOnce)
{
    Scope scope(node);
    auto call = hawser::call_later(scope, 100ms, [this] { tick(); });
    EXPECT_TRUE(call.active());
    host.advance(1s);
    EXPECT_EQ(at, At{100});
    EXPECT_FALSE(call.active());
    EXPECT_FALSE(call.cancel());
    EXPECT_TRUE(scope.empty());
}

TEST_F(Times, ADelayedCallCanBeCancelledResetAndDelayed)
{
    Scope scope(node);
    auto cancelled = hawser::call_later(scope, 100ms, [this] { tick(); });
    auto reset = hawser::call_later(scope, 100ms, [this] { tick(); });
    auto delayed = hawser::call_later(scope, 100ms, [this] { tick(); });
    host.advance(50ms);
    EXPECT_TRUE(cancelled.cancel());
    EXPECT_TRUE(reset.reset(20ms));
    EXPECT_TRUE(delayed.delay(30ms));
    host.advance(1s);
    EXPECT_EQ(at, (At{70, 130}));
}

TEST_F(Times, ADelayedCallHasComeWhenItIsCalled)
{
    Scope scope(node);
    hawser::DelayedCall call;
    std::string said;
    call = hawser::call_later(scope, 100ms, [&] {
        tick();
        said += std::string(call.active() ? "active " : "over ") + (call.reset(1ms) ? "again" : "never again");
    });
    host.advance(1s);
    EXPECT_EQ(at, At{100});
    EXPECT_EQ(said, "over never again");
}

TEST_F(Times, TheEndOfItsScopeCancelsADelayedCall)
{
    {
        Scope scope(node);
        hawser::call_later(scope, 100ms, [this] { tick(); });
    }
    host.advance(1s);
    EXPECT_EQ(at, At{});
}

TEST_F(Times, ALoopingCallKeepsItsPhase)
{
    LoopingCall looping(node, [this] { tick(); });
    auto ended = looping.start(100ms);
    host.advance(350ms);
    looping.stop();
    host.advance(1s);
    EXPECT_EQ(at, (At{0, 100, 200, 300}));
    EXPECT_TRUE(ended.called());
}

TEST_F(Times, ALoopingCallNeverOverlapsItsOwnTaskAndSaysWhatItMissed)
{
    std::vector<std::uint64_t> counts;
    LoopingCall looping(node, [&](std::uint64_t count) -> Task<> {
        tick();
        counts.push_back(count);
        if (counts.size() == 2) co_await hawser::sleep(250ms);
    });
    auto ended = looping.start(100ms);
    host.advance(500ms);
    EXPECT_EQ(at, (At{0, 100, 400, 500}));
    EXPECT_EQ(counts, (std::vector<std::uint64_t>{1, 1, 3, 1}));
    looping.stop();
}

TEST_F(Times, ALoopingCallThatIsStartedAgainWaitsForItsOwnTask)
{
    int runs = 0, most = 0;
    LoopingCall call(node, [&]() -> Task<> {
        tick();
        most = std::max(most, ++runs);
        co_await hawser::sleep(250ms);
        --runs;
    });
    static_cast<void>(call.start(100ms));
    host.advance(50ms);
    call.stop();
    static_cast<void>(call.start(100ms));
    host.advance(1s);
    EXPECT_EQ(most, 1);
    EXPECT_EQ(at, (At{0, 250, 550, 850}));
    call.stop();
    host.advance(1s);
}

TEST_F(Times, ALoopingCallThatThrowsStopsAndFailsItsResult)
{
    LoopingCall looping(node, [] { throw std::runtime_error("no luck"); });
    std::string error;
    looping.start(100ms, false).add_errback<std::runtime_error>([&](const std::runtime_error &thrown) {
        error = thrown.what();
    });
    host.advance(1s);
    EXPECT_EQ(error, "no luck");
    EXPECT_FALSE(looping.running());
}

TEST_F(Times, ALoopingCallGoesOnAfterAnErrorIfItIsToldTo)
{
    LoopingCall looping(
        node,
        [this]() -> Task<> {
            tick();
            throw std::runtime_error("no luck");
            co_return;
        },
        LoopingCall::OnError::kGoOn);
    auto ended = looping.start(100ms);
    host.advance(250ms);
    EXPECT_EQ(at, (At{0, 100, 200}));
    EXPECT_EQ(host.logged("looping_call_failed").size(), 3U);
    looping.stop();
}

TEST_F(Times, ALoopingCallThatRunsIsNotStartedAgain)
{
    LoopingCall looping(node, [] {});
    auto ended = looping.start(1s);
    EXPECT_THROW(looping.start(1s), hawser::Error);
    looping.stop();
}

} // namespace
