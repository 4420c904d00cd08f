#include "rig.hpp"

namespace hawser::host {
namespace {

using TreeTest = TreeRig;

TEST_F(TreeTest, StartsWhatDependsOnNothingAtOnceAndTheRestAsSoonAsWhatItNeedsRuns)
{
    FakePart &a = add(), &b = add();
    add({0});
    add({1});
    add({0, 1});
    a.holds_start = b.holds_start = true;
    start();
    EXPECT_EQ(log_, "+a+b");
    EXPECT_EQ(states(), "starting starting created created created");
    EXPECT_EQ(at(4).detail, "waits for a");
    b.answer_start();
    EXPECT_EQ(log_, "+a+b+d");
    EXPECT_EQ(outcome_, "");
    a.answer_start();
    EXPECT_EQ(log_, "+a+b+d+c+e");
    EXPECT_EQ(outcome_, "running");
    EXPECT_EQ(states(), "running running running running running");
}

TEST_F(TreeTest, StopsOneAfterTheOtherInTheReverseOrderOfTheStarts)
{
    FakePart &a = add();
    add();
    FakePart &c = add({0});
    a.holds_start = true;
    c.holds_stop = true;
    start(); // a and b begin, then c
    a.answer_start();
    log_.clear();
    stop();
    EXPECT_EQ(log_, "-c");
    EXPECT_EQ(states(), "running running stopping");
    c.answer_stop();
    EXPECT_EQ(log_, "-c-b-a.");
    EXPECT_EQ(states(), "stopped stopped stopped");
    EXPECT_EQ(tree_.given_up(), 0U);
}

TEST_F(TreeTest, RunsANodeWithoutAPartOnceWhatItNeedsRuns)
{
    FakePart &a = add();
    tree_.add({"listener.web", "http", "http", nullptr, {0}, {}});
    a.holds_start = true;
    start();
    EXPECT_EQ(states(), "starting created");
    a.answer_start();
    EXPECT_EQ(states(), "running running");
    stop();
    EXPECT_EQ(states(), "stopped stopped");
}

TEST_F(TreeTest, StopsWhatWasStartedWhenOneInTheMiddleFailsAndTellsThatAfterwards)
{
    add();
    FakePart &b = add({0});
    add({1}).refuses = "no";
    add({2});
    b.holds_stop = true;
    start();
    EXPECT_EQ(log_, "+a+b+c-b");
    EXPECT_EQ(outcome_, "");
    b.answer_stop();
    EXPECT_EQ(log_, "+a+b+c-b-a");
    EXPECT_EQ(outcome_, "c: no");
    EXPECT_EQ(states(), "stopped stopped failed created");
    EXPECT_EQ(at(2).error, "no");
    EXPECT_EQ(events_, "a started\nb started\nc start_failed error=no\nb stopped\na stopped\n");
}

TEST_F(TreeTest, WaitsForThoseThatAreStartingWhenOneFailsAndStopsThem)
{
    FakePart &a = add(), &b = add(), &c = add();
    a.holds_start = b.holds_start = c.holds_start = true;
    a.refuses = "no";
    c.refuses = "neither";
    start();
    a.answer_start();
    EXPECT_EQ(log_, "+a+b+c");
    c.answer_start(); // starting failed too: nothing to stop
    EXPECT_EQ(outcome_, "");
    b.answer_start();
    EXPECT_EQ(log_, "+a+b+c-b");
    EXPECT_EQ(outcome_, "a: no");
    EXPECT_EQ(states(), "failed stopped failed");
}

TEST_F(TreeTest, NamesTheOneThatDoesNotStartInTime)
{
    add();
    FakePart &b = add({0});
    b.holds_start = true;
    start();
    pass(kEach - 1);
    EXPECT_EQ(outcome_, "");
    pass(1);
    EXPECT_EQ(outcome_, "b: start did not finish in 30 s");
    EXPECT_EQ(log_, "+a+b-a");
    EXPECT_EQ(states(), "stopped failed");
    EXPECT_EQ(tree_.given_up(), 1U);
    b.answer_start(); // too late: nobody waits for it
    EXPECT_EQ(outcome_, "b: start did not finish in 30 s");
    EXPECT_EQ(states(), "stopped failed");
}

TEST_F(TreeTest, GivesUpOneThatDoesNotFinishItsStartWhileTheRestIsRolledBack)
{
    add();
    add().holds_start = true;
    add({0}).refuses = "no";
    start();
    EXPECT_EQ(log_, "+a+b+c");
    pass(kRollback / 2);
    EXPECT_EQ(log_, "+a+b+c-a");
    EXPECT_EQ(outcome_, "c: no");
    EXPECT_NE(events_.find("b start_timed_out after=4 s\n"), std::string::npos) << events_;
}

TEST_F(TreeTest, NamesTheLaggardAtStopAndLeavesTimeForTheOthers)
{
    FakePart &a = add();
    add();
    FakePart &c = add();
    a.holds_stop = c.holds_stop = true;
    start();
    log_.clear();
    events_.clear();
    stop(8'000'000'000);
    pass_ms(3999);
    EXPECT_EQ(log_, "-c");
    pass_ms(1);
    EXPECT_EQ(log_, "-c-b-a");
    EXPECT_EQ(states(), "stopping stopped failed");
    EXPECT_EQ(at(2).error, "stop did not finish in 4 s");
    pass_ms(2000);
    EXPECT_EQ(log_, "-c-b-a.");
    EXPECT_EQ(events_, "c stop_timed_out after=4 s\nb stopped\na stop_timed_out after=2 s\n");
    EXPECT_EQ(tree_.given_up(), 2U);
    c.answer_stop();
    a.answer_stop();
    EXPECT_EQ(log_, "-c-b-a.");
    EXPECT_EQ(at(2).state, "failed");
}

TEST_F(TreeTest, HurriesWhenItIsToldToStopAgainInLessTime)
{
    add().holds_stop = true;
    start();
    log_.clear();
    stop(30'000'000'000);
    pass_ms(100);
    stop(1'000'000'000);
    pass_ms(500);
    EXPECT_EQ(log_, "-a..");
    stop();
    EXPECT_EQ(log_, "-a...");
}

TEST_F(TreeTest, StopsInTheMiddleOfItsStartWithoutTellingOfIt)
{
    FakePart &a = add(), &b = add({0});
    add({1});
    b.holds_start = true;
    start();
    stop();
    b.answer_start();
    EXPECT_EQ(log_, "+a+b-b-a.");
    EXPECT_EQ(outcome_, "");
    EXPECT_FALSE(a.stopped);
}

TEST_F(TreeTest, StopsBeforeItEverStarted)
{
    add();
    stop();
    EXPECT_EQ(log_, ".");
}

TEST_F(TreeTest, StartsALongChainThatAnswersAtOnceWithoutNestingItsCalls)
{
    add();
    for (std::size_t i = 1; i < 50'000; ++i) {
        FakePart &part = add({i - 1});
        part.name = "x";
    }
    start();
    EXPECT_EQ(outcome_, "running");
    stop();
    EXPECT_EQ(log_.size(), 4 * 50'000U + 1);
}

} // namespace
} // namespace hawser::host
