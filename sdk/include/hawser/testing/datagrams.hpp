// hawser/testing/datagrams.hpp: a network for datagrams in memory, behind hawser.datagram/1. Part of
// hawser/testing.hpp.
#pragma once

#include "hawser/address.hpp"
#include "hawser/datagram.h"
#include "hawser/testing/loop.hpp"
#include "hawser/testing/problems.hpp"

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

struct hawser_port {};

namespace hawser::testing {

// Datagrams go from port to port, each at once; those of the test have no receiver and keep what comes.
class DatagramNet {
public:
    DatagramNet(Loop &loop, Problems &problems)
        : loop_(loop)
        , problems_(problems)
    {}
    DatagramNet(const DatagramNet &) = delete;
    DatagramNet &operator=(const DatagramNet &) = delete;
    ~DatagramNet()
    {
        for (const auto &port : ports_)
            if (!port->closed) problems_.report("a port for datagrams is still open at the end: " + port->local.text());
    }

    // An end of the test's own.
    class Peer {
    public:
        Peer(DatagramNet &net, const Address &address)
            : net_(net)
            , address_(address)
        {
            net_.peers_[address_.text()] = this;
        }
        Peer(const Peer &) = delete;
        Peer &operator=(const Peer &) = delete;
        ~Peer() { net_.peers_.erase(address_.text()); }
        void send(std::string_view data, const Address &to)
        {
            net_.carry(std::string(data), address_, to, nullptr);
            net_.loop_.run();
        }
        // What has come since the last call.
        std::vector<std::pair<std::string, Address>> receive()
        {
            net_.loop_.run();
            return std::exchange(heard_, {});
        }
        const Address &address() const { return address_; }

    private:
        friend class DatagramNet;
        DatagramNet &net_;
        Address address_;
        std::vector<std::pair<std::string, Address>> heard_;
    };
    // "udp:name:port" of a peer leads to this address.
    void name(std::string of, std::string ip) { names_[std::move(of)] = std::move(ip); }
    // Sends say FULL until it is off; then on_drained comes.
    void full(bool on)
    {
        full_ = on;
        if (on) return;
        for (const auto &port : ports_)
            if (port->full)
                port->later(loop_, [](Port &it) {
                    it.full = false;
                    if (it.receiver->on_drained != nullptr) it.receiver->on_drained(it.self);
                });
    }
    // So many of the next datagrams are lost on their way.
    void lose(std::size_t count) { lost_ = count; }
    const hawser_datagrams *api() const { return &kApi; }
    // The net that a node's host has.
    static inline DatagramNet &(*of_node)(const hawser_node *) = nullptr;

private:
    struct Port : hawser_port, std::enable_shared_from_this<Port> {
        DatagramNet *net = nullptr;
        const hawser_receiver *receiver = nullptr;
        void *self = nullptr;
        Address local, peer;
        bool has_peer = false, closed = false, paused = false, full = false, unix_name = false;
        std::vector<std::pair<std::string, Address>> kept;
        std::set<std::string> groups;

        template<typename F>
        void later(Loop &loop, F f)
        {
            loop.call([self = shared_from_this(), f] {
                if (!self->closed) f(*self);
            });
        }
    };
    static Port &of(hawser_port *port) { return *static_cast<Port *>(port); }

