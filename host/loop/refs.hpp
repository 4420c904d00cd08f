// Numbers for objects of one loop, which any thread may keep for ever: loop, slot and a generation that is never used
// again. For the loop's thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace hawser::host {

class Refs {
public:
    explicit Refs(unsigned loop)
        : loop_(loop)
    {}

    // `mark` is kept beside it, for messages. 0: no number is left.
    std::uint64_t track(void *object, std::uint32_t mark = 0);
    void untrack(std::uint64_t ref);
    void *find(std::uint64_t ref) const;         // NULL: no longer tracked
    std::uint32_t mark(std::uint64_t ref) const; // 0: no longer tracked
    std::size_t count(std::uint32_t mark) const; // of those that are tracked now
    static unsigned loop_of(std::uint64_t ref) { return static_cast<unsigned>(ref >> 56); }

private:
    // generation 32 bits · loop 8 bits at the top · slot 24 bits
    struct Slot {
        void *object = nullptr;
        std::uint32_t generation = 1;
        std::uint32_t mark = 0;
    };
    static std::uint32_t slot_of(std::uint64_t ref) { return static_cast<std::uint32_t>(ref >> 32) & 0xffffffU; }

    unsigned loop_;
    std::vector<Slot> slots_;
    std::vector<std::uint32_t> free_;
};

} // namespace hawser::host
