// Tests: tests/unit/net/connection_test.cpp
// The sending and ending half of Connection; connection.cpp has the receiving half.
#include "net/connection.hpp"

#include <sys/epoll.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

namespace hawser::host {
namespace {

void release_all(const Piece *pieces, std::size_t count)
{
    for (std::size_t i = 0; i < count; ++i) pieces[i].done();
}

} // namespace

OutputQueue &Connection::queue()
{
    if (!queue_) queue_ = std::make_unique<OutputQueue>();
    return *queue_;
}

bool Connection::stage(const Piece &piece)
{
    Stage &stage = transport_.stage_;
    // The owner before the piece: adding may release it, and a release may write to any connection.
    transport_.stage_owner_ = this;
    if (!stage.add(piece)) {
        transport_.send_stage();
        if (has(kFinished) || !queue_empty() || transport_.stage_owner_ != nullptr) return false;
        transport_.stage_owner_ = this;
        if (!stage.add(piece)) return false;
    }
    if (stage.must_flush() || stage.bytes() > kHighMark) transport_.send_stage();
    return true;
}

Outcome Connection::write(const Piece *pieces, std::size_t count)
{
    if (ended() || has(kShuts)) {
        release_all(pieces, count);
        return has(kAborts) && reason_ == static_cast<std::int32_t>(Outcome::Limit) ? Outcome::Limit : Outcome::Closed;
    }
    bool staged = queue_empty() && !has(kConnects | kWaits) &&
                  (transport_.stage_owner_ == nullptr || transport_.stage_owner_ == this);
    if (staged && has(kPaced) && !fits_pace(pieces, count)) {
        transport_.send_stage(); // comes first
        staged = false;
    }
    std::size_t i = 0;
    if (staged) {
        while (i < count && queue_empty() && !has(kFinished) && stage(pieces[i])) ++i;
    }
    if (i < count) return enqueue(pieces + i, count - i);
    return level();
}

Outcome Connection::enqueue(const Piece *pieces, std::size_t count)
{
    if (has(kFinished)) {
        release_all(pieces, count);
        return Outcome::Closed;
    }
    bool kept = true;
    for (std::size_t i = 0; i < count; ++i) kept = queue().push(pieces[i]) && kept;
    if (!kept || queue_->copied() > most_copied()) {
        set(kAborts);
        fail(Outcome::Limit, kept ? "too many bytes wait to be sent" : "out of memory");
        return Outcome::Limit;
    }
    mark_dirty();
    return level();
}

std::uint64_t Connection::queued() const
{
    return (queue_ ? queue_->bytes() : 0) + (transport_.stage_owner_ == this ? transport_.stage_.bytes() : 0);
}

Outcome Connection::level()
{
    if (has(kFinished)) return Outcome::Closed;
    if (!queue_ || queue_->bytes() <= kHighMark) return Outcome::Ok;
    set(kFull);
    return Outcome::Full;
}

Outcome Connection::send_file(int fd, std::uint64_t offset, std::uint64_t length, void (*release)(void *), void *ctx)
{
    if (ended() || has(kShuts)) {
        if (release != nullptr) release(ctx);
        return Outcome::Closed;
    }
    if (transport_.stage_owner_ == this) transport_.send_stage(length > 0);
    if (has(kFinished)) {
        if (release != nullptr) release(ctx);
        return Outcome::Closed;
    }
    if (!queue().push_file(fd, offset, length, release, ctx)) {
        set(kAborts);
        fail(Outcome::Limit, "out of memory");
        return Outcome::Limit;
    }
    mark_dirty();
    return level();
}

void Connection::flush_queue()
{
    if (queue_empty() || has(kFinished | kConnects | kWaits)) return;
    std::uint64_t budget = has(kTermed) ? room_to_send() : kFlushBudget;
    if (budget == 0) return;
    if (transport_.sent_in_turn_ >= kTurnBudget) budget = std::min(budget, kLeastBudget);
    std::uint64_t went = 0;
    const std::uint32_t was = enter_releases();
    const OutputQueue::Sent sent = queue_->flush(socket_.get(), budget, &went);
    leave_releases(was);
    transport_.sent_in_turn_ += went;
    after_flush(sent, went);
}

void Connection::after_flush(OutputQueue::Sent sent, std::uint64_t went)
{
    transport_.loop().counters().bytes_out.add(went);
    if (has(kFinished)) return;
    if (has(kTermed)) moved_out(went);
    if (sent == OutputQueue::Sent::Broken) {
        char text[128];
        const int why = errno;
        fail(Outcome::Reset, strerror_r(why, text, sizeof text));
        return;
    }
    if (sent == OutputQueue::Sent::ShortFile) {
        set(kAborts);
        fail(Outcome::Reset, "a file became shorter while it was sent");
        return;
    }
    const bool waits = !queue_empty();
    const bool watches = waits && !has(kHeldOut);
    if (watches != has(kWrites)) want(has(kReads), watches);
    if (went > 0 && ended())
        transport_.wheel_.set(*this, transport_.loop().now() + kCloseTime, transport_.loop().now());
    if (has(kFull) && (!waits || queue_->bytes() <= kLowMark)) mark_again();
    if (!waits && has(kShuts | kClosing | kLingers | kMoves)) mark_dirty();
}

void Connection::mark_dirty()
{
    if (has(kDirty)) return;
    set(kDirty);
    transport_.dirty_.push_back(this);
}

void Connection::mark_again()
{
    if (has(kAgain)) return;
    set(kAgain);
    transport_.again_.push_back(this);
}

void Connection::close(CloseHow how)
{
    if (has(kFinished | kAborts)) return;
    Transport &t = transport_;
    if (how == CloseHow::Shutdown) {
        if (has(kShuts) || ended()) return;
        set(kShuts);
    } else if (how == CloseHow::Abort) {
        set(kAborts);
        fail(Outcome::Cancelled);
        return;
    } else {
        if (ended()) return;
        set(how == CloseHow::Close ? kClosing : kLingers);
        t.wheel_.set(*this, t.loop().now() + kCloseTime, t.loop().now());
    }
    mark_dirty();
}

void Connection::finish(Outcome reason, std::string_view detail) { fail(reason, detail); }

// The reason of the first end stands.
void Connection::fail(Outcome reason, std::string_view detail)
{
    if (has(kFinished)) return;
    set(kFinished);
    reason_ = static_cast<std::int32_t>(reason);
    if (!detail.empty()) detail_ = new std::string(detail);
    mark_dirty();
}

// At the end of a turn, outside of any call into the session.
void Connection::settle()
{
    if (!has(kFinished)) {
        flush_queue();
        if (has(kLingers) && !has(kEnded | kConnects | kWaits)) want(true, has(kWrites));
        const bool stages = transport_.stage_owner_ == this && !transport_.stage_.empty();
        if (!has(kFinished) && queue_empty() && !stages) sent_all();
        if (has(kMoves) && !stages && is_quiet()) may_move();
    }
    // Only now: what the lines above marked is dealt with here, and a connection that ends must be on no list.
    clear(kDirty);
    if (has(kFinished)) conclude();
}

// Everything is on its way: do what close() asked for.
void Connection::sent_all()
{
    if (has(kConnects | kWaits)) {
        if (has(kClosing | kLingers)) fail(Outcome::Cancelled);
        return;
    }
    if (has(kClosing) || (has(kLingers) && has(kEnded))) {
        fail(Outcome::Ok);
    } else if (has(kShuts | kLingers)) {
        if (!has(kShut)) ::shutdown(socket_.get(), SHUT_WR);
        set(kShut);
        if (has(kLingers))
            transport_.wheel_.set(*this, transport_.loop().now() + kLingerTime, transport_.loop().now());
        else if (has(kEnded))
            fail(Outcome::Ok);
    }
}

void Connection::conclude()
{
    // Still listed elsewhere: the last list that holds it comes back here.
    if (has(kAgain)) return;
    transport_.wheel_.remove(*this);
    const std::uint32_t was = enter_releases();
    if (transport_.stage_owner_ == this) {
        transport_.stage_.discard();
        transport_.stage_owner_ = nullptr;
    }
    if (queue_) queue_->discard();
    leave_releases(was);
    // Closing is not enough: between fork and exec a child has the file too, and the set would name a dead connection.
    if (socket_ && !has(kOut)) transport_.loop().remove(socket_.get());
    if (has(kAborts) && socket_) {
        const linger reset{1, 0};
        ::setsockopt(socket_.get(), SOL_SOCKET, SO_LINGER, &reset, sizeof reset);
    }
    closed(static_cast<Outcome>(reason_), detail_ != nullptr ? std::string_view(*detail_) : std::string_view());
    transport_.send_stage();
    destroy();
}

void Connection::retry()
{
    clear(kAgain);
    if (has(kFinished)) {
        mark_dirty();
        return;
    }
    if (has(kConnects | kWaits)) { // all of it comes after opened()
        clear(kResumes);
        return;
    }
    if (has(kReopens) && !ended()) {
        clear(kReopens);
        opened();
        transport_.send_stage();
    }
    // What has come is not late because this loop did not look.
    if (has(kTimed) && has(kReads) && !has(kPaused | kEnded | kResumes) && !ended()) read();
    if (has(kTimed) && !ended()) {
        clear(kTimed);
        timed_out();
        transport_.send_stage();
    }
    if (has(kFull) && !ended() && (queue_empty() || queue_->bytes() <= kLowMark)) {
        clear(kFull);
        drained();
        transport_.send_stage();
    }
    if (has(kResumes) && !has(kPaused) && !ended()) {
        clear(kResumes);
        give_again();
    }
    if (has(kMoves)) mark_dirty();
}

void Connection::deadline_over()
{
    if (has(kFinished)) return;
    if (has(kLingers) && has(kShut)) {
        fail(Outcome::Ok);
    } else if (ended()) {
        set(kAborts);
        fail(Outcome::TimedOut, "the peer did not read what was sent");
    } else {
        set(kTimed);
        mark_again();
    }
}

} // namespace hawser::host
