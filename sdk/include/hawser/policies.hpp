// hawser/policies.hpp: what stands around the sessions of a protocol: how many there may be, how fast they may send,
// and a log of what goes both ways. For what a plugin bounds by itself; an operator bounds any listener with `limits`.
//
//     hawser::Policies bounds(const hawser::Node &node)
//     {
//         return {.total = 1000, .per_address = node.option("per_address").integer(), .bytes_per_second = 64 << 10};
//     }
//     HAWSER_PLUGIN(hawser::guarded_protocol<Session, bounds>("chat"))
#pragma once

#include "hawser/async.hpp"
#include "hawser/connection.hpp"
#include "hawser/node.hpp"
#include "hawser/protocol.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>

namespace hawser {

struct Policies {
    std::int64_t total = 0;            // sessions on all loops of the process; 0: no bound
    std::int64_t per_address = 0;      // of these, from one address
    std::int64_t bytes_per_second = 0; // that one session may send, a second's worth at once; then it waits
    bool traffic_log = false;          // each piece as an event "received" or "sent"
};

namespace detail {

// Who is there, over all loops.
class Places {
public:
    bool enter(const std::string &address, const Policies &policies)
    {
        const std::scoped_lock lock(mutex_);
        if (policies.total > 0 && total_ >= policies.total) return false;
        std::int64_t &here = by_address_[address];
        if (policies.per_address > 0 && here >= policies.per_address) return false;
        ++here;
        ++total_;
        return true;
    }
    void leave(const std::string &address)
    {
        const std::scoped_lock lock(mutex_);
        --total_;
        const auto found = by_address_.find(address);
        if (--found->second == 0) by_address_.erase(found);
    }

private:
    std::mutex mutex_;
    std::int64_t total_ = 0;                         // guarded by mutex_
    std::map<std::string, std::int64_t> by_address_; // guarded by mutex_; nobody is there with 0
};

// One on each loop; P is the author's.
template<typename P, auto Of>
struct Guarded {
    using Shared = Places;
    explicit Guarded(const Node &of)
        : node(of)
        , policies(Of(of))
        , inner(make_instance<P>(of))
    {}
    Node node;
    Policies policies;
    P inner;
};

// A part of text that may be anything, for the log.
inline std::string printable(std::string_view bytes)
{
    constexpr std::size_t kMost = 256;
    constexpr char kDigits[] = "0123456789abcdef";
    std::string text;
    for (const char c : bytes.substr(0, kMost)) {
        const auto byte = static_cast<unsigned char>(c);
        if (byte >= 0x20 && byte < 0x7f && c != '\\') {
            text += c;
        } else {
            text += "\\x";
            text += kDigits[byte >> 4];
            text += kDigits[byte & 15];
        }
    }
    return bytes.size() > kMost ? text + "…" : text;
}

// The address alone of "192.0.2.1:50000".
inline std::string without_port(const std::string &peer) { return peer.substr(0, peer.rfind(':')); }

// Stands in the place of the session's connection, so that what it writes is seen, and two may hold back its input.
class Tap : public hawser_conn {
public:
    Tap(hawser_conn *below, const Node &node, bool logs)
        : hawser_conn{&kApi}
        , below_(below)
        , node_(node)
        , logs_(logs)
    {}
    void hold(bool on)
    {
        held_ = on;
        settle();
    }

private:
    static Tap &of(hawser_conn *conn) { return *static_cast<Tap *>(conn); }
    void settle() { below_->api->pause(below_, held_ || paused_ ? 1 : 0); }
    static std::int32_t HAWSER_CALL write(hawser_conn *conn, const hawser_piece *pieces, std::size_t count) noexcept
    {
        for (std::size_t i = 0; i < count && of(conn).logs_; ++i) {
            guarded_call(
                [&] {
                    of(conn).node_.info("sent", {{"bytes", std::to_string(pieces[i].n)},
                                                 {"data", printable({pieces[i].p, pieces[i].n})}});
                },
                [](std::string_view) {});
        }
        return of(conn).below_->api->write(of(conn).below_, pieces, count);
    }
    static std::int32_t HAWSER_CALL send_file(hawser_conn *conn, std::intptr_t fd, std::uint64_t offset,
                                              std::uint64_t length, void(HAWSER_CALL *release)(void *),
                                              void *ctx) noexcept
    {
        return of(conn).below_->api->send_file(of(conn).below_, fd, offset, length, release, ctx);
    }
    static void HAWSER_CALL pause(hawser_conn *conn, std::int32_t paused) noexcept
    {
        of(conn).paused_ = paused != 0;
        of(conn).settle();
    }
    static void HAWSER_CALL set_timer(hawser_conn *conn, std::uint64_t at) noexcept
    {
        of(conn).below_->api->set_timer(of(conn).below_, at);
    }
    static void HAWSER_CALL close(hawser_conn *conn, std::uint32_t how) noexcept
    {
        of(conn).below_->api->close(of(conn).below_, how);
    }
    static void HAWSER_CALL attach(hawser_conn *conn, const hawser_session *session, void *self) noexcept
    {
        of(conn).below_->api->attach(of(conn).below_, session, self);
    }
    static std::int32_t HAWSER_CALL address(hawser_conn *conn, std::uint32_t which, hawser_address *to) noexcept
    {
        return of(conn).below_->api->address(of(conn).below_, which, to);
    }
    static std::int32_t HAWSER_CALL tls(hawser_conn *conn, hawser_tls *to) noexcept
    {
        return of(conn).below_->api->tls(of(conn).below_, to);
    }
    static std::uint64_t HAWSER_CALL queued(hawser_conn *conn) noexcept
    {
        return of(conn).below_->api->queued(of(conn).below_);
    }
    static constexpr hawser_conn_api kApi{
        sizeof(hawser_conn_api), 0, write, send_file, pause, set_timer, close, attach, address, tls, queued};
    hawser_conn *below_;
    Node node_;
    bool logs_, held_ = false, paused_ = false;
};

// A session S with what is around it. One that is refused is closed without a word.
template<typename S, typename P, auto Of>
class GuardedSession {
    using Owner = Guarded<P, Of>;

public:
    GuardedSession(Connection connection, Owner &owner, const Node &node)
        : owner_(owner)
        , connection_(connection)
        , address_(without_port(connection.peer()))
        , tap_(connection.raw(), node, owner.policies.traffic_log)
        , later_(node)
        , rest_(owner.policies.bytes_per_second)
        , since_(node.loop()->now)
    {
        entered_ = node.shared<Places>().enter(address_, owner.policies);
        if (!entered_) {
            node.info("limited", {{"peer", address_}});
            connection.close();
            return;
        }
        const Connection inner(&tap_);
        if constexpr (requires { S{inner, owner.inner, node}; })
            session_.reset(new S{inner, owner.inner, node});
        else if constexpr (requires { S{inner, owner.inner}; })
            session_.reset(new S{inner, owner.inner});
        else
            session_.reset(new S{inner});
    }
    GuardedSession(const GuardedSession &) = delete;
    GuardedSession &operator=(const GuardedSession &) = delete;
    ~GuardedSession()
    {
        if (entered_) owner_.node.template shared<Places>().leave(address_);
    }

