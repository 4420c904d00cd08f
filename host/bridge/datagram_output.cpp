// Tests: tests/unit/bridge/datagram_test.cpp
// The half of DatagramPort that sends, and what it is told about multicast.
#include "bridge/datagram_port.hpp"

#include <netinet/in.h>
#include <sys/socket.h>

#include <cerrno>
#include <cstring>
#include <string>
#include <string_view>

namespace hawser::host {
namespace {

constexpr std::size_t kLargest = 65536; // of one datagram

std::int32_t status_of(int error)
{
    switch (error) {
    case ECONNREFUSED:
    case ENOENT:
    case EACCES:
    case EPERM:
        return HAWSER_REFUSED;
    case EMSGSIZE:
    case EDESTADDRREQ:
    case EAFNOSUPPORT:
    case EINVAL:
    case EISCONN:
        return HAWSER_INVALID;
    case ENODEV:
    case EADDRNOTAVAIL:
        return HAWSER_NOT_FOUND;
    case ENOBUFS:
    case ENOMEM:
        return HAWSER_LIMIT;
    default:
        return HAWSER_FAILED;
    }
}

} // namespace

// What the network has to say about an earlier datagram is told, and this one is tried again.
std::int32_t DatagramPort::transmit(std::string_view data, const DatagramAddress &to)
{
    for (int tries = 0;; ++tries) {
        const sockaddr *address = to.size > 0 ? to.get() : nullptr;
        if (::sendto(socket_.get(), data.data(), data.size(), MSG_DONTWAIT | MSG_NOSIGNAL, address, to.size) >= 0) {
            face_.loop().counters().bytes_out.add(data.size());
            return HAWSER_OK;
        }
        if (errno == EAGAIN || errno == ENOBUFS) return HAWSER_BUSY;
        if (tries > 0 || (errno != EINTR && !(errno == ECONNREFUSED && has_peer_))) return status_of(errno);
    }
}

bool DatagramPort::read_to(const hawser_address &to, DatagramAddress &address) const
{
    sockaddr_storage own{};
    socklen_t size = sizeof own;
    if (!socket_ || ::getsockname(socket_.get(), reinterpret_cast<sockaddr *>(&own), &size) != 0) return false;
    if (to.family != 0) return ip_datagram_address(to.family, to.ip, to.port, own.ss_family, address);
    constexpr std::string_view kScheme = "unix:";
    const std::string_view text(to.text, ::strnlen(to.text, sizeof to.text));
    return own.ss_family == AF_UNIX && text.substr(0, kScheme.size()) == kScheme && text.size() > kScheme.size() &&
           unix_datagram_address(text.substr(kScheme.size()), address);
}

std::int32_t DatagramPort::send(hawser_bytes data, const hawser_address *to)
{
    if (closed_) return HAWSER_CLOSED;
    if (data.n > kLargest || (to == nullptr) != has_peer_) return HAWSER_INVALID;
    DatagramAddress address;
    if (to != nullptr && !read_to(*to, address)) return HAWSER_INVALID;
    const std::string_view bytes(data.p, data.n);
    if (!is_open_ || !waiting_.empty()) return queue(bytes, address);
    const std::int32_t status = transmit(bytes, address);
    return status == HAWSER_BUSY ? queue(bytes, address) : status;
}

std::int32_t DatagramPort::queue(std::string_view data, const DatagramAddress &to)
{
    if (queued_ + data.size() > kMostQueued) return HAWSER_LIMIT;
    waiting_.push_back({std::string(data), to});
    queued_ += data.size() + sizeof(Waiting);
    if (is_open_) want();
    if (queued_ <= kHighMark) return HAWSER_OK;
    full_ = true;
    return HAWSER_FULL;
}

void DatagramPort::flush()
{
    while (!waiting_.empty()) {
        const Waiting &next = waiting_.front();
        const std::int32_t status = transmit(next.data, next.to);
        if (status == HAWSER_BUSY) return;
        queued_ -= next.data.size() + sizeof(Waiting);
        waiting_.pop_front();
        if (status < 0 && has_peer_) tell_error(status == HAWSER_REFUSED ? ECONNREFUSED : errno);
        if (closed_) return;
    }
    if (!full_ || queued_ >= kLowMark) return;
    full_ = false;
    if (receiver_->on_drained != nullptr) call(crumb::kReceiver + 4, [&] { receiver_->on_drained(self_); });
}

std::int32_t DatagramPort::member(const hawser_address &group, std::uint32_t interface_index, bool member)
{
    DatagramAddress address;
    if (closed_) return HAWSER_CLOSED;
    if (group.family == 0 || !read_to(group, address)) return HAWSER_INVALID;
    const int error = set_membership(socket_.get(), address, interface_index, member);
    return error == 0 ? HAWSER_OK : error == EADDRINUSE ? HAWSER_INVALID : status_of(error);
}

std::int32_t DatagramPort::set(std::uint32_t what, std::uint32_t value)
{
    if (closed_) return HAWSER_CLOSED;
    sockaddr_storage own{};
    socklen_t size = sizeof own;
    if (!socket_ || ::getsockname(socket_.get(), reinterpret_cast<sockaddr *>(&own), &size) != 0 ||
        own.ss_family == AF_UNIX || what < HAWSER_PORT_HOPS || what > HAWSER_PORT_INTERFACE)
        return HAWSER_INVALID;
    if ((what == HAWSER_PORT_HOPS && value > 255) || (what == HAWSER_PORT_LOOPBACK && value > 1)) return HAWSER_INVALID;
    const auto option = static_cast<MulticastOption>(what - HAWSER_PORT_HOPS);
    const int error = set_multicast(socket_.get(), own.ss_family, option, value);
    return error == 0 ? HAWSER_OK : status_of(error);
}

} // namespace hawser::host
