// hawser/async.hpp: timers, work off the loop, and the way back from any thread. Each object belongs to one loop and to
// whoever holds it: its end cancels what is pending.
#pragma once

#include "hawser/abi.h"
#include "hawser/node.hpp"
#include "hawser/turns.hpp"

#include <chrono>
#include <exception>
#include <functional>
#include <memory>
#include <new>
#include <string>
#include <utility>

namespace hawser {

// Calls back once, or again and again. [loop]
class Timer {
public:
    explicit Timer(const Node &node)
        : node_(node)
    {
        pending_.op.complete = completed;
    }
    ~Timer() { cancel(); }
    Timer(const Timer &) = delete;
    Timer &operator=(const Timer &) = delete;

    // Replaces what was pending. An exception of `f` is logged. What `f` captures stays the same from call to call.
    void start(std::chrono::nanoseconds after, std::function<void()> f) { begin(after, {}, std::move(f)); }
    // Keeps its phase: what was missed is left out. Throws Error if the period is not positive.
    void start_every(std::chrono::nanoseconds period, std::function<void()> f)
    {
        if (period.count() <= 0)
            throw Error("expected a period above 0, got " + std::to_string(period.count()) + " ns");
        begin(period, period, std::move(f));
    }
    void cancel() { node_.loop()->api->cancel(node_.loop(), &pending_.op); }

private:
    struct Pending {
        hawser_op op{};
        Timer *timer = nullptr;
    };
    void begin(std::chrono::nanoseconds after, std::chrono::nanoseconds period, std::function<void()> f)
    {
        cancel();
        pending_.timer = this;
        f_ = std::make_shared<std::function<void()>>(std::move(f));
        period_ = static_cast<std::uint64_t>(period.count());
        at_ = node_.loop()->now + (after.count() > 0 ? static_cast<std::uint64_t>(after.count()) : 0);
        node_.loop()->api->timer(node_.loop(), at_, &pending_.op);
    }
    void fire()
    {
        if (period_ != 0) {
            const std::uint64_t now = node_.loop()->now;
            at_ += now > at_ ? ((now - at_) / period_ + 1) * period_ : period_;
            node_.loop()->api->timer(node_.loop(), at_, &pending_.op);
        }
        // Held: the function may start this timer with another, or end it.
        const auto f = f_;
        const Node node = node_;
        detail::guarded_call([&] { (*f)(); },
                             [&](std::string_view why) {
                                 node.error("timer_failed", {{"error", why}});
                             });
    }
    static void HAWSER_CALL completed(hawser_op *op, std::int64_t) noexcept
    {
        reinterpret_cast<Pending *>(op)->timer->fire();
    }

    Node node_;
    Pending pending_;
    std::shared_ptr<std::function<void()>> f_;
    std::uint64_t period_ = 0, at_ = 0;
};

// Runs work on the offload pool and then `done` on the loop. One piece of work at a time. [loop]
class Offload {
public:
    explicit Offload(const Node &node)
        : node_(node)
    {
        pending_.op.complete = completed;
        pending_.offload = this;
    }
    ~Offload() { cancel(); }
    Offload(const Offload &) = delete;
    Offload &operator=(const Offload &) = delete;

    // False: the pool's queue is full or the host is ending. `work` runs [pool] and must own what it uses; what it
    // throws is given to `done` as an exception pointer.
    bool start(std::function<void()> work, std::function<void(std::exception_ptr)> done)
    {
        cancel();
        auto job = std::make_unique<Job>();
        job->work = std::move(work);
        if (node_.loop()->api->offload(node_.loop(), run, release, job.get(), &pending_.op) != HAWSER_PENDING)
            return false;
        job_ = job.release();
        done_ = std::move(done);
        return true;
    }
    void cancel() { node_.loop()->api->cancel(node_.loop(), &pending_.op); }

private:
    struct Job {
        std::function<void()> work;
        std::exception_ptr thrown;
    };
    struct Pending {
        hawser_op op{};
        Offload *offload = nullptr;
    };
    static std::int64_t HAWSER_CALL run(void *ctx) noexcept
    {
        auto *job = static_cast<Job *>(ctx);
        try {
            job->work();
        } catch (...) {
            job->thrown = std::current_exception();
        }
        return 0;
    }
    static void HAWSER_CALL release(void *ctx) noexcept { delete static_cast<Job *>(ctx); }
    static void HAWSER_CALL completed(hawser_op *op, std::int64_t) noexcept
    {
        Offload &self = *reinterpret_cast<Pending *>(op)->offload;
        const Node node = self.node_;
        const auto done = std::move(self.done_);
        const std::exception_ptr thrown = self.job_->thrown;
        detail::guarded_call([&] { done(thrown); },
                             [&](std::string_view why) {
                                 node.error("offload_failed", {{"error", why}});
                             });
    }

    Node node_;
    Pending pending_;
    Job *job_ = nullptr;
    std::function<void(std::exception_ptr)> done_;
};

// An object that other threads reach by number: post() runs f(object) on its loop, or drops f when the object has gone.
// What f throws is logged.
template<typename T>
class Tracked {
public:
    Tracked(const Node &node, T *object)
        : node_(node)
        , object_(object)
        , ref_(node.loop()->api->track(node.loop(), this))
    {
        if (ref_ == 0) throw std::bad_alloc();
    }
    ~Tracked() { node_.loop()->api->untrack(node_.loop(), ref_); }
    Tracked(const Tracked &) = delete;
    Tracked &operator=(const Tracked &) = delete;
    hawser_ref ref() const { return ref_; }

    // [any-thread] False: the loop has ended.
    static bool post(const hawser_host *host, hawser_ref ref, std::function<void(T &)> f)
    {
        auto *held = new Posted{std::move(f), detail::current_context()};
        if (host->post(host, ref, run, held) == HAWSER_OK) return true;
        delete held;
        return false;
    }

private:
    struct Posted {
        std::function<void(T &)> f;
        std::shared_ptr<const Context> context;
    };
    static void HAWSER_CALL run(void *object, void *arg) noexcept
    {
        const std::unique_ptr<Posted> posted(static_cast<Posted *>(arg));
        if (object == nullptr) return;
        const detail::WithContext with(posted->context);
        const Tracked &tracked = *static_cast<Tracked *>(object);
        const Node node = tracked.node_;
        detail::guarded_call([&] { posted->f(*tracked.object_); },
                             [&](std::string_view why) {
                                 node.error("post_failed", {{"error", why}});
                             });
    }
    Node node_;
    T *object_;
    hawser_ref ref_;
};

} // namespace hawser