    void carry(const std::string &data, const Address &from, const Address &to, Port *sender)
    {
        if (lost_ > 0) {
            --lost_;
            return;
        }
        bool heard = false;
        if (const auto peer = peers_.find(to.text()); peer != peers_.end()) {
            peer->second->heard_.emplace_back(data, from);
            heard = true;
        }
        for (const auto &port : ports_) {
            if (port->closed || !hears(*port, to) || (port->has_peer && !(port->peer == from))) continue;
            heard = true;
            port->later(loop_, [data, from](Port &it) { give(it, data, from); });
        }
        if (heard || sender == nullptr || !sender->has_peer) return;
        sender->later(loop_, [](Port &it) {
            if (it.receiver->on_error != nullptr) it.receiver->on_error(it.self, HAWSER_REFUSED, {nullptr, 0});
        });
    }
    static bool hears(const Port &port, const Address &to)
    {
        if (port.groups.count(to.text()) > 0) return true;
        if (port.unix_name || to.family() == 0) return port.local == to;
        const std::string ip = port.local.text();
        const std::uint8_t first = to.raw().ip[0];
        if (to.family() == 4 ? first >= 224 && first < 240 : first == 0xff) return false; // no member of that group
        const bool any = ip.rfind("0.0.0.0:", 0) == 0 || ip.rfind("[::]:", 0) == 0;
        return port.local == to || (any && port.local.port() == to.port());
    }
    static void give(Port &port, const std::string &data, const Address &from)
    {
        if (port.paused) {
            port.kept.emplace_back(data, from);
            return;
        }
        std::string view = data;
        if (port.receiver->on_datagram != nullptr)
            port.receiver->on_datagram(port.self, {view.data(), view.size()}, &from.raw());
        std::fill(view.begin(), view.end(), '\xDD'); // it was valid until then
    }
    static std::int32_t refuse(hawser_error *error, std::int32_t status, const std::string &text)
    {
        detail::fill(error, {}, text);
        if (error != nullptr) error->code = status;
        return status;
    }
    // "ip:port" of what follows "udp:"; names are looked up in names_.
    bool read(std::string_view text, bool names, Address &address, bool &found) const
    {
        found = true;
        try {
            std::string whole(text);
            if (names) {
                const std::string name = whole.substr(0, whole.rfind(':'));
                if (const auto known = names_.find(name); known != names_.end())
                    whole = known->second + whole.substr(name.size());
                else if (name.find_first_not_of("0123456789.[]:abcdef") != std::string::npos)
                    found = false;
            }
            if (found) address = Address::parse(whole);
            return true;
        } catch (const Error &) {
            return false;
        }
    }
    std::int32_t open(std::string_view address, const hawser_port_options *options, const hawser_receiver *receiver,
                      void *self, hawser_port **port, hawser_error *error)
    {
        auto made = std::make_shared<Port>();
        made->net = this;
        made->receiver = receiver;
        made->self = self;
        const std::string_view peer = options != nullptr ? view(options->peer) : std::string_view();
        bool found = true, ignored = true;
        made->has_peer = !peer.empty();
        if (address.rfind("unixgram:", 0) == 0) {
            made->unix_name = true;
            const std::string path(address.substr(9));
            made->local = Address::parse("unix:" + (path.empty() ? "@" + std::to_string(++last_port_) : path));
            if (made->has_peer) made->peer = Address::parse("unix:" + std::string(peer.substr(9)));
        } else if (address.rfind("udp:", 0) == 0) {
            const std::string_view rest = address.substr(4);
            if (!read(rest.empty() ? "0.0.0.0:0" : rest, false, made->local, ignored))
                return refuse(error, HAWSER_INVALID, "expected \"udp:\" with a literal address and a port");
            if (made->has_peer && (peer.rfind("udp:", 0) != 0 || !read(peer.substr(4), true, made->peer, found)))
                return refuse(error, HAWSER_INVALID, "expected a peer like \"udp:example.org:53\"");
        } else {
            return refuse(error, HAWSER_UNSUPPORTED, "expected the scheme udp or unixgram");
        }
        const bool shared = options != nullptr && (options->flags & HAWSER_PORT_SHARED) != 0;
        for (const auto &each : ports_)
            if (!shared && !each->closed && each->local.port() != 0 && each->local == made->local)
                return refuse(error, HAWSER_BUSY, std::string(address) + ": Address already in use");
        if (!made->unix_name && made->local.port() == 0) {
            hawser_address chosen = made->local.raw();
            chosen.port = static_cast<std::uint16_t>(40'000 + ++last_port_);
            made->local = Address(chosen);
        }
        ports_.push_back(made);
        *port = made.get();
        if (!found) {
            close(made.get(), HAWSER_NOT_FOUND);
            return HAWSER_OK;
        }
        made->later(loop_, [](Port &it) {
            if (it.receiver->on_open != nullptr) it.receiver->on_open(it.self, &it);
        });
        return HAWSER_OK;
    }
    void close(Port *port, std::int32_t reason)
    {
        if (std::exchange(port->closed, true)) return;
        loop_.call([it = port->shared_from_this(), reason] {
            if (it->receiver->on_close != nullptr) it->receiver->on_close(it->self, reason, {nullptr, 0});
        });
    }

    static std::int32_t HAWSER_CALL api_open(hawser_loop *, const hawser_node *node, hawser_str address,
                                             const hawser_port_options *options, const hawser_receiver *receiver,
                                             void *self, hawser_port **port, hawser_error *error) noexcept
    {
        return of_node(node).open(view(address), options, receiver, self, port, error);
    }
    static std::int32_t HAWSER_CALL api_send(hawser_port *port, hawser_bytes data, const hawser_address *to) noexcept
    {
        Port &self = of(port);
        if (self.closed) return HAWSER_CLOSED;
        if (data.n > HAWSER_DATAGRAM_MAX || (to == nullptr) != self.has_peer) return HAWSER_INVALID;
        self.net->carry(std::string(view(data)), self.local, to != nullptr ? Address(*to) : self.peer, &self);
        if (!self.net->full_) return HAWSER_OK;
        self.full = true;
        return HAWSER_FULL;
    }
    static void HAWSER_CALL api_pause(hawser_port *port, std::int32_t paused) noexcept
    {
        Port &self = of(port);
        self.paused = paused != 0;
        if (self.paused) return;
        self.later(self.net->loop_, [](Port &it) {
            for (auto &[data, from] : std::exchange(it.kept, {})) {
                if (!it.closed) give(it, data, from);
            }
        });
    }
    static std::int32_t HAWSER_CALL api_member(hawser_port *port, const hawser_address *group, std::uint32_t,
                                               std::int32_t member) noexcept
    {
        Port &self = of(port);
        hawser_address joined = *group;
        joined.port = self.local.port();
        const std::string name = Address(joined).text();
        if (member != 0) return self.groups.insert(name).second ? HAWSER_OK : HAWSER_INVALID;
        return self.groups.erase(name) > 0 ? HAWSER_OK : HAWSER_NOT_FOUND;
    }
    static std::int32_t HAWSER_CALL api_set(hawser_port *port, std::uint32_t what, std::uint32_t value) noexcept
    {
        const bool known = what >= HAWSER_PORT_HOPS && what <= HAWSER_PORT_INTERFACE;
        return of(port).closed ? HAWSER_CLOSED : known && value <= 255 ? HAWSER_OK : HAWSER_INVALID;
    }
    static std::int32_t HAWSER_CALL api_address(hawser_port *port, std::uint32_t which, hawser_address *to) noexcept
    {
        const Port &self = of(port);
        if (which == HAWSER_PEER && !self.has_peer) return HAWSER_NOT_FOUND;
        const std::uint32_t size = to->struct_size;
        const Address &found = which == HAWSER_PEER ? self.peer : self.local;
        *to = found.raw();
        detail::copy_text(to->text, found.text());
        to->struct_size = size;
        return HAWSER_OK;
    }
    static void HAWSER_CALL api_close(hawser_port *port) noexcept { of(port).net->close(&of(port), HAWSER_OK); }
    static constexpr hawser_datagrams kApi{
        sizeof(hawser_datagrams), 0, api_open, api_send, api_pause, api_member, api_set, api_address, api_close};

    Loop &loop_;
    Problems &problems_;
    std::vector<std::shared_ptr<Port>> ports_;
    std::map<std::string, Peer *> peers_;
    std::map<std::string, std::string> names_;
    unsigned last_port_ = 0;
    std::size_t lost_ = 0;
    bool full_ = false;
};

} // namespace hawser::testing
