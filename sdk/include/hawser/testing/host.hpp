// hawser/testing/host.hpp: the host for tests: a loop with a clock of its own, a log that is kept, nodes. Part of
// hawser/testing.hpp.
#pragma once

#include "hawser/abi.h"
#include "hawser/life.h"
#include "hawser/node.hpp"
#include "hawser/testing/connection.hpp"
#include "hawser/testing/datagrams.hpp"
#include "hawser/testing/descriptors.hpp"
#include "hawser/testing/loop.hpp"
#include "hawser/testing/options.hpp"
#include "hawser/testing/problems.hpp"
#include "hawser/testing/programs.hpp"

#include <chrono>
#include <cstdint>
#include <functional>
#include <list>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace hawser::testing {

struct LogEvent {
    std::uint32_t level;
    std::string node, name;
    std::map<std::string, std::string> fields;
};

class Host : public hawser_host {
public:
    explicit Host(std::uint64_t seed = next_seed())
        : hawser_host{sizeof(hawser_host), HAWSER_ABI_MINOR, get_interface, log, post, fail}
        , problems_(seed)
        , loop_(problems_, seed)
    {
        loop_.on_connect = [this](const std::string &address, const hawser_connect *options,
                                  const hawser_session *session, void *self,
                                  hawser_conn **conn) { return connect(address, options, session, self, conn); };
        DatagramNet::of_node = [](const hawser_node *node) -> DatagramNet & { return of(node->host).datagrams_; };
        Programs::of_node = [](const hawser_node *node) -> Programs & { return of(node->host).programs_; };
        Descriptors::of_node = [](const hawser_node *node) -> Descriptors & { return of(node->host).descriptors_; };
        interfaces_[HAWSER_DATAGRAM] = datagrams_.api();
        interfaces_[HAWSER_PROCESS] = programs_.api();
        interfaces_[HAWSER_READY] = descriptors_.api();
        interfaces_[HAWSER_LIFE] = &kLife;
    }
    Host(const Host &) = delete;
    Host &operator=(const Host &) = delete;
    ~Host()
    {
        for (const auto &wire : wires_)
            if (!wire->closed()) wire->lose(HAWSER_CANCELLED);
        programs_.end();
        loop_.end();
    }

    // A node as the configuration would make one; it lives as long as the host.
    Node node(std::string name = "service.test", Options options = {})
    {
        nodes_.push_back(std::make_unique<Made>(*this, std::move(name), std::move(options)));
        return Node(&loop_, nodes_.back().get());
    }
    void run() { loop_.run(); }
    void advance(std::chrono::nanoseconds time) { loop_.advance(time); }
    bool advance_to_next() { return loop_.advance_to_next(); }
    Loop &loop() { return loop_; }
    Problems &problems() { return problems_; }
    std::uint64_t now() const { return loop_.now; }

    // Log events so far; with a name: of this name.
    std::vector<LogEvent> logged(std::string_view name = {})
    {
        const std::scoped_lock lock(mutex_);
        std::vector<LogEvent> found;
        for (const LogEvent &event : log_)
            if (name.empty() || event.name == name) found.push_back(event);
        return found;
    }
    // Whoever connects to `address` gets a connection whose other end is `accept`'s. Without one: refused.
    void listen(std::string address, std::function<void(Peer)> accept)
    {
        listening_[std::move(address)] = std::move(accept);
    }
    // Connections to `address` end with `reason` instead of opening: HAWSER_REFUSED, HAWSER_NOT_FOUND …
    void refuse(std::string address, std::int32_t reason)
    {
        listening_.erase(address);
        refused_[std::move(address)] = reason;
    }
    // Connections to `address` get no answer until their time is over.
    void ignore(std::string address) { refuse(std::move(address), HAWSER_TIMED_OUT); }

