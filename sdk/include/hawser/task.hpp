// hawser/task.hpp: coroutines. A Task does nothing until it is awaited or given to a Scope (hawser/scope.hpp); its end
// cancels what it waits for; what it throws goes to whoever awaits it.
//
//     hawser::Task<std::string> greet(std::string name)      // arguments by value: they live as long as the task
//     {
//         co_await hawser::sleep(std::chrono::seconds(1));
//         co_return "Hello, " + name;
//     }
//
// An await allocates nothing. Everything is [loop]: a task goes on where it began. The rules are in sdk/COROUTINES.md.
#pragma once

#include "hawser/error.hpp"
#include "hawser/frames.hpp"
#include "hawser/home.hpp"
#include "hawser/turns.hpp"

#include <concepts>
#include <coroutine>
#include <exception>
#include <optional>
#include <source_location>
#include <type_traits>
#include <utility>

namespace hawser {

template<typename T = void>
class Task;

namespace detail {

// How many frames this thread is destroying just now, one inside the other.
inline unsigned &frames_ending() noexcept
{
    thread_local unsigned count = 0;
    return count;
}

// What all tasks have in common, whatever they result in.
struct TaskPromise {
    Resumption resumption;
    void (*done)(TaskPromise &) noexcept = nullptr; // at its end; null: not started
    void *waiter = nullptr;                         // for done
    std::exception_ptr thrown;
    std::source_location made; // the coroutine's own place

    static void *operator new(std::size_t size) { return FramePool::take(size); }
    static void operator delete(void *memory, std::size_t size) noexcept { FramePool::give(memory, size); }

    struct End {
        bool await_ready() const noexcept { return false; }
        template<typename Promise>
        void await_suspend(std::coroutine_handle<Promise> handle) const noexcept
        {
            handle.promise().done(handle.promise());
        }
        void await_resume() const noexcept {}
    };
    std::suspend_always initial_suspend() const noexcept { return {}; }
    End final_suspend() const noexcept { return {}; }
    void unhandled_exception() noexcept { thrown = std::current_exception(); }

    // Begins as a part of the tree of `root`; the caller queues it.
    void begin(Root *root, void (*at_end)(TaskPromise &) noexcept, void *who) noexcept
    {
        resumption.root = root;
        done = at_end;
        waiter = who;
    }
};

template<typename T>
struct Promise : TaskPromise {
    std::optional<T> value;
    template<typename U>
    requires std::convertible_to<U &&, T>
    void return_value(U &&result) { value.emplace(std::forward<U>(result)); }
    T take()
    {
        if (thrown) std::rethrow_exception(thrown);
        return std::move(*value);
    }
};

template<>
struct Promise<void> : TaskPromise {
    void return_void() const noexcept {}
    void take() const
    {
        if (thrown) std::rethrow_exception(thrown);
    }
};

// A promise that can wait for the operations of this library.
template<typename P>
concept Waits = std::derived_from<P, TaskPromise>;

struct TaskAccess;

// May an object that is given as F && be made inside a co_await? g++ before 14 copies temporaries of closures and of
// aggregates there bit by bit, and destroys both.
#if defined(__GNUC__) && !defined(__clang__) && __GNUC__ < 14
template<typename F>
inline constexpr bool kWholeInAwait = std::is_lvalue_reference_v<F> || std::is_trivially_destructible_v<F>;
#else
template<typename F>
inline constexpr bool kWholeInAwait = true;
#endif
// The same for values, of which only aggregates are in danger.
template<typename T>
inline constexpr bool kWholeValueInAwait = kWholeInAwait<T> || !std::is_aggregate_v<T>;

} // namespace detail

template<typename T>
class [[nodiscard]] Task {
    static_assert(std::is_void_v<T> || (std::is_object_v<T> && !std::is_const_v<T>),
                  "a task results in void or in a value; for a reference result in a pointer");

public:
    struct promise_type : detail::Promise<T> {
        Task get_return_object(std::source_location where = std::source_location::current()) noexcept
        {
            this->made = where;
            const auto handle = std::coroutine_handle<promise_type>::from_promise(*this);
            this->resumption.handle = handle;
            return Task(handle);
        }
    };

    Task(Task &&other) noexcept
        : frame_(std::exchange(other.frame_, nullptr))
    {}
    Task &operator=(Task &&other) noexcept
    {
        if (this != &other) {
            reset();
            frame_ = std::exchange(other.frame_, nullptr);
        }
        return *this;
    }
    Task(const Task &) = delete;
    Task &operator=(const Task &) = delete;
    // Cancels what it waits for, and destroys what it holds in the reverse order of its making.
    ~Task() { reset(); }

    // co_await std::move(task), or of a call: a task is awaited once. Throws Error if it was moved away.
    auto operator co_await() &&
    {
        if (!frame_) throw Error("expected a task to await, got one that was moved away");
        return Awaiter{frame_};
    }

private:
    friend struct detail::TaskAccess;
    using Handle = std::coroutine_handle<promise_type>;

    struct Awaiter {
        Handle frame;
        bool await_ready() const noexcept { return false; }
        template<detail::Waits P>
        void await_suspend(std::coroutine_handle<P> parent) const noexcept
        {
            detail::Resumption &waiting = parent.promise().resumption;
            frame.promise().begin(waiting.root, go_on, &waiting);
            waiting.root->turns->resume_next(frame.promise().resumption);
        }
        T await_resume() const { return frame.promise().take(); }
        static void go_on(detail::TaskPromise &ended) noexcept
        {
            auto &waiting = *static_cast<detail::Resumption *>(ended.waiter);
            waiting.root->turns->resume_next(waiting);
        }
    };

    explicit Task(Handle frame) noexcept
        : frame_(frame)
    {}
    // One that was never begun is a mistake, unless it goes with the task that would have awaited it.
    void reset() noexcept
    {
        if (!frame_) return;
        unsigned &depth = detail::frames_ending();
        if (depth == 0 && frame_.promise().done == nullptr && std::uncaught_exceptions() == 0)
            detail::report_forgotten(frame_.promise().made);
        ++depth;
        std::exchange(frame_, nullptr).destroy();
        --depth;
    }
    Handle frame_;
};

namespace detail {

// For the other headers of this library.
struct TaskAccess {
    template<typename T>
    static Promise<T> &promise(Task<T> &task)
    {
        if (!task.frame_) throw Error("expected a task, got one that was moved away");
        return task.frame_.promise();
    }
    template<typename T>
    static Task<T> none()
    {
        return Task<T>(nullptr);
    }
    template<typename T>
    static void reset(Task<T> &task)
    {
        task.reset();
    }
};

template<typename T>
inline constexpr bool kIsTask = false;
template<typename T>
inline constexpr bool kIsTask<Task<T>> = true;

} // namespace detail
} // namespace hawser
