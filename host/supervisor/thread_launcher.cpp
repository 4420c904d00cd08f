// Tests: tests/system/single_test.cpp
#include "supervisor/launcher.hpp"

#include <sys/eventfd.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <thread>
#include <vector>

namespace hawser::host {
namespace {

class WorkerThread final : public RunningWorker {
public:
    WorkerThread(const Snapshot &snapshot, Channel channel, StatusPage &page, Log &log, Fd ended, const RunWorker &run,
                 const EnterRoot &enter)
        : snapshot_(snapshot)
        , ended_(std::move(ended))
        , channel_(std::move(channel))
    {
        thread_ = std::thread([this, &page, &log, run, enter] {
            status_ = run(snapshot_, channel_, page, log, enter);
            const std::uint64_t one = 1;
            [[maybe_unused]] const auto n = ::write(ended_.get(), &one, sizeof one);
        });
    }
    ~WorkerThread() override
    {
        if (thread_.joinable()) thread_.join();
    }
    int ended_fd() const override { return ended_.get(); }
    int pid() const override { return ::getpid(); }
    void kill(Status single) override { ::_exit(static_cast<int>(single)); }
    WorkerEnd reap() override
    {
        thread_.join();
        return {0, static_cast<int>(status_.load())};
    }

private:
    const Snapshot snapshot_;
    Fd ended_;
    Channel channel_;
    std::atomic<Status> status_{Status::Ok};
    std::thread thread_;
};

class ThreadLauncher final : public Launcher {
public:
    ThreadLauncher(Log &log, RunWorker run, EnterRoot enter)
        : log_(log)
        , run_(std::move(run))
        , enter_(std::move(enter))
    {}

    Result<Launched> launch(const Snapshot &snapshot, const WorkerFiles &) override
    {
        auto page = StatusPage::create(snapshot.compartment.loops);
        if (!page) return std::move(page.error());
        // The worker's own mapping: the supervisor's may move with its owner.
        auto mine = StatusPage::open(Fd(::dup(page->fd())));
        if (!mine) return std::move(mine.error());
        auto ends = Channel::make_pair();
        if (!ends) return std::move(ends.error());
        Fd ended(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
        if (!ended) return system_error("cannot watch a worker", errno);
        pages_.push_back(std::make_unique<StatusPage>(std::move(*mine)));
        auto worker = std::make_unique<WorkerThread>(snapshot, std::move(ends->second), *pages_.back(), log_,
                                                     std::move(ended), run_, enter_);
        return Launched{std::move(worker), std::make_unique<Channel>(std::move(ends->first)), std::move(*page)};
    }

private:
    Log &log_;
    RunWorker run_;
    EnterRoot enter_;
    std::vector<std::unique_ptr<StatusPage>> pages_; // as long as the threads that write to them may run
};

} // namespace

std::unique_ptr<Launcher> thread_launcher(Log &log, RunWorker run, EnterRoot enter)
{
    return std::make_unique<ThreadLauncher>(log, std::move(run), std::move(enter));
}

} // namespace hawser::host
