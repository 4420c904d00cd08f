// hawser/wait.hpp: what a task can wait for from the host: time, and work on the offload pool.
#pragma once

#include "hawser/abi.h"
#include "hawser/error.hpp"
#include "hawser/task.hpp"

#include <chrono>
#include <coroutine>
#include <cstdint>
#include <exception>
#include <memory>
#include <optional>
#include <type_traits>
#include <utility>

namespace hawser {
namespace detail {

// An operation of the host that a coroutine waits for; its end detaches it. In the coroutine's frame.
struct Operation {
    hawser_op op{};
    Resumption *waiting = nullptr; // null: not pending
    std::int64_t result = 0;

    Operation() noexcept { op.complete = completed; }
    Operation(const Operation &) = delete;
    Operation &operator=(const Operation &) = delete;
    ~Operation()
    {
        if (waiting != nullptr) loop()->api->cancel(loop(), &op);
    }
    hawser_loop *loop() const noexcept { return waiting->root->node.loop(); }

    static void HAWSER_CALL completed(hawser_op *op, std::int64_t result) noexcept
    {
        auto &self = *reinterpret_cast<Operation *>(op);
        self.result = result;
        Resumption &waiting = *std::exchange(self.waiting, nullptr);
        waiting.root->turns->resume(waiting);
    }
};
static_assert(std::is_standard_layout_v<Operation>);

class [[nodiscard]] Sleep : Operation {
public:
    explicit Sleep(std::uint64_t at, bool absolute) noexcept
        : at_(at)
        , absolute_(absolute)
    {}
    bool await_ready() const noexcept { return false; }
    template<Waits P>
    void await_suspend(std::coroutine_handle<P> handle) noexcept
    {
        waiting = &handle.promise().resumption;
        hawser_loop *on = loop();
        on->api->timer(on, absolute_ ? at_ : on->now + at_, &op);
    }
    void await_resume() const noexcept {}

private:
    std::uint64_t at_;
    bool absolute_;
};

} // namespace detail

// At least as long; not positive: until the loop's next turn.
inline detail::Sleep sleep(std::chrono::nanoseconds time) noexcept
{
    return detail::Sleep(time.count() > 0 ? static_cast<std::uint64_t>(time.count()) : 0, false);
}
// Until the loop's clock shows `at` nanoseconds.
inline detail::Sleep sleep_until(std::uint64_t at) noexcept { return detail::Sleep(at, true); }
// Lets everything else that waits on this loop go first.
inline detail::Sleep yield() noexcept { return detail::Sleep(0, false); }

// An operation that did not succeed, with its status: HAWSER_LIMIT, HAWSER_TIMED_OUT, HAWSER_CLOSED …
class StatusError : public Error {
public:
    StatusError(std::int32_t status, const std::string &text)
        : Error(text)
        , status_(status)
    {}
    std::int32_t status() const { return status_; }

private:
    std::int32_t status_;
};

namespace detail {

// Outlives the coroutine that started it: the pool may be at it when the coroutine is cancelled.
template<typename F, typename T>
struct OffloadJob {
    F f;
    std::shared_ptr<const Context> context;
    std::optional<std::conditional_t<std::is_void_v<T>, char, T>> value;
    std::exception_ptr thrown;

    static void *operator new(std::size_t size) { return FramePool::take(size); }
    static void operator delete(void *memory, std::size_t size) noexcept { FramePool::give(memory, size); }
    static std::int64_t HAWSER_CALL work(void *job) noexcept
    {
        auto &self = *static_cast<OffloadJob *>(job);
        const WithContext with(self.context);
        try {
            if constexpr (std::is_void_v<T>)
                self.f();
            else
                self.value.emplace(self.f());
        } catch (...) {
            self.thrown = std::current_exception();
        }
        return 0;
    }
    static void HAWSER_CALL release(void *job) noexcept { delete static_cast<OffloadJob *>(job); }
};

template<typename F>
class [[nodiscard]] OffloadWait : Operation {
    using T = std::invoke_result_t<F &>;
    using Job = OffloadJob<F, T>;

public:
    explicit OffloadWait(F f)
        : job_(new Job{std::move(f), {}, {}, {}})
    {}
    ~OffloadWait()
    {
        if (!started_) delete job_;
    }
    bool await_ready() const noexcept { return false; }
    template<Waits P>
    bool await_suspend(std::coroutine_handle<P> handle) noexcept
    {
        waiting = &handle.promise().resumption;
        hawser_loop *on = loop();
        job_->context = waiting->root->context;
        status_ = on->api->offload(on, Job::work, Job::release, job_, &op);
        started_ = status_ == HAWSER_PENDING;
        if (!started_) waiting = nullptr;
        return started_;
    }
    T await_resume()
    {
        if (!started_)
            throw StatusError(status_, status_ == HAWSER_LIMIT ? "the queue of the offload pool is full; try later"
                                                               : "the host is ending: nothing goes to the pool");
        // The host releases the job after this completion, when the loop has it back.
        if (job_->thrown) std::rethrow_exception(job_->thrown);
        if constexpr (!std::is_void_v<T>) return std::move(*job_->value);
    }

private:
    Job *job_;
    std::int32_t status_ = 0;
    bool started_ = false;
};

} // namespace detail

// Runs f() on the offload pool; results in what it returns, throws what it throws. `f` owns what it uses: if the task
// is cancelled it runs to its end unseen. Throws StatusError: HAWSER_LIMIT, the queue is full; HAWSER_CLOSED.
template<typename F>
detail::OffloadWait<std::decay_t<F>> offload(F &&f)
{
    static_assert(detail::kWholeInAwait<F>, "g++ before 14 destroys the captures of a lambda twice that is written "
                                            "inside a co_await; name it: auto work = [x] {}; co_await offload(work);");
    return detail::OffloadWait<std::decay_t<F>>(std::forward<F>(f));
}

} // namespace hawser
