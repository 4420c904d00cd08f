// Tests: tests/unit/seam/channel_test.cpp
#include "seam/channel.hpp"

#include "seam/messages_wire.hpp"
#include "seam/passing.hpp"

#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>

namespace hawser::host {
namespace {

constexpr std::size_t kMostBytes = 192 * 1024;
constexpr int kSendBuffer = 1 << 20;
constexpr int kPatienceMs = 5000;
constexpr int kStepMs = 10;

} // namespace

Result<std::pair<Channel, Channel>> Channel::make_pair()
{
    int fds[2];
    if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, fds) != 0)
        return system_error("cannot make a channel", errno);
    std::pair<Channel, Channel> ends{Channel(Fd(fds[0])), Channel(Fd(fds[1]))};
    for (const int fd : fds) ::setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &kSendBuffer, sizeof kSendBuffer);
    return ends;
}

Result<void> Channel::send(const Message &message)
{
    const std::lock_guard lock(*sending_);
    for (const Packet &packet : encode(message)) {
        if (auto sent = send_packet(packet.bytes, packet.fds); !sent) return sent;
    }
    return {};
}

Result<void> Channel::send_packet(const std::string &bytes, const std::vector<int> &fds)
{
    for (int waited = 0;; waited += kStepMs) {
        const int error = send_with(fd_.get(), bytes, fds);
        if (error == 0) return {};
        if (!may_send_later(error) || waited >= kPatienceMs) return system_error("cannot send a message", error);
        pollfd writable{fd_.get(), static_cast<short>(error == EAGAIN ? POLLOUT : 0), 0};
        ::poll(&writable, 1, kStepMs);
    }
}

Result<std::optional<Message>> Channel::receive()
{
    bool more = false;
    auto first = receive_packet(more);
    while (first && *first && more) {
        auto next = receive_packet(more);
        if (!next || !*next) return next;
        auto *rows = std::get_if<StatusReport>(&**first);
        auto *part = std::get_if<StatusReport>(&**next);
        if (rows == nullptr || part == nullptr) return Error{Status::PluginFailed, "channel: a report was cut off"};
        std::move(part->nodes.begin(), part->nodes.end(), std::back_inserter(rows->nodes));
    }
    return first;
}

Result<std::optional<Message>> Channel::receive_packet(bool &more)
{
    std::string bytes(kMostBytes, '\0');
    Received received = receive_with(fd_.get(), bytes.data(), bytes.size());
    if (received.error != 0 && received.error != ECONNRESET)
        return system_error("cannot receive a message", received.error);
    if (received.size == 0) return std::optional<Message>();
    if (received.cut)
        return Error{Status::PluginFailed, "channel: a message is too long, or no descriptor is left to receive one"};
    auto decoded = decode({bytes.data(), received.size}, std::move(received.fds));
    if (!decoded) return decoded.error();
    more = decoded->continued;
    return std::optional<Message>(std::move(decoded->message));
}

} // namespace hawser::host
