// Tests: tests/unit/loop/loop_test.cpp
#include "loop/loop.hpp"

#include "base/fd.hpp"

#include <boost/asio/basic_waitable_timer.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/basic_stream_descriptor.hpp>
#include <boost/asio/post.hpp>

#include <sys/epoll.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <ctime>
#include <mutex>
#include <vector>

namespace asio = boost::asio;

namespace hawser::host {
namespace {

constexpr int kEventsPerTurn = 256;
// A timer may be this late (abi.h says 10 ms): deadlines this close together share one wake-up.
constexpr std::uint64_t kTimerSlack = 1'000'000;

std::uint64_t read_clock(clockid_t id)
{
    timespec t;
    clock_gettime(id, &t);
    return static_cast<std::uint64_t>(t.tv_sec) * 1'000'000'000 + static_cast<std::uint64_t>(t.tv_nsec);
}

} // namespace

std::uint64_t monotonic_now() { return read_clock(CLOCK_MONOTONIC); }
std::int64_t wall_now() { return static_cast<std::int64_t>(read_clock(CLOCK_REALTIME)); }

class Loop::Engine {
public:
    using Executor = asio::io_context::executor_type;
    using Descriptor = asio::posix::basic_stream_descriptor<Executor>;
    using Timer =
        asio::basic_waitable_timer<std::chrono::steady_clock, asio::wait_traits<std::chrono::steady_clock>, Executor>;

    explicit Engine(Loop &loop)
        : loop_(loop)
        , io_(BOOST_ASIO_CONCURRENCY_HINT_UNSAFE_IO)
        , set_(io_.get_executor(), ::epoll_create1(EPOLL_CLOEXEC))
        , timer_(io_.get_executor())
        , work_(asio::make_work_guard(io_))
    {}

    int set() { return set_.native_handle(); }

    void run()
    {
        wait_ready();
        io_.run();
    }

    void wait_ready()
    {
        set_.async_wait(Descriptor::wait_read, [this](const boost::system::error_code &error) {
            if (error) return;
            loop_.ready();
            wait_ready();
        });
    }

    // Asks Asio for a wake-up at the earliest deadline, but only when it is earlier than the one asked for already: a
    // wake-up too many costs less than a system call for each change.
    void arm(std::uint64_t at)
    {
        if (at == 0 || (armed_ != 0 && armed_ <= at + kTimerSlack)) return;
        armed_ = at;
        timer_.expires_at(std::chrono::steady_clock::time_point(std::chrono::nanoseconds(at)));
        timer_.async_wait([this](const boost::system::error_code &error) {
            if (error) return;
            armed_ = 0;
            loop_.begin_turn();
            loop_.timers_.fire_due(loop_.now_);
            loop_.end_turn();
        });
    }

    bool push(const Task &task)
    {
        const std::lock_guard lock(mutex_);
        if (ended_) return false;
        tasks_.push_back(task);
        if (tasks_.size() == 1) asio::post(io_, [this] { run_tasks(); });
        return true;
    }

    void again()
    {
        if (again_) return;
        again_ = true;
        asio::post(io_, [this] {
            again_ = false;
            loop_.begin_turn();
            loop_.end_turn();
        });
    }

    void stop()
    {
        asio::post(io_, [this] {
            while (!end_if_nothing_is_posted()) run_tasks();
            work_.reset();
            io_.stop();
        });
    }

private:
    // What was taken runs: the last look and the refusal of later posts are one step.
    bool end_if_nothing_is_posted()
    {
        const std::lock_guard lock(mutex_);
        ended_ = tasks_.empty();
        return ended_;
    }

    void run_tasks()
    {
        {
            const std::lock_guard lock(mutex_);
            running_.swap(tasks_);
        }
        loop_.begin_turn();
        for (const Task &task : running_) task.run(task);
        running_.clear();
        loop_.end_turn();
    }

    Loop &loop_;
    asio::io_context io_;
    Descriptor set_;
    Timer timer_;
    asio::executor_work_guard<Executor> work_;
    std::uint64_t armed_ = 0;
    bool again_ = false;
    std::mutex mutex_;
    std::vector<Task> tasks_, running_;
    bool ended_ = false;
};

Loop::Loop(unsigned index, std::uint64_t &now, std::int64_t &wall, LoopCounters &counters)
    : index_(index)
    , now_(now)
    , wall_(wall)
    , counters_(counters)
    , engine_(std::make_unique<Engine>(*this))
{
    now_ = monotonic_now();
    wall_ = wall_now();
}

Loop::~Loop() = default;

constinit thread_local const Loop *Loop::current_ = nullptr;

void Loop::run()
{
    current_ = this;
    engine_->run();
    current_ = nullptr;
}
void Loop::stop() { engine_->stop(); }

void Loop::begin_turn()
{
    now_ = read_clock(CLOCK_MONOTONIC);
    wall_ = static_cast<std::int64_t>(read_clock(CLOCK_REALTIME_COARSE));
    counters_.turns.add(1);
    counters_.turn_started.set(now_);
}

void Loop::end_turn()
{
    if (after_) after_();
    engine_->arm(timers_.next());
    counters_.turn_started.set(0);
}

void Loop::ready()
{
    std::array<epoll_event, kEventsPerTurn> events;
    const int n = ::epoll_wait(engine_->set(), events.data(), kEventsPerTurn, 0);
    begin_turn();
    for (int i = 0; i < n; ++i) static_cast<Watch *>(events[i].data.ptr)->on_ready(events[i].events);
    end_turn();
}

Result<void> Loop::add(int fd, std::uint32_t events, Watch *watch)
{
    epoll_event event{};
    event.events = events;
    event.data.ptr = watch;
    if (::epoll_ctl(engine_->set(), EPOLL_CTL_ADD, fd, &event) == 0) return {};
    return system_error("cannot watch a descriptor", errno);
}

void Loop::modify(int fd, std::uint32_t events, Watch *watch)
{
    epoll_event event{};
    event.events = events;
    event.data.ptr = watch;
    ::epoll_ctl(engine_->set(), EPOLL_CTL_MOD, fd, &event);
}

void Loop::remove(int fd) { ::epoll_ctl(engine_->set(), EPOLL_CTL_DEL, fd, nullptr); }

bool Loop::post(const Task &task) { return engine_->push(task); }

bool Loop::submit(std::function<void()> work)
{
    auto *held = new std::function<void()>(std::move(work));
    const auto run = [](const Task &task) {
        const std::unique_ptr<std::function<void()>> mine(static_cast<std::function<void()> *>(task.first));
        (*mine)();
    };
    if (post({run, held})) return true;
    delete held;
    return false;
}

void Loop::run_again_soon() { engine_->again(); }

} // namespace hawser::host
