#include "tree/tree.hpp"

#include <gtest/gtest.h>

#include <thread>

namespace hawser::host {
namespace {

// A part that says what it was asked, and answers at once unless it is told to hang or to refuse.
struct FakePart final : Part {
    std::string name;
    std::string *log = nullptr;
    bool refuses = false, hangs_at_start = false, hangs_at_stop = false;
    void start(std::function<void(std::optional<Failure>)> done) override
    {
        *log += "+" + name;
        if (hangs_at_start) return;
        if (refuses)
            done(Failure{Status::PluginFailed, name, "", "no"});
        else
            done(std::nullopt);
    }
    void stop(std::function<void()> done) override
    {
        *log += "-" + name;
        if (!hangs_at_stop) done();
    }
    void give_up() override { *log += "!" + name; }
};

class TreeTest : public ::testing::Test {
protected:
    void SetUp() override
    {
        for (int i = 0; i < 5; ++i) {
            parts_[i].name = std::string(1, static_cast<char>('a' + i));
            parts_[i].log = &log_;
        }
    }
    void build()
    {
        for (FakePart &part : parts_) tree_.add(part.name, "kind", "plugin", &part);
        tree_.add("resource", "kind", "plugin", nullptr);
    }
    // Starts on the loop; what came out of it, and then stops if it runs.
    std::string start()
    {
        build();
        std::string outcome = "none";
        loop_.submit([&] {
            tree_.start(50'000'000, [&](std::optional<Failure> failure) {
                outcome = failure ? failure->node + ": " + failure->text : "running";
                loop_.stop();
            });
        });
        loop_.run();
        return outcome;
    }
    std::string states() const
    {
        std::string all;
        for (const NodeReport &report : tree_.report()) all += report.state + ' ';
        return all;
    }
    std::uint64_t now_ = 0;
    std::int64_t wall_ = 0;
    LoopCounters counters_;
    Loop loop_{0, now_, wall_, counters_};
    std::string log_;
    FakePart parts_[5];
    Tree tree_{loop_};
};

TEST_F(TreeTest, StartsInOrder)
{
    EXPECT_EQ(start(), "running");
    EXPECT_EQ(log_, "+a+b+c+d+e");
    EXPECT_EQ(states(), "running running running running running running ");
}

TEST_F(TreeTest, StopsWhatWasStartedWhenOneInTheMiddleFails)
{
    parts_[2].refuses = true;
    EXPECT_EQ(start(), "c: no");
    EXPECT_EQ(log_, "+a+b+c-b-a");
    EXPECT_EQ(states(), "stopped stopped failed created created created ");
    EXPECT_EQ(tree_.report()[2].detail, "no");
}

TEST_F(TreeTest, NamesTheOneThatDoesNotStartInTime)
{
    parts_[1].hangs_at_start = true;
    EXPECT_EQ(start(), "b: start did not finish in 50 ms");
    EXPECT_EQ(log_, "+a+b!b-a");
}

TEST_F(TreeTest, StopsInReverseOrderAndNamesTheLaggard)
{
    parts_[3].hangs_at_stop = true;
    build();
    std::string laggard;
    loop_.submit([&] {
        tree_.start(0, [&](std::optional<Failure>) {
            tree_.stop(
                30'000'000, [&](const std::string &name) { laggard = name; }, [&] { loop_.stop(); });
        });
    });
    loop_.run();
    EXPECT_EQ(laggard, "d");
    EXPECT_EQ(log_, "+a+b+c+d+e-e-d!d-c-b-a");
    EXPECT_EQ(states(), "stopped stopped stopped stopped stopped stopped ");
}

} // namespace
} // namespace hawser::host
