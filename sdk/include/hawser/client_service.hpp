// hawser/client_service.hpp: connections that last: a client that connects again, and a pool of connections. [loop]
#pragma once

#include "hawser/client.hpp"
#include "hawser/deferred.hpp"
#include "hawser/scope.hpp"
#include "hawser/sync.hpp"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <exception>
#include <functional>
#include <memory>
#include <random>
#include <string>
#include <utility>
#include <vector>

namespace hawser {

// How long to wait before the next attempt: doubled each time, up to `most`, and then between half and all of it, so
// that clients do not all come back at once.
class Backoff {
public:
    // `seed` 0: one of its own for each ClientService.
    explicit Backoff(std::chrono::nanoseconds first = std::chrono::milliseconds(100),
                     std::chrono::nanoseconds most = std::chrono::seconds(60), std::uint64_t seed = 0)
        : first_(first)
        , most_(most)
        , next_(first)
        , seeded_(seed != 0)
        , random_(seed)
    {}
    void seed(std::uint64_t number) // unless it has one
    {
        if (!std::exchange(seeded_, true)) random_.seed(number);
    }
    std::chrono::nanoseconds next()
    {
        const auto now = std::exchange(next_, std::min(most_, next_ * 2));
        return now / 2 +
               std::chrono::nanoseconds(std::uniform_int_distribution<std::int64_t>(0, now.count() / 2)(random_));
    }
    void reset() { next_ = first_; }

private:
    std::chrono::nanoseconds first_, most_, next_;
    bool seeded_;
    std::mt19937_64 random_;
};

// Keeps a connection: connects, runs `serve(stream)`, and when that returns or throws, or nothing can be reached,
// connects again after a back-off. Ends with this object, which may go or stop also inside of what it calls.
class ClientService {
public:
    using Serve = std::function<Task<void>(Stream &)>;

    ClientService(const Node &node, std::string address, Serve serve, Backoff backoff = Backoff())
        : state_(std::make_shared<State>(node, std::move(address), std::move(serve), backoff))
        , scope_(node)
    {
        // Nanoseconds since the machine began and of the wall differ between processes and between machines.
        static std::atomic<std::uint64_t> made{0};
        const hawser_loop &loop = *node.loop();
        state_->backoff.seed(loop.now ^ static_cast<std::uint64_t>(loop.wall) ^ ++made << 48);
    }
    ClientService(const ClientService &) = delete;
    ClientService &operator=(const ClientService &) = delete;
    ~ClientService() { stop(); }

    void start()
    {
        if (!std::exchange(state_->runs, true)) scope_.spawn(run(state_, state_->number));
    }
    void stop()
    {
        state_->runs = false;
        ++state_->number;
        state_->current = nullptr;
        scope_.cancel();
        tell(std::exchange(state_->waiting, {}), stopped);
    }
    bool connected() const { return state_->current != nullptr; }

    // The stream, now or when it is connected; it is valid until then serve() ends. Fails after so many attempts in
    // vain; 0: waits for ever.
    Deferred<Stream *> when_connected(std::size_t fail_after = 0)
    {
        if (state_->current != nullptr) return Deferred<Stream *>::succeeded(state_->current);
        Deferred<Stream *> result;
        state_->waiting.push_back({result, fail_after});
        return result;
    }

private:
    struct Waiting {
        Deferred<Stream *> result;
        std::size_t attempts; // left; 0: any number
    };
    using Waiters = std::vector<Waiting>;
    // Lives as long as the service or what runs of it.
    struct State {
        State(const Node &of, std::string to, Serve by, Backoff with)
            : node(of)
            , address(std::move(to))
            , serve(std::move(by))
            , backoff(with)
        {}
        Node node;
        std::string address;
        Serve serve;
        Backoff backoff;
        Stream *current = nullptr;
        Waiters waiting;
        bool runs = false;
        std::uint64_t number = 0; // of the runs before this one
    };

    // What it calls may stop it: then nothing more of it happens.
    static Task<void> run(std::shared_ptr<State> state, std::uint64_t number)
    {
        for (;;) {
            std::string why;
            try {
                ClientStream stream = co_await connect(state->address);
                state->backoff.reset();
                state->current = &*stream;
                tell(std::exchange(state->waiting, {}), [&](Deferred<Stream *> &waiter) {
                    if (state->number == number)
                        waiter.callback(&*stream);
                    else
                        stopped(waiter);
                });
                if (state->number != number) co_return;
                co_await state->serve(*stream);
            } catch (...) {
                why = detail::what(std::current_exception());
            }
            if (state->number != number) co_return;
            const bool was_connected = std::exchange(state->current, nullptr) != nullptr;
            if (!why.empty())
                state->node.log(HAWSER_LOG_WARNING, "client_failed", {{"address", state->address}, {"error", why}});
            if (!was_connected)
                tell(give_up(*state), [&](auto &waiter) { waiter.errback(StatusError(HAWSER_FAILED, why)); });
            if (state->number != number) co_return;
            co_await sleep(state->backoff.next());
        }
    }
    static Waiters give_up(State &state)
    {
        Waiters over;
        std::erase_if(state.waiting, [&](Waiting &waiting) {
            if (waiting.attempts == 0 || --waiting.attempts > 0) return false;
            over.push_back(waiting);
            return true;
        });
        return over;
    }
    static void stopped(Deferred<Stream *> &waiter)
    {
        waiter.errback(StatusError(HAWSER_CANCELLED, "the client was stopped"));
    }
    template<typename F>
    static void tell(Waiters waiters, F f)
    {
        for (Waiting &waiting : waiters)
            if (!waiting.result.called()) f(waiting.result);
    }
    std::shared_ptr<State> state_;
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
