// Tests: tests/system/supervision_test.cpp, tests/system/privileges_test.cpp
#include "supervisor/launcher.hpp"

#include "loop/loop.hpp"
#include "supervisor/jail.hpp"
#include "supervisor/limits.hpp"
#include "supervisor/privileges.hpp"
#include "supervisor/spawn.hpp"

#include <fcntl.h>
#include <linux/close_range.h>
#include <poll.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace hawser::host {
namespace {

// Descriptors of a worker. Nothing of the configuration is in its arguments or environment.
constexpr int kChannelFd = 3, kSnapshotFd = 4, kPageFd = 5, kLogFd = 6;
constexpr int kFirstFree = 7;
constexpr std::uint64_t kAfterSupervisor = 4'700'000'000; // a worker is gone within 5 s

// What a worker inherits of the environment: where and how it runs, never what the configuration was given in it.
std::vector<char *> worker_environment()
{
    constexpr std::array<std::string_view, 14> kPassed{
        "PATH=",         "HOME=",          "LANG=",         "LC_ALL=",      "LC_CTYPE=",
        "TZ=",           "TMPDIR=",        "USER=",         "LOGNAME=",     "LD_LIBRARY_PATH=",
        "ASAN_OPTIONS=", "UBSAN_OPTIONS=", "TSAN_OPTIONS=", "LSAN_OPTIONS="};
    std::vector<char *> passed;
    for (char **each = environ; *each != nullptr; ++each) {
        const std::string_view variable(*each);
        const bool wanted = std::any_of(kPassed.begin(), kPassed.end(),
                                        [&](std::string_view name) { return variable.starts_with(name); });
        if (wanted) passed.push_back(*each);
    }
    passed.push_back(nullptr);
    return passed;
}

class WorkerProcess final : public RunningWorker {
public:
    WorkerProcess(int pid, Fd fd)
        : pid_(pid)
        , fd_(std::move(fd))
    {}
    int ended_fd() const override { return fd_.get(); }
    int pid() const override { return pid_; }
    void kill(Status) override { ::syscall(SYS_pidfd_send_signal, fd_.get(), SIGKILL, nullptr, 0); }
    WorkerEnd reap() override
    {
        // Its number stays taken until it is waited for. What a plugin forked holds the worker's sockets.
        ::kill(-pid_, SIGKILL);
        int status = 0;
        while (::waitpid(pid_, &status, 0) < 0 && errno == EINTR) {}
        if (WIFSIGNALED(status)) return {WTERMSIG(status), 0};
        return {0, WEXITSTATUS(status)};
    }

private:
    int pid_;
    Fd fd_; // of the process
};

// A worker is a process group of its own, so that what its plugins start ends with it.
// Between fork and exec: only what is safe after fork in a program with threads.
[[noreturn]] void become_worker(int binary, std::array<int, 5> fds, char *const *environment)
{
    ::setpgid(0, 0);
    // First out of the way of each other, then to their places; dup2 leaves them open over exec.
    for (int &fd : fds) fd = ::fcntl(fd, F_DUPFD_CLOEXEC, 64);
    const int self = ::fcntl(binary, F_DUPFD_CLOEXEC, 64);
    constexpr std::array<int, 5> kPlaces{STDERR_FILENO, kChannelFd, kSnapshotFd, kPageFd, kLogFd};
    for (std::size_t i = 0; i < fds.size(); ++i) ::dup2(fds[i], kPlaces[i]);
    const int null = ::open("/dev/null", O_RDWR);
    if (null >= 0) {
        ::dup2(null, 0);
        ::dup2(null, 1);
        if (null >= kFirstFree) ::close(null);
    }
    // What a library opened without close-on-exec is not the workers'.
    ::syscall(SYS_close_range, kFirstFree, ~0U, CLOSE_RANGE_CLOEXEC);
    // The supervisor decides: what others send is for it alone. A terminal whose foreground it is not takes its log.
    for (const int signal : {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGUSR1, SIGUSR2, SIGPIPE, SIGTTIN, SIGTTOU})
        ::signal(signal, SIG_IGN);
    sigset_t none;
    ::sigemptyset(&none);
    ::sigprocmask(SIG_SETMASK, &none, nullptr);
    char name[] = "hawser", command[] = "worker";
    char *const arguments[] = {name, command, nullptr};
    ::syscall(SYS_execveat, self, "", arguments, environment, AT_EMPTY_PATH);
    ::_exit(static_cast<int>(Status::System));
}

// Ends this process some seconds after its supervisor has gone, whatever plugin code is doing then. The thread is never
// joined: it watches until the process is no more.
void end_with_supervisor(int channel)
{
    std::thread([channel] {
        pollfd gone{channel, 0, 0}; // POLLHUP comes unasked
        while (::poll(&gone, 1, -1) < 0 && errno == EINTR) {}
        const std::uint64_t until = monotonic_now() + kAfterSupervisor;
        for (std::uint64_t now = 0; (now = monotonic_now()) < until;)
            ::poll(nullptr, 0, static_cast<int>((until - now) / 1'000'000 + 1));
        ::kill(::getpgrp() == ::getpid() ? 0 : ::getpid(), SIGKILL); // what plugins started too
    }).detach();
}

class ProcessLauncher final : public Launcher {
public:
    explicit ProcessLauncher(Fd binary)
        : binary_(std::move(binary))
    {}

