// hawser/frames.hpp: memory for the frames of coroutines: what one of them leaves is kept for the next on this thread,
// so that a loop in its steady state allocates nothing. Used by hawser/task.hpp; authors do not call it.
#pragma once

#include <cstddef>
#include <new>

namespace hawser::detail {

#if defined(__SANITIZE_ADDRESS__)
inline constexpr bool kKeepFrames = false; // a frame that is used after its end is to be seen
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
inline constexpr bool kKeepFrames = false;
#else
inline constexpr bool kKeepFrames = true;
#endif
#else
inline constexpr bool kKeepFrames = true;
#endif

// Blocks by size, rounded up to 64 bytes. A block may be given on another thread than took it.
class FramePool {
public:
    static void *take(std::size_t size)
    {
        const std::size_t of = (size - 1) / kStep;
        if (!kKeepFrames || of >= kClasses) return ::operator new(size);
        FramePool &pool = mine();
        Block *block = pool.kept_[of].first;
        if (block == nullptr) return ::operator new((of + 1) * kStep);
        pool.kept_[of].first = block->next;
        --pool.kept_[of].count;
        return block;
    }
    static void give(void *memory, std::size_t size) noexcept
    {
        const std::size_t of = (size - 1) / kStep;
        Kept *kept = kKeepFrames && of < kClasses ? &mine().kept_[of] : nullptr;
        if (kept == nullptr || kept->count >= kMost) {
            ::operator delete(memory);
            return;
        }
        kept->first = ::new (memory) Block{kept->first};
        ++kept->count;
    }

private:
    struct Block {
        Block *next;
    };
    struct Kept {
        Block *first = nullptr;
        std::size_t count = 0;
    };
    static constexpr std::size_t kStep = 64, kClasses = 32, kMost = 128; // frames up to 2 KiB; 128 of a size

    FramePool() = default;
    ~FramePool()
    {
        for (Kept &kept : kept_)
            while (kept.first != nullptr) {
                Block *block = kept.first;
                kept.first = block->next;
                ::operator delete(block);
            }
    }
    static FramePool &mine()
    {
        thread_local FramePool pool;
        return pool;
    }
    Kept kept_[kClasses];
};

} // namespace hawser::detail
