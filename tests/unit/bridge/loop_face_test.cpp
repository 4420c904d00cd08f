#include "rig.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <vector>

namespace hawser::host::test {
namespace {

// The op is first, so that the op is the way back.
struct Op {
    hawser_op op{};
    Rig *rig = nullptr;
    int completed = 0;
    std::int64_t result = -99;
    std::uint32_t crumb = 0;
    static void complete(hawser_op *op, std::int64_t result)
    {
        auto *self = reinterpret_cast<Op *>(op);
        ++self->completed;
        self->result = result;
        self->crumb = self->rig->abi->crumb;
    }
    explicit Op(Rig &of)
        : rig(&of)
    {
        op.complete = complete;
    }
};

TEST(LoopFace, CompletesATimerOnceWithTheCrumbOfWhoStartedIt)
{
    Rig rig;
    Op op(rig);
    rig.in_loop([&] {
        const std::uint32_t was = hawser_enter(rig.abi, HAWSER_CRUMB(9, 3));
        EXPECT_EQ(rig.abi->api->timer(rig.abi, rig.abi->now + 1'000'000, &op.op), HAWSER_PENDING);
        EXPECT_EQ(op.completed, 0);
        hawser_enter(rig.abi, was);
    });
    EXPECT_TRUE(rig.eventually([&] { return op.completed == 1; }));
    EXPECT_EQ(op.result, HAWSER_OK);
    EXPECT_EQ(op.crumb, HAWSER_CRUMB(9, 192));
    rig.in_loop([&] { EXPECT_EQ(rig.abi->api->cancel(rig.abi, &op.op), 0) << "nothing is pending"; });
}

TEST(LoopFace, NeverCompletesWhatWasCancelled)
{
    Rig rig;
    auto op = std::make_unique<Op>(rig);
    rig.in_loop([&] {
        rig.abi->api->timer(rig.abi, rig.abi->now + 1, &op->op);
        EXPECT_EQ(rig.abi->api->cancel(rig.abi, &op->op), 1);
        EXPECT_EQ(rig.abi->api->cancel(rig.abi, &op->op), 0);
        op.reset();
    });
    Op later(rig);
    rig.in_loop([&] { rig.abi->api->timer(rig.abi, rig.abi->now + 5'000'000, &later.op); });
    EXPECT_TRUE(rig.eventually([&] { return later.completed == 1; }));
}

struct Work {
    std::thread::id worked;
    std::atomic<int> released{0};
    static std::int64_t run(void *ctx)
    {
        static_cast<Work *>(ctx)->worked = std::this_thread::get_id();
        return 42;
    }
    static void release(void *ctx) { ++static_cast<Work *>(ctx)->released; }
};

TEST(LoopFace, OffloadsWorkAndReleasesItOnceAlsoAfterCancel)
{
    Rig rig;
    Op op(rig);
    Work work, cancelled;
    std::thread::id loop_thread;
    rig.in_loop([&] {
        loop_thread = std::this_thread::get_id();
        EXPECT_EQ(rig.abi->api->offload(rig.abi, Work::run, Work::release, &work, &op.op), HAWSER_PENDING);
    });
    EXPECT_TRUE(rig.eventually([&] { return work.released == 1; }));
    EXPECT_EQ(op.result, 42);
    EXPECT_NE(work.worked, loop_thread);
    Op detached(rig);
    rig.in_loop([&] {
        rig.abi->api->offload(rig.abi, Work::run, Work::release, &cancelled, &detached.op);
        EXPECT_EQ(rig.abi->api->cancel(rig.abi, &detached.op), 1);
    });
    EXPECT_TRUE(rig.eventually([&] { return cancelled.released == 1; }));
    EXPECT_EQ(detached.completed, 0);
}

TEST(HostFace, PostsToTheLivingAndTellsTheRestThatTheyAreGone)
{
    constexpr int kSessions = 500, kPosts = 4;
    Rig rig;
    struct Target {
        std::atomic<int> *alive, *dead;
    };
    std::atomic<int> alive{0}, dead{0}, taken{0};
    std::vector<hawser_ref> refs(kSessions);
    std::vector<std::unique_ptr<Target>> targets(kSessions);
    rig.in_loop([&] {
        for (int i = 0; i < kSessions; ++i) {
            targets[i] = std::make_unique<Target>(Target{&alive, &dead});
            refs[i] = rig.abi->api->track(rig.abi, targets[i].get());
        }
    });
    struct Counts {
        std::atomic<int> *alive, *dead;
    } counts{&alive, &dead};
    const auto run = [](void *object, void *arg) {
        auto *c = static_cast<Counts *>(arg);
        if (object != nullptr)
            ++*static_cast<Target *>(object)->alive;
        else
            ++*c->dead;
    };
    std::vector<std::thread> threads;
    for (int t = 0; t < kPosts; ++t) {
        threads.emplace_back([&] {
            for (int i = 0; i < kSessions; ++i)
                taken += rig.host.abi()->post(rig.host.abi(), refs[i], run, &counts) == HAWSER_OK ? 1 : 0;
        });
    }
    for (int i = 0; i < kSessions; ++i) {
        rig.in_loop([&] {
            rig.abi->api->untrack(rig.abi, refs[i]);
            targets[i].reset();
        });
    }
    for (std::thread &thread : threads) thread.join();
    EXPECT_TRUE(rig.eventually([&] { return alive + dead == taken; }));
    EXPECT_EQ(taken, kSessions * kPosts);
    rig.end();
    EXPECT_EQ(rig.host.abi()->post(rig.host.abi(), refs[0], run, &counts), HAWSER_CLOSED);
}

TEST(HostFace, HasNoInterfaceThatItDoesNotKnow)
{
    Rig rig;
    EXPECT_EQ(rig.host.abi()->get_interface(rig.host.abi(), "org.example.none/1"), nullptr);
}

TEST(HostFace, TellsWhoHasFailed)
{
    Rig rig;
    std::string told;
    rig.host.on_failed([&](const std::string &node, const std::string &why) { told = node + ": " + why; });
    rig.host.abi()->fail(&rig.node, {"worn out", 8});
    EXPECT_EQ(told, "service.test: worn out");
}

} // namespace
} // namespace hawser::host::test
