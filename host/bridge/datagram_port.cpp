// Tests: tests/unit/bridge/datagram_test.cpp
#include "bridge/datagram_port.hpp"

#include "bridge/crumbs.hpp"
#include "bridge/host_face.hpp"
#include "net/address.hpp"

#include <netdb.h>
#include <netinet/in.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <memory>
#include <utility>

namespace hawser::host {
namespace {

constexpr std::size_t kLargest = 65536; // of one datagram

// Where the datagrams of a batch land, one set a loop. Pages that nothing is written to cost nothing.
struct Landings {
    std::array<char, DatagramPort::kBatch * kLargest> data;
    std::array<sockaddr_storage, DatagramPort::kBatch> from;
    std::array<iovec, DatagramPort::kBatch> parts;
    std::array<mmsghdr, DatagramPort::kBatch> messages;
};

Landings &landings()
{
    thread_local const auto mine = std::unique_ptr<Landings>(new Landings);
    for (unsigned i = 0; i < DatagramPort::kBatch; ++i) {
        mine->parts[i] = {mine->data.data() + i * kLargest, kLargest};
        mine->messages[i] = {};
        mine->messages[i].msg_hdr.msg_name = &mine->from[i];
        mine->messages[i].msg_hdr.msg_namelen = sizeof mine->from[i];
        mine->messages[i].msg_hdr.msg_iov = &mine->parts[i];
        mine->messages[i].msg_hdr.msg_iovlen = 1;
    }
    return *mine;
}

// Numbers alone, but for a Unix socket: most never look at the text.
void tell_address(const sockaddr_storage &storage, std::uint32_t size, bool text, hawser_address &address)
{
    SocketAddress found;
    read_address(storage, size, text || storage.ss_family == AF_UNIX, found);
    address = {};
    address.struct_size = sizeof address;
    address.family = found.family;
    address.port = found.port;
    std::copy(found.ip.begin(), found.ip.end(), address.ip);
    const std::size_t n = std::min(found.text.size(), sizeof address.text - 1);
    std::memcpy(address.text, found.text.data(), n);
}

std::string error_text(int error)
{
    char text[128];
    return strerror_r(error, text, sizeof text);
}

} // namespace

DatagramPort::DatagramPort(LoopFace &face, std::uint32_t tag, const hawser_receiver *receiver, void *self)
    : face_(face)
    , tag_(tag)
    , receiver_(receiver)
    , self_(self)
{
    face_.enter(*this);
}

DatagramPort::~DatagramPort()
{
    if (!over_) let_go();
}

void DatagramPort::let_go()
{
    over_ = true;
    waiting_.clear();
    kept_.clear();
    if (lookup_ != nullptr) lookup_->forget();
    if (socket_) face_.loop().remove(socket_.get());
    socket_.reset();
    name_.remove();
    face_.leave(*this);
}

int DatagramPort::begin(const DatagramAddress &local, bool any, std::uint32_t flags, const NameQuestion *peer)
{
    flags_ = flags;
    local_ = local;
    any_ = any;
    has_peer_ = peer != nullptr;
    if (peer == nullptr || !any) {
        if (const int error = open_socket(local); error != 0) return error;
    }
    if (peer == nullptr) return post_open();
    if (const Addresses literal = literal_address(*peer); !literal.empty()) {
        DatagramAddress to;
        to.storage = literal.front().storage;
        to.size = literal.front().size;
        const int error = meet(to);
        return error != 0 ? error : post_open();
    }
    lookup_ = NameLookup::start(face_, *peer, this, found);
    return lookup_ != nullptr ? 0 : ENOBUFS;
}

int DatagramPort::begin_unix(const DatagramAddress &local, std::uint32_t flags, const DatagramAddress *peer)
{
    flags_ = flags;
    has_peer_ = peer != nullptr;
    int error = open_socket(local);
    if (error == 0 && peer != nullptr) error = meet(*peer);
    return error != 0 ? error : post_open();
}

int DatagramPort::open_socket(const DatagramAddress &local)
{
    socket_ = open_datagram_socket(local, (flags_ & HAWSER_PORT_SHARED) != 0, (flags_ & HAWSER_PORT_BROADCAST) != 0);
    if (!socket_) return errno;
    name_.note(socket_.get());
    local_.reset();
    return 0;
}

int DatagramPort::meet(const DatagramAddress &peer)
{
    if (local_) {
        // Any address, of the peer's family.
        DatagramAddress any;
        const std::array<std::uint8_t, 16> zeros{};
        ip_datagram_address(peer.family() == AF_INET ? 4 : 6, zeros.data(), 0, peer.family(), any);
        if (const int error = open_socket(any); error != 0) return error;
    }
    return ::connect(socket_.get(), peer.get(), peer.size) == 0 ? 0 : errno;
}

void DatagramPort::found(void *who, int status, Addresses addresses)
{
    auto &self = *static_cast<DatagramPort *>(who);
    self.lookup_ = nullptr;
    if (self.closed_) return;
    if (status != 0) {
        self.close(HAWSER_NOT_FOUND, ::gai_strerror(status));
        return;
    }
    int error = EADDRNOTAVAIL;
    for (const ResolvedAddress &each : take_turns(std::move(addresses))) {
        DatagramAddress to;
        to.storage = each.storage;
        to.size = each.size;
        error = self.meet(to);
        if (error == 0) break;
        if (!self.any_) continue;
        self.socket_.reset(); // the next may be of another family
        self.local_.emplace();
    }
    if (error == 0) error = self.post_open();
    if (error != 0) self.close(HAWSER_FAILED, error_text(error));
}

int DatagramPort::post_open()
{
    const auto open = [](const Task &task) { static_cast<DatagramPort *>(task.first)->opened(); };
    return face_.loop().post({open, this}) ? 0 : ESHUTDOWN;
}

void DatagramPort::opened()
{
    if (closed_) return;
    if (const auto added = face_.loop().add(socket_.get(), EPOLLIN, this); !added) {
        close(HAWSER_LIMIT, added.error().text);
        return;
    }
    watched_ = EPOLLIN;
    is_open_ = true;
    if (receiver_->on_open != nullptr) call(crumb::kReceiver + 1, [&] { receiver_->on_open(self_, this); });
    if (closed_) return;
    flush();
    want();
}

void DatagramPort::close(std::int32_t reason, std::string detail)
{
    if (closed_) return;
    closed_ = true;
    reason_ = reason;
    detail_ = std::move(detail);
    if (socket_) face_.loop().remove(socket_.get());
    socket_.reset();
    name_.remove();
    const auto end = [](const Task &task) { static_cast<DatagramPort *>(task.first)->conclude(); };
    face_.loop().post({end, this}); // REQUIRES of hawser_datagrams: its loop runs
}

void DatagramPort::conclude()
{
    if (receiver_->on_close != nullptr)
        call(crumb::kReceiver + 5, [&] { receiver_->on_close(self_, reason_, str(detail_)); });
    let_go();
    face_.rest({this, [](LoopFace &, void *which) { delete static_cast<DatagramPort *>(which); }});
}

void DatagramPort::on_ready(std::uint32_t events)
{
    if (closed_) return; // in the turn in which it was
    if ((events & EPOLLERR) != 0) {
        int error = 0;
        socklen_t size = sizeof error;
        ::getsockopt(socket_.get(), SOL_SOCKET, SO_ERROR, &error, &size);
        if (error != 0) tell_error(error);
    }
    if (!closed_ && (events & EPOLLOUT) != 0) flush();
    for (unsigned i = 0; i < kBatchesInTurn && !closed_ && !paused_ && (events & EPOLLIN) != 0; ++i) {
        receive();
        if (!is_open_) break;
    }
    if (!closed_) want();
}

void DatagramPort::receive()
{
    Landings &to = landings();
    const int n = ::recvmmsg(socket_.get(), to.messages.data(), kBatch, MSG_DONTWAIT, nullptr);
    if (n < 0 && errno != EAGAIN && errno != EINTR) tell_error(errno);
    for (int i = 0; i < n && !closed_; ++i) {
        const auto at = static_cast<std::size_t>(i);
        hawser_address from;
        tell_address(to.from[at], to.messages[at].msg_hdr.msg_namelen, false, from);
        face_.loop().counters().bytes_in.add(to.messages[at].msg_len);
        const char *data = to.data.data() + at * kLargest;
        if (paused_)
            kept_.push_back({std::string(data, to.messages[at].msg_len), from});
        else
            hear(data, to.messages[at].msg_len, from);
    }
}

void DatagramPort::hear(const char *data, std::size_t n, const hawser_address &from)
{
    if (receiver_->on_datagram == nullptr) return;
    call(crumb::kReceiver + 2, [&] { receiver_->on_datagram(self_, {data, n}, &from); });
}

void DatagramPort::tell_error(int error)
{
    if (!has_peer_ || receiver_->on_error == nullptr) return;
    const std::int32_t reason = error == ECONNREFUSED ? HAWSER_REFUSED : HAWSER_FAILED;
    const std::string text = error_text(error);
    call(crumb::kReceiver + 3, [&] { receiver_->on_error(self_, reason, str(text)); });
}

void DatagramPort::pause(bool paused)
{
    if (paused == paused_ || closed_) return;
    paused_ = paused;
    if (is_open_) want();
    if (paused || kept_.empty() || gives_) return;
    gives_ = true;
    const auto give = [](const Task &task) { static_cast<DatagramPort *>(task.first)->give_kept(); };
    face_.loop().post({give, this});
}

void DatagramPort::give_kept()
{
    gives_ = false;
    while (!kept_.empty() && !paused_ && !closed_) {
        const Kept next = std::move(kept_.front());
        kept_.pop_front();
        hear(next.data.data(), next.data.size(), next.from);
    }
}

void DatagramPort::want()
{
    std::uint32_t events = 0;
    if (!paused_) events |= EPOLLIN;
    if (!waiting_.empty()) events |= EPOLLOUT;
    if (events == watched_) return;
    watched_ = events;
    face_.loop().modify(socket_.get(), events, this);
}

std::int32_t DatagramPort::address(std::uint32_t which, hawser_address &address) const
{
    sockaddr_storage own{};
    socklen_t size = sizeof own;
    auto *to = reinterpret_cast<sockaddr *>(&own);
    if (!socket_ ||
        (which == HAWSER_PEER ? ::getpeername(socket_.get(), to, &size) : ::getsockname(socket_.get(), to, &size)) != 0)
        return HAWSER_NOT_FOUND;
    hawser_address filled;
    tell_address(own, size, true, filled);
    filled.struct_size = std::min<std::uint32_t>(address.struct_size, sizeof filled);
    std::memcpy(&address, &filled, filled.struct_size);
    return HAWSER_OK;
}

} // namespace hawser::host
