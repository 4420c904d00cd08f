// Tests: tests/unit/net/wheel_test.cpp
#include "net/wheel.hpp"

#include <algorithm>

namespace hawser::host {

Wheel::Wheel()
{
    for (WheelEntry &head : slots_) head.previous = head.next = &head;
}

void Wheel::unlink(WheelEntry &entry)
{
    entry.previous->next = entry.next;
    entry.next->previous = entry.previous;
    entry.previous = entry.next = nullptr;
    --filed_;
}

void Wheel::file(WheelEntry &entry)
{
    const std::uint64_t tick = std::clamp(tick_of(entry.due), done_ + 1, done_ + kSlots - 1);
    WheelEntry &head = slots_[tick % kSlots];
    entry.filed = static_cast<std::uint32_t>(tick);
    entry.previous = head.previous;
    entry.next = &head;
    head.previous->next = &entry;
    head.previous = &entry;
    ++filed_;
}

void Wheel::set(WheelEntry &entry, std::uint64_t deadline, std::uint64_t now)
{
    entry.due = deadline;
    if (deadline == 0) return;
    if (filed_ == 0) done_ = now / kTick;
    if (!entry.linked()) {
        file(entry);
    } else if (static_cast<std::int32_t>(static_cast<std::uint32_t>(tick_of(deadline)) - entry.filed) < 0) {
        unlink(entry);
        file(entry);
    }
}

void Wheel::remove(WheelEntry &entry)
{
    entry.due = 0;
    if (entry.linked()) unlink(entry);
}

void Wheel::advance(std::uint64_t now, Fire fire)
{
    const std::uint64_t last = now / kTick;
    while (filed_ > 0 && done_ < last) {
        ++done_;
        WheelEntry &head = slots_[done_ % kSlots];
        // The list is taken off first: what is filed again goes to a later slot, and fire() may set or remove any
        // entry.
        WheelEntry taken;
        if (head.next == &head) continue;
        taken.next = head.next;
        taken.previous = head.previous;
        taken.next->previous = taken.previous->next = &taken;
        head.previous = head.next = &head;
        while (taken.next != &taken) {
            WheelEntry &entry = *taken.next;
            unlink(entry);
            if (entry.due == 0) continue;
            if (entry.due > now) {
                file(entry);
                continue;
            }
            entry.due = 0;
            fire(entry);
        }
    }
    done_ = std::max(done_, last);
}

std::uint64_t Wheel::next() const
{
    if (filed_ == 0) return 0;
    for (std::uint64_t tick = done_ + 1; tick < done_ + kSlots; ++tick) {
        const WheelEntry &head = slots_[tick % kSlots];
        if (head.next != &head) return tick * kTick;
    }
    return (done_ + kSlots) * kTick;
}

} // namespace hawser::host
