// hawser/combine.hpp: waiting for several tasks, and for one only so long.
#pragma once

#include "hawser/task.hpp"
#include "hawser/wait.hpp"

#include <chrono>
#include <cstddef>
#include <tuple>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

namespace hawser {
namespace detail {

template<typename T>
using Kept = std::conditional_t<std::is_void_v<T>, std::monostate, T>;

template<typename T>
Kept<T> take(Task<T> &task)
{
    if constexpr (std::is_void_v<T>) {
        TaskAccess::promise(task).take();
        return {};
    } else {
        return TaskAccess::promise(task).take();
    }
}

// Tasks that run beside each other below one that waits for them.
struct Group {
    Resumption *waiting = nullptr; // null: nobody is to be told
    std::size_t left = 0;          // that have not ended
    bool any = false;              // the first end is enough
    TaskPromise *first = nullptr;  // the first that ended, or, if all are wanted, the first that failed

    template<typename T>
    void begin(Task<T> &task)
    {
        TaskPromise &promise = TaskAccess::promise(task);
        promise.begin(waiting->root, ended, this);
        ++left;
        waiting->root->turns->push(promise.resumption);
    }
    static void ended(TaskPromise &promise) noexcept
    {
        Group &self = *static_cast<Group *>(promise.waiter);
        --self.left;
        if (self.first == nullptr && (self.any || promise.thrown)) self.first = &promise;
        if (self.waiting == nullptr || (self.left > 0 && self.first == nullptr)) return;
        Resumption &waiting = *std::exchange(self.waiting, nullptr);
        waiting.root->turns->resume_next(waiting);
    }
};

template<typename... T>
class [[nodiscard]] WhenAll {
public:
    explicit WhenAll(Task<T> &&...tasks)
        : tasks_(std::move(tasks)...)
    {}
    WhenAll(const WhenAll &) = delete;
    WhenAll &operator=(const WhenAll &) = delete;
    bool await_ready() const noexcept { return sizeof...(T) == 0; }
    template<Waits P>
    void await_suspend(std::coroutine_handle<P> handle)
    {
        group_.waiting = &handle.promise().resumption;
        std::apply([this](auto &...task) { (group_.begin(task), ...); }, tasks_);
    }
    auto await_resume()
    {
        auto tasks = std::move(tasks_); // what goes on ends here, whatever happened
        if (group_.first != nullptr) std::rethrow_exception(group_.first->thrown);
        if constexpr (!(std::is_void_v<T> && ...))
            return std::apply([](auto &...task) { return std::tuple<Kept<T>...>{take(task)...}; }, tasks);
    }

private:
    Group group_;
    std::tuple<Task<T>...> tasks_;
};

template<typename T>
class [[nodiscard]] WhenAllOf {
public:
    explicit WhenAllOf(std::vector<Task<T>> tasks)
        : tasks_(std::move(tasks))
    {}
    WhenAllOf(const WhenAllOf &) = delete;
    WhenAllOf &operator=(const WhenAllOf &) = delete;
    bool await_ready() const noexcept { return tasks_.empty(); }
    template<Waits P>
    void await_suspend(std::coroutine_handle<P> handle)
    {
        group_.waiting = &handle.promise().resumption;
        for (Task<T> &task : tasks_) group_.begin(task);
    }
    auto await_resume()
    {
        auto tasks = std::move(tasks_);
        if (group_.first != nullptr) std::rethrow_exception(group_.first->thrown);
        if constexpr (!std::is_void_v<T>) {
            std::vector<T> results;
            results.reserve(tasks.size());
            for (Task<T> &task : tasks) results.push_back(take(task));
            return results;
        }
    }

private:
    Group group_;
    std::vector<Task<T>> tasks_;
};

template<typename... T>
class [[nodiscard]] WhenAny {
    static_assert(sizeof...(T) > 0, "when_any() waits for at least one task");

public:
    explicit WhenAny(Task<T> &&...tasks)
        : tasks_(std::move(tasks)...)
    {
        group_.any = true;
    }
    WhenAny(const WhenAny &) = delete;
    WhenAny &operator=(const WhenAny &) = delete;
    bool await_ready() const noexcept { return false; }
    template<Waits P>
    void await_suspend(std::coroutine_handle<P> handle)
    {
        group_.waiting = &handle.promise().resumption;
        std::apply([this](auto &...task) { (group_.begin(task), ...); }, tasks_);
    }
    std::variant<Kept<T>...> await_resume()
    {
        auto tasks = std::move(tasks_);
        if (group_.first->thrown) std::rethrow_exception(group_.first->thrown);
        return result(tasks, std::index_sequence_for<T...>());
    }

private:
    template<std::size_t... I>
    std::variant<Kept<T>...> result(std::tuple<Task<T>...> &tasks, std::index_sequence<I...>)
    {
        std::optional<std::variant<Kept<T>...>> found;
        const auto look = [&]<std::size_t At>(std::integral_constant<std::size_t, At>) {
            auto &task = std::get<At>(tasks);
            if (&TaskAccess::promise(task) == group_.first) found.emplace(std::in_place_index<At>, take(task));
        };
        (look(std::integral_constant<std::size_t, I>()), ...);
        return std::move(*found);
    }
    Group group_;
    std::tuple<Task<T>...> tasks_;
};

template<typename T>
class [[nodiscard]] WithTimeout : Operation {
public:
    WithTimeout(Task<T> &&task, std::chrono::nanoseconds time)
        : task_(std::move(task))
        , time_(time)
    {}
    bool await_ready() const noexcept { return false; }
    template<Waits P>
    void await_suspend(std::coroutine_handle<P> handle)
    {
        TaskPromise &promise = TaskAccess::promise(task_);
        waiting = &handle.promise().resumption;
        hawser_loop *on = loop();
        on->api->timer(on, on->now + (time_.count() > 0 ? static_cast<std::uint64_t>(time_.count()) : 0), &op);
        promise.begin(waiting->root, ended, this);
        waiting->root->turns->push(promise.resumption);
    }
    T await_resume()
    {
        const Task<T> task = std::move(task_);
        if (!ended_)
            throw StatusError(HAWSER_TIMED_OUT,
                              "it took longer than " + std::to_string(time_.count() / 1'000'000) + " ms");
        return TaskAccess::promise(const_cast<Task<T> &>(task)).take();
    }

private:
    static void ended(TaskPromise &promise) noexcept
    {
        auto &self = *static_cast<WithTimeout *>(promise.waiter);
        if (self.waiting == nullptr) return; // the time has come in the same turn
        self.ended_ = true;
        hawser_loop *on = self.loop();
        on->api->cancel(on, &self.op);
        Resumption &waiting = *std::exchange(self.waiting, nullptr);
        waiting.root->turns->resume_next(waiting);
    }
    Task<T> task_;
    std::chrono::nanoseconds time_;
    bool ended_ = false;
};

} // namespace detail

// All of them, beside each other. Results in a tuple (std::monostate for a task of void), or in nothing if all are of
// void. When one throws the others are cancelled, and it throws that.
template<typename... T>
detail::WhenAll<T...> when_all(Task<T>... tasks)
{
    return detail::WhenAll<T...>(std::move(tasks)...);
}
// The same for as many as there are; results in a vector in their order.
template<typename T>
detail::WhenAllOf<T> when_all(std::vector<Task<T>> tasks)
{
    return detail::WhenAllOf<T>(std::move(tasks));
}
// The first that ends, well or with what it threw; the others are cancelled. Results in a variant whose index says
// which.
template<typename... T>
detail::WhenAny<T...> when_any(Task<T>... tasks)
{
    return detail::WhenAny<T...>(std::move(tasks)...);
}
// The task's own result; when `time` has passed first the task is cancelled, and it throws StatusError with
// HAWSER_TIMED_OUT.
template<typename T>
detail::WithTimeout<T> with_timeout(Task<T> task, std::chrono::nanoseconds time)
{
    return detail::WithTimeout<T>(std::move(task), time);
}

} // namespace hawser
