// hawser/sync.hpp: what tasks of one loop wait for from each other: Event, Semaphore, Mutex, Channel. First come, first
// served. Each outlives whoever waits for it; nothing here is for other threads. [loop]
#pragma once

#include "hawser/error.hpp"
#include "hawser/task.hpp"

#include <concepts>
#include <cstddef>
#include <deque>
#include <optional>
#include <utility>

namespace hawser {
namespace detail {

// A coroutine in a queue of something to come; in its frame.
struct Waiter {
    Waiter *next = nullptr, *previous = nullptr;
    class WaiterList *list = nullptr; // null: not in one
    Resumption *waiting = nullptr;

    Waiter() = default;
    Waiter(const Waiter &) = delete;
    Waiter &operator=(const Waiter &) = delete;
    inline ~Waiter();
};

class WaiterList {
public:
    WaiterList() = default;
    WaiterList(const WaiterList &) = delete;
    WaiterList &operator=(const WaiterList &) = delete;
    ~WaiterList()
    {
        while (first_ != nullptr) remove(*first_); // they wait for ever, until their scope ends
    }
    void add(Waiter &waiter) noexcept
    {
        waiter.list = this;
        waiter.next = nullptr;
        waiter.previous = last_;
        (last_ != nullptr ? last_->next : first_) = &waiter;
        last_ = &waiter;
    }
    void remove(Waiter &waiter) noexcept
    {
        (waiter.previous != nullptr ? waiter.previous->next : first_) = waiter.next;
        (waiter.next != nullptr ? waiter.next->previous : last_) = waiter.previous;
        waiter.list = nullptr;
    }
    Waiter *first() const noexcept { return first_; }
    // Takes the first off and lets it go on; go_on() follows, as the last thing that is done with the object.
    Turns &wake_first() noexcept
    {
        Waiter &waiter = *first_;
        remove(waiter);
        waiter.waiting->root->turns->push(*waiter.waiting);
        return *waiter.waiting->root->turns;
    }

private:
    Waiter *first_ = nullptr, *last_ = nullptr;
};

inline Waiter::~Waiter()
{
    if (list != nullptr) list->remove(*this);
}

} // namespace detail

// Something that has happened or not. Whoever awaits wait() goes on when set() is called, or at once if it was.
class Event {
    struct [[nodiscard]] Wait : detail::Waiter {
        explicit Wait(Event &of)
            : event(of)
        {}
        bool await_ready() const noexcept { return event.set_; }
        template<detail::Waits P>
        void await_suspend(std::coroutine_handle<P> handle) noexcept
        {
            waiting = &handle.promise().resumption;
            event.waiters_.add(*this);
        }
        void await_resume() const noexcept {}
        Event &event;
    };

public:
    Wait wait() { return Wait(*this); }
    // Those who wait go on, outside a task before this returns: then the event may be gone.
    void set()
    {
        set_ = true;
        pulse();
    }
    // Those who wait now go on, as with set(); whoever comes later waits.
    void pulse()
    {
        detail::Turns *turns = nullptr;
        while (waiters_.first() != nullptr) turns = &waiters_.wake_first();
        if (turns != nullptr) turns->go_on();
    }
    void reset() { set_ = false; }
    bool is_set() const { return set_; }

private:
    detail::WaiterList waiters_;
    bool set_ = false;
};

// At most `permits` at the same time.
class Semaphore {
public:
    // Held by whoever got it; given back at its end.
    class [[nodiscard]] Permit {
    public:
        Permit() = default;
        Permit(Permit &&other) noexcept
            : of_(std::exchange(other.of_, nullptr))
        {}
        Permit &operator=(Permit &&other) noexcept
        {
            if (this != &other) {
                give_back();
                of_ = std::exchange(other.of_, nullptr);
            }
            return *this;
        }
        ~Permit() { give_back(); }
        void give_back()
        {
            if (of_ != nullptr) std::exchange(of_, nullptr)->release();
        }
        explicit operator bool() const { return of_ != nullptr; }

