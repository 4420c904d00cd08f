// hawser/testing/loop.hpp: the host's loop for tests: a clock that jumps to the next event, work of the pool done in
// turn, and the contract of abi.h watched: who breaks it fails the test. Part of hawser/testing.hpp.
#pragma once

#include "hawser/abi.h"
#include "hawser/testing/problems.hpp"

#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <random>
#include <string>
#include <thread>
#include <unordered_map>
#include <utility>
#include <vector>

namespace hawser::testing {

// What happens next is chosen by a seed where abi.h leaves it open: between timers that are due, finished work, posts
// and what connections have to say. HAWSER_SEED in the environment sets it; a problem prints it.
inline std::uint64_t next_seed()
{
    if (const char *set = std::getenv("HAWSER_SEED"); set != nullptr) return std::strtoull(set, nullptr, 10);
    return std::random_device{}();
}

class Loop : public hawser_loop {
public:
    explicit Loop(Problems &problems, std::uint64_t seed)
        : hawser_loop{&kApi, kStart, kWallStart, 0, 0}
        , problems_(problems)
        , random_(seed)
        , thread_(std::this_thread::get_id())
    {}
    Loop(const Loop &) = delete;
    Loop &operator=(const Loop &) = delete;

    // Does one thing that may be done now. False: there is none before a later time.
    bool step()
    {
        expect_thread("step");
        std::vector<std::function<bool(Loop &)> *> ready;
        if (!timers_.empty() && timers_.begin()->first.first <= now) ready.push_back(&fire_);
        if (!jobs_.empty()) ready.push_back(&work_);
        if (has_posts()) ready.push_back(&run_post_);
        if (!calls_.empty()) ready.push_back(&call_);
        if (ready.empty()) return false;
        const bool inside = std::exchange(stepping_, true);
        (*ready[random_() % ready.size()])(*this);
        stepping_ = inside;
        ++turns_;
        return true;
    }
    // All that can be done without time passing. A problem if it does not come to an end. From inside of something that
    // the loop does: nothing, it goes on by itself.
    void run()
    {
        if (stepping_) return;
        for (std::size_t steps = 0; step(); ++steps)
            if (steps > kEndless) return problems_.report("the loop does not come to rest: something is always due");
    }
    // Lets the time pass, from event to event.
    void advance(std::chrono::nanoseconds time)
    {
        const std::uint64_t until = now + static_cast<std::uint64_t>(time.count());
        run();
        while (!timers_.empty() && timers_.begin()->first.first <= until) {
            set_now(timers_.begin()->first.first);
            run();
        }
        set_now(until);
    }
    // To the time of the next timer, without completing it. False: no timer is pending.
    bool jump()
    {
        if (timers_.empty()) return false;
        set_now(timers_.begin()->first.first);
        return true;
    }
    // To the next timer and all that follows at that time. False: no timer is pending.
    bool advance_to_next()
    {
        run();
        const bool any = jump();
        run();
        return any;
    }
    // Something of the kit's own that the loop is to call in its turn.
    void call(std::function<void()> f) { calls_.push_back(std::move(f)); }

    // For hawser_life.running: completed once serve() is called, or in the next turn if it `runs`.
    bool runs = true;
    std::int32_t await_serving(hawser_op *op)
    {
        if (runs) return timer(this, now, op);
        if (!expect_op(op, "running")) return HAWSER_INVALID;
        const Key key{~std::uint64_t{0}, ++order_};
        waiting_[key] = op;
        pending_[op] = key;
        return HAWSER_PENDING;
    }
    void serve()
    {
        runs = true;
        for (const auto &[key, op] : std::exchange(waiting_, {})) {
            pending_.erase(op);
            timer(this, now, op);
        }
        run();
    }

    std::size_t pending() const { return timers_.size() + jobs_.size(); } // operations that have not completed
    std::size_t tracked() const { return objects_.size(); }
    std::uint64_t turns() const { return turns_; }
    std::mt19937_64 &random() { return random_; }
    // The queue of the pool takes no more than this; 0: it is full.
    void pool_limit(std::size_t jobs) { pool_limit_ = jobs; }

