// Tests: tests/unit/net/output_test.cpp
#include "net/output_queue.hpp"

#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <new>

namespace hawser::host {
namespace {

constexpr std::size_t kPiecesPerSend = 64;
constexpr std::size_t kSmall = 1024;     // copied bytes that share a node with others
constexpr std::size_t kShared = 4 << 10; // what they share

} // namespace

struct OutputQueue::Node {
    Node *next = nullptr;
    const char *p = nullptr; // data, or null for a file
    std::uint64_t n = 0;     // left to send
    void (*release)(void *) = nullptr;
    void *ctx = nullptr;
    int fd = -1;
    std::uint64_t offset = 0;
    std::uint64_t held = 0; // room for copied bytes behind this node

    char *own() { return reinterpret_cast<char *>(this + 1); }
    std::uint64_t room() { return held == 0 ? 0 : static_cast<std::uint64_t>(own() + held - (p + n)); }
};

void OutputQueue::append(Node *node)
{
    (tail_ != nullptr ? tail_->next : head_) = node;
    tail_ = node;
    bytes_ += node->n;
    copied_ += node->held;
}

bool OutputQueue::push(const Piece &piece)
{
    if (piece.n == 0) {
        piece.done();
        return true;
    }
    std::size_t copied = piece.release == nullptr ? piece.n : 0;
    if (copied > 0 && tail_ != nullptr && tail_->room() >= copied) {
        std::memcpy(const_cast<char *>(tail_->p) + tail_->n, piece.p, copied);
        tail_->n += copied;
        bytes_ += copied;
        return true;
    }
    // Who writes byte by byte to a peer that does not read must not cost a node for each.
    if (copied > 0 && copied < kSmall && tail_ != nullptr && tail_->held > 0) copied = kShared - sizeof(Node);
    void *memory = std::malloc(sizeof(Node) + copied);
    if (memory == nullptr) {
        piece.done();
        return false;
    }
    Node *node = new (memory) Node;
    node->p = piece.p;
    node->n = piece.n;
    node->release = piece.release;
    node->ctx = piece.ctx;
    node->held = copied;
    if (copied > 0) {
        std::memcpy(node->own(), piece.p, piece.n);
        node->p = node->own();
    }
    append(node);
    return true;
}

bool OutputQueue::push_file(int fd, std::uint64_t offset, std::uint64_t length, void (*release)(void *), void *ctx)
{
    void *memory = length > 0 ? std::malloc(sizeof(Node)) : nullptr;
    if (memory == nullptr) {
        if (release != nullptr) release(ctx);
        return length == 0;
    }
    Node *node = new (memory) Node;
    node->n = length;
    node->release = release;
    node->ctx = ctx;
    node->fd = fd;
    node->offset = offset;
    append(node);
    return true;
}

void OutputQueue::drop_head() noexcept
{
    Node *node = head_;
    head_ = node->next;
    if (head_ == nullptr) tail_ = nullptr;
    bytes_ -= node->n;
    copied_ -= node->held;
    const auto release = node->release;
    void *ctx = node->ctx;
    std::free(node);
    if (release != nullptr) release(ctx);
}

void OutputQueue::discard()
{
    while (head_ != nullptr) drop_head();
}

bool OutputQueue::send_data(int socket, std::uint64_t budget, std::int64_t *n)
{
    std::array<iovec, kPiecesPerSend> parts;
    std::size_t count = 0;
    std::uint64_t total = 0;
    const Node *node = head_;
    for (; node != nullptr && node->fd < 0 && count < parts.size() && total < budget; node = node->next) {
        const std::uint64_t part = std::min(node->n, budget - total);
        parts[count++] = {const_cast<char *>(node->p), part};
        total += part;
    }
    msghdr message{};
    message.msg_iov = parts.data();
    message.msg_iovlen = count;
    // A file behind these bytes goes into the same packets.
    const int more = node != nullptr && node->fd >= 0 ? MSG_MORE : 0;
    *n = ::sendmsg(socket, &message, MSG_NOSIGNAL | more);
    return *n > 0;
}

OutputQueue::Sent OutputQueue::flush(int socket, std::uint64_t budget, std::uint64_t *sent)
{
    const std::uint64_t before = *sent;
    while (head_ != nullptr && budget > 0) {
        std::int64_t n = 0;
        if (head_->fd < 0) {
            send_data(socket, budget, &n);
        } else {
            auto at = static_cast<off_t>(head_->offset);
            n = ::sendfile(socket, head_->fd, &at, std::min(head_->n, budget));
            if (n == 0) return Sent::ShortFile;
        }
        if (n < 0) {
            if (errno == EINTR) continue;
            if (errno != EAGAIN) return Sent::Broken;
            break;
        }
        *sent += static_cast<std::uint64_t>(n);
        auto left = static_cast<std::uint64_t>(n);
        budget -= std::min(budget, left);
        while (left > 0) {
            const std::uint64_t part = std::min(left, head_->n);
            head_->n -= part;
            head_->offset += part;
            if (head_->fd < 0) head_->p += part;
            bytes_ -= part;
            left -= part;
            if (head_->n == 0) drop_head();
        }
    }
    if (head_ == nullptr) return Sent::All;
    return *sent > before ? Sent::Some : Sent::Nothing;
}

} // namespace hawser::host
