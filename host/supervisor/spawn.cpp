// Tests: tests/system/supervision_test.cpp, tests/system/upgrade_test.cpp
#include "supervisor/spawn.hpp"

#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>

namespace hawser::host {

Result<Spawned> spawn(const std::function<void()> &child)
{
    sigset_t all, before;
    ::sigfillset(&all);
    ::pthread_sigmask(SIG_SETMASK, &all, &before);
    const int pid = ::fork();
    if (pid == 0) {
        child();
        ::_exit(static_cast<int>(Status::System));
    }
    ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
    if (pid < 0) return system_error("cannot start a process", errno);
    Spawned spawned{pid, Fd(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0)))};
    if (spawned.process) return spawned;
    const int error = errno;
    ::kill(pid, SIGKILL);
    ::waitpid(pid, nullptr, 0);
    return system_error("cannot watch a process", error);
}

} // namespace hawser::host
