#include "process.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <stdexcept>

namespace hawser::test {
namespace {

using Clock = std::chrono::steady_clock;

void make_pipe(int (&ends)[2])
{
    if (::pipe2(ends, O_CLOEXEC) != 0) throw std::runtime_error("pipe2");
}

[[noreturn]] void become(const std::vector<std::string> &arguments, const ProcessOptions &options, int in, int out,
                         int err, const std::string &state)
{
    ::dup2(in, 0);
    ::dup2(out, 1);
    ::dup2(err, 2);
    if (!options.directory.empty() && ::chdir(options.directory.c_str()) != 0) ::_exit(126);
    ::setenv("STATE_DIRECTORY", state.c_str(), 0);
    for (const auto &[name, value] : options.variables) ::setenv(name.c_str(), value.c_str(), 1);
    if (options.descriptors > 0) {
        const rlimit limit{options.descriptors, options.descriptors};
        ::setrlimit(RLIMIT_NOFILE, &limit);
    }
    std::vector<char *> argv;
    for (const std::string &argument : options.wrapper) argv.push_back(const_cast<char *>(argument.c_str()));
    for (const std::string &argument : arguments) argv.push_back(const_cast<char *>(argument.c_str()));
    argv.push_back(nullptr);
    ::execvp(argv[0], argv.data());
    ::_exit(127);
}

} // namespace

TempDir::TempDir()
{
    char name[] = "/tmp/hawser-test-XXXXXX";
    if (::mkdtemp(name) == nullptr) throw std::runtime_error("mkdtemp");
    path_ = name;
}

TempDir::~TempDir()
{
    std::error_code error;
    std::filesystem::remove_all(path_, error);
}

std::string TempDir::write(const std::string &name, const std::string &text) const
{
    std::string path = *this / name;
    std::filesystem::create_directories(std::filesystem::path(path).parent_path());
    std::ofstream(path, std::ios::binary) << text;
    return path;
}

std::string content(const std::string &path)
{
    std::ifstream in(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
}

Process::Process(const std::vector<std::string> &arguments, const ProcessOptions &options)
{
    // The machine's own is none of the tests'. Workers of other users load from it too.
    static const TempDir kState;
    std::filesystem::permissions(kState.path(), std::filesystem::perms(0755));
    int in[2], out[2], err[2];
    make_pipe(in);
    make_pipe(out);
    make_pipe(err);
    pid_ = ::fork();
    if (pid_ == 0) become(arguments, options, in[0], out[1], err[1], kState.path());
    ::close(in[0]);
    ::close(out[1]);
    ::close(err[1]);
    in_ = in[1];
    out_fd_ = out[0];
    err_fd_ = err[0];
}

Process::Process(Process &&other) noexcept { *this = std::move(other); }

Process &Process::operator=(Process &&other) noexcept
{
    std::swap(pid_, other.pid_);
    std::swap(in_, other.in_);
    std::swap(out_fd_, other.out_fd_);
    std::swap(err_fd_, other.err_fd_);
    std::swap(status_, other.status_);
    std::swap(out_, other.out_);
    std::swap(err_, other.err_);
    return *this;
}

Process::~Process()
{
    if (pid_ > 0 && status_ == -1) {
        ::kill(pid_, SIGKILL);
        ::waitpid(pid_, nullptr, 0);
    }
    for (const int fd : {in_, out_fd_, err_fd_}) {
        if (fd >= 0) ::close(fd);
    }
}

void Process::signal(int number) const
{
    if (pid_ > 0 && status_ == -1) ::kill(pid_, number); // its number is another's once it was waited for
}

void Process::close_input()
{
    if (in_ >= 0) ::close(in_);
    in_ = -1;
}

// False: both outputs have ended, or nothing came in time.
bool Process::read_some(std::chrono::milliseconds deadline)
{
    pollfd fds[2] = {{out_fd_, POLLIN, 0}, {err_fd_, POLLIN, 0}};
    if (::poll(fds, 2, static_cast<int>(deadline.count())) <= 0) return false;
    bool open = false;
    for (int i = 0; i < 2; ++i) {
        if (fds[i].fd < 0 || fds[i].revents == 0) {
            open = open || fds[i].fd >= 0;
            continue;
        }
        char buffer[65536];
        const ssize_t n = ::read(fds[i].fd, buffer, sizeof buffer);
        if (n > 0) {
            (i == 0 ? out_ : err_).append(buffer, static_cast<std::size_t>(n));
            open = true;
        } else {
            ::close(fds[i].fd);
            (i == 0 ? out_fd_ : err_fd_) = -1;
        }
    }
    return open;
}

bool Process::wait_for_text(const std::string &output, const std::string &text, std::chrono::milliseconds deadline)
{
    const auto end = Clock::now() + deadline;
    while (output.find(text) == std::string::npos) {
        const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(end - Clock::now());
        if (left.count() <= 0 || !read_some(left)) return output.find(text) != std::string::npos;
    }
    return true;
}

bool Process::wait_for_output_text(const std::string &text, std::chrono::milliseconds deadline)
{
    return wait_for_text(out_, text, deadline);
}

bool Process::wait_for_error_text(const std::string &text, std::chrono::milliseconds deadline)
{
    return wait_for_text(err_, text, deadline);
}

int Process::wait(std::chrono::milliseconds deadline)
{
    if (status_ != -1) return status_;
    close_input();
    const auto end = Clock::now() + deadline;
    for (;;) {
        // Output ends with the process, unless a child of its own holds it: so both are looked at.
        int status = 0;
        if (::waitpid(pid_, &status, WNOHANG) == pid_) {
            status_ = WIFSIGNALED(status) ? 1000 + WTERMSIG(status) : WEXITSTATUS(status);
            while ((out_fd_ >= 0 || err_fd_ >= 0) && read_some(std::chrono::milliseconds(50))) {}
            return status_;
        }
        if (Clock::now() > end) return -1;
        if (out_fd_ >= 0 || err_fd_ >= 0)
            read_some(std::chrono::milliseconds(5));
        else
            ::poll(nullptr, 0, 5);
    }
}

std::string open_copy(const std::string &directory)
{
    namespace fs = std::filesystem;
    static std::map<std::string, TempDir> copies;
    constexpr auto kOthers = fs::perms::others_exec;
    bool is_open = true;
    for (fs::path path = directory; path != path.root_path(); path = path.parent_path())
        is_open = is_open && (fs::status(path).permissions() & kOthers) != fs::perms::none;
    if (is_open) return directory;
    const auto [copy, is_new] = copies.try_emplace(directory);
    const fs::path to = copy->second.path();
    if (!is_new) return to.string();
    fs::permissions(to, fs::perms::others_exec | fs::perms::others_read, fs::perm_options::add);
    for (const auto &each : fs::directory_iterator(directory)) {
        if (each.is_regular_file()) fs::copy_file(each.path(), to / each.path().filename());
    }
    return to.string();
}

bool has_mount_namespaces()
{
    static const bool has = ::geteuid() == 0 && run({"unshare", "--mount", "true"}).status == 0;
    return has;
}

Ended run(const std::vector<std::string> &arguments, const ProcessOptions &options)
{
    Process process(arguments, options);
    Ended ended;
    ended.status = process.wait();
    ended.out = process.out();
    ended.err = process.err();
    return ended;
}

} // namespace hawser::test
