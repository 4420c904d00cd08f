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
    first_ = std::min(first_, tick);
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
    if (filed_ == 0) {
        done_ = now / kTick;
        first_ = done_ + kSlots;
    }
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

std::uint64_t Wheel::next()
{
    if (filed_ == 0) return 0;
    // Asked in every turn: nothing is filed before first_, so that no slot is looked at twice.
    first_ = std::max(first_, done_ + 1);
    while (slots_[first_ % kSlots].next == &slots_[first_ % kSlots]) ++first_;
    return first_ * kTick;
}

} // namespace hawser::host
