// hawser/deferred.hpp: a result that comes later, once, and passes through what is added to it.
//
//     hawser::Deferred<int> answer = ask();
//     answer.add_callback([](int value) { return value * 2; })
//         .add_errback<NoRoute>([](const NoRoute &) { return 0; })
//         .add_callback([](int value) { use(value); });
//
// A handle: copies are the same result. A function returns the next result, or a Deferred of it: then the chain waits
// for that. What it throws goes to the next errback; what none takes is logged with where the Deferred was made. A task
// awaits it: int value = co_await ask(). [loop]
#pragma once

#include "hawser/async.hpp"
#include "hawser/combine.hpp"
#include "hawser/home.hpp"
#include "hawser/scope.hpp"
#include "hawser/sync.hpp"

#include <chrono>
#include <exception>
#include <functional>
#include <memory>
#include <optional>
#include <source_location>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

namespace hawser {

template<typename T = void>
class Deferred;

// How a Deferred ended: a value, or what was thrown. get() gives the one or throws the other.
template<typename T>
struct Outcome {
    std::optional<detail::Kept<T>> value;
    std::exception_ptr thrown;
    T get()
    {
        if (thrown) std::rethrow_exception(thrown);
        if constexpr (!std::is_void_v<T>) return std::move(*value);
    }
    explicit operator bool() const { return !thrown; }
};

namespace detail {

template<typename T>
struct Unwrap {
    using Type = T;
    static constexpr bool kDeferred = false;
};
template<typename T>
struct Unwrap<Deferred<T>> {
    using Type = T;
    static constexpr bool kDeferred = true;
};

struct ResultBase {
    virtual ~ResultBase() = default;
    virtual void cancel() = 0;
};

// The state of a Deferred; what comes next is told once.
template<typename T>
struct Result : ResultBase, std::enable_shared_from_this<Result<T>> {
    struct Next {
        virtual ~Next() = default;
        virtual void take(Outcome<T> outcome) = 0;
    };
    std::optional<Outcome<T>> outcome;
    std::unique_ptr<Next> next;
    std::weak_ptr<ResultBase> before; // whose end this one waits for
    std::function<void()> canceller;
    std::source_location where;
    bool fired = false, chained = false, cancelled = false;

    ~Result() override
    {
        if (outcome && outcome->thrown) report_unhandled(what(outcome->thrown), where);
    }
    void fire(Outcome<T> with)
    {
        if (fired && cancelled) {
            cancelled = false; // one result that comes too late is let pass
            return;
        }
        if (fired) throw Error("a Deferred got a second result; it is given one, by callback() or errback()");
        fired = true;
        outcome = std::move(with);
        pass();
    }
    void chain(std::unique_ptr<Next> with)
    {
        if (chained) throw Error("a Deferred has its next function already; add to what add_callback() returned");
        chained = true;
        next = std::move(with);
        pass();
    }
    void pass()
    {
        if (!outcome || !next) return;
        const auto held = this->shared_from_this();
        const auto takes = std::move(next);
        auto passed = std::move(*outcome);
        outcome.reset();
        takes->take(std::move(passed));
    }
    void cancel() override
    {
        const auto held = this->shared_from_this();
        if (fired) return;
        if (const auto first = before.lock()) return first->cancel();
        const auto calls = std::exchange(canceller, nullptr);
        if (calls) calls();
        if (fired) return;
        fire({std::nullopt, std::make_exception_ptr(StatusError(HAWSER_CANCELLED, "it was cancelled"))});
        cancelled = true;
    }
};

// Runs f and gives what comes of it to the result after it, at once or when the Deferred that f returned has one.
template<typename U, typename F>
void settle(const std::shared_ptr<Result<U>> &after, F &&f)
{
    Outcome<U> outcome;
    try {
        if constexpr (Unwrap<std::invoke_result_t<F>>::kDeferred) {
            f().pass_to(after);
            return;
        } else if constexpr (std::is_void_v<U>) {
            f();
            outcome.value.emplace();
        } else {
            outcome.value.emplace(f());
        }
    } catch (...) {
        outcome.thrown = std::current_exception();
    }
    after->fire(std::move(outcome));
}

template<typename T, typename F>
decltype(auto) call_with(F &f, Outcome<T> &outcome)
{
    if constexpr (std::is_void_v<T>)
        return f();
    else
        return f(std::move(*outcome.value));
}
template<typename T, typename F>
struct CallResult {
    using Type = std::invoke_result_t<F &, T>;
};
template<typename F>
struct CallResult<void, F> {
    using Type = std::invoke_result_t<F &>;
};

} // namespace detail

template<typename T>
class Deferred {
    using State = detail::Result<T>;

public:
    // `canceller` is called by cancel() and may fire it; if it does not, it ends with HAWSER_CANCELLED.
    // NOLINTNEXTLINE(performance-unnecessary-value-param): it is moved on
    explicit Deferred(std::function<void()> canceller = {},
                      const std::source_location &where = std::source_location::current())
        : state_(std::make_shared<State>())
    {
        state_->canceller = std::move(canceller);
        state_->where = where;
    }
    static Deferred succeeded(detail::Kept<T> value)
    {
        Deferred made;
        made.state_->fire({std::move(value), nullptr});
        return made;
    }
    static Deferred failed(std::exception_ptr thrown)
    {
        Deferred made;
        made.errback(std::move(thrown));
        return made;
    }

