// A bounded pool of threads for blocking work. A job runs on a thread of the pool; its end is posted to the loop that
// submitted it. Threads start with the first job and grow to `threads`; at most `queue` jobs wait.
#pragma once

#include "loop/loop.hpp"

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <mutex>
#include <thread>
#include <vector>

namespace hawser::host {

// Owned by whoever submits it; must stay until `done` has run.
struct OffloadJob {
    virtual void work() = 0; // [pool] must not throw
    virtual void done() = 0; // [loop] the last call
    Loop *loop = nullptr;

protected:
    ~OffloadJob() = default;
};

class OffloadPool {
public:
    OffloadPool(unsigned threads, std::size_t queue)
        : most_threads_(threads)
        , most_queued_(queue)
    {}
    ~OffloadPool(); // waits for what runs; what still waits is finished too

    enum class Taken { Ok, Full, Ended };
    Taken submit(OffloadJob *job); // [any-thread]

    // No more jobs are taken. True when every thread has ended within `timeout_ns`; else they are left to the end of
    // the process, which then must not return from main.
    bool stop(std::uint64_t timeout_ns);

private:
    void run();

    unsigned most_threads_;
    std::size_t most_queued_;
    std::mutex mutex_;
    std::condition_variable changed_;
    std::deque<OffloadJob *> queue_;
    std::vector<std::thread> threads_;
    unsigned idle_ = 0, running_ = 0;
    bool ending_ = false;
};

} // namespace hawser::host
