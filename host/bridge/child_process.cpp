// Tests: tests/unit/bridge/process_test.cpp
#include "bridge/child_process.hpp"

#include "bridge/crumbs.hpp"
#include "bridge/host_face.hpp"

#include <sys/epoll.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <memory>
#include <utility>

namespace hawser::host {
namespace {

constexpr std::size_t kReadSize = 65536, kMostLine = 2048;
constexpr unsigned kGraceSteps = 8;
constexpr unsigned kWaitByDescriptor = 3; // P_PIDFD, which glibc 2.36 has not in every mode

std::array<char, kReadSize> &buffer()
{
    thread_local std::array<char, kReadSize> bytes;
    return bytes;
}

} // namespace

bool ChildProcess::End::add(std::uint32_t events)
{
    events_ = events;
    in_set_ = owner_.face_.loop().add(fd.get(), events, this).ok();
    return in_set_;
}

// Out of the set where nothing is wanted: the end of a pipe is always reported while it is in.
void ChildProcess::End::want(std::uint32_t events)
{
    if (!fd || events == events_) return;
    events_ = events;
    if (events == 0) {
        owner_.face_.loop().remove(fd.get());
        in_set_ = false;
    } else if (in_set_) {
        owner_.face_.loop().modify(fd.get(), events, this);
    } else {
        add(events);
    }
}

void ChildProcess::End::close()
{
    if (!fd) return;
    if (in_set_) owner_.face_.loop().remove(fd.get());
    in_set_ = false;
    fd.reset();
}

ChildProcess::ChildProcess(LoopFace &face, Owner owner, StartedChild started)
    : hawser_conn{&kApi}
    , face_(face)
    , owner_(std::move(owner))
    , pid_(started.pid)
    , process_(*this, &ChildProcess::ended)
    , input_(*this, &ChildProcess::write_input)
    , output_(*this, &ChildProcess::read_output)
    , errors_(*this, &ChildProcess::read_errors)
{
    process_.fd = std::move(started.process);
    input_.fd = std::move(started.input);
    output_.fd = std::move(started.output);
    errors_.fd = std::move(started.errors);
    exit_.struct_size = sizeof exit_;
    exit_.code = -1;
    face_.enter(*this);
}

ChildProcess::~ChildProcess()
{
    if (!over_) let_go();
}

void ChildProcess::let_go()
{
    over_ = true;
    kept_ = {};
    face_.loop().timers().cancel(&timer_);
    face_.loop().timers().cancel(&grace_);
    drop_queue();
    // Before it is waited for nobody else has its number; what it left in its group goes with it.
    ::kill(-pid_, SIGKILL);
    siginfo_t info{};
    ::waitid(static_cast<idtype_t>(kWaitByDescriptor), static_cast<id_t>(process_.fd.get()), &info, WEXITED | WNOHANG);
    for (End *end : {&process_, &input_, &output_, &errors_}) end->close();
    face_.leave(*this);
}

bool ChildProcess::begin()
{
    if (!process_.add(EPOLLIN) || !output_.add(EPOLLIN) || (errors_.fd && !errors_.add(EPOLLIN))) {
        ::kill(-pid_, SIGKILL);
        siginfo_t info{};
        ::waitid(static_cast<idtype_t>(kWaitByDescriptor), static_cast<id_t>(process_.fd.get()), &info,
                 WEXITED | WNOWAIT); // the destructor takes it
        return false;
    }
    opens_ = true;
    later(Later::Open);
    return true;
}

void ChildProcess::later(Later what)
{
    const auto run = [](const Task &task) {
        auto &self = *static_cast<ChildProcess *>(task.first);
        switch (static_cast<Later>(task.number)) {
        case Later::Open:
            self.open();
            break;
        case Later::Give:
            self.gives_ = false;
            self.give(nullptr, 0);
            break;
        case Later::End:
            self.conclude();
            break;
        }
    };
    face_.loop().post({run, this, nullptr, nullptr, static_cast<std::uint64_t>(what)});
}

void ChildProcess::abort()
{
    ::kill(-pid_, SIGKILL);
    reason_ = HAWSER_CANCELLED;
    closing_ = true;
    if (!std::exchange(concluding_, true)) later(Later::End); // whoever is left of this host waits for it
}

std::int32_t ChildProcess::signal(int number)
{
    if (exited_) return HAWSER_NOT_FOUND;
    if (number <= 0 || number >= NSIG) return HAWSER_INVALID;
    return ::kill(-pid_, number) == 0 ? HAWSER_OK : HAWSER_NOT_FOUND;
}

void ChildProcess::open()
{
    if (!std::exchange(opens_, false) || closing_) return;
    if (owner_.session->on_open != nullptr)
        call(crumb::kSessionOpen, [&] { owner_.session->on_open(owner_.self, this); });
    give(nullptr, 0);
}

void ChildProcess::read_output(std::uint32_t)
{
    if (opens_ || gives_) return; // what was left comes first
    auto &bytes = buffer();
    const ssize_t n = ::read(output_.fd.get(), bytes.data(), bytes.size());
    if (n > 0) {
        if (!closing_) give(bytes.data(), static_cast<std::size_t>(n));
    } else if (n == 0 || (errno != EAGAIN && errno != EINTR)) {
        output_.close();
        end_output();
    }
}

// New bytes after what was left, or with null what was left again.
void ChildProcess::give(const char *data, std::size_t n)
{
    const bool fresh = kept_.empty();
    if (!fresh && data != nullptr) kept_.append(data, n);
    const std::string_view all = fresh ? std::string_view(data, n) : std::string_view(kept_);
    if (!all.empty() && !paused_ && !closing_) {
        std::size_t used = all.size();
        if (owner_.session->on_data != nullptr) {
            call(crumb::kSessionData, [&] { used = owner_.session->on_data(owner_.self, {all.data(), all.size()}); });
        }
        used = std::min(used, all.size());
        std::string left(all.substr(used));
        kept_ = closing_ ? std::string() : std::move(left);
        if (kept_.size() >= HAWSER_INPUT_MAX && !paused_) return fail(HAWSER_LIMIT);
    }
    end_output();
}

void ChildProcess::end_output()
{
    if (output_.fd || paused_ || gives_ || opens_) return settle();
    if (!closing_ && !std::exchange(told_end_, true)) {
        kept_.clear();
        if (owner_.session->on_eof == nullptr)
            close(HAWSER_CLOSE);
        else
            call(crumb::kSessionEof, [&] { owner_.session->on_eof(owner_.self); });
    }
    settle();
}

void ChildProcess::read_errors(std::uint32_t)
{
    auto &bytes = buffer();
    const ssize_t n = ::read(errors_.fd.get(), bytes.data(), bytes.size());
    if (n > 0) {
        say_errors({bytes.data(), static_cast<std::size_t>(n)});
    } else if (n == 0 || (errno != EAGAIN && errno != EINTR)) {
        errors_.close();
        if (!line_.empty()) say_errors("\n");
        settle();
    }
}

void ChildProcess::say_errors(std::string_view data)
{
    if (owner_.errors == HAWSER_ERRORS_CALL) {
        if (closing_ || owner_.events == nullptr || owner_.events->on_errors == nullptr) return;
        call(crumb::kProcess + 2, [&] { owner_.events->on_errors(owner_.self, {data.data(), data.size()}); });
        return;
    }
    for (const char c : data) {
        if (c != '\n' && line_.size() < kMostLine) {
            line_ += c;
            continue;
        }
        face_.host().log().write(Level::Warning, owner_.name, "child_said",
                                 {{"pid", std::to_string(pid_)}, {"line", line_}});
        line_.clear();
        if (c != '\n') line_ += c;
    }
}

void ChildProcess::ended(std::uint32_t)
{
    siginfo_t info{};
    // Its number stays its own until the end of this.
    const int found = ::waitid(static_cast<idtype_t>(kWaitByDescriptor), static_cast<id_t>(process_.fd.get()), &info,
                               WEXITED | WNOHANG | WNOWAIT);
    if (found == 0 && info.si_pid == 0) return;
    exited_ = true;
    process_.want(0);
    if (info.si_code == CLD_EXITED) exit_.code = info.si_status;
    if (info.si_code == CLD_KILLED || info.si_code == CLD_DUMPED) exit_.signal = info.si_status;
    exit_.dumped = info.si_code == CLD_DUMPED ? 1 : 0;
    if (owner_.events != nullptr && owner_.events->on_exit != nullptr)
        call(crumb::kProcess + 1, [&] { owner_.events->on_exit(owner_.self, &exit_); });
    settle();
}

void ChildProcess::fail(std::int32_t reason)
{
    close(HAWSER_ABORT);
    reason_ = reason;
}

void ChildProcess::close(std::uint32_t how)
{
    if (concluding_) return;
    if (how == HAWSER_SHUTDOWN) return end_input();
    if (how == HAWSER_ABORT) {
        drop_queue();
        end_input();
        ::kill(-pid_, SIGKILL);
        reason_ = HAWSER_CANCELLED;
    } else if (!closing_) {
        end_input();
        reason_ = HAWSER_OK;
        wait_grace();
    }
    closing_ = true;
    kept_.clear();
    if (exited_) later(Later::Give); // never from inside
    if (output_.fd && !gives_) output_.want(EPOLLIN);
}

// A grace passes in steps, each at least so long: when the machine stood still for a while, the program did too, and
// that counts as one of them.
void ChildProcess::wait_grace()
{
    const auto over = [](void *who) { static_cast<ChildProcess *>(who)->grace_passes(); };
    face_.loop().timers().start(face_.loop().now() + owner_.grace / kGraceSteps, over, this, &grace_);
}

void ChildProcess::grace_passes()
{
    ++steps_;
    if (steps_ == kGraceSteps) ::kill(-pid_, SIGTERM);
    if (steps_ == 2 * kGraceSteps)
        ::kill(-pid_, SIGKILL);
    else
        wait_grace();
}

void ChildProcess::timer_due()
{
    if (closing_) return;
    if (owner_.session->on_timer == nullptr)
        close(HAWSER_CLOSE);
    else
        call(crumb::kSessionTimer, [&] { owner_.session->on_timer(owner_.self); });
}

// All is over: it has ended, and so have its pipes, or nobody wants to hear of them.
void ChildProcess::settle()
{
    if (!exited_ || concluding_) return;
    const bool all_heard = !output_.fd && !errors_.fd && kept_.empty() && told_end_;
    if (!closing_ && !all_heard) return;
    concluding_ = true;
    later(Later::End);
}

void ChildProcess::conclude()
{
    drop_queue();
    const hawser_session *session = owner_.session;
    if (session->on_close != nullptr)
        call(crumb::kSessionClose, [&] { session->on_close(owner_.self, reason_, {nullptr, 0}); });
    let_go();
    face_.rest({this, [](LoopFace &, void *which) { delete static_cast<ChildProcess *>(which); }});
}

} // namespace hawser::host
