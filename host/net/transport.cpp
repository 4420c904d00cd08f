// Tests: tests/unit/net/connection_test.cpp
#include "net/transport.hpp"

#include "net/connection.hpp"

#include <algorithm>

namespace hawser::host {

Transport::Transport(Loop &loop)
    : loop_(loop)
    , input_(new char[2 * kReadSize])
{
    loop_.on_turn_end([this] { turn_end(); });
}

Transport::~Transport()
{
    if (wheel_timer_ != nullptr) loop_.timers().cancel(&wheel_timer_);
    loop_.on_turn_end({});
}

void Transport::send_stage(bool more)
{
    if (stage_.empty() || stage_owner_ == nullptr) {
        stage_owner_ = nullptr;
        return;
    }
    Connection &owner = *stage_owner_;
    std::uint64_t went = 0;
    const bool releases = stage_.releases();
    const std::uint32_t was = releases ? owner.enter_releases() : 0;
    const OutputQueue::Sent sent = stage_.flush(owner.socket(), more, owner.queue_, &went);
    if (releases) owner.leave_releases(was);
    stage_owner_ = nullptr;
    owner.after_flush(sent, went);
}

void Transport::settle()
{
    send_stage();
    // A closed() may dirty others: until there is none left.
    while (!dirty_.empty()) {
        settling_.swap(dirty_);
        for (Connection *connection : settling_) connection->settle();
        settling_.clear();
        send_stage();
    }
}

// What waits for its session's ear (drained, input given again) is heard once a turn, so that a busy connection starves
// nobody.
void Transport::turn_end()
{
    settle();
    if (!again_.empty()) {
        retrying_.swap(again_);
        const auto end = retrying_.begin() + static_cast<std::ptrdiff_t>(std::min(retrying_.size(), kRetriesInTurn));
        for (auto each = retrying_.begin(); each != end; ++each) {
            (*each)->retry();
            send_stage();
        }
        again_.insert(again_.begin(), end, retrying_.end()); // first in the next turn
        retrying_.clear();
        settle();
        if (!again_.empty()) loop_.run_again_soon();
    }
    arm_wheel();
    sent_in_turn_ = read_in_turn_ = 0;
    discards_in_turn_ = 0;
}

void Transport::arm_wheel()
{
    std::uint64_t next = wheel_.next();
    if (terms_wheel_) {
        const std::uint64_t other = terms_wheel_->next();
        if (other != 0 && (next == 0 || other < next)) next = other;
    }
    if (next == 0 || (wheel_timer_ != nullptr && wheel_armed_ <= next)) return;
    if (wheel_timer_ != nullptr) loop_.timers().cancel(&wheel_timer_);
    wheel_armed_ = next;
    const auto fire = [](void *who) {
        auto &self = *static_cast<Transport *>(who);
        self.wheel_.advance(self.loop_.now(), &Connection::fired);
        if (self.terms_wheel_) self.terms_wheel_->advance(self.loop_.now(), &Connection::terms_fired);
    };
    loop_.timers().start(next, fire, this, &wheel_timer_);
}

} // namespace hawser::host
