// hawser/time.hpp: calls that come later, and calls that come again. Clocks are the loop's. [loop]
#pragma once

#include "hawser/async.hpp"
#include "hawser/deferred.hpp"
#include "hawser/scope.hpp"
#include "hawser/sync.hpp"

#include <chrono>
#include <cstdint>
#include <exception>
#include <functional>
#include <memory>
#include <string>
#include <type_traits>
#include <utility>

namespace hawser {

// A call that call_later() has made. A handle: letting go of it changes nothing.
class DelayedCall {
public:
    bool active() const { return pending() != nullptr; }
    // It will not come. False: it has come, or was cancelled.
    bool cancel()
    {
        const auto call = pending();
        if (!call) return false;
        call->timer.cancel();
        call->over.set();
        return true;
    }
    // It comes `after` from now instead. False: it has come, or was cancelled.
    bool reset(std::chrono::nanoseconds after)
    {
        const auto call = pending();
        if (!call) return false;
        begin(call, call->node.loop()->now + static_cast<std::uint64_t>(after.count() > 0 ? after.count() : 0));
        return true;
    }
    // It comes so much later than it was to. False: it has come, or was cancelled.
    bool delay(std::chrono::nanoseconds by)
    {
        const auto call = pending();
        if (!call) return false;
        begin(call, call->at + static_cast<std::uint64_t>(by.count()));
        return true;
    }
    // When, of the loop's clock; 0: not active.
    std::uint64_t at() const
    {
        const auto call = pending();
        return call ? call->at : 0;
    }

private:
    friend DelayedCall call_later(Scope &, std::chrono::nanoseconds, std::function<void()>);
    struct Call {
        Node node;
        std::function<void()> f;
        Timer timer;
        Event over;
        std::uint64_t at = 0;
        Call(const Node &of, std::function<void()> calls)
            : node(of)
            , f(std::move(calls))
            , timer(of)
        {}
    };
    static void begin(const std::shared_ptr<Call> &call, std::uint64_t at)
    {
        call->at = at;
        const std::uint64_t now = call->node.loop()->now;
        call->timer.start(std::chrono::nanoseconds(at > now ? at - now : 0), [of = std::weak_ptr<Call>(call)] {
            const auto held = of.lock();
            if (!held) return;
            const auto f = std::move(held->f);
            held->over.set();
            f();
        });
    }
    std::shared_ptr<Call> pending() const
    {
        auto call = call_.lock();
        return call && !call->over.is_set() ? call : nullptr;
    }
    std::weak_ptr<Call> call_;
};

// Calls f() once, `after` from now, unless the scope ends first. What it throws is logged as timer_failed.
inline DelayedCall call_later(Scope &scope, std::chrono::nanoseconds after, std::function<void()> f)
{
    auto call = std::make_shared<DelayedCall::Call>(scope.node(), std::move(f));
    DelayedCall handle;
    handle.call_ = call;
    DelayedCall::begin(call,
                       scope.node().loop()->now + static_cast<std::uint64_t>(after.count() > 0 ? after.count() : 0));
    const auto keep = [](std::shared_ptr<DelayedCall::Call> kept) -> Task<void> { co_await kept->over.wait(); };
    scope.spawn(keep(std::move(call)));
    return handle;
}

// Calls a function again and again: never before its last call has ended, a task included; always at a whole number of
// intervals after the start. The function may take how many intervals this call stands for: more than 1 when some were
// missed. Stops at its end.
class LoopingCall {
public:
    enum class OnError { kStop, kGoOn }; // kGoOn: the error is logged as looping_call_failed

    template<typename F>
    LoopingCall(const Node &node, F f, OnError on_error = OnError::kStop)
        : node_(node)
        , on_error_(on_error)
        , timer_(node)
        , scope_(node, task_failed, this)
        , call_([this, f = std::move(f)](std::uint64_t count) mutable { run(f, count); })
    {}
    LoopingCall(const LoopingCall &) = delete;
    LoopingCall &operator=(const LoopingCall &) = delete;

    // The first call is at once (when a task from before stop() goes on still, at its end), or with `now` false after
    // one interval. An interval of 0: once a turn. The result fires when it is stopped, or fails with what the function
    // threw. Throws Error if it runs, or for a negative interval.
    Deferred<void> start(std::chrono::nanoseconds interval, bool now = true)
    {
        if (running_) throw Error("expected a looping call that does not run; stop() it first");
        if (interval.count() < 0)
            throw Error("expected an interval of 0 or more, got " + std::to_string(interval.count()));
        running_ = true;
        interval_ = static_cast<std::uint64_t>(interval.count());
        started_ = last_ = node_.loop()->now;
        ended_ = Deferred<void>();
        Deferred<void> result = ended_;
        at_once_ = now;
        if (busy_) return result; // with a task of the time before stop(), which has not ended
        if (now)
            call(1);
        else
            wait();
        return result;
    }
    // No further call; a task of it that waits goes on to its end.
    void stop()
    {
        if (!running_) return;
        running_ = false;
        timer_.cancel();
        ended_.callback();
    }
    bool running() const { return running_; }

private:
    template<typename F>
    void run(F &f, std::uint64_t count)
    {
        if constexpr (std::is_invocable_v<F &, std::uint64_t>)
            take<std::invoke_result_t<F &, std::uint64_t>>([&] { return f(count); });
        else
            take<std::invoke_result_t<F &>>([&] { return f(); });
    }
    template<typename Result, typename Call>
    void take(Call call)
    {
        if constexpr (detail::kIsTask<Result>) {
            busy_ = true;
            scope_.spawn(
                [this](Task<void> task) -> Task<void> {
                    co_await std::move(task);
                    busy_ = false;
                    go_on();
                },
                call());
        } else {
            call();
        }
    }
    void call(std::uint64_t count)
    {
        at_once_ = false;
        last_ = node_.loop()->now;
        try {
            call_(count);
        } catch (...) {
            return failed(std::current_exception());
        }
        if (running_ && !busy_) wait();
    }
    void failed(const std::exception_ptr &thrown)
    {
        busy_ = false;
        if (on_error_ == OnError::kGoOn) {
            node_.error("looping_call_failed", {{"error", detail::what(thrown)}});
            return go_on();
        }
        if (!running_) return;
        running_ = false;
        ended_.errback(thrown);
    }
    static void task_failed(void *self, const std::exception_ptr &thrown) noexcept
    {
        static_cast<LoopingCall *>(self)->failed(thrown);
    }
    void go_on()
    {
        if (running_ && at_once_)
            call(1);
        else if (running_)
            wait();
    }
    // Until the next whole number of intervals after the start.
    void wait()
    {
        const std::uint64_t now = node_.loop()->now;
        std::uint64_t next = now;
        if (interval_ > 0) next = started_ + ((now - started_) / interval_ + 1) * interval_;
        timer_.start(std::chrono::nanoseconds(next - now), [this] {
            const std::uint64_t at = node_.loop()->now;
            const std::uint64_t count =
                interval_ > 0 ? (at - started_) / interval_ - (last_ - started_) / interval_ : 1;
            call(count > 0 ? count : 1);
        });
    }

    Node node_;
    OnError on_error_;
    bool running_ = false, busy_ = false;
    bool at_once_ = false; // the first call, when it can be
    std::uint64_t interval_ = 0, started_ = 0, last_ = 0;
    Deferred<void> ended_;
    Timer timer_;
    Scope scope_;
    std::function<void(std::uint64_t)> call_;
};

} // namespace hawser
