// Tests: tests/unit/worker/ferry_test.cpp, tests/system/park_test.cpp
#include "worker/ferry.hpp"

#include <sys/epoll.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <string>
#include <utility>

namespace hawser::host {
namespace {

ParcelAddress address_of(const SocketAddress &address)
{
    return {address.family, address.port, address.ip, address.text};
}

} // namespace

Ferry::Ferry(LoopFace &loop, Fd channel, const Instances &instances, const Ports &ports, Movement &movement)
    : loop_(loop)
    , channel_(std::move(channel))
    , instances_(instances)
    , ports_(ports)
    , movement_(movement)
{}

Ferry::~Ferry()
{
    loop_.loop().timers().cancel(&retry_);
    if (channel_) loop_.loop().remove(channel_.get());
}

Result<void> Ferry::start()
{
    auto added = loop_.loop().add(channel_.get(), EPOLLIN, this);
    if (!added) channel_.reset();
    return added;
}

void Ferry::carry(Parked parked)
{
    ++movement_.under_way;
    waiting_.push_back(std::move(parked));
    send_soon();
}

// Once for all that are parked in this turn.
void Ferry::send_soon()
{
    if (sends_soon_) return;
    const auto run = [](const Task &task) {
        auto &self = *static_cast<Ferry *>(task.first);
        self.sends_soon_ = false;
        self.channel_ ? self.send() : self.broken();
    };
    sends_soon_ = loop_.loop().post({run, this, nullptr, nullptr, 0});
}

Parcel Ferry::label(const Parked &parked) const
{
    Parcel parcel;
    if (const Port *port = ports_.of(parked.share); port != nullptr) {
        parcel.listener = port->listener;
        parcel.protocol = port->protocol;
    }
    parcel.state = parked.state;
    parcel.input = parked.transit.input;
    parcel.timer = parked.transit.timer;
    parcel.paused = parked.transit.paused;
    if (const Terms::Ends *ends = parked.transit.ends.get(); ends != nullptr)
        parcel.ends = Parcel::Ends{address_of(ends->peer), address_of(ends->local)};
    return parcel;
}

// From waiting_ to sent_, as much as a packet holds.
std::vector<int> Ferry::pack(ParcelBatch &batch)
{
    std::vector<int> fds;
    std::size_t bytes = 0;
    while (!waiting_.empty() && batch.parcels.size() < kMostParcels) {
        Parcel parcel = label(waiting_.front());
        bytes += parcel_size(parcel);
        if (!batch.parcels.empty() && bytes > kMostParcelBytes) break;
        batch.parcels.push_back(std::move(parcel));
        sent_.push_back(std::move(waiting_.front()));
        waiting_.pop_front();
        fds.push_back(sent_.back().transit.socket.get());
    }
    return fds;
}

void Ferry::send()
{
    if (!sent_.empty() || waiting_.empty() || retry_ != nullptr) return;
    ParcelBatch batch;
    batch.number = ++number_;
    const std::vector<int> fds = pack(batch);
    const int error = send_with(channel_.get(), encode_parcels(batch), fds);
    if (error == 0) return;
    while (!sent_.empty()) {
        waiting_.push_front(std::move(sent_.back()));
        sent_.pop_back();
    }
    may_send_later(error) ? retry_later() : broken();
}

void Ferry::retry_later()
{
    const auto again = [](void *who) { static_cast<Ferry *>(who)->send(); };
    loop_.loop().timers().start(loop_.loop().now() + kRetry, again, this, &retry_);
}

void Ferry::on_ready(std::uint32_t)
{
    if (!channel_) return;
    if (take_answer())
        send();
    else
        broken();
}

bool Ferry::take_answer()
{
    std::array<char, 1024> buffer;
    const ssize_t n = ::recv(channel_.get(), buffer.data(), buffer.size(), MSG_DONTWAIT);
    if (n < 0) return errno == EAGAIN || errno == EINTR;
    const auto answer = decode_parcel_answer({buffer.data(), static_cast<std::size_t>(n)});
    if (n == 0 || !answer || answer->number != number_ || answer->accepted.size() != sent_.size()) return false;
    std::vector<Parked> sent = std::exchange(sent_, {});
    for (std::size_t i = 0; i < sent.size(); ++i) {
        if (answer->accepted[i] != 0)
            ++movement_.moved;
        else
            bring_back(std::move(sent[i]));
    }
    const std::size_t count = sent.size();
    sent.clear(); // the sockets are the other side's now
    settle(count);
    return true;
}

// A connection that stays finishes here.
void Ferry::bring_back(Parked parked)
{
    const std::uint32_t node = parked.tag - 1;
    const auto &protocol = *reinterpret_cast<const hawser_protocol *>(instances_.kind(node));
    Conn *conn = loop_.reopen(parked, protocol, instances_.self(node, loop_.loop().index()));
    if (conn == nullptr) return; // its own protocol does not take it back: closed
    if (conn->start_moved()) loop_.cannot_move(*conn);
}

void Ferry::settle(std::uint64_t count)
{
    if (count > 0 && movement_.under_way.fetch_sub(count) == count) movement_.changed();
}

void Ferry::stop()
{
    loop_.end_moves();
    std::deque<Parked> waiting = std::exchange(waiting_, {});
    for (Parked &parked : waiting) bring_back(std::move(parked));
    settle(waiting.size());
}

// The other side has gone, or does not understand: what it did not answer for is still ours.
void Ferry::broken()
{
    loop_.loop().timers().cancel(&retry_);
    if (channel_) {
        loop_.loop().remove(channel_.get());
        channel_.reset();
    }
    std::vector<Parked> sent = std::exchange(sent_, {});
    for (Parked &parked : sent) bring_back(std::move(parked));
    settle(sent.size());
    stop();
}

} // namespace hawser::host
