// Tests: tests/unit/net/connection_move_test.cpp
// The part of Connection that goes to another process and comes from one.
#include "net/connection.hpp"

#include <utility>

namespace hawser::host {

void Connection::offer_move()
{
    set(kMoves);
    mark_dirty();
}

// Nothing of it is on its way in this process: no output, no event that its session is still to hear.
bool Connection::is_quiet() const
{
    constexpr std::uint32_t kBusy = kEnded | kShuts | kClosing | kLingers | kAborts | kFinished | kAgain | kFull |
                                    kResumes | kReopens | kConnects | kWaits | kOut | kTimed | kHeldIn | kHeldOut;
    return !has(kBusy) && queue_empty();
}

Transit Connection::move_out()
{
    // Before the descriptor goes: the description lives on in the other process, and with it the registration.
    if (has(kReads | kWrites)) transport_.loop().remove(socket_.get());
    Transit transit;
    transit.socket = std::move(socket_);
    if (input_ != nullptr) transit.input.assign(input_->data, input_->n);
    transit.timer = WheelEntry::due;
    transit.paused = has(kPaused);
    if (terms_) transit.ends = std::move(terms_->ends);
    clear(kMoves | kReads | kWrites);
    set(kOut);
    fail(Outcome::Moved);
    return transit;
}

void Connection::move_in(const Transit &transit)
{
    if (!transit.input.empty() && !keep(transit.input.data(), transit.input.size()))
        fail(Outcome::Failed, "out of memory");
    if (transit.paused) set(kPaused);
    set_timer(transit.timer);
}

bool Connection::start_moved()
{
    if (has(kFinished) || !start()) return false;
    if (input_ != nullptr && input_->n > 0) receive_rest();
    return true;
}

} // namespace hawser::host
