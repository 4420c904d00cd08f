// Tests: tests/unit/loop/loop_test.cpp
#include "loop/offload.hpp"

#include <chrono>
#include <system_error>

namespace hawser::host {

OffloadPool::~OffloadPool()
{
    {
        const std::lock_guard lock(mutex_);
        ending_ = true;
    }
    changed_.notify_all();
    for (std::thread &thread : threads_) {
        if (thread.joinable()) thread.join();
    }
}

OffloadPool::Taken OffloadPool::submit(OffloadJob *job)
{
    const std::lock_guard lock(mutex_);
    if (ending_) return Taken::Ended;
    if (queue_.size() >= most_queued_) return Taken::Full;
    if (idle_ <= queue_.size() && threads_.size() < most_threads_) {
        try {
            threads_.emplace_back([this] { run(); });
            ++running_;
        } catch (const std::system_error &) {
            if (threads_.empty()) return Taken::Full; // no thread at all: the system's bound is reached
        }
    }
    queue_.push_back(job);
    changed_.notify_one();
    return Taken::Ok;
}

void OffloadPool::run()
{
    std::unique_lock lock(mutex_);
    for (;;) {
        ++idle_;
        changed_.wait(lock, [this] { return ending_ || !queue_.empty(); });
        --idle_;
        if (queue_.empty()) break;
        OffloadJob *job = queue_.front();
        queue_.pop_front();
        lock.unlock();
        job->work();
        job->loop->post({[](const Task &task) { static_cast<OffloadJob *>(task.first)->done(); }, job});
        lock.lock();
    }
    --running_;
    changed_.notify_all();
}

bool OffloadPool::stop(std::uint64_t timeout_ns)
{
    std::unique_lock lock(mutex_);
    ending_ = true;
    changed_.notify_all();
    const bool ended = changed_.wait_for(lock, std::chrono::nanoseconds(timeout_ns), [this] { return running_ == 0; });
    lock.unlock();
    for (std::thread &thread : threads_) {
        if (ended)
            thread.join();
        else
            thread.detach();
    }
    return ended;
}

} // namespace hawser::host
