// What a connection still has to send after the kernel took all it wanted: copied bytes, bytes by reference, and parts
// of files, in order. For the loop's thread. Releases run when a node is sent or discarded, exactly once.
#pragma once

#include "net/piece.hpp"

#include <cstddef>
#include <cstdint>

namespace hawser::host {

class OutputQueue {
public:
    enum class Sent { All, Some, Nothing, Broken, ShortFile };

    OutputQueue() = default;
    ~OutputQueue() { discard(); }
    OutputQueue(const OutputQueue &) = delete;
    OutputQueue &operator=(const OutputQueue &) = delete;

    bool empty() const { return head_ == nullptr; }
    std::uint64_t bytes() const { return bytes_; }   // waiting, files included
    std::uint64_t copied() const { return copied_; } // of these, held in memory of the host

    // False: out of memory; the piece was released then.
    bool push(const Piece &piece);
    bool push_file(int fd, std::uint64_t offset, std::uint64_t length, void (*release)(void *), void *ctx);
    // Sends until the kernel refuses or `budget` bytes went; adds to *sent. Errno is kept for Broken.
    Sent flush(int socket, std::uint64_t budget, std::uint64_t *sent);
    void discard();

private:
    struct Node;
    void append(Node *node);
    void drop_head() noexcept;
    bool send_data(int socket, std::uint64_t budget, std::int64_t *n);

    Node *head_ = nullptr, *tail_ = nullptr;
    std::uint64_t bytes_ = 0, copied_ = 0;
};

} // namespace hawser::host
