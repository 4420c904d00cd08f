// hawser/turns.hpp: how coroutines of one thread take turns. What may go on waits in a queue and is resumed from one
// place, never from inside another coroutine: the stack does not grow, and nothing is destroyed while it runs. Used by
// hawser/task.hpp and by whoever writes an awaiter of their own.
#pragma once

#include "hawser/abi.h"
#include "hawser/node.hpp"

#include <coroutine>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace hawser {

// See hawser/context.hpp.
struct Context {
    std::string id = {};
    std::vector<std::pair<std::string, std::string>> fields = {};
};

} // namespace hawser

namespace hawser::detail {

class Turns;
struct Root;

// A coroutine that may be told to go on; in its promise. Leaves the queue when it ends.
struct Resumption {
    Resumption *next = nullptr, *previous = nullptr;
    std::coroutine_handle<> handle;
    Root *root = nullptr; // of the tree of coroutines that it belongs to; set when it starts
    bool queued = false;

    Resumption() = default;
    Resumption(const Resumption &) = delete;
    Resumption &operator=(const Resumption &) = delete;
    inline ~Resumption();
};

// The outermost coroutine of a tree, as its Scope knows it.
struct Root {
    Root *next = nullptr, *previous = nullptr; // in its scope
    Turns *turns = nullptr;
    Node node{nullptr, nullptr};
    std::shared_ptr<const Context> context;
    bool ended = false;                         // to be disposed of as soon as it does not run
    void (*dispose)(Root &) noexcept = nullptr; // never while it runs
};

class Turns {
public:
    // Of this thread.
    static Turns &mine()
    {
        thread_local Turns turns;
        return turns;
    }
    // Goes on now, or, if a coroutine runs, after it and those that wait already.
    void resume(Resumption &which) noexcept
    {
        if (current_ != nullptr) return push(which);
        run(which);
        if (first_ != nullptr) run_all();
    }
    // Runs what was pushed, unless a coroutine runs: then after that.
    void go_on() noexcept
    {
        if (current_ == nullptr && first_ != nullptr) run_all();
    }
    // From inside a coroutine: the next to go on.
    void resume_next(Resumption &which) noexcept
    {
        which.previous = nullptr;
        which.next = first_;
        (first_ != nullptr ? first_->previous : last_) = &which;
        first_ = &which;
        which.queued = true;
    }
    void push(Resumption &which) noexcept
    {
        which.next = nullptr;
        which.previous = last_;
        (last_ != nullptr ? last_->next : first_) = &which;
        last_ = &which;
        which.queued = true;
    }
    void remove(Resumption &which) noexcept
    {
        (which.previous != nullptr ? which.previous->next : first_) = which.next;
        (which.next != nullptr ? which.next->previous : last_) = which.previous;
        which.queued = false;
    }
    Root *current() const noexcept { return current_; } // null: no coroutine runs

private:
    void run(Resumption &which) noexcept
    {
        Root &root = *which.root;
        current_ = &root;
        which.handle.resume();
        if (root.ended) {
            current_ = &nobody_; // not null: what its end lets go on waits for its turn
            root.dispose(root);
            nobody_.context.reset();
        }
        current_ = nullptr;
    }
    void run_all() noexcept
    {
        do {
            Resumption &which = *first_;
            remove(which);
            run(which);
        } while (first_ != nullptr);
    }

    Resumption *first_ = nullptr, *last_ = nullptr;
    Root *current_ = nullptr;
    Root nobody_;
};

// Where no coroutine runs: on the pool, in a post.
inline std::shared_ptr<const Context> &ambient_context()
{
    thread_local std::shared_ptr<const Context> ambient;
    return ambient;
}
inline const std::shared_ptr<const Context> &current_context()
{
    const Root *root = Turns::mine().current();
    return root != nullptr ? root->context : ambient_context();
}
// Makes it the context of this thread for as long as this lives.
class WithContext {
public:
    explicit WithContext(std::shared_ptr<const Context> context)
        : before_(std::exchange(ambient_context(), std::move(context)))
    {}
    WithContext(const WithContext &) = delete;
    WithContext &operator=(const WithContext &) = delete;
    ~WithContext() { ambient_context() = std::move(before_); }

private:
    std::shared_ptr<const Context> before_;
};

inline Resumption::~Resumption()
{
    if (queued) root->turns->remove(*this);
}

} // namespace hawser::detail