    // Fires it. Throws Error the second time, except once after cancel().
    template<typename U = T>
    requires(!std::is_void_v<U>) void callback(U value) { state_->fire({std::move(value), nullptr}); }
    void callback() requires std::is_void_v<T> { state_->fire({std::monostate(), nullptr}); }
    void errback(std::exception_ptr thrown) { state_->fire({std::nullopt, std::move(thrown)}); }
    template<typename E>
    requires std::derived_from<E, std::exception>
    void errback(E error) { errback(std::make_exception_ptr(std::move(error))); }
    bool called() const { return state_->fired; }
    // What it waits for is cancelled, up to where it began.
    void cancel() { state_->cancel(); }

    // f(value) when it succeeds; an error passes by.
    template<typename F>
    auto add_callback(F f, const std::source_location &where = std::source_location::current())
    {
        using U = typename detail::Unwrap<typename detail::CallResult<T, F>::Type>::Type;
        return add<U>(
            [f = std::move(f)](Outcome<T> outcome, const std::shared_ptr<detail::Result<U>> &after) mutable {
                if (outcome.thrown) return after->fire({std::nullopt, outcome.thrown});
                detail::settle<U>(after, [&] { return detail::call_with<T>(f, outcome); });
            },
            where);
    }
    // f(error) when it fails with an E (or what derives from it; std::exception_ptr: anything). What f returns is the
    // result; a value passes by.
    template<typename E = std::exception_ptr, typename F>
    Deferred add_errback(F f, const std::source_location &where = std::source_location::current())
    {
        return add<T>(
            [f = std::move(f)](Outcome<T> outcome, const std::shared_ptr<State> &after) mutable {
                if (!outcome.thrown) return after->fire(std::move(outcome));
                if constexpr (std::is_same_v<E, std::exception_ptr>) {
                    detail::settle<T>(after, [&] { return f(outcome.thrown); });
                } else {
                    try {
                        std::rethrow_exception(outcome.thrown);
                    } catch (const E &error) {
                        detail::settle<T>(after, [&] { return f(error); });
                    } catch (...) {
                        after->fire(std::move(outcome));
                    }
                }
            },
            where);
    }
    // f(Outcome<T>) in either case.
    template<typename F>
    auto add_both(F f, const std::source_location &where = std::source_location::current())
    {
        using U = typename detail::Unwrap<std::invoke_result_t<F &, Outcome<T>>>::Type;
        return add<U>(
            [f = std::move(f)](Outcome<T> outcome, const std::shared_ptr<detail::Result<U>> &after) mutable {
                detail::settle<U>(after, [&] { return f(std::move(outcome)); });
            },
            where);
    }
    // Cancelled when `time` has passed, and then it fails with HAWSER_TIMED_OUT.
    Deferred add_timeout(const Node &node, std::chrono::nanoseconds time,
                         const std::source_location &where = std::source_location::current())
    {
        struct Limit {
            Timer timer;
            bool passed = false;
            explicit Limit(const Node &of)
                : timer(of)
            {}
        };
        auto limit = std::make_shared<Limit>(node);
        limit->timer.start(time, [at = std::weak_ptr<State>(state_), of = std::weak_ptr<Limit>(limit)] {
            if (const auto held = of.lock()) held->passed = true;
            if (const auto state = at.lock()) state->cancel();
        });
        return add_both(
            [limit](Outcome<T> outcome) -> T {
                limit->timer.cancel();
                if (limit->passed && outcome.thrown) throw StatusError(HAWSER_TIMED_OUT, "it took too long");
                return outcome.get();
            },
            where);
    }

