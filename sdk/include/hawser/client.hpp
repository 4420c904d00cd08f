// hawser/client.hpp: connections that a plugin opens: read and written like any stream.
//
//     hawser::Task<std::string> ask(std::string question)
//     {
//         auto server = co_await hawser::connect("tcp:example.org:7000");
//         co_await server->write(question + "\n");
//         co_return std::string((co_await server->read_line()).value_or(""));
//     }
//
// Addresses: "tcp:host:port", "unix:/path"; a scheme that the host does not know is a StatusError with
// HAWSER_UNSUPPORTED. Names are looked up off the loop. [loop]
#pragma once

#include "hawser/deferred.hpp"
#include "hawser/stream.hpp"
#include "hawser/sync.hpp"

#include <algorithm>
#include <chrono>
#include <coroutine>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <random>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace hawser {
namespace detail {

// What the host calls for a connection of connect(). Lives until on_close; whoever holds the stream may go before.
class OutgoingSession {
public:
    explicit OutgoingSession(const Node &node)
        : stream(Connection())
    {
        stream.now_ = &node.loop()->now;
    }
    OutgoingSession(const OutgoingSession &) = delete;
    OutgoingSession &operator=(const OutgoingSession &) = delete;

    // Negative: refused, and this is to be deleted.
    std::int32_t begin(const Node &node, std::string_view address, std::chrono::nanoseconds timeout)
    {
        hawser_connect options{};
        options.struct_size = sizeof options;
        options.timeout = timeout.count() > 0 ? static_cast<std::uint64_t>(timeout.count()) : 0;
        hawser_conn *conn = nullptr;
        const std::int32_t result =
            node.loop()->api->connect(node.loop(), node.raw(), str(address), &options, &kTable, this, &conn);
        if (result >= 0) stream.connection_ = Connection(conn);
        return result;
    }
    // The holder has gone: what was written is still sent.
    void let_go(bool abort)
    {
        if (over_) {
            delete this;
            return;
        }
        held_ = false;
        connecting = nullptr;
        if (abort || !is_open_)
            stream.connection_.abort();
        else
            stream.connection_.close();
    }
    bool is_over() const { return over_; }
    bool is_quiet() const { return is_open_ && !over_ && !stream.ended_ && stream.input_.size() == stream.used_; }

    Stream stream;
    Resumption *connecting = nullptr; // who waits for on_open
    std::int32_t reason = HAWSER_OK;
    std::string detail;

private:
    static OutgoingSession &of(void *self) { return *static_cast<OutgoingSession *>(self); }
    void go_on()
    {
        Resumption *waiting = std::exchange(connecting, nullptr);
        if (waiting != nullptr) waiting->root->turns->resume(*waiting);
    }
    static void HAWSER_CALL on_open(void *self, hawser_conn *) noexcept
    {
        of(self).is_open_ = true;
        of(self).go_on();
    }
    static std::size_t HAWSER_CALL on_data(void *self, hawser_bytes data) noexcept
    {
        if (of(self).held_) of(self).stream.data(view(data));
        return data.n;
    }
    static void HAWSER_CALL on_drained(void *self) noexcept { of(self).stream.drained(); }
    static void HAWSER_CALL on_eof(void *self) noexcept
    {
        if (of(self).held_)
            of(self).stream.ended();
        else
            of(self).stream.connection_.close();
    }
    static void HAWSER_CALL on_timer(void *self) noexcept { of(self).stream.timer(); }
    static void HAWSER_CALL on_close(void *self, std::int32_t why, hawser_str text) noexcept
    {
        OutgoingSession &session = of(self);
        if (!session.held_) {
            delete &session;
            return;
        }
        session.over_ = true;
        session.reason = why;
        session.detail = view(text);
        if (session.connecting != nullptr)
            session.go_on();
        else
            session.stream.lost();
    }
    static constexpr hawser_session kTable{
        sizeof(hawser_session), 0, on_open, on_data, on_drained, on_eof, on_timer, nullptr, nullptr, on_close};
    bool is_open_ = false, over_ = false, held_ = true;
};

} // namespace detail

// A stream that its holder owns: the end of this closes it, after what was written.
class ClientStream {
public:
    ClientStream() = default;
    explicit ClientStream(detail::OutgoingSession *session)
        : session_(session)
    {}
    ClientStream(ClientStream &&other) noexcept
        : session_(std::exchange(other.session_, nullptr))
    {}
    ClientStream &operator=(ClientStream &&other) noexcept
    {
        if (this != &other) {
            close();
            session_ = std::exchange(other.session_, nullptr);
        }
        return *this;
    }
    ~ClientStream() { close(); }
    Stream *operator->() const { return &session_->stream; }
    Stream &operator*() const { return session_->stream; }
    explicit operator bool() const { return session_ != nullptr; }
    void close()
    {
        if (session_ != nullptr) std::exchange(session_, nullptr)->let_go(false);
    }
    void abort()
    {
        if (session_ != nullptr) std::exchange(session_, nullptr)->let_go(true);
    }
    // Open, with nothing that came unasked: good for another question.
    bool is_quiet() const { return session_ != nullptr && session_->is_quiet(); }

private:
    detail::OutgoingSession *session_ = nullptr;
};

