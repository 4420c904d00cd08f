// Tests: tests/unit/loop/refs_test.cpp
#include "loop/refs.hpp"

#include <algorithm>

#include <limits>

namespace hawser::host {

std::uint64_t Refs::track(void *object, std::uint32_t mark)
{
    constexpr std::uint32_t kMostSlots = 0x1000000;
    std::uint32_t slot;
    if (!free_.empty()) {
        slot = free_.back();
        free_.pop_back();
    } else if (slots_.size() < kMostSlots) {
        slot = static_cast<std::uint32_t>(slots_.size());
        slots_.emplace_back();
    } else {
        return 0;
    }
    slots_[slot].object = object;
    slots_[slot].mark = mark;
    return static_cast<std::uint64_t>(loop_) << 56 | static_cast<std::uint64_t>(slot) << 32 | slots_[slot].generation;
}

void Refs::untrack(std::uint64_t ref)
{
    if (find(ref) == nullptr) return;
    Slot &slot = slots_[slot_of(ref)];
    slot.object = nullptr;
    // A slot whose generations are used up is never given out again.
    if (slot.generation++ < std::numeric_limits<std::uint32_t>::max()) free_.push_back(slot_of(ref));
}

void *Refs::find(std::uint64_t ref) const
{
    const std::uint32_t slot = slot_of(ref);
    if (slot >= slots_.size() || slots_[slot].generation != static_cast<std::uint32_t>(ref)) return nullptr;
    return slots_[slot].object;
}

std::uint32_t Refs::mark(std::uint64_t ref) const { return find(ref) != nullptr ? slots_[slot_of(ref)].mark : 0; }

std::size_t Refs::count(std::uint32_t mark) const
{
    const auto has_mark = [mark](const Slot &slot) { return slot.object != nullptr && slot.mark == mark; };
    return static_cast<std::size_t>(std::count_if(slots_.begin(), slots_.end(), has_mark));
}

} // namespace hawser::host
