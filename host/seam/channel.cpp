// Tests: tests/unit/seam/channel_test.cpp
#include "seam/channel.hpp"

#include "seam/messages_wire.hpp"

#include <poll.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

namespace hawser::host {
namespace {

constexpr std::size_t kMostBytes = 192 * 1024;
constexpr int kSendBuffer = 1 << 20;
constexpr int kPatienceMs = 5000;
constexpr int kStepMs = 10;

// Descriptors in flight are bounded by the system: that passes when the other side reads on.
bool passes(int error) { return error == EAGAIN || error == ENOBUFS || error == ETOOMANYREFS; }

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
    iovec part{const_cast<char *>(bytes.data()), bytes.size()};
    alignas(cmsghdr) char control[CMSG_SPACE(sizeof(int) * kSocketsPerMessage)] = {};
    msghdr message{};
    message.msg_iov = &part;
    message.msg_iovlen = 1;
    if (!fds.empty()) {
        message.msg_control = control;
        message.msg_controllen = CMSG_SPACE(sizeof(int) * fds.size());
        cmsghdr *head = CMSG_FIRSTHDR(&message);
        head->cmsg_level = SOL_SOCKET;
        head->cmsg_type = SCM_RIGHTS;
        head->cmsg_len = CMSG_LEN(sizeof(int) * fds.size());
        std::memcpy(CMSG_DATA(head), fds.data(), sizeof(int) * fds.size());
    }
    for (int waited = 0;; waited += kStepMs) {
        if (::sendmsg(fd_.get(), &message, MSG_NOSIGNAL | MSG_DONTWAIT) >= 0) return {};
        if (errno == EINTR) continue;
        if (!passes(errno) || waited >= kPatienceMs) return system_error("cannot send a message", errno);
        pollfd writable{fd_.get(), static_cast<short>(errno == EAGAIN ? POLLOUT : 0), 0};
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
    alignas(cmsghdr) char control[CMSG_SPACE(sizeof(int) * kSocketsPerMessage)];
    iovec part{bytes.data(), bytes.size()};
    msghdr message{};
    message.msg_iov = &part;
    message.msg_iovlen = 1;
    message.msg_control = control;
    message.msg_controllen = sizeof control;
    ssize_t n;
    do {
        n = ::recvmsg(fd_.get(), &message, MSG_CMSG_CLOEXEC);
    } while (n < 0 && errno == EINTR);
    if (n < 0 && errno != ECONNRESET) return system_error("cannot receive a message", errno);
    std::vector<Fd> fds;
    for (cmsghdr *head = n > 0 ? CMSG_FIRSTHDR(&message) : nullptr; head != nullptr;
         head = CMSG_NXTHDR(&message, head)) {
        if (head->cmsg_level != SOL_SOCKET || head->cmsg_type != SCM_RIGHTS) continue;
        for (std::size_t i = 0; i < (head->cmsg_len - CMSG_LEN(0)) / sizeof(int); ++i) {
            int fd;
            std::memcpy(&fd, CMSG_DATA(head) + i * sizeof(int), sizeof fd);
            fds.emplace_back(fd);
        }
    }
    if (n <= 0) return std::optional<Message>();
    if ((message.msg_flags & (MSG_TRUNC | MSG_CTRUNC)) != 0)
        return Error{Status::PluginFailed, "channel: a message is too long, or no descriptor is left to receive one"};
    auto decoded = decode({bytes.data(), static_cast<std::size_t>(n)}, std::move(fds));
    if (!decoded) return decoded.error();
    more = decoded->continued;
    return std::optional<Message>(std::move(decoded->message));
}

} // namespace hawser::host