namespace detail {

class [[nodiscard]] Connect {
public:
    Connect(std::string address, std::chrono::nanoseconds timeout)
        : address_(std::move(address))
        , timeout_(timeout)
    {}
    Connect(const Connect &) = delete;
    Connect &operator=(const Connect &) = delete;
    ~Connect()
    {
        if (session_ != nullptr) session_->let_go(true);
    }
    bool await_ready() const noexcept { return false; }
    template<Waits P>
    bool await_suspend(std::coroutine_handle<P> handle)
    {
        Resumption &waiting = handle.promise().resumption;
        session_ = new OutgoingSession(waiting.root->node);
        status_ = session_->begin(waiting.root->node, address_, timeout_);
        if (status_ < 0) {
            delete std::exchange(session_, nullptr);
            return false;
        }
        session_->connecting = &waiting;
        return true;
    }
    ClientStream await_resume()
    {
        if (status_ >= 0 && !session_->is_over()) return ClientStream(std::exchange(session_, nullptr));
        std::string text = "cannot connect to " + address_;
        if (status_ < 0)
            throw StatusError(status_, text + (status_ == HAWSER_UNSUPPORTED ? ": the host has no such scheme"
                                               : status_ == HAWSER_INVALID   ? ": it is no address"
                                                                             : ""));
        if (!session_->detail.empty()) text += ": " + session_->detail;
        throw StatusError(session_->reason, text);
    }

private:
    std::string address_;
    std::chrono::nanoseconds timeout_;
    OutgoingSession *session_ = nullptr;
    std::int32_t status_ = 0;
};

} // namespace detail

// Results in a ClientStream. `timeout` is for the name and the connection together; 0: 30 seconds. Throws StatusError:
// HAWSER_REFUSED, HAWSER_TIMED_OUT, HAWSER_NOT_FOUND (no such name), HAWSER_INVALID, HAWSER_UNSUPPORTED …
inline detail::Connect connect(std::string address, std::chrono::nanoseconds timeout = {})
{
    return {std::move(address), timeout};
}

// How long to wait before the next attempt: doubled each time, up to `most`, and then between half and all of it, so
// that clients do not all come back at once.
class Backoff {
public:
    explicit Backoff(std::chrono::nanoseconds first = std::chrono::milliseconds(100),
                     std::chrono::nanoseconds most = std::chrono::seconds(60), std::uint64_t seed = 1)
        : first_(first)
        , most_(most)
        , next_(first)
        , random_(seed)
    {}
    std::chrono::nanoseconds next()
    {
        const auto now = std::exchange(next_, std::min(most_, next_ * 2));
        return now / 2 +
               std::chrono::nanoseconds(std::uniform_int_distribution<std::int64_t>(0, now.count() / 2)(random_));
    }
    void reset() { next_ = first_; }

private:
    std::chrono::nanoseconds first_, most_, next_;
    std::mt19937_64 random_;
};

// Keeps a connection: connects, runs `serve(stream)`, and when that returns or throws, or nothing can be reached,
// connects again after a back-off. Ends with this object.
class ClientService {
public:
    using Serve = std::function<Task<void>(Stream &)>;

    ClientService(const Node &node, std::string address, Serve serve, Backoff backoff = Backoff())
        : node_(node)
        , address_(std::move(address))
        , serve_(std::move(serve))
        , backoff_(backoff)
        , scope_(node)
    {}
    ClientService(const ClientService &) = delete;
    ClientService &operator=(const ClientService &) = delete;
    ~ClientService() { stop(); }

    void start()
    {
        if (scope_.empty()) scope_.spawn(run());
    }
    void stop()
    {
        scope_.cancel();
        current_ = nullptr;
        tell([](Deferred<Stream *> &waiter) {
            waiter.errback(StatusError(HAWSER_CANCELLED, "the client was stopped"));
        });
    }
    bool connected() const { return current_ != nullptr; }

