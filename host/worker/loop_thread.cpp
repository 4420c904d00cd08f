// Tests: tests/unit/worker/compartment_test.cpp
#include "worker/loop_thread.hpp"

#include "worker/crash_watch.hpp"

#include <pthread.h>
#include <unistd.h>

#include <chrono>
#include <future>
#include <string>

namespace hawser::host {

LoopThread::LoopThread(HostFace &host, unsigned index, LoopCell &cell)
    : abi_(LoopFace::place(cell.loop, index))
    , loop_(index, abi_->now, abi_->wall, cell.counters)
    , face_(host, loop_, abi_)
    , cell_(cell)
{
    static_assert(sizeof(cell.loop) >= LoopFace::kMemory);
}

LoopThread::~LoopThread() = default;

void LoopThread::run()
{
    thread_ = std::thread([this] {
        const std::string name = "loop-" + std::to_string(loop_.index());
        pthread_setname_np(pthread_self(), name.c_str());
        const SignalStack stack;
        cell_.thread.store(static_cast<std::int32_t>(::gettid()), std::memory_order_relaxed);
        loop_.run();
    });
}

void LoopThread::join()
{
    if (!thread_.joinable()) return;
    loop_.stop();
    thread_.join();
}

std::future<void> LoopThread::begin(std::function<void()> work)
{
    auto ended = std::make_shared<std::promise<void>>();
    std::future<void> end = ended->get_future();
    const bool taken = loop_.submit([work = std::move(work), ended] {
        work();
        ended->set_value();
    });
    return taken ? std::move(end) : std::future<void>();
}

bool LoopThread::call(std::function<void()> work, std::uint64_t timeout_ns)
{
    const std::future<void> end = begin(std::move(work));
    return end.valid() && end.wait_for(std::chrono::nanoseconds(timeout_ns)) == std::future_status::ready;
}

} // namespace hawser::host
