// Tests: tests/unit/loop/timer_heap_test.cpp
#include "loop/timer_heap.hpp"

#include <algorithm>

namespace hawser::host {

void TimerHeap::put(std::size_t i, const Entry &entry)
{
    entries_[i] = entry;
    *entry.place = reinterpret_cast<Place>(i + 1);
}

void TimerHeap::up(std::size_t i, const Entry &entry)
{
    while (i > 0) {
        const std::size_t parent = (i - 1) / 2;
        if (!before(entry, entries_[parent])) break;
        put(i, entries_[parent]);
        i = parent;
    }
    put(i, entry);
}

void TimerHeap::down(std::size_t i, const Entry &entry)
{
    for (;;) {
        std::size_t child = 2 * i + 1;
        if (child >= entries_.size()) break;
        if (child + 1 < entries_.size() && before(entries_[child + 1], entries_[child])) ++child;
        if (!before(entries_[child], entry)) break;
        put(i, entries_[child]);
        i = child;
    }
    put(i, entry);
}

void TimerHeap::take(std::size_t i)
{
    *entries_[i].place = nullptr;
    const Entry last = entries_.back();
    entries_.pop_back();
    if (i == entries_.size()) return;
    if (i > 0 && before(last, entries_[(i - 1) / 2]))
        up(i, last);
    else
        down(i, last);
}

void TimerHeap::start(std::uint64_t at, Fire fire, void *who, Place *place)
{
    // next() says 0 when nothing waits.
    const Entry entry{std::max<std::uint64_t>(at, 1), sequence_++, fire, who, place};
    entries_.push_back(entry);
    up(entries_.size() - 1, entry);
}

bool TimerHeap::cancel(Place *place)
{
    const auto i = reinterpret_cast<std::uintptr_t>(*place);
    if (i == 0 || i > entries_.size() || entries_[i - 1].place != place) return false;
    take(i - 1);
    return true;
}

unsigned TimerHeap::fire_due(std::uint64_t now, unsigned most)
{
    unsigned fired = 0;
    while (fired < most && !entries_.empty() && entries_.front().at <= now) {
        const Entry due = entries_.front();
        take(0);
        ++fired;
        due.fire(due.who);
    }
    return fired;
}

} // namespace hawser::host
