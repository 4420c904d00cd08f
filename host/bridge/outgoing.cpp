// Tests: tests/unit/bridge/outgoing_test.cpp
#include "bridge/outgoing.hpp"

#include "bridge/conn.hpp"
#include "bridge/host_face.hpp"
#include "bridge/loop_face.hpp"

#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <cstddef>
#include <cstring>
#include <new>
#include <string>
#include <utility>

namespace hawser::host {
namespace {

constexpr std::uint64_t kDefaultTimeout = 30'000'000'000;

// The socket on its way, or one without a descriptor and errno.
Fd begin_connecting(const sockaddr *address, socklen_t size)
{
    Fd socket(::socket(address->sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
    if (!socket) return socket;
    const int on = 1;
    if (address->sa_family != AF_UNIX) ::setsockopt(socket.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    if (::connect(socket.get(), address, size) != 0 && errno != EINPROGRESS) {
        const int why = errno;
        socket.reset();
        errno = why;
    }
    return socket;
}

} // namespace

// One of several sockets on their way. Stays until the turn in which it was given up is over.
class Dial::Attempt final : public Watch {
public:
    Attempt(Dial &dial, Fd fd)
        : owner(&dial)
        , socket(std::move(fd))
    {}
    void on_ready(std::uint32_t) override
    {
        if (owner == nullptr) return;
        int error = 0;
        socklen_t size = sizeof error;
        ::getsockopt(socket.get(), SOL_SOCKET, SO_ERROR, &error, &size);
        owner->attempt_ended(*this, error);
    }
    Dial *owner;
    Fd socket;
};

Dial::Dial(LoopFace &face, Conn &conn, std::uint64_t until)
    : face_(face)
    , conn_(conn)
{
    face_.loop().timers().start(until, expired, this, &timer_);
}

Dial::~Dial()
{
    face_.loop().timers().cancel(&timer_);
    face_.loop().timers().cancel(&next_timer_);
    if (lookup_ != nullptr) lookup_->forget();
    for (auto &attempt : attempts_) retire(std::move(attempt));
}

void Dial::expired(void *who)
{
    static_cast<Dial *>(who)->conn_.cannot_connect(Outcome::TimedOut, "the connection could not be made in time");
}

void Dial::found(void *who, int status, Addresses addresses)
{
    auto &self = *static_cast<Dial *>(who);
    self.lookup_ = nullptr;
    if (status != 0)
        self.conn_.cannot_connect(Outcome::NotFound, ::gai_strerror(status));
    else
        self.race(std::move(addresses));
}

void Dial::race(Addresses addresses)
{
    left_ = take_turns(std::move(addresses));
    std::reverse(left_.begin(), left_.end());
    try_next();
}

void Dial::hurry(void *who) { static_cast<Dial *>(who)->try_next(); }

void Dial::try_next()
{
    face_.loop().timers().cancel(&next_timer_);
    while (!left_.empty()) {
        const ResolvedAddress address = left_.back();
        left_.pop_back();
        Fd socket = begin_connecting(address.get(), address.size);
        if (!socket) {
            error_ = errno;
            continue;
        }
        auto attempt = std::make_unique<Attempt>(*this, std::move(socket));
        if (const auto added = face_.loop().add(attempt->socket.get(), EPOLLOUT, attempt.get()); !added) {
            error_ = ENOMEM;
            continue;
        }
        attempts_.push_back(std::move(attempt));
        if (!left_.empty()) face_.loop().timers().start(face_.loop().now() + kNextAfter, hurry, this, &next_timer_);
        return;
    }
    if (attempts_.empty()) conn_.cannot_connect(error_);
}

void Dial::attempt_ended(Attempt &attempt, int error)
{
    const auto mine = std::find_if(attempts_.begin(), attempts_.end(),
                                   [&attempt](const auto &each) { return each.get() == &attempt; });
    std::unique_ptr<Attempt> ended = std::move(*mine);
    attempts_.erase(mine);
    face_.loop().remove(ended->socket.get());
    Fd socket = std::move(ended->socket);
    retire(std::move(ended));
    if (error != 0) {
        error_ = error;
        try_next();
        return;
    }
    face_.loop().timers().cancel(&next_timer_);
    left_.clear();
    for (auto &slower : attempts_) retire(std::move(slower));
    attempts_.clear();
    conn_.connect_to(std::move(socket));
}

void Dial::retire(std::unique_ptr<Attempt> attempt)
{
    attempt->owner = nullptr;
    if (attempt->socket) {
        face_.loop().remove(attempt->socket.get());
        attempt->socket.reset();
    }
    const auto end = [](const Task &task) { delete static_cast<Attempt *>(task.first); };
    if (face_.loop().post({end, attempt.get()})) static_cast<void>(attempt.release());
}

void Dial::start_tcp(NameQuestion question)
{
    // A literal address needs no pool, and no race.
    if (const Addresses literal = literal_address(question); !literal.empty()) {
        if (Fd socket = begin_connecting(literal.front().get(), literal.front().size))
            conn_.connect_to(std::move(socket));
        else
            conn_.cannot_connect(errno);
        return;
    }
    lookup_ = NameLookup::start(face_, std::move(question), this, found);
    if (lookup_ == nullptr) conn_.cannot_connect(Outcome::Limit, "too many name look-ups wait");
}

void Dial::start_unix(std::string_view path)
{
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::copy(path.begin(), path.end(), address.sun_path);
    Fd socket = begin_connecting(reinterpret_cast<const sockaddr *>(&address), sizeof address);
    if (socket)
        conn_.connect_to(std::move(socket));
    else
        conn_.cannot_connect(errno);
}

bool split_host_port(std::string_view text, bool any_port, std::string &host, std::string &port)
{
    const std::size_t colon = text.rfind(':');
    if (colon == std::string_view::npos || colon == 0) return false;
    std::string_view name = text.substr(0, colon);
    const std::string_view number = text.substr(colon + 1);
    std::uint16_t value = 0;
    const auto [end, error] = std::from_chars(number.data(), number.data() + number.size(), value);
    if (error != std::errc() || end != number.data() + number.size() || (value == 0 && !any_port)) return false;
    if (name.size() > 2 && name.front() == '[' && name.back() == ']') name = name.substr(1, name.size() - 2);
    host = name;
    port = number;
    return name.find('\0') == std::string_view::npos;
}

namespace {

// Both ends of a pipe: `conn` has one, a listener of this process the other.
void open_local(LoopFace &loop, Conn &conn, std::string_view name)
{
    std::array<int, 2> ends{};
    if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends.data()) != 0) {
        conn.cannot_connect(errno);
        return;
    }
    Fd ours(ends[0]), theirs(ends[1]);
    if (loop.open_door(name, std::move(theirs)))
        conn.connect_to(std::move(ours));
    else
        conn.cannot_connect(Outcome::NotFound, "no listener of this compartment has this name");
}

} // namespace

std::int32_t open_outgoing(LoopFace &loop, std::uint32_t tag, std::string_view address, std::uint64_t timeout,
                           Conn *&conn)
{
    const std::size_t colon = address.find(':');
    if (colon == std::string_view::npos) return HAWSER_INVALID;
    const std::string_view scheme = address.substr(0, colon);
    const std::string_view rest = address.substr(colon + 1);
    NameQuestion question;
    if (scheme == "tcp") {
        if (!split_host_port(rest, false, question.host, question.port)) return HAWSER_INVALID;
    } else if (scheme == "unix") {
        if (rest.empty() || rest.size() >= sizeof(sockaddr_un::sun_path)) return HAWSER_INVALID;
    } else if (scheme == "service") {
        if (rest.empty()) return HAWSER_INVALID;
    } else {
        return HAWSER_UNSUPPORTED;
    }
    conn = loop.conns().create(loop, Fd(), nullptr, tag);
    if (conn == nullptr) return HAWSER_LIMIT;
    // Rather no end than one in the past.
    const std::uint64_t now = loop.loop().now(), wait = timeout != 0 ? timeout : kDefaultTimeout;
    auto *dial = new (std::nothrow) Dial(loop, *conn, now + std::min(wait, ~now));
    conn->set_dial(dial);
    if (dial == nullptr)
        conn->cannot_connect(Outcome::Limit, "out of memory");
    else if (scheme == "service")
        open_local(loop, *conn, rest);
    else if (scheme == "unix")
        dial->start_unix(rest);
    else
        dial->start_tcp(std::move(question));
    return HAWSER_OK;
}

} // namespace hawser::host
