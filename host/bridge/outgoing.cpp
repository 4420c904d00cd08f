// Tests: tests/unit/bridge/conn_test.cpp
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
#include <memory>
#include <new>
#include <string>

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

void start_or_fail(Conn &conn, Fd socket, std::uint64_t until)
{
    if (socket) {
        conn.connect_to(std::move(socket), until);
        return;
    }
    char text[128];
    const int why = errno;
    const bool refused = why == ECONNREFUSED || why == EACCES || why == EPERM;
    const Outcome reason = refused ? Outcome::Refused : why == ENOENT ? Outcome::NotFound : Outcome::Failed;
    conn.cannot_connect(reason, strerror_r(why, text, sizeof text));
}

} // namespace

// Looks a name up on the pool. The connection may end meanwhile: forget() takes it away.
class Lookup final : public OffloadJob {
public:
    Lookup(LoopFace &face, Conn &conn, std::string host, std::string port, std::uint64_t until)
        : face_(face)
        , conn_(&conn)
        , host_(std::move(host))
        , port_(std::move(port))
        , until_(until)
    {
        loop = &face.loop();
    }
    ~Lookup()
    {
        if (found_ != nullptr) ::freeaddrinfo(found_);
    }
    void forget(const Conn *conn)
    {
        if (conn_ == conn) conn_ = nullptr;
    }
    // Only literal addresses: at once, without the pool. False: it is a name.
    bool is_literal() { return look_up(AI_NUMERICHOST) == 0; }
    void work() override { status_ = look_up(AI_ADDRCONFIG); }
    void done() override
    {
        face_.lookups().remove(this);
        if (conn_ != nullptr) connect();
        delete this;
    }
    void connect()
    {
        if (status_ != 0) {
            conn_->cannot_connect(Outcome::NotFound, ::gai_strerror(status_));
            return;
        }
        Fd socket;
        for (const addrinfo *a = found_; a != nullptr && !socket; a = a->ai_next)
            socket = begin_connecting(a->ai_addr, a->ai_addrlen);
        start_or_fail(*conn_, std::move(socket), until_);
    }

private:
    int look_up(int flags)
    {
        addrinfo hints{};
        hints.ai_socktype = SOCK_STREAM;
        hints.ai_flags = flags | AI_NUMERICSERV;
        return ::getaddrinfo(host_.c_str(), port_.c_str(), &hints, &found_);
    }

    LoopFace &face_;
    Conn *conn_;
    std::string host_, port_;
    std::uint64_t until_;
    int status_ = 0;
    addrinfo *found_ = nullptr;
};

void Lookups::forget(const Conn *conn)
{
    for (Lookup *lookup : running_) lookup->forget(conn);
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

std::int32_t connect_unix(Conn &conn, std::string_view path, std::uint64_t until)
{
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::copy(path.begin(), path.end(), address.sun_path);
    start_or_fail(conn, begin_connecting(reinterpret_cast<const sockaddr *>(&address), sizeof address), until);
    return HAWSER_OK;
}

void connect_tcp(LoopFace &loop, Conn &conn, std::string host, std::string port, std::uint64_t until)
{
    auto lookup = std::make_unique<Lookup>(loop, conn, std::move(host), std::move(port), until);
    if (lookup->is_literal()) {
        lookup->connect();
    } else if (loop.host().pool().submit(lookup.get()) == OffloadPool::Taken::Ok) {
        loop.lookups().add(lookup.release());
    } else {
        conn.cannot_connect(Outcome::Limit, "too many name look-ups wait");
    }
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
    const std::uint64_t until = loop.loop().now() + (timeout != 0 ? timeout : kDefaultTimeout);
    conn->resolve_first(until);
    if (scheme == "unix") return connect_unix(*conn, rest, until);
    connect_tcp(loop, *conn, std::move(host), std::move(port), until);
    return HAWSER_OK;
}

} // namespace hawser::host
