// Tests: tests/system/privileges_test.cpp
#include "supervisor/privileges.hpp"

#include <grp.h>
#include <linux/capability.h>
#include <linux/securebits.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdint>
#include <cstdio>
#include <cstdlib>

namespace hawser::host {
namespace {

constexpr std::uint64_t bit(unsigned capability) { return std::uint64_t{1} << capability; }

// CAP_SETPCAP is for the bounding set of workers.
constexpr std::uint64_t kOfSupervisor = bit(CAP_NET_BIND_SERVICE) | bit(CAP_SETUID) | bit(CAP_SETGID) | bit(CAP_KILL) |
                                        bit(CAP_DAC_OVERRIDE) | bit(CAP_DAC_READ_SEARCH) | bit(CAP_CHOWN) |
                                        bit(CAP_FOWNER) | bit(CAP_SYS_CHROOT) | bit(CAP_SETPCAP);

// A worker of root's own: what root is expected to reach.
constexpr std::uint64_t kOfFiles = bit(CAP_DAC_OVERRIDE) | bit(CAP_DAC_READ_SEARCH) | bit(CAP_CHOWN) | bit(CAP_FOWNER);

// The C library has no functions for these, and those of libcap do no more.
std::uint64_t permitted()
{
    __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
    std::array<__user_cap_data_struct, 2> data{};
    if (::syscall(SYS_capget, &header, data.data()) != 0) return 0;
    return data[0].permitted | std::uint64_t{data[1].permitted} << 32;
}

bool set_capabilities(std::uint64_t all)
{
    __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
    const auto low = static_cast<std::uint32_t>(all), high = static_cast<std::uint32_t>(all >> 32);
    std::array<__user_cap_data_struct, 2> data{{{low, low, 0}, {high, high, 0}}};
    return ::syscall(SYS_capset, &header, data.data()) == 0;
}

// Without CAP_SETPCAP there is nothing to be bounded: no_new_privs holds then.
void bound_to(std::uint64_t kept)
{
    for (unsigned each = 0; ::prctl(PR_CAPBSET_READ, each) >= 0; ++each) {
        if ((kept & bit(each)) == 0) ::prctl(PR_CAPBSET_DROP, each);
    }
}

unsigned first_free_port()
{
    unsigned port = 1024;
    if (std::FILE *file = std::fopen("/proc/sys/net/ipv4/ip_unprivileged_port_start", "re")) {
        std::array<char, 16> text{};
        if (std::fgets(text.data(), text.size(), file) != nullptr)
            port = static_cast<unsigned>(std::strtoul(text.data(), nullptr, 10));
        std::fclose(file);
    }
    return port;
}

Position place_of(const Origin &origin, const char *key)
{
    const auto found = origin.options.find(key);
    return found != origin.options.end() ? found->second : Position();
}

bool is_already(const WorkerRights &rights)
{
    return rights.uid == ::getuid() && rights.uid == ::geteuid() && rights.gid == ::getegid();
}

// The working directory as it is called in the new root.
std::string inside(const WorkerRights &rights)
{
    if (rights.directory.size() <= rights.chroot.size()) return "/";
    return rights.chroot == "/" ? rights.directory : rights.directory.substr(rights.chroot.size());
}

// Tries what must not be possible any more.
Result<void> verify(const WorkerRights &rights)
{
    const bool back = ::setuid(0) == 0 || ::seteuid(0) == 0 || (rights.gid != 0 && ::setgid(0) == 0);
    const bool other = ::getuid() != rights.uid || ::geteuid() != rights.uid || ::getegid() != rights.gid;
    if (back || other || permitted() != 0 || ::prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) != 1)
        return Error{Status::NotPermitted, "privileges: after they were dropped for user \"" + rights.user +
                                               "\" they could be had again; the host does not go on like that"};
    return {};
}

Result<void> become(const WorkerRights &rights)
{
    const auto failed = [&rights](const char *what) {
        return system_error("privileges: cannot become user \"" + rights.user + "\": " + what, errno);
    };
    if (!is_already(rights)) {
        const std::vector<gid_t> groups(rights.groups.begin(), rights.groups.end());
        if (::setgroups(groups.size(), groups.data()) != 0) return failed("setgroups");
        if (::setresgid(rights.gid, rights.gid, rights.gid) != 0) return failed("setresgid");
        if (::setresuid(rights.uid, rights.uid, rights.uid) != 0) return failed("setresuid");
    }
    return {};
}

} // namespace

