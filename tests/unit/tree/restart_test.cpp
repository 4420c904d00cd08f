#include "rig.hpp"

namespace hawser::host {
namespace {

using RestartTest = TreeRig;
using When = RestartRule::When;

constexpr std::uint64_t kMinute = 60'000'000'000;

TEST_F(RestartTest, StopsAndStartsAPartThatFailedAtOnceTheFirstTime)
{
    add();
    start();
    log_.clear();
    tree_.fail(0, "lost its database");
    EXPECT_EQ(at(0).state, "failed");
    EXPECT_EQ(at(0).error, "lost its database");
    EXPECT_EQ(at(0).detail, "starts again");
    EXPECT_EQ(log_, "");
    pass(0);
    EXPECT_EQ(log_, "-a+a");
    EXPECT_EQ(at(0).state, "running");
    EXPECT_EQ(at(0).restarts, 1U);
    EXPECT_EQ(at(0).error, "lost its database"); // it stays to be read
    EXPECT_EQ(events_, "a started\na failed error=lost its database\na restarting in=now\na restarted\n");
}

TEST_F(RestartTest, WaitsLongerEachTimeUntilItRanForAWhile)
{
    add({}, {When::OnFailure, 100, kMinute});
    start();
    for (const std::uint64_t ms : {0U, 500U, 1000U, 2000U}) {
        log_.clear();
        tree_.fail(0, "again");
        if (ms > 0) pass_ms(ms - 1);
        EXPECT_EQ(log_, "") << ms;
        pass_ms(ms > 0 ? 1 : 0);
        EXPECT_EQ(log_, "-a+a") << ms;
    }
    pass_ms(10'000);
    log_.clear();
    tree_.fail(0, "after a while");
    pass(0);
    EXPECT_EQ(log_, "-a+a");
}

TEST_F(RestartTest, LeavesItFailedOnceItsLimitIsReachedAndServesOn)
{
    add({}, {When::OnFailure, 2, kMinute});
    add();
    start();
    for (int i = 0; i < 2; ++i) {
        tree_.fail(0, "no luck");
        pass_ms(10'000);
    }
    events_.clear();
    log_.clear();
    tree_.fail(0, "no luck");
    pass(kMinute);
    EXPECT_EQ(log_, "");
    EXPECT_EQ(states(), "failed running");
    EXPECT_EQ(at(0).detail, "not started again: its limit of 2 restarts within 60 s is reached");
    EXPECT_EQ(events_, "a failed error=no luck\na restart_limit_reached limit=2 within=60 s error=no luck\n");
    stop();
    EXPECT_EQ(log_, "-b-a."); // what it still holds is let go, once
}

TEST_F(RestartTest, ForgetsRestartsThatAreOlderThanTheTimeOfItsLimit)
{
    add({}, {When::OnFailure, 1, kMinute});
    start();
    for (int i = 0; i < 3; ++i) {
        tree_.fail(0, "now and then");
        pass(kMinute);
        EXPECT_EQ(at(0).state, "running") << i;
    }
    EXPECT_EQ(at(0).restarts, 3U);
}

TEST_F(RestartTest, CountsARestartWhoseStartFails)
{
    FakePart &a = add({}, {When::OnFailure, 3, kMinute});
    start();
    log_.clear();
    events_.clear();
    a.refuses = "still down";
    tree_.fail(0, "down");
    pass(0);
    EXPECT_EQ(log_, "-a+a");
    EXPECT_EQ(at(0).state, "failed");
    EXPECT_EQ(at(0).detail, "starts again in 500 ms");
    pass_ms(500);
    EXPECT_EQ(log_, "-a+a+a"); // it does not run: nothing to stop
    a.refuses.clear();
    pass_ms(1000);
    EXPECT_EQ(log_, "-a+a+a+a");
    EXPECT_EQ(at(0).state, "running");
    EXPECT_EQ(at(0).restarts, 1U);
    EXPECT_EQ(events_, "a failed error=down\na restarting in=now\na start_failed error=still down\n"
                       "a restarting in=500 ms\na start_failed error=still down\na restarting in=1 s\na restarted\n");
}

TEST_F(RestartTest, LeavesOneThatIsNeverRestartedFailed)
{
    add({}, {When::Never, 5, kMinute});
    start();
    tree_.fail(0, "broken");
    pass(kMinute);
    EXPECT_EQ(at(0).state, "failed");
    EXPECT_EQ(at(0).detail, "not started again: its restart policy is never");
}

TEST_F(RestartTest, StopsOneWhoseWorkIsDoneAndLeavesItStopped)
{
    add();
    start();
    log_.clear();
    tree_.fail(0, "");
    pass(kMinute);
    EXPECT_EQ(log_, "-a");
    EXPECT_EQ(at(0).state, "stopped");
    EXPECT_EQ(at(0).detail, "its work is done");
    stop();
    EXPECT_EQ(log_, "-a.");
    EXPECT_EQ(events_, "a started\na finished\n");
}

// Who has read an event asks what there is now.
TEST_F(RestartTest, ShowsWhatHasHappenedBeforeItIsTold)
{
    add();
    add({}, {When::OnFailure, 1, kMinute});
    start();
    reads_reports_ = true;
    tree_.fail(0, "");
    tree_.fail(1, "no luck");
    pass(0);
    tree_.fail(1, "no luck");
    EXPECT_EQ(shown_, "a finished: stopped, its work is done\n"
                      "b failed: failed, \nb restarting: failed, starts again\nb restarted: running, \n"
                      "b failed: failed, \n"
                      "b restart_limit_reached: failed, not started again: its limit of 1 restarts within 60 s is "
                      "reached\n");
}

TEST_F(RestartTest, ShowsThatARestartIsLateBeforeItIsTold)
{
    add();
    start();
    parts_[0].holds_stop = true;
    tree_.fail(0, "no luck");
    pass(0);
    reads_reports_ = true;
    pass(kEach);
    EXPECT_EQ(shown_, "a stop_timed_out: failed, still waited for\n");
}

TEST_F(RestartTest, StartsOneWhoseWorkIsDoneAgainIfItsPolicyIsAlways)
{
    add({}, {When::Always, 5, kMinute});
    start();
    log_.clear();
    tree_.fail(0, "");
    EXPECT_EQ(log_, "-a");
    pass(0);
    EXPECT_EQ(log_, "-a+a");
    EXPECT_EQ(at(0).state, "running");
    EXPECT_EQ(at(0).restarts, 1U);
}

TEST_F(RestartTest, RestartsNothingWhileItDrainsOrStops)
{
    add();
    add();
    add();
    start();
    tree_.fail(0, "before");
    tree_.drain();
    tree_.fail(1, "meanwhile");
    pass(kMinute);
    EXPECT_EQ(states(), "failed failed draining");
    EXPECT_EQ(at(0).detail, "not started again: the host stops");
    log_.clear();
    parts_[2].holds_stop = true;
    stop();
    tree_.fail(2, "at the end");
    parts_[2].answer_stop();
    pass(kMinute);
    EXPECT_EQ(log_, "-c-b-a.");
    EXPECT_EQ(states(), "stopped stopped stopped");
}

TEST_F(RestartTest, ShowsANodeWithoutAPartThatFailedAndLeavesItSo)
{
    tree_.add({"listener.web", "http", "http", nullptr, {}, {}});
    start();
    tree_.fail(0, "out of cheese");
    pass(kMinute);
    EXPECT_EQ(at(0).state, "failed");
    EXPECT_EQ(at(0).error, "out of cheese");
    EXPECT_EQ(events_, "listener.web failed error=out of cheese\n");
}

TEST_F(RestartTest, JudgesAFailureDuringTheStartOnceThatIsAnswered)
{
    FakePart &a = add();
    a.holds_start = true;
    start();
    tree_.fail(0, "early");
    EXPECT_EQ(at(0).state, "starting");
    a.holds_start = false;
    a.answer_start();
    EXPECT_EQ(outcome_, "running"); // it did start
    EXPECT_EQ(at(0).state, "failed");
    pass(0);
    EXPECT_EQ(log_, "+a-a+a");
    EXPECT_EQ(at(0).state, "running");
}

TEST_F(RestartTest, LetsWhoNeedsItWaitForTheRestartWhileTheTreeStarts)
{
    add();
    FakePart &b = add();
    add({0, 1});
    b.holds_start = true;
    start();
    tree_.fail(0, "already");
    b.answer_start();
    EXPECT_EQ(log_, "+a+b");
    EXPECT_EQ(at(2).detail, "waits for a");
    pass(0);
    EXPECT_EQ(log_, "+a+b-a+a+c");
    EXPECT_EQ(outcome_, "running");
}

TEST_F(RestartTest, RefusesTheStartIfOneThatOthersWaitForStaysFailed)
{
    add({}, {When::Never, 5, kMinute});
    FakePart &b = add();
    add({0, 1});
    b.holds_start = true;
    start();
    tree_.fail(0, "already");
    b.answer_start();
    EXPECT_EQ(outcome_, "a: already");
    EXPECT_EQ(log_, "+a+b-b-a");
}

TEST_F(RestartTest, WaitsOnForARestartThatTakesTooLong)
{
    FakePart &a = add();
    start();
    a.holds_start = true;
    log_.clear();
    tree_.fail(0, "down");
    pass(0);
    pass(kEach);
    EXPECT_EQ(at(0).state, "failed");
    EXPECT_EQ(at(0).error, "start did not finish in 30 s");
    EXPECT_EQ(at(0).detail, "still waited for");
    pass(kMinute);
    EXPECT_EQ(log_, "-a+a");
    a.answer_start();
    EXPECT_EQ(at(0).state, "running");
    EXPECT_EQ(at(0).detail, "");
}

TEST_F(RestartTest, StopsInTheMiddleOfARestart)
{
    FakePart &a = add();
    start();
    a.holds_stop = true;
    tree_.fail(0, "down");
    pass(0);
    stop();
    a.answer_stop();
    EXPECT_EQ(log_, "+a-a.");
    EXPECT_EQ(at(0).state, "stopped");
}

} // namespace
} // namespace hawser::host
