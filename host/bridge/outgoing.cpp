// Tests: tests/unit/bridge/outgoing_test.cpp
#include "bridge/outgoing.hpp"

#include "bridge/conn.hpp"
#include "bridge/host_face.hpp"
#include "bridge/loop_face.hpp"

#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <algorithm>
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

Dial::Dial(LoopFace &face, Conn &conn, std::uint64_t until)
    : face_(face)
    , conn_(&conn)
{
    loop = &face.loop();
    loop->timers().start(until, expired, this, &timer_);
}

Dial::~Dial()
{
    loop->timers().cancel(&timer_);
    if (found_ != nullptr) ::freeaddrinfo(found_);
}

void Dial::expired(void *who)
{
    static_cast<Dial *>(who)->conn_->cannot_connect(Outcome::TimedOut, "the connection could not be made in time");
}

void Dial::forget()
{
    conn_ = nullptr;
    loop->timers().cancel(&timer_);
    if (!looking_up_) delete this;
}

int Dial::look_up(int flags)
{
    addrinfo hints{};
    hints.ai_socktype = SOCK_STREAM;
    hints.ai_flags = flags | AI_NUMERICSERV;
    return ::getaddrinfo(host_.c_str(), port_.c_str(), &hints, &found_);
}

void Dial::work() { status_ = look_up(AI_ADDRCONFIG); }

void Dial::done()
{
    looking_up_ = false;
    if (conn_ == nullptr)
        delete this;
    else
        go();
}

void Dial::go()
{
    next_ = found_;
    if (status_ != 0)
        conn_->cannot_connect(Outcome::NotFound, ::gai_strerror(status_));
    else if (!next())
        conn_->cannot_connect(error_);
}

bool Dial::next()
{
    while (next_ != nullptr) {
        const addrinfo *address = std::exchange(next_, next_->ai_next);
        if (Fd socket = begin_connecting(address->ai_addr, address->ai_addrlen)) {
            conn_->connect_to(std::move(socket));
            return true;
        }
        error_ = errno;
    }
    return false;
}

void Dial::start_tcp(std::string host, std::string port)
{
    host_ = std::move(host);
    port_ = std::move(port);
    // A literal address needs no pool.
    if (look_up(AI_NUMERICHOST) == 0) {
        go();
        return;
    }
    looking_up_ = face_.host().pool().submit(this) == OffloadPool::Taken::Ok;
    if (!looking_up_) conn_->cannot_connect(Outcome::Limit, "too many name look-ups wait");
}

void Dial::start_unix(std::string_view path)
{
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::copy(path.begin(), path.end(), address.sun_path);
    Fd socket = begin_connecting(reinterpret_cast<const sockaddr *>(&address), sizeof address);
    if (socket)
        conn_->connect_to(std::move(socket));
    else
        conn_->cannot_connect(errno);
}

namespace {

bool split(std::string_view text, std::string &host, std::string &port)
{
    const std::size_t colon = text.rfind(':');
    if (colon == std::string_view::npos || colon == 0) return false;
    std::string_view name = text.substr(0, colon);
    const std::string_view number = text.substr(colon + 1);
    std::uint16_t value = 0;
    const auto [end, error] = std::from_chars(number.data(), number.data() + number.size(), value);
    if (error != std::errc() || end != number.data() + number.size() || value == 0) return false;
    if (name.size() > 2 && name.front() == '[' && name.back() == ']') name = name.substr(1, name.size() - 2);
    host = name;
    port = number;
    return name.find('\0') == std::string_view::npos;
}

} // namespace

std::int32_t open_outgoing(LoopFace &loop, std::uint32_t tag, std::string_view address, std::uint64_t timeout,
                           Conn *&conn)
{
    const std::size_t colon = address.find(':');
    if (colon == std::string_view::npos) return HAWSER_INVALID;
    const std::string_view scheme = address.substr(0, colon);
    const std::string_view rest = address.substr(colon + 1);
    std::string host, port;
    if (scheme == "tcp") {
        if (!split(rest, host, port)) return HAWSER_INVALID;
    } else if (scheme == "unix") {
        if (rest.empty() || rest.size() >= sizeof(sockaddr_un::sun_path)) return HAWSER_INVALID;
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
    else if (scheme == "unix")
        dial->start_unix(rest);
    else
        dial->start_tcp(std::move(host), std::move(port));
    return HAWSER_OK;
}

} // namespace hawser::host
