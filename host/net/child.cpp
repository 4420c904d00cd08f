// Tests: tests/unit/bridge/process_test.cpp
#include "net/child.hpp"

#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>

namespace hawser::host {
namespace {

struct Pipe {
    Fd read, write;
};

bool open_pipe(Pipe &made)
{
    std::array<int, 2> ends{};
    if (::pipe2(ends.data(), O_CLOEXEC) != 0) return false;
    made.read = Fd(ends[0]);
    made.write = Fd(ends[1]);
    return true;
}

std::vector<char *> pointers(const std::vector<std::string> &texts)
{
    std::vector<char *> all;
    all.reserve(texts.size() + 1);
    for (const std::string &text : texts) all.push_back(const_cast<char *>(text.c_str()));
    all.push_back(nullptr);
    return all;
}

// All that the new process needs, ready before it exists: it shares this one's memory until it executes the program.
struct Child {
    const char *program, *directory;
    char *const *arguments, *const *environment;
    std::array<int, 3> streams;
    int told; // the end of a pipe for errno
    int parent;

    [[noreturn]] void run() const
    {
        become();
        const int why = errno;
        [[maybe_unused]] const auto n = ::write(told, &why, sizeof why);
        ::_exit(127);
    }

private:
    void become() const
    {
        for (int signal = 1; signal < NSIG; ++signal) {
            struct sigaction as_it_is {};
            as_it_is.sa_handler = SIG_DFL;
            ::sigaction(signal, &as_it_is, nullptr);
        }
        if (::setsid() < 0 || ::prctl(PR_SET_PDEATHSIG, SIGKILL) != 0) return;
        if (::getppid() != parent) ::raise(SIGKILL); // it ended before it could be told
        for (int i = 0; i < 3; ++i) {
            if (::dup2(streams[static_cast<std::size_t>(i)], i) < 0) return;
        }
        if (::fcntl(told, F_SETFD, FD_CLOEXEC) != 0 || ::syscall(SYS_close_range, 3U, ~0U, CLOSE_RANGE_CLOEXEC) != 0)
            return;
        if (::chdir(directory) != 0) return;
        sigset_t none;
        ::sigemptyset(&none);
        ::sigprocmask(SIG_SETMASK, &none, nullptr);
        ::execve(program, arguments, environment);
    }
};

// The kernel stops this thread until the other has executed its program or ended.
[[gnu::noinline]] int start(const Child &child)
{
    const int pid = ::vfork(); // NOLINT(clang-analyzer-security.insecureAPI.vfork): fork copies the page tables
    // NOLINTNEXTLINE(clang-analyzer-unix.Vfork): system calls alone, until it executes or ends
    if (pid == 0) child.run();
    return pid;
}

void set_non_blocking(const Fd &fd) { ::fcntl(fd.get(), F_SETFL, O_NONBLOCK); }

} // namespace

int start_child(const ChildPlan &plan, StartedChild &started)
{
    Pipe input, output, errors, told;
    if (!open_pipe(input) || !open_pipe(output) || !open_pipe(told)) return errno;
    int error_end = output.write.get();
    if (plan.errors == ChildPlan::Errors::Pipe) {
        if (!open_pipe(errors)) return errno;
        error_end = errors.write.get();
    } else if (plan.errors == ChildPlan::Errors::Nowhere) {
        errors.write = Fd(::open("/dev/null", O_WRONLY | O_CLOEXEC));
        if (!errors.write) return errno;
        error_end = errors.write.get();
    }
    const std::vector<char *> arguments = pointers(plan.arguments), environment = pointers(plan.environment);
    const Child child{plan.program.c_str(),
                      plan.directory.c_str(),
                      arguments.data(),
                      environment.data(),
                      {input.read.get(), output.write.get(), error_end},
                      told.write.get(),
                      ::getpid()};
    sigset_t all, before;
    ::sigfillset(&all);
    ::pthread_sigmask(SIG_SETMASK, &all, &before);
    const int pid = start(child);
    const int why = errno;
    ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
    if (pid < 0) return why;
    told.write.reset();
    int failed = 0;
    if (::read(told.read.get(), &failed, sizeof failed) != sizeof failed) failed = 0;
    started.process = Fd(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0)));
    if (failed == 0 && !started.process) {
        failed = errno;
        ::kill(pid, SIGKILL);
    }
    if (failed != 0) {
        ::waitpid(pid, nullptr, 0);
        return failed;
    }
    started.pid = pid;
    started.input = std::move(input.write);
    started.output = std::move(output.read);
    started.errors = std::move(errors.read);
    for (const Fd *each : {&started.input, &started.output, &started.errors}) {
        if (*each) set_non_blocking(*each);
    }
    return 0;
}

} // namespace hawser::host
