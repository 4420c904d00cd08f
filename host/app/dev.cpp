// Tests: tests/system/new_test.cpp
#include "app/commands.hpp"
#include "base/fd.hpp"

#include <poll.h>
#include <sys/inotify.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <filesystem>
#include <ostream>
#include <set>
#include <string>
#include <vector>

namespace hawser::host {
namespace {

namespace fs = std::filesystem;

constexpr int kQuietMilliseconds = 150; // an editor writes several files for one save

// How the plugin in this directory is built, or "".
std::string build_command()
{
    std::error_code error;
    if (fs::exists("Cargo.toml", error)) return "cargo build --release";
    if (!fs::exists("CMakeLists.txt", error)) return {};
    return fs::exists("build/CMakeCache.txt", error) ? "cmake --build build" : "cmake -B build && cmake --build build";
}

// Directories that hold what a build makes, or what a tool keeps.
bool is_skipped(const fs::path &name) { return name == "build" || name == "target" || name.string().starts_with('.'); }

bool is_source(std::string_view name)
{
    static const std::set<std::string, std::less<>> kEndings{".c",   ".cc", ".cpp",  ".cxx", ".h",    ".hh",
                                                             ".hpp", ".rs", ".toml", ".txt", ".cmake"};
    // The host itself sees to its configuration.
    return kEndings.count(fs::path(name).extension().string()) > 0 && name != "hawser.toml";
}

// All directories of sources below this one.
void watch_all(int notify)
{
    constexpr std::uint32_t kWhat = IN_CLOSE_WRITE | IN_MOVED_TO | IN_DELETE | IN_CREATE;
    ::inotify_add_watch(notify, ".", kWhat);
    std::error_code error;
    fs::recursive_directory_iterator each(".", fs::directory_options::skip_permission_denied, error), end;
    for (; !error && each != end; each.increment(error)) {
        if (!each->is_directory(error)) continue;
        if (is_skipped(each->path().filename()))
            each.disable_recursion_pending();
        else
            ::inotify_add_watch(notify, each->path().c_str(), kWhat);
    }
}

// Reads what has changed; true: a source.
bool read_changes(int notify)
{
    alignas(inotify_event) std::array<char, 16384> buffer;
    bool any = false;
    for (;;) {
        const ssize_t n = ::read(notify, buffer.data(), buffer.size());
        if (n <= 0) return any;
        for (const char *at = buffer.data(); at < buffer.data() + n;) {
            const auto &event = *reinterpret_cast<const inotify_event *>(at);
            const std::string_view name = event.len > 0 ? std::string_view(event.name) : std::string_view();
            if ((event.mask & IN_ISDIR) != 0 || (event.mask & IN_Q_OVERFLOW) != 0)
                watch_all(notify); // also those below it that came with it
            else if ((event.mask & IN_CREATE) == 0)
                any = any || is_source(name);
            at += sizeof(inotify_event) + event.len;
        }
    }
}

enum class Group { Ours, Own }; // Own: the terminal's Ctrl-C reaches it through this process alone, once

pid_t start(const std::vector<std::string> &words, Group group)
{
    const pid_t child = ::fork();
    if (child != 0) return child;
    ::prctl(PR_SET_PDEATHSIG, SIGTERM);
    if (group == Group::Own) ::setpgid(0, 0);
    sigset_t none;
    sigemptyset(&none);
    ::sigprocmask(SIG_SETMASK, &none, nullptr);
    std::vector<char *> arguments;
    for (const std::string &word : words) arguments.push_back(const_cast<char *>(word.c_str()));
    arguments.push_back(nullptr);
    ::execv(arguments[0], arguments.data());
    ::_exit(127);
}

int wait_for(pid_t child)
{
    int status = 0;
    while (::waitpid(child, &status, 0) < 0 && errno == EINTR) {}
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

bool build(const std::string &command, std::ostream &out)
{
    out << "hawser dev: " << command << std::endl;
    const pid_t child = start({"/bin/sh", "-c", command}, Group::Ours);
    const int status = child > 0 ? wait_for(child) : 127;
    if (status != 0)
        out << "hawser dev: the build failed with status " << status << "; what runs stays as it is" << std::endl;
    return status == 0;
}

// Until the host ends, or this is told to end: then the host is.
Status follow(pid_t host, int notify, int signals, const std::string &command, std::ostream &out)
{
    bool pending = false;
    bool again = false; // this build is for what changed during the last one: a build that writes sources would not end
    for (;;) {
        std::array<pollfd, 2> waits{{{signals, POLLIN, 0}, {notify, POLLIN, 0}}};
        const int ready = ::poll(waits.data(), waits.size(), pending ? kQuietMilliseconds : -1);
        if (ready < 0 && errno != EINTR) return Status::System;
        if (ready == 0) {
            build(command, out);
            pending = read_changes(notify) && !again;
            again = pending;
            continue;
        }
        if (waits[1].revents != 0) pending = read_changes(notify) || pending;
        signalfd_siginfo signal{};
        if (waits[0].revents == 0 || ::read(signals, &signal, sizeof signal) != sizeof signal) continue;
        int status = 0;
        if (signal.ssi_signo == SIGCHLD) {
            if (::waitpid(host, &status, WNOHANG) != host) continue;
            return static_cast<Status>(WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status));
        }
        ::kill(host, static_cast<int>(signal.ssi_signo));
    }
}

} // namespace

Status dev_command(const Arguments &arguments, const Surroundings &around)
{
    const std::string path = config_path(arguments);
    if (path.empty()) return no_config("dev", around);
    const std::string command = arguments.has("build") ? arguments.value("build") : build_command();
    if (command.empty()) {
        around.err << "hawser dev: expected CMakeLists.txt or Cargo.toml in this directory, got neither; say --build "
                      "COMMAND\n";
        return Status::NoFile;
    }
    const Fd notify(::inotify_init1(IN_NONBLOCK | IN_CLOEXEC));
    sigset_t ours;
    sigemptyset(&ours);
    for (const int signal : {SIGINT, SIGTERM, SIGHUP, SIGCHLD}) sigaddset(&ours, signal);
    ::sigprocmask(SIG_BLOCK, &ours, nullptr);
    const Fd signals(::signalfd(-1, &ours, SFD_CLOEXEC));
    if (!notify || !signals) {
        around.err << "hawser dev: the system has no descriptor left to watch files with\n";
        return Status::System;
    }
    watch_all(notify.get());
    if (!build(command, around.err)) return Status::PluginFailed;

    std::error_code error;
    std::vector<std::string> words{fs::read_symlink("/proc/self/exe", error).string(), "run", path, "--set",
                                   "host.watch=true"};
    for (const std::string &set : arguments.values("set")) words.insert(words.end(), {"--set", set});
    const pid_t host = start(words, Group::Own);
    if (host < 0) return Status::System;
    const Status status =
        follow(host, notify.get(), signals.get(), arguments.has("build") ? command : build_command(), around.err);
    ::kill(host, SIGTERM);
    return status;
}

} // namespace hawser::host