    // How an address of hawser_loop_api.connect is answered; see hawser/testing/connection.hpp.
    std::function<std::int32_t(const std::string &address, const hawser_connect *, const hawser_session *, void *self,
                               hawser_conn **)>
        on_connect;

    // hawser_host.post
    std::int32_t post(hawser_ref to, void(HAWSER_CALL *f)(void *, void *), void *arg)
    {
        const std::scoped_lock lock(mutex_);
        if (ended_) return HAWSER_CLOSED;
        posts_.push_back({to, f, arg});
        return HAWSER_OK;
    }
    // The loop is over: what was posted is released, and the rest is a problem that says what it is.
    void end()
    {
        run();
        {
            const std::scoped_lock lock(mutex_);
            ended_ = true;
        }
        if (!timers_.empty())
            problems_.report(std::to_string(timers_.size()) + " timer operations are still pending at the end");
        if (!objects_.empty())
            problems_.report(std::to_string(objects_.size()) + " objects are still tracked at the end");
    }

    // False, and a problem: `call` comes from another thread. [any-thread]
    bool expect_thread(const char *call)
    {
        if (std::this_thread::get_id() == thread_) return true;
        problems_.report(std::string(call) + ": expected a call on the loop's own thread, got one on another");
        return false;
    }

private:
    using Key = std::pair<std::uint64_t, std::uint64_t>;
    struct Job {
        std::int64_t(HAWSER_CALL *work)(void *);
        void(HAWSER_CALL *release)(void *);
        void *ctx;
        hawser_op *op; // null: cancelled
    };
    struct Post {
        hawser_ref to;
        void(HAWSER_CALL *run)(void *, void *);
        void *arg;
    };
    static constexpr std::uint64_t kStart = 1'000'000'000'000;
    static constexpr std::int64_t kWallStart = 1'767'225'600'000'000'000; // 2026-01-01
    static constexpr std::size_t kEndless = 1'000'000;

    static Loop &of(hawser_loop *loop) { return *static_cast<Loop *>(loop); }
    void set_now(std::uint64_t to)
    {
        if (to <= now) return;
        wall += static_cast<std::int64_t>(to - now);
        now = to;
    }
    bool expect_op(const hawser_op *op, const char *call)
    {
        expect_thread(call);
        if (op != nullptr && op->complete != nullptr && pending_.find(op) == pending_.end()) return true;
        problems_.report(std::string(call) + (op == nullptr || op->complete == nullptr
                                                  ? ": expected an operation with a complete, got none"
                                                  : ": expected an operation that is free, got one that is pending"));
        return false;
    }
    bool has_posts()
    {
        const std::scoped_lock lock(mutex_);
        return !posts_.empty();
    }
    void complete(hawser_op *op, std::int64_t result)
    {
        pending_.erase(op);
        for (void *&word : op->host) word = nullptr;
        op->complete(op, result);
    }
    static bool fire(Loop &self)
    {
        hawser_op *op = self.timers_.begin()->second;
        self.timers_.erase(self.timers_.begin());
        self.complete(op, HAWSER_OK);
        return true;
    }
    static bool work(Loop &self)
    {
        const auto which = self.jobs_.begin() + static_cast<std::ptrdiff_t>(self.random_() % self.jobs_.size());
        const std::unique_ptr<Job> job = std::move(*which);
        self.jobs_.erase(which);
        std::int64_t result = 0;
        std::thread([&] { result = job->work(job->ctx); }).join(); // on another thread, as the pool does
        if (job->op != nullptr) self.complete(job->op, result);
        job->release(job->ctx);
        return true;
    }
    static bool run_post(Loop &self)
    {
        Post next{};
        {
            const std::scoped_lock lock(self.mutex_);
            next = self.posts_.front();
            self.posts_.pop_front();
        }
        const auto found = self.objects_.find(next.to);
        next.run(found != self.objects_.end() ? found->second : nullptr, next.arg);
        return true;
    }
    static bool call_next(Loop &self)
    {
        const auto f = std::move(self.calls_.front());
        self.calls_.pop_front();
        f();
        return true;
    }

