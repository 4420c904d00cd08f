// The least loop that a plugin can run on, for tests/bench/layer.cpp.
#pragma once

#include "hawser/abi.h"

#include <array>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <deque>
#include <mutex>
#include <thread>

namespace hawser::bench {

// A loop that completes in the order of the calls, and a pool of one thread: the least that a host can do.
class Least : public hawser_loop {
public:
    Least()
        : hawser_loop{&kApi, 1, 0, 0, 0}
        , thread_([this] { work(); })
    {}
    ~Least()
    {
        {
            const std::scoped_lock lock(mutex_);
            ending_ = true;
        }
        given_.notify_one();
        thread_.join();
    }
    // Until nothing is due and nothing is on the pool.
    void run()
    {
        while (first_ != last_ || on_pool_ > 0) {
            if (first_ != last_) {
                hawser_op *op = due_[first_++ % due_.size()];
                op->complete(op, HAWSER_OK);
                continue;
            }
            Job job{};
            {
                std::unique_lock lock(mutex_);
                back_.wait(lock, [this] { return !done_.empty(); });
                job = done_.front();
                done_.pop_front();
            }
            --on_pool_;
            if (job.run != nullptr) { // a post
                job.run(job.object, nullptr);
                continue;
            }
            job.op->complete(job.op, job.result);
            if (job.release != nullptr) job.release(job.ctx);
        }
    }
    const hawser_host *host() const { return &host_.abi; }

private:
    struct Job {
        std::int64_t (*work)(void *);
        void (*release)(void *);
        void *ctx;
        hawser_op *op;
        std::int64_t result;
        void (*run)(void *, void *);
        void *object;
    };
    struct Host {
        hawser_host abi{sizeof(hawser_host), 0, nothing, log, post, nullptr};
    };
    static const void *nothing(const hawser_host *, const char *) { return nullptr; }
    static void log(const hawser_node *, std::uint32_t, hawser_str event, const hawser_field *fields, std::size_t count)
    {
        std::fprintf(stderr, "%.*s", static_cast<int>(event.n), event.p);
        for (std::size_t i = 0; i < count; ++i)
            std::fprintf(stderr, " %.*s", static_cast<int>(fields[i].value.n), fields[i].value.p);
        std::fprintf(stderr, "\n");
    }
    static std::int32_t post(const hawser_host *, hawser_ref, void (*)(void *, void *), void *)
    {
        return HAWSER_CLOSED;
    }

    void work()
    {
        std::unique_lock lock(mutex_);
        for (;;) {
            given_.wait(lock, [this] { return ending_ || !jobs_.empty(); });
            if (jobs_.empty()) return;
            Job job = jobs_.front();
            jobs_.pop_front();
            lock.unlock();
            job.result = job.work(job.ctx);
            lock.lock();
            done_.push_back(job);
            back_.notify_one();
        }
    }
    static Least &of(hawser_loop *loop) { return *static_cast<Least *>(loop); }
    static std::int32_t timer(hawser_loop *loop, std::uint64_t, hawser_op *op)
    {
        of(loop).due_[of(loop).last_++ % of(loop).due_.size()] = op;
        return HAWSER_PENDING;
    }
    static std::int32_t cancel(hawser_loop *, hawser_op *) { return 0; }
    static std::int32_t offload(hawser_loop *loop, std::int64_t (*work)(void *), void (*release)(void *), void *ctx,
                                hawser_op *op)
    {
        Least &self = of(loop);
        ++self.on_pool_;
        {
            const std::scoped_lock lock(self.mutex_);
            self.jobs_.push_back({work, release, ctx, op, 0, nullptr, nullptr});
        }
        self.given_.notify_one();
        return HAWSER_PENDING;
    }
    static std::int32_t connect(hawser_loop *, const hawser_node *, hawser_str, const hawser_connect *,
                                const hawser_session *, void *, hawser_conn **)
    {
        return HAWSER_UNSUPPORTED;
    }
    static hawser_ref track(hawser_loop *, void *) { return 1; }
    static void untrack(hawser_loop *, hawser_ref) {}
    static constexpr hawser_loop_api kApi{sizeof(hawser_loop_api), 0, timer, cancel, offload, connect, track, untrack};

    Host host_;
    std::array<hawser_op *, 64> due_{};
    std::size_t first_ = 0, last_ = 0;
    std::size_t on_pool_ = 0;
    std::mutex mutex_;
    std::condition_variable given_, back_;
    std::deque<Job> jobs_, done_; // guarded by mutex_
    bool ending_ = false;         // guarded by mutex_
    std::thread thread_;
};

} // namespace hawser::bench
