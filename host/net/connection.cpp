// Tests: tests/unit/net/connection_test.cpp
#include "net/connection.hpp"

#include <sys/epoll.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>

namespace hawser::host {
namespace {

std::uint32_t events_of(bool input, bool output)
{
    std::uint32_t events = 0;
    if (input) events |= EPOLLIN;
    if (output) events |= EPOLLOUT;
    return events;
}

} // namespace

Connection::Connection(Transport &transport, Fd socket, std::unique_ptr<Terms> terms)
    : transport_(transport)
    , socket_(std::move(socket))
    , terms_(std::move(terms))
{
    ++transport_.open_;
    if (terms_) begin_terms();
}

Connection::~Connection()
{
    transport_.wheel_.remove(*this);
    if (terms_) end_terms();
    std::free(input_);
    delete detail_;
    --transport_.open_;
}

bool Connection::start()
{
    const auto added = transport_.loop().add(socket_.get(), EPOLLIN, this);
    if (added) {
        set(kReads);
        return true;
    }
    set(kOut);
    fail(Outcome::Limit, added.error().text);
    return false;
}

bool Connection::start_connecting(Fd socket)
{
    socket_ = std::move(socket);
    clear(kWaits);
    set(kConnects);
    const auto added = transport_.loop().add(socket_.get(), EPOLLOUT, this);
    if (!added) {
        set(kOut);
        fail(Outcome::Limit, added.error().text);
        return false;
    }
    set(kWrites);
    return true;
}

void Connection::fail_to_connect(int error)
{
    Outcome reason = Outcome::Failed;
    if (error == ETIMEDOUT) reason = Outcome::TimedOut;
    if (error == ENOENT) reason = Outcome::NotFound;
    if (error == ECONNREFUSED || error == EACCES || error == EPERM) reason = Outcome::Refused;
    if (error == EMFILE || error == ENFILE || error == ENOBUFS || error == ENOMEM) reason = Outcome::Limit;
    char text[128];
    fail(reason, strerror_r(error, text, sizeof text));
}

void Connection::finish_connecting()
{
    int error = 0;
    socklen_t size = sizeof error;
    ::getsockopt(socket_.get(), SOL_SOCKET, SO_ERROR, &error, &size);
    if (error != 0) {
        transport_.loop().remove(socket_.get());
        socket_.reset();
        clear(kConnects | kReads | kWrites);
        set(kWaits);
        fail_to_connect(error);
        return;
    }
    clear(kConnects);
    want(true, !queue_empty());
    opened();
    transport_.send_stage();
    flush_queue();
    if (has(kTimed)) mark_again(); // its time came before the connection was up
    mark_dirty();                  // a close() that was asked for meanwhile
}

void Connection::on_ready(std::uint32_t events)
{
    if (has(kFinished)) return;
    if (has(kConnects)) {
        finish_connecting();
        return;
    }
    if ((events & EPOLLOUT) != 0) flush_queue();
    if ((events & ~static_cast<std::uint32_t>(EPOLLOUT)) == 0 || has(kFinished)) return;
    if (has(kLingers))
        discard_input();
    else if (has(kPaused | kEnded | kClosing | kAborts))
        take_unwanted(events);
    else if (!has(kResumes)) // what was left comes first, and there is no room for both without end
        read();
    if (has(kMoves)) mark_dirty();
}

// Input or the end of it while nobody wants to hear: out of the set for input; an error ends the connection.
void Connection::take_unwanted(std::uint32_t events)
{
    if ((events & EPOLLERR) != 0) {
        fail(Outcome::Reset, "connection reset by peer");
    } else if ((events & EPOLLHUP) != 0) {
        // Always reported while the socket is in the set.
        transport_.loop().remove(socket_.get());
        clear(kReads | kWrites);
        set(kOut);
        if (has(kEnded)) fail(Outcome::Reset, "both directions have ended");
    } else {
        want(false, has(kWrites));
    }
}

void Connection::read()
{
    std::size_t room = has(kTermed) ? room_to_read() : Transport::kReadSize;
    if (room == 0) return;
    if (transport_.read_in_turn_ >= Transport::kReadBudget) room = std::min(room, Transport::kLeastRead);
    char *buffer = transport_.input_.get();
    const std::size_t kept = input_ != nullptr ? input_->n : 0;
    if (kept > 0) std::memcpy(buffer, input_->data, kept);
    const ssize_t n = ::recv(socket_.get(), buffer + kept, room, 0);
    if (n > 0) {
        transport_.loop().counters().bytes_in.add(static_cast<std::uint64_t>(n));
        transport_.read_in_turn_ += static_cast<std::uint64_t>(n);
        if (has(kTermed)) moved_in(static_cast<std::uint64_t>(n));
        if (input_ != nullptr) input_->n = 0;
        deliver(buffer, kept + static_cast<std::size_t>(n));
    } else if (n == 0) {
        end_input();
    } else if (errno != EAGAIN && errno != EINTR) {
        char text[128];
        fail(errno == ETIMEDOUT ? Outcome::TimedOut : Outcome::Reset, strerror_r(errno, text, sizeof text));
    }
}

void Connection::discard_input()
{
    if (++transport_.discards_in_turn_ > Transport::kDiscardsInTurn) return; // it is readable in the next turn, too
    // With MSG_TRUNC, TCP lets go of the bytes without a copy.
    const ssize_t n = ::recv(socket_.get(), transport_.input_.get(), 2 * Transport::kReadSize, MSG_TRUNC);
    if (n == 0) {
        set(kEnded);
        want(false, has(kWrites));
        mark_dirty(); // our last words may still wait
    } else if (n < 0 && errno != EAGAIN && errno != EINTR) {
        finish(Outcome::Ok, {});
    }
}

void Connection::deliver(const char *data, std::size_t n)
{
    const std::size_t used = std::min(received(data, n), n);
    transport_.send_stage();
    const std::size_t left = n - used;
    if (left == 0 || ended()) {
        if (input_ != nullptr) input_->n = 0;
        return;
    }
    if (!keep(data + used, left)) {
        fail(Outcome::Failed, "out of memory");
    } else if (has(kReopens)) {
        set(kResumes);
    } else if (left >= kMostUnconsumed && !has(kPaused | kResumes)) {
        set(kAborts);
        fail(Outcome::Limit, "the session left too much input unconsumed");
    }
    if (has(kResumes)) mark_again();
}

bool Connection::keep(const char *data, std::size_t n)
{
    if (input_ == nullptr || input_->room < n) {
        const std::size_t room = std::max<std::size_t>(n, 256);
        void *memory = std::malloc(sizeof(Input) + room);
        if (memory == nullptr) return false;
        std::free(input_);
        input_ = new (memory) Input;
        input_->room = room;
    }
    std::memmove(input_->data, data, n);
    input_->n = n;
    return true;
}

// Unconsumed input once more, after pause(false) or a change of session.
void Connection::give_again()
{
    const std::size_t n = input_ != nullptr ? input_->n : 0;
    if (n > 0) {
        char *buffer = transport_.input_.get();
        std::memcpy(buffer, input_->data, n);
        input_->n = 0;
        deliver(buffer, n);
    }
    if (!has(kPaused | kEnded) && !ended()) want(true, has(kWrites));
}

void Connection::end_input()
{
    set(kEnded);
    want(false, has(kWrites));
    peer_ended();
    transport_.send_stage();
    if (has(kReopens)) return;
    if (input_ != nullptr) input_->n = 0;
    if (has(kShut) && !ended()) finish(Outcome::Ok, {});
}

void Connection::want(bool input, bool output)
{
    if (has(kFinished) || socket_.get() < 0) return;
    const std::uint32_t wanted = (input ? kReads : 0U) | (output ? kWrites : 0U);
    if (has(kOut)) {
        if (wanted == 0) return;
        clear(kOut);
        if (!transport_.loop().add(socket_.get(), events_of(input, output), this))
            fail(Outcome::Limit, "cannot watch the socket");
    } else if ((flags_ & (kReads | kWrites)) != wanted) {
        transport_.loop().modify(socket_.get(), events_of(input, output), this);
    }
    clear(kReads | kWrites);
    set(wanted);
}

void Connection::pause(bool paused)
{
    if (ended()) return;
    if (paused) {
        // The set is changed only if something does come while paused.
        set(kPaused);
        clear(kResumes);
    } else if (has(kPaused)) {
        clear(kPaused);
        set(kResumes);
        mark_again();
    }
}

void Connection::set_timer(std::uint64_t at)
{
    if (ended()) return;
    clear(kTimed); // of the deadline before
    transport_.wheel_.set(*this, at, transport_.loop().now());
}

void Connection::reopen()
{
    if (ended()) return;
    // The end of input is read once more, for the new session.
    clear(kPaused | kFull | kTimed | kEnded);
    transport_.wheel_.set(*this, 0, 0);
    if (has(kConnects | kWaits)) return; // opened() is still to come
    set(kReopens | kResumes);
    mark_again();
}

void Connection::fired(WheelEntry &entry) { static_cast<Connection &>(entry).deadline_over(); }

} // namespace hawser::host
