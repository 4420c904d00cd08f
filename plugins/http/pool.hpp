// Objects of one kind for one loop, in chunks that are never given back: an idle one costs its own size. Made and
// destroyed through the pool; the pool outlives them.
#pragma once

#include <cstddef>
#include <new>
#include <utility>

namespace http_engine {

template<typename T>
class Pool {
public:
    Pool() = default;
    ~Pool()
    {
        while (chunks_ != nullptr) delete std::exchange(chunks_, chunks_->next);
    }
    Pool(const Pool &) = delete;
    Pool &operator=(const Pool &) = delete;

    // Null: out of memory.
    template<typename... Arguments>
    T *make(Arguments &&...arguments)
    {
        if (free_ == nullptr && !grow()) return nullptr;
        Slot *slot = std::exchange(free_, free_->next);
        return new (slot->bytes) T(std::forward<Arguments>(arguments)...);
    }
    void destroy(T *object)
    {
        object->~T();
        Slot *slot = reinterpret_cast<Slot *>(object);
        slot->next = free_;
        free_ = slot;
    }

private:
    static constexpr std::size_t kInChunk = 64;
    union Slot {
        Slot *next;
        alignas(T) std::byte bytes[sizeof(T)];
    };
    struct Chunk {
        Slot slots[kInChunk];
        Chunk *next;
    };
    bool grow()
    {
        auto *chunk = new (std::nothrow) Chunk;
        if (chunk == nullptr) return false;
        chunk->next = chunks_;
        chunks_ = chunk;
        for (std::size_t i = kInChunk; i-- > 0;) {
            chunk->slots[i].next = free_;
            free_ = &chunk->slots[i];
        }
        return true;
    }

    Slot *free_ = nullptr;
    Chunk *chunks_ = nullptr;
};

} // namespace http_engine
