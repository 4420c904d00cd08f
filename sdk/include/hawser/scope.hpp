// hawser/scope.hpp: who owns running tasks. A scope belongs to a connection, a request or an instance; its end cancels
// every task in it, each where it waits. [loop]
#pragma once

#include "hawser/node.hpp"
#include "hawser/task.hpp"

#include <exception>
#include <string>
#include <utility>

namespace hawser {
namespace detail {

// The text of an exception, for the log.
inline std::string what(const std::exception_ptr &thrown)
{
    try {
        std::rethrow_exception(thrown);
    } catch (const std::exception &error) {
        return error.what();
    } catch (...) {
        return "an exception that is no std::exception";
    }
}

} // namespace detail

class Scope {
public:
    // What to do with what a task throws, at the top of the loop's turn; `self` is the owner's. The task has ended.
    using Failed = void (*)(void *self, const std::exception_ptr &thrown) noexcept;

    // When the last task has come to its end by itself; the scope may be destroyed in it.
    using Emptied = void (*)(void *self) noexcept;

    // What a task throws is logged as task_failed.
    explicit Scope(const Node &node)
        : Scope(node, nullptr, nullptr)
    {}
    Scope(const Node &node, Failed failed, void *self, Emptied emptied = nullptr)
        : node_(node)
        , failed_(failed)
        , emptied_(emptied)
        , self_(self)
    {}
    Scope(const Scope &) = delete;
    Scope &operator=(const Scope &) = delete;
    ~Scope() { cancel(); }

    // Runs it until it waits for the first time; called from a task, after that one waits. Throws Error for a task that
    // was moved away.
    void spawn(Task<void> task) { start(*new Member(*this, std::move(task))); }
    // The same for f(arguments…), which results in a Task<void>: `f` is kept as long as the task runs, so a lambda may
    // capture. Arguments are passed on as they are: give values, not references to what may go.
    template<typename F, typename... Arguments>
    requires std::is_invocable_r_v<Task<void>, F &, Arguments...> void spawn(F f, Arguments &&...arguments)
    {
        start(*new Holding<F>(*this, std::move(f), std::forward<Arguments>(arguments)...));
    }
    // Ends them all where they wait; the one that calls this, if it is one of them, when it waits next.
    void cancel() noexcept
    {
        while (first_ != nullptr) {
            Member &member = *static_cast<Member *>(first_);
            leave(member);
            if (member.turns->current() == &member)
                member.ended = true;
            else
                delete &member;
        }
    }
    bool empty() const { return first_ == nullptr; }
    const Node &node() const { return node_; }

private:
    struct Member : detail::Root {
        Scope *scope;
        Task<void> task;
        Member(Scope &of, Task<void> runs)
            : scope(&of)
            , task(std::move(runs))
        {
            turns = &detail::Turns::mine();
            node = of.node_;
            context = detail::current_context();
        }
        virtual ~Member() = default;
        Member(const Member &) = delete;
        Member &operator=(const Member &) = delete;

        static void *operator new(std::size_t size) { return detail::FramePool::take(size); }
        static void operator delete(void *memory, std::size_t size) noexcept { detail::FramePool::give(memory, size); }
    };
    template<typename F>
    struct Holding : Member {
        F f;
        template<typename... Arguments>
        Holding(Scope &of, F with, Arguments &&...arguments)
            : Member(of, detail::TaskAccess::none<void>())
            , f(std::move(with))
        {
            this->task = f(std::forward<Arguments>(arguments)...);
        }
        ~Holding() override { this->task = detail::TaskAccess::none<void>(); } // before what it captured
    };

    void start(Member &member)
    {
        detail::TaskPromise *promise = nullptr;
        try {
            promise = &detail::TaskAccess::promise(member.task);
        } catch (...) {
            delete &member;
            throw;
        }
        member.dispose = dispose;
        member.next = first_;
        if (first_ != nullptr) first_->previous = &member;
        first_ = &member;
        promise->begin(&member, ended, &member);
        member.turns->resume(promise->resumption);
    }
    void leave(Member &member) noexcept
    {
        // Those beside it in the list live. NOLINTNEXTLINE(clang-analyzer-cplusplus.NewDelete)
        (member.previous != nullptr ? member.previous->next : first_) = member.next;
        if (member.next != nullptr) member.next->previous = member.previous;
        member.next = member.previous = nullptr;
        member.scope = nullptr;
    }
    static void ended(detail::TaskPromise &promise) noexcept { static_cast<Member *>(promise.waiter)->ended = true; }
    // Called when it does not run: it came to its end, or was cancelled while it ran.
    static void dispose(detail::Root &root) noexcept
    {
        auto &member = static_cast<Member &>(root);
        Scope *scope = member.scope;
        const std::exception_ptr thrown = detail::TaskAccess::promise(member.task).thrown;
        const Node node = member.node;
        if (scope != nullptr) scope->leave(member);
        delete &member;
        if (thrown && scope != nullptr && scope->failed_ != nullptr)
            scope->failed_(scope->self_, thrown);
        else if (thrown)
            node.error("task_failed", {{"error", detail::what(thrown)}});
        if (scope != nullptr && scope->first_ == nullptr && scope->emptied_ != nullptr) scope->emptied_(scope->self_);
    }

    Node node_;
    Failed failed_;
    Emptied emptied_;
    void *self_;
    detail::Root *first_ = nullptr;
};

} // namespace hawser

#include "hawser/service_task.hpp" // which needs the above
