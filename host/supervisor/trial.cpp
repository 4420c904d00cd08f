// Tests: tests/system/upgrade_test.cpp
#include "supervisor/trial.hpp"

#include "seam/sealed.hpp"
#include "supervisor/culprit.hpp"
#include "supervisor/host_state.hpp"
#include "supervisor/rehearsal.hpp"
#include "supervisor/spawn.hpp"
#include "supervisor/supervisor.hpp"
#include "supervisor/take_over.hpp"

#include <fcntl.h>
#include <linux/close_range.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <ostream>
#include <string_view>
#include <utility>

namespace hawser::host {
namespace {

constexpr std::string_view kPassed = "this program can take over\n";
constexpr std::size_t kMostWords = 16384;
constexpr int kStateFd = 3;

// Between fork and exec: only what is safe after fork in a program with threads.
[[noreturn]] void become_trial(int binary, int state, int words, const Execution &how)
{
    ::setpgid(0, 0);
    const int self = ::fcntl(binary, F_DUPFD_CLOEXEC, 64), passed = ::fcntl(state, F_DUPFD_CLOEXEC, 64);
    const int null = ::open("/dev/null", O_RDONLY);
    ::dup2(null, STDIN_FILENO);
    ::dup2(words, STDOUT_FILENO);
    ::dup2(words, STDERR_FILENO);
    ::dup2(passed, kStateFd);
    ::syscall(SYS_close_range, kStateFd + 1, ~0U, CLOSE_RANGE_CLOEXEC);
    for (int signal = 1; signal < NSIG; ++signal) ::signal(signal, SIG_DFL);
    sigset_t none;
    ::sigemptyset(&none);
    ::sigprocmask(SIG_SETMASK, &none, nullptr);
    ::syscall(SYS_execveat, self, "", how.arguments.data(), how.environment.data(), AT_EMPTY_PATH);
    const std::string_view failed = "it cannot be executed\n";
    [[maybe_unused]] const auto told = ::write(STDERR_FILENO, failed.data(), failed.size());
    ::_exit(static_cast<int>(Status::System));
}

std::string trimmed(std::string text)
{
    while (!text.empty() && (text.back() == '\n' || text.back() == ' ')) text.pop_back();
    return text;
}

} // namespace

Result<std::unique_ptr<Trial>> Trial::start(Events &events, int binary, int state, std::uint64_t timeout_ns,
                                            std::function<void(const TrialVerdict &)> told)
{
    std::array<int, 2> ends{};
    if (::pipe2(ends.data(), O_CLOEXEC) != 0) return system_error("cannot make a pipe", errno);
    Fd words(ends[0]);
    const Fd theirs(ends[1]);
    ::fcntl(words.get(), F_SETFL, O_NONBLOCK);
    const Execution how(
        {std::string(kStateVariable) + '=' + std::to_string(kStateFd), std::string(kTrialVariable) + "=1"});
    auto spawned = spawn([&] { become_trial(binary, state, theirs.get(), how); });
    if (!spawned) return std::move(spawned.error());
    const int pid = spawned->pid;
    std::unique_ptr<Trial> trial(
        new Trial(events, pid, std::move(spawned->process), std::move(words), std::move(told)));
    trial->on_late_ = events.after(timeout_ns, [it = trial.get()] {
        it->late_ = true;
        it->end_group();
    });
    return trial;
}

Trial::Trial(Events &events, int pid, Fd process, Fd words, std::function<void(const TrialVerdict &)> told)
    : events_(events)
    , pid_(pid)
    , process_(std::move(process))
    , words_(std::move(words))
    , told_(std::move(told))
{
    on_end_ = events_.on_readable(process_.get(), [this] { ended(); });
    on_words_ = events_.on_readable(words_.get(), [this] { hear(); });
}

Trial::~Trial()
{
    events_.cancel(on_end_);
    events_.cancel(on_words_);
    events_.cancel(on_late_);
    if (reaped_) return;
    end_group();
    while (::waitpid(pid_, nullptr, 0) < 0 && errno == EINTR) {}
}

// Its workers are groups of their own, and end when it does.
void Trial::end_group() { ::kill(-pid_, SIGKILL); }

void Trial::hear()
{
    std::array<char, 4096> buffer;
    const ssize_t n = ::read(words_.get(), buffer.data(), buffer.size());
    if (n < 0 && (errno == EAGAIN || errno == EINTR)) return;
    if (n <= 0) {
        events_.cancel(on_words_);
        return;
    }
    said_.append(buffer.data(), static_cast<std::size_t>(n));
    if (said_.size() > kMostWords) said_.erase(0, said_.size() - kMostWords);
}

void Trial::ended()
{
    while (on_words_ != 0) {
        const std::size_t before = said_.size();
        hear();
        if (said_.size() == before) break;
    }
    int status = 0;
    while (::waitpid(pid_, &status, 0) < 0 && errno == EINTR) {}
    reaped_ = true;
    events_.cancel(on_end_);
    events_.cancel(on_late_);
    TrialVerdict verdict;
    verdict.passed = !late_ && WIFEXITED(status) && WEXITSTATUS(status) == 0 && said_.ends_with(kPassed);
    const std::string words = trimmed(said_);
    if (late_) {
        verdict.why = "it did not say in time whether it can";
    } else if (!verdict.passed) {
        const WorkerEnd end = WIFSIGNALED(status) ? WorkerEnd{WTERMSIG(status), 0} : WorkerEnd{0, WEXITSTATUS(status)};
        verdict.why = "it ended with " + describe(end);
    }
    if (!verdict.passed && !words.empty()) verdict.why += ": " + words;
    const auto told = std::move(told_);
    told(verdict); // may destroy this
}

Status try_to_take_over(const Loaded &loaded, int state, std::ostream &out, std::ostream &err)
{
    const auto bytes = read_sealed(state);
    if (!bytes) {
        err << bytes.error().text << '\n';
        return bytes.error().status;
    }
    if (const auto decoded = decode_state(*bytes); !decoded) {
        err << decoded.error().text << '\n';
        return decoded.error().status;
    }
    if (!loaded.plan) {
        err << describe_problems(loaded);
        return loaded.status;
    }
    const Rehearsed rehearsed = rehearse(*loaded.plan);
    for (const Problem &problem : rehearsed.problems) err << format_problem(loaded.sources, problem);
    if (rehearsed.status == Status::Ok) out << kPassed << std::flush;
    return rehearsed.status;
}

} // namespace hawser::host