    // Awaiting it takes its result; a task that is cancelled meanwhile cancels it.
    auto operator co_await() const { return Awaiter(state_, true); }

    // For the other parts of this library.
    void pass_to(const std::shared_ptr<State> &after)
    {
        after->before = state_;
        state_->chain(std::make_unique<Pass>(after));
    }
    // Awaits without cancelling.
    auto watch() const { return Awaiter(state_, false); }

private:
    template<typename U>
    friend class Deferred;
    template<typename F, typename U>
    struct Step : State::Next {
        F f;
        std::shared_ptr<detail::Result<U>> after;
        Step(F with, std::shared_ptr<detail::Result<U>> then)
            : f(std::move(with))
            , after(std::move(then))
        {}
        void take(Outcome<T> outcome) override { f(std::move(outcome), after); }
    };
    struct Pass : State::Next {
        std::shared_ptr<State> after;
        explicit Pass(std::shared_ptr<State> then)
            : after(std::move(then))
        {}
        void take(Outcome<T> outcome) override { after->fire(std::move(outcome)); }
    };
    template<typename U, typename F>
    Deferred<U> add(F f, const std::source_location &where)
    {
        Deferred<U> after({}, where);
        after.state_->before = state_;
        state_->chain(std::make_unique<Step<F, U>>(std::move(f), after.state_));
        return after;
    }

    // In the frame of the task that waits; the state knows it through Wake.
    class [[nodiscard]] Awaiter {
        struct Wake : State::Next {
            Awaiter *awaiter;
            explicit Wake(Awaiter *of)
                : awaiter(of)
            {}
            ~Wake() override
            {
                if (awaiter != nullptr) awaiter->wake_ = nullptr;
            }
            void take(Outcome<T> outcome) override
            {
                if (awaiter == nullptr) {
                    if (outcome.thrown && !cancelled) detail::report_unhandled(detail::what(outcome.thrown), where);
                    return;
                }
                awaiter->outcome_ = std::move(outcome);
                if (awaiter->waiting_ != nullptr) {
                    detail::Resumption &waiting = *std::exchange(awaiter->waiting_, nullptr);
                    waiting.root->turns->resume(waiting);
                }
            }
            bool cancelled = false;
            std::source_location where;
        };

    public:
        Awaiter(std::shared_ptr<State> state, bool cancels)
            : state_(std::move(state))
            , cancels_(cancels)
        {}
        Awaiter(const Awaiter &) = delete;
        Awaiter &operator=(const Awaiter &) = delete;
        ~Awaiter()
        {
            if (wake_ == nullptr) return;
            wake_->awaiter = nullptr;
            wake_->cancelled = cancels_;
            if (cancels_) state_->cancel();
        }
        bool await_ready()
        {
            auto wake = std::make_unique<Wake>(this);
            wake->where = state_->where;
            wake_ = wake.get();
            state_->chain(std::move(wake));
            return outcome_.has_value();
        }
        template<detail::Waits P>
        void await_suspend(std::coroutine_handle<P> handle) noexcept
        {
            waiting_ = &handle.promise().resumption;
        }
        T await_resume() { return outcome_->get(); }

    private:
        std::shared_ptr<State> state_;
        bool cancels_;
        Wake *wake_ = nullptr; // null: not in the state, or no longer
        detail::Resumption *waiting_ = nullptr;
        std::optional<Outcome<T>> outcome_;
    };

    std::shared_ptr<State> state_;
};

} // namespace hawser