    private:
        friend Semaphore;
        explicit Permit(Semaphore *of)
            : of_(of)
        {}
        Semaphore *of_ = nullptr;
    };

private:
    struct [[nodiscard]] Acquire : detail::Waiter {
        explicit Acquire(Semaphore &of)
            : semaphore(of)
        {}
        ~Acquire()
        {
            if (granted) semaphore.release(); // cancelled before it went on
        }
        bool await_ready() noexcept { return granted = semaphore.take(); }
        template<detail::Waits P>
        void await_suspend(std::coroutine_handle<P> handle) noexcept
        {
            waiting = &handle.promise().resumption;
            semaphore.waiters_.add(*this);
        }
        Permit await_resume() noexcept
        {
            granted = false;
            return Permit(&semaphore);
        }
        Semaphore &semaphore;
        bool granted = false;
    };

public:
    explicit Semaphore(std::size_t permits)
        : free_(permits)
    {}
    // const auto permit = co_await semaphore.acquire();
    Acquire acquire() { return Acquire(*this); }
    std::optional<Permit> try_acquire() { return take() ? std::optional<Permit>(Permit(this)) : std::nullopt; }
    std::size_t available() const { return free_; }

private:
    bool take() noexcept
    {
        if (free_ == 0) return false;
        --free_;
        return true;
    }
    void release() noexcept
    {
        if (waiters_.first() == nullptr) {
            ++free_;
            return;
        }
        static_cast<Acquire *>(waiters_.first())->granted = true;
        waiters_.wake_first().go_on();
    }
    detail::WaiterList waiters_;
    std::size_t free_;
};

// One at a time: const auto lock = co_await mutex.lock();
class Mutex {
public:
    auto lock() { return semaphore_.acquire(); }
    bool locked() const { return semaphore_.available() == 0; }

private:
    Semaphore semaphore_{1};
};

// Values from some tasks to others, at most `capacity` on their way; 0: whoever pushes waits for whoever pops.
template<typename T>
class Channel {
    struct [[nodiscard]] Push : detail::Waiter {
        Push(Channel &of, T &&with)
            : channel(of)
            , value(std::move(with))
        {}
        bool await_ready()
        {
            if (channel.closed_) return true;
            return done = channel.take_now(*value);
        }
        template<detail::Waits P>
        void await_suspend(std::coroutine_handle<P> handle) noexcept
        {
            waiting = &handle.promise().resumption;
            channel.pushing_.add(*this);
        }
        bool await_resume() const noexcept { return done; }
        Channel &channel;
        std::optional<T> value;
        bool done = false;
    };
    struct [[nodiscard]] Pop : detail::Waiter {
        explicit Pop(Channel &of)
            : channel(of)
        {}
        ~Pop()
        {
            if (value) channel.put_back(std::move(*value)); // cancelled before it went on
        }
        bool await_ready()
        {
            value = channel.give_now();
            return value || channel.closed_;
        }
        template<detail::Waits P>
        void await_suspend(std::coroutine_handle<P> handle) noexcept
        {
            waiting = &handle.promise().resumption;
            channel.popping_.add(*this);
        }
        std::optional<T> await_resume() noexcept { return std::exchange(value, std::nullopt); }
        Channel &channel;
        std::optional<T> value;
    };

public:
    explicit Channel(std::size_t capacity)
        : capacity_(capacity)
    {}
    // Waits for room. False: the channel is closed, and the value was dropped.
    template<typename U>
    requires std::convertible_to<U &&, T> Push push(U &&value)
    {
        static_assert(detail::kWholeValueInAwait<U>,
                      "g++ before 14 destroys an aggregate twice that is made inside a co_await; name it first");
        return Push(*this, T(std::forward<U>(value)));
    }
    // Waits for a value. Nothing: the channel is closed and empty.
    Pop pop() { return Pop(*this); }
    // False: no room, or closed; `value` is as it was.
    bool try_push(T &value) { return !closed_ && take_now(value); }
    bool try_push(T &&value) { return try_push(value); }
    std::optional<T> try_pop() { return give_now(); }
    // No value comes any more; what is in it can still be popped. Whoever waits to push gets false.
    void close()
    {
        closed_ = true;
        detail::Turns *turns = nullptr;
        while (pushing_.first() != nullptr) turns = &pushing_.wake_first();
        while (popping_.first() != nullptr) turns = &popping_.wake_first();
        if (turns != nullptr) turns->go_on();
    }
    bool closed() const { return closed_; }
    std::size_t size() const { return values_.size(); }

private:
    bool take_now(T &value)
    {
        if (popping_.first() != nullptr) {
            static_cast<Pop *>(popping_.first())->value.emplace(std::move(value));
            popping_.wake_first().go_on();
            return true;
        }
        if (values_.size() >= capacity_) return false;
        values_.push_back(std::move(value));
        return true;
    }
    void put_back(T &&value)
    {
        if (popping_.first() == nullptr) return values_.push_front(std::move(value));
        static_cast<Pop *>(popping_.first())->value.emplace(std::move(value));
        popping_.wake_first().go_on();
    }
    std::optional<T> give_now()
    {
        std::optional<T> value;
        if (!values_.empty()) {
            value.emplace(std::move(values_.front()));
            values_.pop_front();
        }
        if (pushing_.first() == nullptr) return value;
        auto &push = *static_cast<Push *>(pushing_.first());
        if (value)
            values_.push_back(std::move(*push.value));
        else
            value.emplace(std::move(*push.value));
        push.done = true;
        pushing_.wake_first().go_on();
        return value;
    }
    detail::WaiterList pushing_, popping_;
    std::deque<T> values_;
    std::size_t capacity_;
    bool closed_ = false;
};

} // namespace hawser
