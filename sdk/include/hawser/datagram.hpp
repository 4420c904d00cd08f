// hawser/datagram.hpp: datagrams, sent one by one and awaited one by one: UDP, multicast, Unix sockets.
//
//     hawser::Task<> answer(hawser::Datagrams &port)                     // port(node, "udp:127.0.0.1:5353")
//     {
//         while (auto question = co_await port.receive()) port.send("you said " + question->data, question->from);
//     }
//
//     hawser::Datagrams statistics(node, "udp:", {.peer = "udp:stats.example.org:8125"});
//     statistics.send("requests:1|c");
//
// A manifest says requires = ["hawser.datagram/1"]. [loop]
#pragma once

#include "hawser/address.hpp"
#include "hawser/datagram.h"
#include "hawser/node.hpp"
#include "hawser/sync.hpp"
#include "hawser/wait.hpp"

#include <cstddef>
#include <deque>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace hawser {

struct Datagram {
    std::string data;
    Address from;
};

struct DatagramOptions {
    std::string peer = {};          // whom it talks to, alone: "udp:name:port", "unixgram:/path"
    bool shared = false;            // others may open the same address
    bool broadcast = false;         // it may send to broadcast addresses
    std::size_t most_waiting = 256; // datagrams that nobody has received yet; then the system keeps the next
    // Is called with each instead of receive(): the view is valid until it returns.
    std::function<void(std::string_view data, const Address &from)> heard = {};
};

namespace detail {

// What the host calls. Lives until on_close; whoever holds the port may go before.
class DatagramSession {
public:
    DatagramSession(const Node &of, DatagramOptions with)
        : node(of)
        , options(std::move(with))
        , api(static_cast<const hawser_datagrams *>(of.host()->get_interface(of.host(), HAWSER_DATAGRAM)))
    {}
    void open(std::string_view address)
    {
        hawser_error why{};
        why.struct_size = sizeof why;
        const std::uint32_t flags =
            (options.shared ? HAWSER_PORT_SHARED : 0u) | (options.broadcast ? HAWSER_PORT_BROADCAST : 0u);
        const hawser_port_options wanted{sizeof wanted, flags, str(options.peer)};
        const std::int32_t status =
            api != nullptr ? api->open(node.loop(), node.raw(), str(address), &wanted, &kReceiver, this, &port, &why)
                           : HAWSER_UNSUPPORTED;
        if (status < 0) throw StatusError(status, api != nullptr ? why.text : "the host has no hawser.datagram/1");
    }
    void let_go()
    {
        held = false;
        if (over)
            delete this;
        else
            api->close(port);
    }
    // Those who wait look again.
    void wake()
    {
        over ? changed.set() : changed.pulse(); // then this may be gone
    }

    Node node;
    DatagramOptions options;
    const hawser_datagrams *api;
    hawser_port *port = nullptr;
    std::deque<Datagram> waiting;
    Event changed;
    bool held = true, over = false, full = false, paused = false;
    std::int32_t failed = HAWSER_OK; // told once
    std::string detail;

private:
    static DatagramSession &of(void *self) { return *static_cast<DatagramSession *>(self); }
    static void HAWSER_CALL on_datagram(void *self, hawser_bytes data, const hawser_address *from) noexcept
    {
        DatagramSession &session = of(self);
        if (!session.held) return;
        guarded_call(
            [&] {
                if (session.options.heard) return session.options.heard(view(data), Address(*from));
                session.waiting.push_back({std::string(view(data)), Address(*from)});
                session.paused = session.waiting.size() >= session.options.most_waiting;
                if (session.paused) session.api->pause(session.port, 1);
                session.wake();
            },
            [&](std::string_view why) {
                session.node.error("datagram_failed", {{"error", why}});
            });
    }
    static void HAWSER_CALL on_error(void *self, std::int32_t reason, hawser_str text) noexcept
    {
        of(self).fail(reason, text);
    }
    static void HAWSER_CALL on_drained(void *self) noexcept
    {
        of(self).full = false;
        of(self).wake();
    }
    static void HAWSER_CALL on_close(void *self, std::int32_t reason, hawser_str text) noexcept
    {
        DatagramSession &session = of(self);
        session.over = true;
        if (!session.held) {
            delete &session;
            return;
        }
        if (reason != HAWSER_OK && reason != HAWSER_CANCELLED)
            session.fail(reason, text);
        else
            session.wake();
    }
    void fail(std::int32_t reason, hawser_str text)
    {
        failed = reason;
        detail = view(text);
        wake();
    }
    static constexpr hawser_receiver kReceiver{
        sizeof(hawser_receiver), 0, nullptr, on_datagram, on_error, on_drained, on_close};
};

} // namespace detail

