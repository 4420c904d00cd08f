// Tests: tests/system/limits_test.cpp
// The half of Connection that only one with Terms has: bytes a second, and how long it may be idle.
#include "net/connection.hpp"

#include <algorithm>

namespace hawser::host {

void Connection::begin_terms()
{
    const ListenerRules &rules = terms_->share.rules();
    const std::uint64_t now = transport_.loop().now();
    terms_->connection = this;
    terms_->moved = now;
    terms_->in.set(rules.bytes_per_second, now);
    terms_->out.set(rules.bytes_per_second, now);
    if (rules.bytes_per_second > 0) set(kTermed | kPaced);
    if (rules.idle > 0) set(kTermed);
    if (has(kTermed) && !transport_.terms_wheel_) transport_.terms_wheel_ = std::make_unique<Wheel>();
    if (has(kTermed)) arm_terms();
}

void Connection::end_terms()
{
    if (has(kTermed)) transport_.terms_wheel_->remove(*terms_);
}

// One entry for whatever comes first; a later idle deadline costs nothing (net/wheel.hpp).
void Connection::arm_terms()
{
    const std::uint64_t now = transport_.loop().now();
    std::uint64_t first = terms_->share.rules().idle > 0 ? terms_->moved + terms_->share.rules().idle : 0;
    const auto sooner = [&first](std::uint64_t at) { first = first == 0 ? at : std::min(first, at); };
    if (has(kHeldIn)) sooner(terms_->in.when(now));
    if (has(kHeldOut)) sooner(terms_->out.when(now));
    transport_.terms_wheel_->set(*terms_, first, now);
}

std::size_t Connection::room_to_read()
{
    if (!has(kPaced)) return Transport::kReadSize;
    const std::uint64_t room = terms_->in.room(transport_.loop().now());
    if (room > 0) return std::min<std::uint64_t>(room, Transport::kReadSize);
    set(kHeldIn);
    want(false, has(kWrites));
    arm_terms();
    return 0;
}

std::uint64_t Connection::room_to_send()
{
    if (!has(kPaced)) return kFlushBudget;
    const std::uint64_t room = terms_->out.room(transport_.loop().now());
    if (room > 0) return std::min(room, kFlushBudget);
    set(kHeldOut);
    want(has(kReads), false);
    arm_terms();
    return 0;
}

// What is staged is sent at once, whole.
bool Connection::fits_pace(const Piece *pieces, std::size_t count)
{
    std::uint64_t bytes = transport_.stage_.bytes();
    for (std::size_t i = 0; i < count; ++i) bytes += pieces[i].n;
    return bytes <= terms_->out.room(transport_.loop().now());
}

void Connection::moved_in(std::uint64_t bytes)
{
    terms_->moved = transport_.loop().now();
    if (has(kPaced)) terms_->in.spend(bytes);
}

void Connection::moved_out(std::uint64_t bytes)
{
    if (bytes == 0) return;
    const std::uint64_t now = transport_.loop().now();
    terms_->moved = now;
    if (!has(kPaced)) return;
    terms_->out.spend(bytes);
    if (queue_empty() || terms_->out.room(now) > 0) return;
    set(kHeldOut);
    arm_terms();
}

void Connection::terms_fired(WheelEntry &entry) { static_cast<Terms &>(entry).connection->terms_due(); }

void Connection::terms_due()
{
    if (has(kFinished)) return;
    const std::uint64_t now = transport_.loop().now();
    const std::uint64_t idle = terms_->share.rules().idle;
    if (idle > 0 && now - terms_->moved >= idle) {
        fail(Outcome::TimedOut, "no byte came or went for the time of limits.idle");
        return;
    }
    if (has(kHeldIn) && terms_->in.room(now) > 0) {
        clear(kHeldIn);
        // What the session left comes first, and asks for more then.
        if (!has(kPaused | kEnded | kResumes) && !ended()) want(true, has(kWrites));
    }
    if (has(kHeldOut) && terms_->out.room(now) > 0) {
        clear(kHeldOut);
        mark_dirty();
    }
    arm_terms();
}

void Connection::receive_rest()
{
    if (has(kPaused) || ended()) return;
    set(kResumes);
    mark_again();
}

} // namespace hawser::host