    Result<Launched> launch(const Snapshot &snapshot, const WorkerFiles &files) override
    {
        auto bytes = write_snapshot(snapshot);
        if (!bytes) return std::move(bytes.error());
        auto page = StatusPage::create(snapshot.compartment.loops);
        if (!page) return std::move(page.error());
        auto ends = Channel::make_pair();
        if (!ends) return std::move(ends.error());
        std::vector<char *> environment = worker_environment();
        const std::array<int, 5> fds{files.standard_error, ends->second.fd(), bytes->get(), page->fd(), files.log};
        auto spawned = spawn([&] { become_worker(binary_.get(), fds, environment.data()); });
        if (!spawned) return std::move(spawned.error());
        return Launched{std::make_unique<WorkerProcess>(spawned->pid, std::move(spawned->process)),
                        std::make_unique<Channel>(std::move(ends->first)), std::move(*page)};
    }

private:
    Fd binary_;
};

} // namespace

Result<std::unique_ptr<Launcher>> process_launcher()
{
    // Opened once: what is on disk under this name later is another program.
    Fd binary(::open("/proc/self/exe", O_RDONLY | O_CLOEXEC));
    if (!binary) return system_error("cannot open this program's file", errno);
    return std::unique_ptr<Launcher>(std::make_unique<ProcessLauncher>(std::move(binary)));
}

std::unique_ptr<RunningWorker> adopt_process(int pid, Fd process)
{
    return std::make_unique<WorkerProcess>(pid, std::move(process));
}

Status worker_main(const RunWorker &run)
{
    if (::fcntl(kPageFd, F_GETFD) < 0 || ::fcntl(kSnapshotFd, F_GETFD) < 0) return Status::Usage;
    Channel channel{Fd(kChannelFd)};
    ::fcntl(kChannelFd, F_SETFD, FD_CLOEXEC);
    const auto refuse = [&channel](const Error &error) {
        static_cast<void>(channel.send(Failed{static_cast<std::int32_t>(error.status), {}, {}, error.text}));
        return error.status;
    };
    Fd snapshot_fd(kSnapshotFd);
    auto snapshot = read_snapshot(snapshot_fd.get());
    snapshot_fd.reset(); // what is secret in it is not for what plugins may start
    if (!snapshot) return refuse(snapshot.error());
    ::fcntl(kPageFd, F_SETFD, FD_CLOEXEC);
    auto page = StatusPage::open(Fd(kPageFd));
    if (!page) return refuse(page.error());
    Jail jail;
    if (auto dropped = drop_to(snapshot->compartment.rights, jail); !dropped) return refuse(dropped.error());
    const CompartmentPlan &plan = snapshot->compartment;
    if (auto held = hold_limits(plan.limits, plan.loops, (*page)->limits); !held) return refuse(held.error());
    const Fd watched(::fcntl(kChannelFd, F_DUPFD_CLOEXEC, kFirstFree)); // the channel itself ends with its owner
    end_with_supervisor(watched.get());
    // Lines go where all else goes that this process prints; datagrams have a socket of their own.
    const bool datagrams = is_datagram(snapshot->log_format);
    const Fd log_fd(kLogFd);
    ::fcntl(kLogFd, F_SETFD, FD_CLOEXEC);
    Log log({snapshot->log_level, snapshot->log_format, datagrams ? kLogFd : STDERR_FILENO});
    return run(*snapshot, channel, *page, log, [&jail] { return jail.enter(); });
}

} // namespace hawser::host
