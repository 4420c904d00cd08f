// Tests: tests/unit/worker/ferry_test.cpp, tests/system/park_test.cpp
#include "worker/landing.hpp"

#include <sys/epoll.h>
#include <sys/socket.h>

#include <cerrno>
#include <string>
#include <utility>

namespace hawser::host {
namespace {

SocketAddress address_of(ParcelAddress &address)
{
    SocketAddress made;
    made.family = address.family;
    made.port = address.port;
    made.ip = address.ip;
    made.text = std::move(address.text);
    return made;
}

} // namespace

Landing::Landing(LoopFace &loop, Fd channel, const Instances &instances, const Ports &ports, Movement &movement)
    : loop_(loop)
    , channel_(std::move(channel))
    , instances_(instances)
    , ports_(ports)
    , movement_(movement)
    , buffer_(new char[kParcelPacket])
{
    ++movement_.arriving;
}

Landing::~Landing()
{
    if (channel_) loop_.loop().remove(channel_.get());
}

Result<void> Landing::start()
{
    auto added = loop_.loop().add(channel_.get(), EPOLLIN, this);
    if (!added) {
        channel_.reset();
        end();
    }
    return added;
}

void Landing::on_ready(std::uint32_t)
{
    if (!channel_) return;
    Received received = receive_with(channel_.get(), buffer_.get(), kParcelPacket);
    if (received.error == EAGAIN) return;
    if (received.size == 0 || received.cut)
        end(); // the other side takes back what was not answered for
    else
        take({buffer_.get(), received.size}, std::move(received.fds));
}

// Nothing is read from a socket before the other side was told that it is ours.
void Landing::take(std::string_view bytes, std::vector<Fd> sockets)
{
    auto batch = decode_parcels(bytes, sockets.size());
    if (!batch) {
        end();
        return;
    }
    std::vector<Conn *> opened;
    ParcelAnswer answer;
    answer.number = batch->number;
    for (std::size_t i = 0; i < sockets.size(); ++i) {
        Conn *conn = open(batch->parcels[i], std::move(sockets[i]));
        if (conn != nullptr) opened.push_back(conn);
        answer.accepted.push_back(conn != nullptr ? 1 : 0);
    }
    const std::string told = encode_parcel_answer(answer);
    const bool heard = ::send(channel_.get(), told.data(), told.size(), MSG_DONTWAIT | MSG_NOSIGNAL) >= 0;
    for (Conn *conn : opened) {
        if (conn->start_moved()) loop_.drain_late(*conn);
    }
    if (!heard) end(); // it has died: they are nobody else's
}

// Null: refused; the other side has the socket too.
Conn *Landing::open(Parcel &parcel, Fd socket)
{
    const Port *port = ports_.named(parcel.listener, parcel.protocol);
    if (port == nullptr) return nullptr;
    Parked parked;
    parked.share = port->share;
    parked.tag = Instances::tag(port->node);
    parked.state = std::move(parcel.state);
    parked.transit.socket = std::move(socket);
    parked.transit.input = std::move(parcel.input);
    parked.transit.timer = parcel.timer;
    parked.transit.paused = parcel.paused;
    if (parcel.ends) {
        parked.transit.ends =
            std::make_unique<Terms::Ends>(Terms::Ends{address_of(parcel.ends->peer), address_of(parcel.ends->local)});
    }
    const auto &protocol = *reinterpret_cast<const hawser_protocol *>(instances_.kind(port->node));
    return loop_.reopen(parked, protocol, instances_.self(port->node, loop_.loop().index()));
}

void Landing::end()
{
    if (channel_) {
        loop_.loop().remove(channel_.get());
        channel_.reset();
    }
    buffer_.reset();
    if (movement_.arriving.fetch_sub(1) == 1) movement_.changed();
}

} // namespace hawser::host