    // Nodes that said they cannot go on (hawser_host.fail), with why; an empty text: done.
    const std::vector<std::pair<std::string, std::string>> &failed() const { return failed_; }
    DatagramNet &datagrams() { return datagrams_; }
    Programs &programs() { return programs_; }
    Descriptors &descriptors() { return descriptors_; }
    // Everything serves from now on; as it is, it does from the beginning.
    void starts_later() { loop_.runs = false; }
    void serve() { loop_.serve(); }
    // Who asked for the end of the host (hawser_life.stop): "status why".
    const std::vector<std::string> &asked_to_stop() const { return stops_; }
    // What get_interface() answers for this id.
    void interface(std::string id, const void *table) { interfaces_[std::move(id)] = table; }

private:
    struct Made : hawser_node {
        std::string text;
        OptionTable table;
        detail::Home home{Node(nullptr, this)};
        Made(Host &in, std::string of, Options with)
            : hawser_node{}
            , text(std::move(of))
            , table(std::move(with))
        {
            struct_size = sizeof(hawser_node);
            tag = static_cast<std::uint32_t>(in.nodes_.size() + 1);
            host = &in;
            options = table.raw();
            name = {text.data(), text.size()};
        }
    };
    std::int32_t connect(const std::string &address, const hawser_connect *options, const hawser_session *session,
                         void *self, hawser_conn **conn)
    {
        const std::string scheme = address.substr(0, address.find(':'));
        if (scheme != "tcp" && scheme != "unix") return scheme == address ? HAWSER_INVALID : HAWSER_UNSUPPORTED;
        auto wire = std::make_shared<Wire>(loop_, problems_);
        wire->use(session, self);
        *conn = wire.get();
        wires_.push_back(wire);
        if (const auto found = listening_.find(address); found != listening_.end()) {
            wire->open(true);
            loop_.call([this, wire, accept = found->second] { accept(Peer(loop_, wire)); });
            return HAWSER_OK;
        }
        const auto refused = refused_.find(address);
        const std::int32_t reason = refused != refused_.end() ? refused->second : HAWSER_REFUSED;
        const std::uint64_t wait = options != nullptr && options->timeout != 0 ? options->timeout : 30'000'000'000;
        if (reason == HAWSER_TIMED_OUT)
            wire->lose_at(loop_.now + wait);
        else
            wire->lose(reason);
        return HAWSER_OK;
    }
    static Host &of(const hawser_host *host) { return *const_cast<Host *>(static_cast<const Host *>(host)); }
    static const void *HAWSER_CALL get_interface(const hawser_host *host, const char *id) noexcept
    {
        const auto found = of(host).interfaces_.find(id);
        return found != of(host).interfaces_.end() ? found->second : nullptr;
    }
    static void HAWSER_CALL log(const hawser_node *node, std::uint32_t level, hawser_str event,
                                const hawser_field *fields, std::size_t count) noexcept
    {
        Host &self = of(node->host);
        LogEvent made{level, std::string(view(node->name)), std::string(view(event)), {}};
        for (std::size_t i = 0; i < count; ++i)
            made.fields[std::string(view(fields[i].name))] = std::string(view(fields[i].value));
        const std::scoped_lock lock(self.mutex_);
        self.log_.push_back(std::move(made));
    }
    static std::int32_t HAWSER_CALL post(const hawser_host *host, hawser_ref to, void(HAWSER_CALL *run)(void *, void *),
                                         void *arg) noexcept
    {
        return of(host).loop_.post(to, run, arg);
    }
    static void HAWSER_CALL fail(const hawser_node *node, hawser_str why) noexcept
    {
        Host &self = of(node->host);
        const std::scoped_lock lock(self.mutex_);
        self.failed_.emplace_back(std::string(view(node->name)), std::string(view(why)));
    }

    static std::int32_t HAWSER_CALL running(hawser_loop *loop, hawser_op *op) noexcept
    {
        return static_cast<Loop *>(loop)->await_serving(op);
    }
    static std::int32_t HAWSER_CALL stop(const hawser_node *node, std::int32_t status, hawser_str why) noexcept
    {
        if (status < 0 || status > HAWSER_STATUS_MAX) return HAWSER_INVALID;
        Host &self = of(node->host);
        const std::scoped_lock lock(self.mutex_);
        self.stops_.push_back(std::to_string(status) + ' ' + std::string(view(why)));
        return HAWSER_OK;
    }
    static constexpr hawser_life kLife{sizeof(hawser_life), 0, running, stop};

    Problems problems_;
    Loop loop_;
    DatagramNet datagrams_{loop_, problems_};
    Programs programs_{loop_, problems_};
    Descriptors descriptors_{loop_, problems_};
    std::vector<std::unique_ptr<Made>> nodes_;
    std::map<std::string, const void *, std::less<>> interfaces_;
    std::map<std::string, std::function<void(Peer)>> listening_;
    std::map<std::string, std::int32_t> refused_;
    std::vector<std::shared_ptr<Wire>> wires_; // of connect()
    std::mutex mutex_;
    std::vector<LogEvent> log_;                               // guarded by mutex_
    std::vector<std::pair<std::string, std::string>> failed_; // guarded by mutex_
    std::vector<std::string> stops_;                          // guarded by mutex_
};

// Cancels everywhere: begins the same again and again, each time lets one more thing happen, then lets go of what
// `begin(host)` returned (an owner: a scope in a unique_ptr, a session …), until it comes to its end by itself. What is
// left pending or tracked then fails the test. `most` bounds the rounds. Returns how many there were.
template<typename Begin>
std::size_t cancel_everywhere(Begin begin, std::size_t most = 10'000, std::uint64_t seed = next_seed())
{
    for (std::size_t rounds = 0; rounds < most; ++rounds) {
        Host host(seed);
        auto owner = begin(host);
        std::size_t done = 0;
        while (done < rounds && (host.loop().step() || host.loop().jump())) ++done;
        const bool at_its_end = done < rounds;
        owner = {};
        host.run();
        if (host.loop().pending() > 0)
            host.problems().report("cancelled after " + std::to_string(done) + " events: operations are left");
        if (at_its_end) return rounds;
    }
    return most;
}

} // namespace hawser::testing
