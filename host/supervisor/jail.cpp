// Tests: tests/system/privileges_test.cpp
#include "supervisor/jail.hpp"

#include <linux/capability.h>
#include <linux/close_range.h>
#include <sched.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstdint>

namespace hawser::host {
namespace {

// In the child: only what is safe after fork. It has the memory of before any plugin was loaded.
[[noreturn]] void serve_once(int socket, const char *root, const char *inside)
{
    ::dup2(socket, 0);
    ::syscall(SYS_close_range, 1U, ~0U, 0U); // the channel above all: its end is the worker's end
    constexpr std::uint32_t kOnly = 1U << CAP_SYS_CHROOT;
    __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
    std::array<__user_cap_data_struct, 2> data{{{kOnly, kOnly, 0}, {0, 0, 0}}};
    ::syscall(SYS_capset, &header, data.data());
    ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
    ::prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
    char asked = 0;
    ssize_t n = 0;
    while ((n = ::read(0, &asked, 1)) < 0 && errno == EINTR) {}
    if (n != 1) ::_exit(0);
    const std::int32_t error = ::chroot(root) != 0 || ::chdir(inside) != 0 ? errno : 0;
    [[maybe_unused]] const auto told = ::write(0, &error, sizeof error);
    ::_exit(0);
}

} // namespace

Jail::~Jail()
{
    socket_.reset();
    if (child_ > 0) ::waitpid(child_, nullptr, 0);
}

Result<void> Jail::prepare(const std::string &root, const std::string &inside)
{
    std::array<int, 2> ends{};
    if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()) != 0) return system_error("chroot", errno);
    socket_.reset(ends[0]);
    const Fd theirs(ends[1]);
    root_ = root;
    const long child = ::syscall(SYS_clone, CLONE_FS | SIGCHLD, nullptr, nullptr, nullptr, nullptr);
    if (child == 0) serve_once(theirs.get(), root.c_str(), inside.c_str());
    if (child < 0) return system_error("chroot: cannot start the process that changes the root", errno);
    child_ = static_cast<int>(child);
    return {};
}

Result<void> Jail::enter()
{
    if (!socket_) return {};
    std::int32_t error = EPIPE;
    const char ask = 1;
    if (::send(socket_.get(), &ask, 1, MSG_NOSIGNAL) == 1) {
        while (::recv(socket_.get(), &error, sizeof error, MSG_WAITALL) < 0 && errno == EINTR) {}
    }
    socket_.reset();
    while (::waitpid(child_, nullptr, 0) < 0 && errno == EINTR) {}
    child_ = -1;
    if (error != 0) return system_error("[host]: chroot: " + root_, error);
    return {};
}

} // namespace hawser::host
