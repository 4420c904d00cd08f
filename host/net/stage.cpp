// Tests: tests/unit/net/output_test.cpp
#include "net/stage.hpp"

#include <sys/socket.h>

#include <cerrno>
#include <cstring>

namespace hawser::host {

bool Stage::copy(const Piece &piece)
{
    char *to = buffer_.get() + used_;
    const bool joins = count_ > 0 &&
                       static_cast<char *>(parts_[count_ - 1].iov_base) + parts_[count_ - 1].iov_len == to &&
                       held_[count_ - 1].release == nullptr;
    if (used_ + piece.n > kBuffer || (!joins && count_ == kParts)) return false;
    std::memcpy(to, piece.p, piece.n);
    used_ += piece.n;
    bytes_ += piece.n;
    if (joins) {
        parts_[count_ - 1].iov_len += piece.n;
    } else {
        parts_[count_] = {to, piece.n};
        held_[count_++] = {};
    }
    piece.done();
    return true;
}

bool Stage::refer(const Piece &piece)
{
    if (count_ == kParts) return false;
    parts_[count_] = {const_cast<char *>(piece.p), piece.n};
    held_[count_++] = {piece.release, piece.ctx};
    releases_ = true;
    bytes_ += piece.n;
    return true;
}

bool Stage::add(const Piece &piece)
{
    if (busy_) return false;
    if (piece.n == 0) {
        piece.done();
        return true;
    }
    if (piece.release != nullptr && piece.n >= kCopyBelow) return refer(piece);
    if (piece.n <= kBuffer) return copy(piece);
    if (count_ > 0) return false;
    must_flush_ = true;
    return refer(piece);
}

void Stage::clear()
{
    count_ = 0;
    used_ = 0;
    bytes_ = 0;
    must_flush_ = false;
    releases_ = false;
}

void Stage::discard() noexcept
{
    const std::size_t count = count_;
    clear();
    busy_ = true;
    for (std::size_t i = 0; i < count; ++i) {
        if (held_[i].release != nullptr) held_[i].release(held_[i].ctx);
    }
    busy_ = false;
}

// Queues what did not go out, then releases what did: a release that writes comes after all that was written before.
// False: out of memory, and the stream has a hole.
bool Stage::keep_rest(std::uint64_t sent, std::unique_ptr<OutputQueue> &queue) noexcept
{
    bool whole = true;
    const std::size_t count = count_;
    clear();
    busy_ = true;
    std::size_t gone = 0;
    while (gone < count && sent >= parts_[gone].iov_len) sent -= parts_[gone++].iov_len;
    if (gone < count && !queue) queue = std::make_unique<OutputQueue>();
    for (std::size_t i = gone; i < count; ++i) {
        const std::uint64_t length = parts_[i].iov_len;
        const char *p = static_cast<const char *>(parts_[i].iov_base) + sent;
        whole = queue->push({p, length - sent, held_[i].release, held_[i].ctx}) && whole;
        sent = 0;
    }
    for (std::size_t i = 0; i < gone; ++i) {
        if (held_[i].release != nullptr) held_[i].release(held_[i].ctx);
    }
    busy_ = false;
    return whole;
}

OutputQueue::Sent Stage::flush(int socket, bool more, std::unique_ptr<OutputQueue> &queue, std::uint64_t *sent)
{
    if (count_ == 0) return OutputQueue::Sent::All;
    const int flags = MSG_NOSIGNAL | (more ? MSG_MORE : 0);
    const std::uint64_t total = bytes_;
    ssize_t n;
    do {
        if (count_ == 1) {
            n = ::send(socket, parts_[0].iov_base, parts_[0].iov_len, flags);
        } else {
            msghdr message{};
            message.msg_iov = parts_.data();
            message.msg_iovlen = count_;
            n = ::sendmsg(socket, &message, flags);
        }
    } while (n < 0 && errno == EINTR);
    if (n < 0 && errno != EAGAIN) {
        const int why = errno;
        discard();
        errno = why;
        return OutputQueue::Sent::Broken;
    }
    const std::uint64_t went = n > 0 ? static_cast<std::uint64_t>(n) : 0;
    *sent += went;
    if (went == total && count_ == 1 && held_[0].release == nullptr) {
        clear();
        return OutputQueue::Sent::All;
    }
    if (!keep_rest(went, queue)) {
        errno = ENOMEM;
        return OutputQueue::Sent::Broken;
    }
    return went == total ? OutputQueue::Sent::All : OutputQueue::Sent::Some;
}

} // namespace hawser::host
