// Where one loop gathers what a callback writes, so that it leaves in one system call after the callback. It belongs to
// the first connection that writes; others queue. Small pieces are copied into one buffer, large ones stay where they
// are. For the loop's thread.
#pragma once

#include "net/output_queue.hpp"
#include "net/piece.hpp"

#include <sys/uio.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>

namespace hawser::host {

class Stage {
public:
    Stage()
        : buffer_(new char[kBuffer])
    {}

    bool empty() const { return count_ == 0; }
    bool releases() const { return releases_; } // something of it will be released by its owner
    std::uint64_t bytes() const { return bytes_; }

    // False: no room; flush first. A piece without release that is larger than the buffer is taken only by an empty
    // stage and must be flushed before its memory goes: see must_flush().
    bool add(const Piece &piece);
    bool must_flush() const { return must_flush_; }

    // Sends once; what the kernel did not take goes to the queue, which is made only then: most connections never need
    // one. Empty afterwards. `more`: bytes of a file follow.
    OutputQueue::Sent flush(int socket, bool more, std::unique_ptr<OutputQueue> &queue, std::uint64_t *sent);
    void discard() noexcept;

private:
    static constexpr std::size_t kBuffer = 65536;
    static constexpr std::size_t kParts = 64;
    static constexpr std::size_t kCopyBelow = 1024; // copying costs less than another part of the send

    struct Held {
        void (*release)(void *) = nullptr;
        void *ctx = nullptr;
    };
    bool copy(const Piece &piece);
    bool refer(const Piece &piece);
    bool keep_rest(std::uint64_t sent, std::unique_ptr<OutputQueue> &queue) noexcept;
    void clear();

    std::unique_ptr<char[]> buffer_;
    std::size_t used_ = 0;
    std::uint64_t bytes_ = 0;
    std::size_t count_ = 0;
    bool must_flush_ = false, releases_ = false;
    bool busy_ = false; // in flush or discard: a release that writes goes to the queue
    std::array<iovec, kParts> parts_;
    std::array<Held, kParts> held_;
};

} // namespace hawser::host
