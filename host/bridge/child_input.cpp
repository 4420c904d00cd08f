// Tests: tests/unit/bridge/process_test.cpp
// The half of ChildProcess that writes to the program.
#include "bridge/child_process.hpp"
#include "bridge/refusal.hpp"

#include <sys/epoll.h>
#include <sys/uio.h>

#include <array>
#include <cerrno>
#include <utility>

namespace hawser::host {
namespace {

constexpr std::size_t kParts = 64;

} // namespace

std::int32_t ChildProcess::write(const hawser_piece *pieces, std::size_t count)
{
    const bool closed = closing_ || shuts_ || !input_.fd;
    std::uint64_t bytes = 0;
    for (std::size_t i = 0; i < count; ++i) bytes += pieces[i].n;
    if (closed || queued_ + bytes > kMostQueued) {
        release_all(pieces, count);
        if (!closed) fail(HAWSER_LIMIT);
        return closed ? HAWSER_CLOSED : HAWSER_LIMIT;
    }
    for (std::size_t i = 0; i < count; ++i) {
        Waiting &next = waiting_.emplace_back();
        next.piece = pieces[i];
        if (pieces[i].release != nullptr) continue;
        next.copy.assign(pieces[i].p, pieces[i].n);
        next.piece.p = next.copy.data();
    }
    const bool idle = queued_ == 0;
    queued_ += bytes;
    if (idle) flush();
    if (!input_.fd) return HAWSER_CLOSED;
    full_ = full_ || queued_ > kHighMark;
    return full_ ? HAWSER_FULL : HAWSER_OK;
}

void ChildProcess::write_input(std::uint32_t)
{
    flush();
    if (full_ && queued_ < kLowMark && !closing_) {
        full_ = false;
        if (owner_.session->on_drained != nullptr)
            call(crumb::kSessionDrained, [&] { owner_.session->on_drained(owner_.self); });
    }
    settle();
}

void ChildProcess::flush()
{
    if (std::exchange(flushing_, true)) return; // from inside of a release
    while (!waiting_.empty() && input_.fd) {
        std::array<iovec, kParts> parts;
        std::size_t count = 0;
        for (const Waiting &each : waiting_) {
            if (count == kParts) break;
            parts[count++] = {const_cast<char *>(each.piece.p), each.piece.n};
        }
        ssize_t n = ::writev(input_.fd.get(), parts.data(), static_cast<int>(count));
        if (n < 0 && errno == EINTR) continue;
        if (n < 0 && errno == EAGAIN) break;
        if (n < 0) {
            // It reads no more. Who waits for room goes on, and hears CLOSED.
            drop_queue();
            input_.close();
            break;
        }
        queued_ -= static_cast<std::uint64_t>(n);
        while (!waiting_.empty() && static_cast<std::size_t>(n) >= waiting_.front().piece.n) {
            n -= static_cast<ssize_t>(waiting_.front().piece.n);
            const Waiting sent = std::move(waiting_.front());
            waiting_.pop_front();
            if (sent.piece.release != nullptr) call(crumb::kRelease, [&] { sent.piece.release(sent.piece.ctx); });
        }
        if (!waiting_.empty()) {
            waiting_.front().piece.p += n;
            waiting_.front().piece.n -= static_cast<std::size_t>(n);
        }
    }
    flushing_ = false;
    input_.want(waiting_.empty() ? 0U : static_cast<std::uint32_t>(EPOLLOUT));
    if (waiting_.empty() && shuts_) input_.close();
}

void ChildProcess::drop_queue()
{
    queued_ = 0;
    while (!waiting_.empty()) {
        const Waiting dropped = std::move(waiting_.front());
        waiting_.pop_front();
        if (dropped.piece.release != nullptr) dropped.piece.release(dropped.piece.ctx);
    }
}

void ChildProcess::end_input()
{
    shuts_ = true;
    if (waiting_.empty()) input_.close();
}

} // namespace hawser::host
