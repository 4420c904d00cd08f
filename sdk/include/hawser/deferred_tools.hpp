// hawser/deferred_tools.hpp: several Deferreds as one, and the way between tasks and Deferreds. [loop]
#pragma once

#include "hawser/deferred.hpp"

#include <cstddef>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace hawser {
namespace detail {

// What is waited for together.
struct Parts {
    std::vector<Deferred<void>> parts;
    std::size_t left = 0;
    bool over = false;
    void cancel()
    {
        over = true;
        for (Deferred<void> &part : std::exchange(parts, {})) part.cancel();
    }
};

} // namespace detail

// All results in their order. The first error cancels the others and is the error.
template<typename T>
Deferred<std::vector<T>> gather(std::vector<Deferred<T>> all)
{
    struct Gathered : detail::Parts {
        std::vector<std::optional<T>> values;
    };
    auto state = std::make_shared<Gathered>();
    Deferred<std::vector<T>> whole([state] { state->cancel(); });
    state->left = all.size();
    state->values.resize(all.size());
    if (all.empty()) whole.callback({});
    for (std::size_t i = 0; i < all.size(); ++i) {
        auto part = all[i].add_both([state, whole, i](Outcome<T> outcome) mutable {
            if (state->over) return;
            if (outcome.thrown) {
                state->cancel();
                return whole.errback(outcome.thrown);
            }
            state->values[i].emplace(std::move(*outcome.value));
            if (--state->left > 0) return;
            std::vector<T> values;
            for (auto &value : state->values) values.push_back(std::move(*value));
            state->parts.clear();
            whole.callback(std::move(values));
        });
        if (!state->over) state->parts.push_back(std::move(part));
    }
    return whole;
}

// The first that succeeds, with its place; the others are cancelled. An error only if all fail, and then with all
// texts.
template<typename T>
Deferred<std::pair<std::size_t, T>> race(std::vector<Deferred<T>> all)
{
    struct Race : detail::Parts {
        std::string errors;
    };
    auto state = std::make_shared<Race>();
    Deferred<std::pair<std::size_t, T>> whole([state] { state->cancel(); });
    state->left = all.size();
    if (all.empty()) whole.errback(Error("expected at least one to race, got none"));
    for (std::size_t i = 0; i < all.size(); ++i) {
        auto part = all[i].add_both([state, whole, i](Outcome<T> outcome) mutable {
            if (state->over) return;
            if (!outcome.thrown) {
                state->cancel();
                return whole.callback({i, std::move(*outcome.value)});
            }
            state->errors += (state->errors.empty() ? "" : "; ") + detail::what(outcome.thrown);
            if (--state->left > 0) return;
            state->parts.clear();
            whole.errback(Error("all failed: " + state->errors));
        });
        if (!state->over) state->parts.push_back(std::move(part));
    }
    return whole;
}

namespace detail {

template<typename T>
Task<void> run_deferred(Task<T> task, std::shared_ptr<Event> cancelled, Deferred<T> result)
{
    const auto wait = [](std::shared_ptr<Event> event) -> Task<void> { co_await event->wait(); };
    Outcome<T> outcome;
    try {
        auto any = co_await when_any(std::move(task), wait(cancelled));
        if (any.index() == 1) co_return; // who cancelled has fired it
        outcome.value.emplace(std::move(std::get<0>(any)));
    } catch (...) {
        outcome.thrown = std::current_exception();
    }
    if (outcome.thrown)
        result.errback(outcome.thrown);
    else if constexpr (std::is_void_v<T>)
        result.callback();
    else
        result.callback(std::move(*outcome.value));
}

template<typename T>
Task<T> watch(Deferred<T> result)
{
    auto awaiter = result.watch();
    co_return co_await awaiter;
}

} // namespace detail

// The task runs in `scope`; its result is the Deferred's. Cancelling that cancels the task. When the scope ends first,
// the Deferred never fires.
template<typename T>
Deferred<T> defer(Scope &scope, Task<T> task)
{
    auto cancelled = std::make_shared<Event>();
    Deferred<T> result([cancelled] { cancelled->set(); });
    scope.spawn(detail::run_deferred(std::move(task), cancelled, result));
    return result;
}

// The task runs in `scope` to its end, also when whoever awaits the result is cancelled: then its result is dropped,
// and its error logged. `scope` is that of something that lives longer.
template<typename T>
Task<T> shield(Scope &scope, Task<T> task)
{
    return detail::watch(defer(scope, std::move(task)));
}

} // namespace hawser
