#include "loop/timer_heap.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

namespace hawser::host {
namespace {

struct Timer {
    std::vector<int> *fired;
    int name;
    TimerHeap::Place place = nullptr;
    static void fire(void *who)
    {
        auto *self = static_cast<Timer *>(who);
        self->fired->push_back(self->name);
    }
};

TEST(TimerHeap, FiresInOrderOfTimeThenOfStart)
{
    TimerHeap heap;
    std::vector<int> fired;
    std::vector<Timer> timers(6, Timer{&fired, 0});
    const std::uint64_t at[] = {30, 10, 20, 10, 40, 10};
    for (int i = 0; i < 6; ++i) {
        timers[i].name = i;
        heap.start(at[i], Timer::fire, &timers[i], &timers[i].place);
    }
    EXPECT_EQ(heap.next(), 10U);
    EXPECT_EQ(heap.fire_due(30), 5U);
    EXPECT_EQ(fired, (std::vector<int>{1, 3, 5, 2, 0}));
    EXPECT_EQ(heap.next(), 40U);
}

TEST(TimerHeap, CancelsAnyTimerAndNoneTwice)
{
    TimerHeap heap;
    std::vector<int> fired;
    std::vector<Timer> timers(200, Timer{&fired, 0});
    std::uint32_t seed = 1;
    for (int i = 0; i < 200; ++i) {
        timers[i].name = i;
        heap.start((seed = seed * 1664525 + 1013904223) >> 20, Timer::fire, &timers[i], &timers[i].place);
    }
    for (int i = 0; i < 200; i += 2) {
        EXPECT_TRUE(heap.cancel(&timers[i].place));
        EXPECT_FALSE(heap.cancel(&timers[i].place));
    }
    heap.fire_due(~0ULL);
    EXPECT_EQ(fired.size(), 100U);
    EXPECT_TRUE(std::all_of(fired.begin(), fired.end(), [](int name) { return name % 2 == 1; }));
    EXPECT_FALSE(heap.cancel(&timers[1].place)) << "it has fired";
}

TEST(TimerHeap, BoundsHowManyFireAtOnce)
{
    TimerHeap heap;
    struct Again {
        TimerHeap *heap;
        TimerHeap::Place place = nullptr;
        int times = 0;
        static void fire(void *who)
        {
            auto *self = static_cast<Again *>(who);
            ++self->times;
            self->heap->start(0, fire, self, &self->place);
        }
    } again{&heap};
    heap.start(1, Again::fire, &again, &again.place);
    EXPECT_EQ(heap.fire_due(5, 10), 10U);
    EXPECT_EQ(again.times, 10);
}

TEST(TimerHeap, AsksForAWakeUpAlsoForATimerOfTheBeginningOfTime)
{
    TimerHeap heap;
    std::vector<int> fired;
    Timer timer{&fired, 1};
    heap.start(0, Timer::fire, &timer, &timer.place);
    EXPECT_NE(heap.next(), 0U) << "0 would be: nothing waits";
    EXPECT_EQ(heap.fire_due(1), 1U);
}

} // namespace
} // namespace hawser::host