    std::size_t data(std::string_view bytes)
    {
        if (!session_) return bytes.size();
        // What it has seen and not consumed comes again, before what is new.
        const std::size_t seen = std::min(seen_, bytes.size());
        if (owner_.policies.bytes_per_second > 0) bytes = bytes.substr(0, seen + allowed(bytes.size() - seen));
        if (bytes.empty()) return 0;
        const std::string_view fresh = bytes.substr(seen);
        if (owner_.policies.traffic_log && !fresh.empty())
            owner_.node.info("received", {{"bytes", std::to_string(fresh.size())}, {"data", printable(fresh)}});
        std::size_t used = bytes.size();
        if constexpr (std::is_void_v<decltype(session_->data(bytes))>)
            session_->data(bytes);
        else
            used = std::min(session_->data(bytes), bytes.size());
        rest_ -= static_cast<std::int64_t>(fresh.size());
        seen_ = bytes.size() - used;
        return used;
    }
    void opened()
    {
        if constexpr (requires { session_->opened(); })
            if (session_) session_->opened();
    }
    void drained()
    {
        if constexpr (requires { session_->drained(); })
            if (session_) session_->drained();
    }
    void ended()
    {
        if constexpr (requires { session_->ended(); }) {
            if (session_) return session_->ended();
        }
        connection_.close();
    }
    void timer()
    {
        if constexpr (requires { session_->timer(); }) {
            if (session_) return session_->timer();
        }
        connection_.close();
    }
    void drain([[maybe_unused]] std::uint64_t deadline, [[maybe_unused]] std::uint32_t why)
    {
        if constexpr (requires { session_->drain(deadline, why); })
            if (session_) session_->drain(deadline, why);
    }
    void closed([[maybe_unused]] std::int32_t reason)
    {
        if constexpr (requires { session_->closed(reason); })
            if (session_) session_->closed(reason);
    }

private:
    // How much of it may come now; the rest waits until there is more.
    std::size_t allowed(std::size_t bytes)
    {
        constexpr std::int64_t kSecond = 1'000'000'000;
        const std::int64_t rate = owner_.policies.bytes_per_second;
        const std::uint64_t now = owner_.node.loop()->now;
        const auto passed = static_cast<std::int64_t>(std::min<std::uint64_t>(now - since_, kSecond));
        const std::int64_t gain = rate * passed / kSecond;
        rest_ = std::min(rate, rest_ + gain);
        // What is less than a byte counts the next time, or a slow rate would be none.
        since_ = passed < kSecond ? since_ + static_cast<std::uint64_t>(gain * kSecond / rate) : now;
        if (rest_ >= static_cast<std::int64_t>(bytes)) return bytes;
        tap_.hold(true);
        later_.start(std::chrono::milliseconds(100), [this] { tap_.hold(false); });
        return static_cast<std::size_t>(rest_);
    }

    Owner &owner_;
    Connection connection_;
    std::string address_;
    Tap tap_;
    Timer later_;
    std::int64_t rest_;    // bytes that may come now
    std::uint64_t since_;  // when it was reckoned
    std::size_t seen_ = 0; // bytes that the session has not consumed
    bool entered_ = false;
    std::unique_ptr<S> session_; // ends before what it uses
};

} // namespace detail

// As protocol<Session, Protocol>, but never parked, with what Of(node) says around each session. `Of`: Policies f(const
// Node &).
template<typename Session, auto Of, typename Protocol = Nothing>
constexpr hawser_protocol guarded_protocol(const char *name)
{
    using Owner = detail::Guarded<Protocol, Of>;
    return protocol<detail::GuardedSession<Session, Protocol, Of>, Owner>(name);
}

} // namespace hawser