    static std::int32_t HAWSER_CALL timer(hawser_loop *loop, std::uint64_t at, hawser_op *op) noexcept
    {
        Loop &self = of(loop);
        if (!self.expect_op(op, "timer")) return HAWSER_INVALID;
        const Key key{at, ++self.order_};
        self.timers_[key] = op;
        self.pending_[op] = key;
        return HAWSER_PENDING;
    }
    static std::int32_t HAWSER_CALL cancel(hawser_loop *loop, hawser_op *op) noexcept
    {
        Loop &self = of(loop);
        self.expect_thread("cancel");
        const auto found = self.pending_.find(op);
        if (found == self.pending_.end()) return 0;
        self.timers_.erase(found->second);
        self.waiting_.erase(found->second);
        for (auto &job : self.jobs_)
            if (job->op == op) job->op = nullptr;
        self.pending_.erase(found);
        return 1;
    }
    static std::int32_t HAWSER_CALL offload(hawser_loop *loop, std::int64_t(HAWSER_CALL *work)(void *),
                                            void(HAWSER_CALL *release)(void *), void *ctx, hawser_op *op) noexcept
    {
        Loop &self = of(loop);
        if (!self.expect_op(op, "offload")) return HAWSER_INVALID;
        if (self.jobs_.size() >= self.pool_limit_) return HAWSER_LIMIT;
        self.jobs_.push_back(std::make_unique<Job>(Job{work, release, ctx, op}));
        self.pending_[op] = Key{};
        return HAWSER_PENDING;
    }
    static std::int32_t HAWSER_CALL connect(hawser_loop *loop, const hawser_node *, hawser_str address,
                                            const hawser_connect *options, const hawser_session *session, void *object,
                                            hawser_conn **conn) noexcept
    {
        Loop &self = of(loop);
        self.expect_thread("connect");
        if (!self.on_connect) return HAWSER_UNSUPPORTED;
        return self.on_connect(std::string(address.p, address.n), options, session, object, conn);
    }
    static hawser_ref HAWSER_CALL track(hawser_loop *loop, void *object) noexcept
    {
        Loop &self = of(loop);
        self.expect_thread("track");
        self.objects_[++self.refs_] = object;
        return self.refs_;
    }
    static void HAWSER_CALL untrack(hawser_loop *loop, hawser_ref ref) noexcept
    {
        Loop &self = of(loop);
        self.expect_thread("untrack");
        if (self.objects_.erase(ref) == 0)
            self.problems_.report("untrack: expected a number that track gave, got one that is not tracked");
    }
    static constexpr hawser_loop_api kApi{sizeof(hawser_loop_api), 0, timer, cancel, offload, connect, track, untrack};

    Problems &problems_;
    std::mt19937_64 random_;
    std::thread::id thread_;
    std::map<Key, hawser_op *> timers_, waiting_; // for a time; for serve()
    std::unordered_map<const hawser_op *, Key> pending_;
    std::vector<std::unique_ptr<Job>> jobs_;
    std::deque<std::function<void()>> calls_;
    std::unordered_map<hawser_ref, void *> objects_;
    std::mutex mutex_;
    std::deque<Post> posts_; // guarded by mutex_
    bool ended_ = false;     // guarded by mutex_
    bool stepping_ = false;
    hawser_ref refs_ = 0;
    std::uint64_t order_ = 0, turns_ = 0;
    std::size_t pool_limit_ = 1024;
    std::function<bool(Loop &)> fire_ = fire, work_ = work, run_post_ = run_post, call_ = call_next;
};

} // namespace hawser::testing