    // The stream, now or when it is connected; it is valid until then serve() ends. Fails after so many attempts in
    // vain; 0: waits for ever.
    Deferred<Stream *> when_connected(std::size_t fail_after = 0)
    {
        if (current_ != nullptr) return Deferred<Stream *>::succeeded(current_);
        Deferred<Stream *> result;
        waiting_.push_back({result, fail_after});
        return result;
    }

private:
    struct Waiting {
        Deferred<Stream *> result;
        std::size_t attempts; // left; 0: any number
    };
    Task<void> run()
    {
        for (;;) {
            std::string why;
            try {
                ClientStream stream = co_await connect(address_);
                backoff_.reset();
                current_ = &*stream;
                tell([this](Deferred<Stream *> &waiter) { waiter.callback(current_); });
                co_await serve_(*stream);
            } catch (const std::exception &error) {
                why = error.what();
            }
            const bool was_connected = std::exchange(current_, nullptr) != nullptr;
            if (!why.empty()) node_.log(HAWSER_LOG_WARNING, "client_failed", {{"address", address_}, {"error", why}});
            if (!was_connected) give_up(why);
            co_await sleep(backoff_.next());
        }
    }
    void give_up(const std::string &why)
    {
        std::vector<Deferred<Stream *>> over;
        std::erase_if(waiting_, [&](Waiting &waiting) {
            if (waiting.attempts == 0 || --waiting.attempts > 0) return false;
            over.push_back(waiting.result);
            return true;
        });
        for (auto &result : over)
            if (!result.called()) result.errback(StatusError(HAWSER_FAILED, why));
    }
    template<typename F>
    void tell(F f)
    {
        for (Waiting &waiting : std::exchange(waiting_, {}))
            if (!waiting.result.called()) f(waiting.result);
    }
    Node node_;
    std::string address_;
    Serve serve_;
    Backoff backoff_;
    Stream *current_ = nullptr;
    std::vector<Waiting> waiting_;
    Scope scope_; // the last: its tasks use the rest
};

// At most so many connections to one address, kept for the next who asks. What is out may outlive the pool.
class ConnectionPool {
    struct Idle {
        ClientStream stream;
        std::uint64_t since;
    };
    struct State {
        explicit State(std::size_t most)
            : permits(most)
        {}
        Semaphore permits;
        std::deque<Idle> idle;
        const std::uint64_t *now = nullptr; // of the loop; null: the pool has gone
    };

public:
    // A connection for as long as it is held. discard() it when the other side may not know where it is.
    class Lease {
    public:
        Lease(std::shared_ptr<State> pool, Semaphore::Permit permit, ClientStream stream)
            : pool_(std::move(pool))
            , permit_(std::move(permit))
            , stream_(std::move(stream))
        {}
        Lease(Lease &&) noexcept = default;
        Lease &operator=(Lease &&) = delete;
        ~Lease()
        {
            if (pool_ && pool_->now != nullptr && stream_.is_quiet())
                pool_->idle.push_back({std::move(stream_), *pool_->now});
        }
        Stream *operator->() const { return &*stream_; }
        Stream &operator*() const { return *stream_; }
        void discard() { stream_.abort(); }

    private:
        std::shared_ptr<State> pool_;
        Semaphore::Permit permit_; // given back after the connection
        ClientStream stream_;
    };

    ConnectionPool(const Node &node, std::string address, std::size_t most,
                   std::chrono::nanoseconds idle = std::chrono::seconds(60))
        : address_(std::move(address))
        , idle_time_(static_cast<std::uint64_t>(idle.count()))
        , state_(std::make_shared<State>(most))
    {
        state_->now = &node.loop()->now;
    }
    ConnectionPool(const ConnectionPool &) = delete;
    ConnectionPool &operator=(const ConnectionPool &) = delete;
    ~ConnectionPool()
    {
        state_->now = nullptr;
        state_->idle.clear();
    }
    // Waits while all are in use. Throws what connect() throws.
    Task<Lease> take(std::chrono::nanoseconds timeout = {}) { return take(state_, address_, idle_time_, timeout); }
    std::size_t idle() const { return state_->idle.size(); }

private:
    static Task<Lease> take(std::shared_ptr<State> state, std::string address, std::uint64_t idle_time,
                            std::chrono::nanoseconds timeout)
    {
        Semaphore::Permit permit = co_await state->permits.acquire();
        while (!state->idle.empty()) {
            Idle last = std::move(state->idle.back());
            state->idle.pop_back();
            if (last.stream.is_quiet() && *state->now - last.since < idle_time)
                co_return Lease(state, std::move(permit), std::move(last.stream));
        }
        ClientStream stream = co_await connect(address, timeout);
        co_return Lease(state, std::move(permit), std::move(stream));
    }
    std::string address_;
    std::uint64_t idle_time_;
    std::shared_ptr<State> state_;
};

} // namespace hawser
