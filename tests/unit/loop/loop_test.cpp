#include "loop/loop.hpp"
#include "loop/offload.hpp"

#include <gtest/gtest.h>

#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <future>
#include <thread>
#include <vector>

namespace hawser::host {
namespace {

struct TestLoop {
    std::uint64_t now = 0;
    std::int64_t wall = 0;
    LoopCounters counters;
    Loop loop{0, now, wall, counters};
};

TEST(Loop, RunsPostedWorkInOrderAndRefusesItAfterItsEnd)
{
    TestLoop t;
    std::vector<int> seen;
    std::thread thread([&] { t.loop.run(); });
    for (int i = 0; i < 1000; ++i) EXPECT_TRUE(t.loop.submit([&seen, i] { seen.push_back(i); }));
    t.loop.stop();
    thread.join();
    ASSERT_EQ(seen.size(), 1000U);
    for (int i = 0; i < 1000; ++i) EXPECT_EQ(seen[static_cast<std::size_t>(i)], i);
    EXPECT_FALSE(t.loop.submit([] {}));
}

TEST(Loop, RunsExactlyWhatItTookWhileManyThreadsPost)
{
    TestLoop t;
    std::atomic<int> taken{0}, run{0};
    std::thread thread([&] { t.loop.run(); });
    std::vector<std::thread> posters;
    for (int p = 0; p < 4; ++p) {
        posters.emplace_back([&] {
            for (int i = 0; i < 5000; ++i) taken += t.loop.submit([&run] { ++run; }) ? 1 : 0;
        });
    }
    posters[0].join();
    t.loop.stop();
    for (std::size_t p = 1; p < posters.size(); ++p) posters[p].join();
    thread.join();
    EXPECT_EQ(taken.load(), run.load());
    EXPECT_GE(run.load(), 5000);
}

TEST(Loop, FiresTimersOnTimeAndKeepsItsClock)
{
    TestLoop t;
    struct {
        TestLoop *t;
        std::uint64_t due, fired = 0;
        TimerHeap::Place place = nullptr;
    } timer{&t, monotonic_now() + 20'000'000};
    t.loop.timers().start(
        timer.due,
        [](void *who) {
            auto *self = static_cast<decltype(timer) *>(who);
            self->fired = monotonic_now();
            self->t->loop.stop();
        },
        &timer, &timer.place);
    t.loop.submit([] {}); // a turn, so that the timer is armed
    t.loop.run();
    EXPECT_GE(timer.fired, timer.due);
    EXPECT_GE(t.now, timer.due);
    EXPECT_GT(t.counters.turns.get(), 0U);
}

TEST(Loop, FiresNoTimerEarlyBecauseAnotherIsDue)
{
    TestLoop t;
    struct Timer {
        TestLoop *t;
        std::uint64_t due, now = 0;
        TimerHeap::Place place = nullptr;
        static void fire(void *who)
        {
            auto *self = static_cast<Timer *>(who);
            self->now = self->t->now;
            if (self->t->loop.timers().size() == 0) self->t->loop.stop();
        }
    };
    const std::uint64_t start = monotonic_now() + 20'000'000;
    std::vector<Timer> timers;
    for (std::uint64_t i = 0; i < 10; ++i) timers.push_back({&t, start + i * 300'000});
    for (Timer &timer : timers) t.loop.timers().start(timer.due, Timer::fire, &timer, &timer.place);
    t.loop.submit([] {}); // a turn, so that they are armed
    t.loop.run();
    for (const Timer &timer : timers) EXPECT_GE(timer.now, timer.due);
}

TEST(Loop, TellsAWatchThatItsDescriptorIsReady)
{
    TestLoop t;
    int ends[2];
    ASSERT_EQ(::socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
    struct Seen final : Watch {
        Loop *loop = nullptr;
        int fd = -1;
        std::uint32_t events = 0;
        void on_ready(std::uint32_t e) override
        {
            events = e;
            loop->remove(fd);
            loop->stop();
        }
    } seen;
    seen.loop = &t.loop;
    seen.fd = ends[0];
    ASSERT_TRUE(t.loop.add(ends[0], EPOLLIN, &seen).ok());
    ASSERT_EQ(::write(ends[1], "x", 1), 1);
    t.loop.run();
    EXPECT_EQ(seen.events, static_cast<std::uint32_t>(EPOLLIN));
    ::close(ends[0]);
    ::close(ends[1]);
}

struct Job final : OffloadJob {
    std::promise<void> *go = nullptr;
    std::thread::id worked, ended;
    std::function<void()> after;
    void work() override
    {
        if (go != nullptr) go->get_future().wait();
        worked = std::this_thread::get_id();
    }
    void done() override
    {
        ended = std::this_thread::get_id();
        after();
    }
};

TEST(OffloadPool, WorksOnAnotherThreadAndEndsOnTheLoop)
{
    TestLoop t;
    OffloadPool pool(2, 16);
    Job job;
    job.loop = &t.loop;
    job.after = [&] { t.loop.stop(); };
    ASSERT_EQ(pool.submit(&job), OffloadPool::Taken::Ok);
    t.loop.run();
    EXPECT_NE(job.worked, std::this_thread::get_id());
    EXPECT_EQ(job.ended, std::this_thread::get_id());
    EXPECT_TRUE(pool.stop(5'000'000'000));
    EXPECT_EQ(pool.submit(&job), OffloadPool::Taken::Ended);
}

TEST(OffloadPool, BoundsItsQueue)
{
    TestLoop t;
    OffloadPool pool(1, 2);
    std::promise<void> go;
    int done = 0, submitted = 0;
    std::vector<Job> jobs(10);
    for (Job &job : jobs) {
        job.loop = &t.loop;
        job.after = [&] {
            if (++done == submitted) t.loop.stop();
        };
    }
    jobs[0].go = &go;
    OffloadPool::Taken taken = OffloadPool::Taken::Ok;
    for (Job &job : jobs) {
        taken = pool.submit(&job);
        if (taken != OffloadPool::Taken::Ok) break;
        ++submitted;
    }
    EXPECT_EQ(taken, OffloadPool::Taken::Full);
    EXPECT_LE(submitted, 3);
    go.set_value();
    t.loop.run();
    EXPECT_EQ(done, submitted);
}

} // namespace
} // namespace hawser::host