std::vector<Problem> missing_privileges(const HostPlan &plan)
{
    std::vector<Problem> missing;
    const std::uint64_t mine = permitted();
    const auto lack = [&missing, mine](Position at, const std::string &text, std::uint64_t needed, const char *names) {
        if ((mine & needed) == needed) return;
        missing.push_back({at, text + ": expected a host that is started by root, or with " + names,
                           "start it so, or change the key"});
    };
    for (const CompartmentPlan &compartment : plan.compartments) {
        const WorkerRights &rights = compartment.rights;
        const bool own = compartment.origin.options.count("user") > 0;
        if (!rights.drops || is_already(rights) || (!own && &compartment != &plan.compartments.front())) continue;
        lack(place_of(own ? compartment.origin : plan.origin, "user"),
             (own ? "compartment \"" + compartment.name + '"' : "[host]") + ": user: \"" + rights.user + '"',
             bit(CAP_SETUID) | bit(CAP_SETGID), "CAP_SETUID and CAP_SETGID");
    }
    const WorkerRights &rights = plan.compartments.front().rights;
    if (!rights.chroot.empty())
        lack(place_of(plan.origin, "chroot"), "[host]: chroot: " + rights.chroot, bit(CAP_SYS_CHROOT),
             "CAP_SYS_CHROOT");
    const unsigned free = first_free_port();
    for (const CompartmentPlan &compartment : plan.compartments) {
        for (const ListenerPlan &listener : compartment.listeners) {
            for (std::size_t i = 0; i < listener.addresses.size(); ++i) {
                const Endpoint &address = listener.addresses[i];
                if (address.scheme != Endpoint::Scheme::Tcp || address.port == 0 || address.port >= free) continue;
                lack(listener.origins[i], "listener \"" + listener.name + "\": address: " + address.text(),
                     bit(CAP_NET_BIND_SERVICE), "CAP_NET_BIND_SERVICE");
            }
        }
    }
    return missing;
}

void keep_supervisor_privileges()
{
    const std::uint64_t mine = permitted();
    if ((mine & ~kOfSupervisor) == 0) return;
    // What is executed cannot have more than this, and raises nothing for what it executes in its turn.
    ::prctl(PR_SET_SECUREBITS, SECBIT_NO_CAP_AMBIENT_RAISE | SECBIT_NO_CAP_AMBIENT_RAISE_LOCKED);
    bound_to(kOfSupervisor);
    static_cast<void>(set_capabilities(mine & kOfSupervisor));
}

Result<void> drop_to(const WorkerRights &rights, Jail &jail)
{
    if (!rights.chroot.empty()) {
        auto prepared = jail.prepare(rights.chroot, inside(rights));
        if (!prepared) return prepared;
    }
    if (rights.umask >= 0) ::umask(static_cast<mode_t>(rights.umask));
    // As root: where it leads is the operator's choice, whoever the user is.
    if (!rights.directory.empty() && ::chdir(rights.directory.c_str()) != 0)
        return system_error("[host]: directory: " + rights.directory, errno);
    ::prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
    if (!rights.drops) {
        bound_to(kOfFiles);
        if (!set_capabilities(permitted() & kOfFiles)) return system_error("privileges: capset", errno);
        return {};
    }
    // Neither root's programs nor a change of the user give capabilities, and that is locked.
    ::prctl(PR_SET_SECUREBITS, SECURE_ALL_LOCKS | SECBIT_NOROOT | SECBIT_NO_CAP_AMBIENT_RAISE);
    bound_to(0);
    if (auto became = become(rights); !became) return became;
    if (!set_capabilities(0)) return system_error("privileges: cannot give up capabilities", errno);
    if (::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) return system_error("privileges: no_new_privs", errno);
    // What the environment says of the one who started the host is not true any more.
    for (const char *name : {"HOME", "USER", "LOGNAME"}) ::unsetenv(name);
    return verify(rights);
}

} // namespace hawser::host
