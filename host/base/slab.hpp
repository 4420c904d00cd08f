// Memory for many objects of one type: chunks of 32 to 64, found again from an object's address, so that all live
// objects can be visited without links in them. A chunk and what malloc keeps before it fill a power of two together.
// Chunks that are empty again go back to the system, but for one. For one thread.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <new>
#include <utility>
#include <vector>

namespace hawser::host {

template<typename T>
class Slab {
public:
    Slab() = default;
    Slab(const Slab &) = delete;
    Slab &operator=(const Slab &) = delete;
    ~Slab() // REQUIRES: every object has ended
    {
        for (Chunk *chunk : chunks_) std::free(chunk);
    }

    // Null: out of memory.
    template<typename... Arguments>
    T *create(Arguments &&...arguments)
    {
        Chunk *chunk = chunk_with_room();
        if (chunk == nullptr) return nullptr;
        const int i = std::countr_one(chunk->live);
        T *object = new (chunk->at(i)) T(std::forward<Arguments>(arguments)...);
        chunk->live |= 1ULL << i;
        ++size_;
        if (chunk->live == kFull) std::erase(with_room_, chunk);
        return object;
    }

    void destroy(T *object) { give_back(end(object)); }

    // The same in two steps: between them its memory, sizeof(T) bytes, is the caller's.
    void *end(T *object)
    {
        Chunk *chunk = chunk_of(object);
        object->~T();
        chunk->resting |= chunk->bit_of(object);
        --size_;
        return object;
    }
    void give_back(void *memory)
    {
        Chunk *chunk = chunk_of(memory);
        const std::uint64_t bit = chunk->bit_of(memory);
        if (chunk->live == kFull) with_room_.push_back(chunk);
        chunk->live &= ~bit;
        chunk->resting &= ~bit;
        if (chunk->live == 0 && with_room_.size() > 1) {
            std::erase(with_room_, chunk);
            std::erase(chunks_, chunk);
            std::free(chunk);
        }
    }

    std::size_t size() const { return size_; }

    // visit(T &) for every live object; it may destroy none. What it creates may be visited or not.
    template<typename Visit>
    void for_each(Visit visit)
    {
        for (std::size_t i = 0; i < chunks_.size(); ++i) {
            Chunk *chunk = chunks_[i];
            for (std::uint64_t left = chunk->live & ~chunk->resting; left != 0; left &= left - 1)
                visit(*chunk->at(std::countr_zero(left)));
        }
    }

private:
    static constexpr std::size_t kBefore = 2 * sizeof(void *); // what malloc keeps
    static constexpr std::size_t kBits = 2 * sizeof(std::uint64_t);
    static constexpr std::size_t kHead = alignof(T) > kBits ? alignof(T) : kBits;
    static constexpr std::size_t kChunkSize = std::bit_floor(kBefore + kHead + 64 * sizeof(T));
    static constexpr std::size_t kObjects = (kChunkSize - kBefore - kHead) / sizeof(T);
    static constexpr std::uint64_t kFull = kObjects == 64 ? ~0ULL : (1ULL << kObjects) - 1;
    struct Chunk {
        std::uint64_t live = 0;    // also what rests
        std::uint64_t resting = 0; // has ended, and was not given back yet
        alignas(T) std::byte memory[kObjects * sizeof(T)];
        T *at(std::size_t i) { return std::launder(reinterpret_cast<T *>(memory)) + i; }
        T *at(int i) { return at(static_cast<std::size_t>(i)); }
        std::uint64_t bit_of(const void *object) const
        {
            return 1ULL << static_cast<std::size_t>(static_cast<const std::byte *>(object) - memory) / sizeof(T);
        }
    };
    static_assert(kObjects >= 1 && kObjects <= 64 && sizeof(Chunk) <= kChunkSize - kBefore);

    static Chunk *chunk_of(void *object)
    {
        return reinterpret_cast<Chunk *>(reinterpret_cast<std::uintptr_t>(object) & ~(kChunkSize - 1));
    }
    Chunk *chunk_with_room()
    {
        if (!with_room_.empty()) return with_room_.back();
        void *memory = nullptr;
        if (::posix_memalign(&memory, kChunkSize, sizeof(Chunk)) != 0) return nullptr;
        auto *chunk = new (memory) Chunk;
        chunks_.push_back(chunk);
        with_room_.push_back(chunk);
        return chunk;
    }

    std::vector<Chunk *> chunks_, with_room_;
    std::size_t size_ = 0;
};

} // namespace hawser::host