// An open port; its end closes it.
class Datagrams {
public:
    // `address`: "udp:127.0.0.1:0", "udp:" alone for any, "unixgram:/path"; see hawser/datagram.h. Throws StatusError:
    // HAWSER_INVALID, HAWSER_BUSY (the address is taken), HAWSER_REFUSED …
    Datagrams(const Node &node, std::string_view address, DatagramOptions options = {})
        : session_(new detail::DatagramSession(node, std::move(options)))
    {
        try {
            session_->open(address);
        } catch (...) {
            delete session_;
            throw;
        }
    }
    Datagrams(const Datagrams &) = delete;
    Datagrams &operator=(const Datagrams &) = delete;
    ~Datagrams() { session_->let_go(); }

    // The next one; nothing after the end of the loop. Throws StatusError with HAWSER_REFUSED when the network says
    // that the peer is not there (it may be asked again), HAWSER_NOT_FOUND when the peer's name is none.
    Task<std::optional<Datagram>> receive()
    {
        detail::DatagramSession &session = *session_;
        while (session.waiting.empty() && !session.over && session.failed == HAWSER_OK) co_await session.changed.wait();
        if (session.waiting.empty() && session.failed != HAWSER_OK)
            throw StatusError(std::exchange(session.failed, HAWSER_OK), session.detail);
        if (session.waiting.empty()) co_return std::nullopt;
        Datagram next = std::move(session.waiting.front());
        session.waiting.pop_front();
        if (session.paused && session.waiting.size() <= session.options.most_waiting / 2) {
            session.paused = false;
            session.api->pause(session.port, 0);
        }
        co_return next;
    }
    // A copy, whole or not at all. False: wait for drained(). Throws StatusError: HAWSER_LIMIT (too much waits, it was
    // dropped), HAWSER_INVALID (too large, of another family), HAWSER_CLOSED.
    bool send(std::string_view data, const Address &to) { return sent(data, &to.raw()); }
    bool send(std::string_view data) { return sent(data, nullptr); } // to its peer
    Task<> drained()
    {
        while (session_->full && !session_->over) co_await session_->changed.wait();
    }

    // Multicast. `interface_index` 0: the system's choice. Throws StatusError.
    void join(const Address &group, std::uint32_t interface_index = 0) { member(group, interface_index, 1); }
    void leave(const Address &group, std::uint32_t interface_index = 0) { member(group, interface_index, 0); }
    void set_hops(std::uint32_t hops) { set(HAWSER_PORT_HOPS, hops); }
    void set_loopback(bool on) { set(HAWSER_PORT_LOOPBACK, on ? 1 : 0); }
    void set_interface(std::uint32_t index) { set(HAWSER_PORT_INTERFACE, index); }

    Address local() const { return address(HAWSER_LOCAL); }
    Address peer() const { return address(HAWSER_PEER); }

private:
    bool sent(std::string_view data, const hawser_address *to)
    {
        if (session_->over) throw StatusError(HAWSER_CLOSED, "the port is closed");
        const std::int32_t status = session_->api->send(session_->port, str(data), to);
        session_->full = session_->full || status == HAWSER_FULL;
        check(status, "cannot send a datagram");
        return status == HAWSER_OK;
    }
    void member(const Address &group, std::uint32_t interface_index, std::int32_t member)
    {
        check(session_->over ? HAWSER_CLOSED
                             : session_->api->member(session_->port, &group.raw(), interface_index, member),
              member != 0 ? "cannot join the group" : "cannot leave the group");
    }
    void set(std::uint32_t what, std::uint32_t value)
    {
        check(session_->over ? HAWSER_CLOSED : session_->api->set(session_->port, what, value),
              "cannot set an option of multicast");
    }
    Address address(std::uint32_t which) const
    {
        hawser_address found{};
        found.struct_size = sizeof found;
        if (session_->over || session_->api->address(session_->port, which, &found) != HAWSER_OK) return Address();
        return Address(found);
    }
    static void check(std::int32_t status, const char *what)
    {
        if (status < 0) throw StatusError(status, std::string(what) + ": " + status_text(status));
    }
    static const char *status_text(std::int32_t status)
    {
        switch (status) {
        case HAWSER_INVALID:
            return "its size or its address is not for this port";
        case HAWSER_LIMIT:
            return "too much waits";
        case HAWSER_CLOSED:
            return "the port is closed";
        case HAWSER_REFUSED:
            return "nobody is there";
        case HAWSER_NOT_FOUND:
            return "there is none";
        default:
            return "the system refused";
        }
    }
    detail::DatagramSession *session_;
};

} // namespace hawser
