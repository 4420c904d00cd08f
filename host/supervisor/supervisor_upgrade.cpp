// Tests: tests/system/upgrade_test.cpp
// The upgrade to the program that is on disk now (decision 8): tried beside this one, then executed in its place, where
// it replaces the workers as a reload does. It goes back to the program before if that fails.
#include "base/version.hpp"
#include "loop/loop.hpp"
#include "seam/sealed.hpp"
#include "supervisor/running_host.hpp"
#include "supervisor/take_over.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <ostream>
#include <utility>

namespace hawser::host {
namespace {

constexpr std::uint64_t kMostTrial = 8'000'000'000;

} // namespace

// While its path is still its own.
void RunningHost::remember_binary()
{
    std::error_code error;
    binary_path_ = std::filesystem::read_symlink("/proc/self/exe", error).string();
    binary_.reset(::open("/proc/self/exe", O_RDONLY | O_CLOEXEC));
}

std::string RunningHost::why_no_upgrade() const
{
    if (ending_) return "the host is stopping";
    if (options_.single) return "a host that was started with --single has no supervisor to upgrade it";
    if (stdio_) return "a host that serves stdio: ends with its connection";
    if (!serves_) return "the host is starting";
    if (reloading_ || !waits_for_.empty()) return "a reload is in hand; ask again when it is done";
    return {};
}

void RunningHost::ask_upgrade(const ControlRequest &request)
{
    if (const std::string why = why_no_upgrade(); !why.empty()) {
        log_.write(Level::Warning, "host", "upgrade_refused", {{"reason", why}});
        request.reply({ending_ ? Status::NotRunning : Status::Usage, "", {"upgrade: " + why}});
        return;
    }
    upgrading_.push_back(request);
    if (trial_) return;
    if (auto begun = begin_upgrade(); !begun) refuse_upgrade(begun.error().text);
}

Result<void> RunningHost::begin_upgrade()
{
    begun_at_ = monotonic_now();
    next_binary_.reset(::open(binary_path_.c_str(), O_RDONLY | O_CLOEXEC));
    if (!next_binary_) return system_error(binary_path_, errno);
    struct stat status {};
    if (::fstat(next_binary_.get(), &status) != 0 || !S_ISREG(status.st_mode) || (status.st_mode & 0111) == 0)
        return Error{Status::System, binary_path_ + ": expected an executable file"};
    const auto bytes = write_sealed("hawser-state", encode_state(state()));
    if (!bytes) return bytes.error();
    log_.write(Level::Info, "host", "upgrade_begins", {{"program", binary_path_}});
    auto trial =
        Trial::start(events_, next_binary_.get(), bytes->get(), std::min(loaded_.plan->start_timeout_ns, kMostTrial),
                     [this](const TrialVerdict &verdict) { trial_ended(verdict); });
    if (!trial) return std::move(trial.error());
    trial_ = std::move(*trial);
    return {};
}

void RunningHost::trial_ended(const TrialVerdict &verdict)
{
    events_.post([trial = std::shared_ptr<Trial>(std::move(trial_))] {}); // it is in a call
    if (const std::string why = why_no_upgrade(); !why.empty()) {
        refuse_upgrade(why);
        return;
    }
    if (!verdict.passed) {
        refuse_upgrade(binary_path_ + ": " + verdict.why);
        return;
    }
    notifier_.reloading();
    log_.flush();
    const Error failed = take_my_place(next_binary_.get(), state());
    notifier_.ready("generation " + std::to_string(generation_) + " serves on: the upgrade was refused");
    refuse_upgrade(binary_path_ + ": " + failed.text);
}

void RunningHost::refuse_upgrade(const std::string &why)
{
    next_binary_.reset();
    log_.write(Level::Error, "host", "upgrade_refused", {{"reason", why}});
    tell_upgraded({Status::PluginFailed, "", {"upgrade: " + why}});
}

void RunningHost::tell_upgraded(const Reply &reply)
{
    for (const ControlRequest &each : std::exchange(upgrading_, {})) each.reply(reply);
}

HostState RunningHost::state() const
{
    HostState state;
    state.version = kHostVersion;
    state.generation = generation_;
    state.started_at = started_at_;
    state.begun_at = begun_at_;
    state.previous = binary_.get();
    state.umask = umask_;
    state.groups = sockets_.leave();
    state.workers = fleet_->leave();
    state.inherited = options_.inherited.descriptors();
    state.control = control_->leave();
    state.control_path = control_path_;
    state.pidfile = pidfile_.file();
    state.pidfile_path = pidfile_.path();
    state.notify = options_.before ? options_.before->notify : options_.notify;
    for (const ControlRequest &each : upgrading_) {
        if (const int socket = control_->socket_of(each.peer); socket >= 0) state.waiters.push_back({socket, each.id});
    }
    return state;
}

// What the program before this one left, in the place of what is opened at a start.
Result<void> RunningHost::adopt_outside()
{
    const HostState &before = *options_.before;
    generation_ = before.generation;
    if (before.pidfile >= 0) pidfile_.adopt(before.pidfile_path, Fd(before.pidfile));
    control_path_ = before.control_path;
    control_->adopt(control_path_, Fd(before.control));
    for (const HostState::Waiter &waiter : before.waiters) {
        ControlRequest &request = upgrading_.emplace_back();
        request.verb = "upgrade";
        request.id = waiter.id;
        request.peer = control_->adopt_peer(Fd(waiter.socket));
        request.reply = control_->replier(request.peer, waiter.id);
    }
    sockets_.adopt(before.groups);
    return {};
}

void RunningHost::resume()
{
    const HostState &before = *options_.before;
    if (auto adopted = fleet_->adopt(before.workers, before.failure.empty()); !adopted) {
        go_back(adopted.error().status, adopted.error().text);
        return;
    }
    if (before.failure.empty()) {
        fleet_->change(*loaded_.plan, fleet_settings(*loaded_.plan, outputs_), generation_ + 1,
                       [this](const Change &change) { resumed(change); });
        return;
    }
    // Back again: those that served serve on.
    serves_ = true;
    // The copies of plugins stay: those of the workers may be other ones than the configuration names now.
    watch(loaded_);
    stalls_.emplace(events_, *fleet_, log_, loaded_.plan->stall_limit_ns);
    fleet_->start_missing(*loaded_.plan, generation_);
    log_.write(Level::Error, "host", "upgrade_undone",
               {{"reason", before.failure}, {"version", kHostVersion}, {"from", before.version}});
    notifier_.ready("generation " + std::to_string(generation_) + " serves on: the upgrade was undone");
    tell_upgraded({static_cast<Status>(before.failure_status), "", {"upgrade: " + before.failure}});
}

void RunningHost::resumed(const Change &change)
{
    if (ending_) return;
    if (change.failed) {
        go_back(static_cast<Status>(change.failed->status),
                "the new program runs, but its workers do not: " +
                    describe_failure(*change.failed, *loaded_.plan, loaded_.sources));
        return;
    }
    ++generation_;
    log_.write(Level::Info, "host", "upgraded", {{"version", kHostVersion}, {"from", options_.before->version}});
    first_change(change);
    tell_upgraded({Status::Ok, upgrade_json(options_.before->version, generation_), {}});
}

// Returns only if the program before cannot be executed any more: then this one goes on with its workers.
void RunningHost::go_back(Status status, const std::string &why)
{
    HostState back = fleet_ ? state() : *options_.before;
    back.version = kHostVersion;
    back.failure = why;
    back.failure_status = static_cast<std::int32_t>(status);
    log_.flush();
    const Error failed = take_my_place(options_.before->previous, back);
    log_.write(Level::Error, "host", "upgrade_not_undone", {{"reason", why}, {"error", failed.text}});
    serves_ = true;
    tell_upgraded({status, "", {"upgrade: " + why}});
}

void go_back_unread(const SupervisorOptions &options, const std::string &why, std::ostream &err)
{
    err << why << std::flush;
    HostState back = *options.before;
    if (back.failure.empty()) {
        back.version = kHostVersion;
        back.failure = "the configuration cannot be used any more: " + why;
        back.failure_status = static_cast<std::int32_t>(Status::BadConfig);
        const Error failed = take_my_place(back.previous, back);
        err << "hawser: " << failed.text << '\n' << std::flush;
    }
    constexpr int kAgainMs = 1000; // the workers serve meanwhile
    ::poll(nullptr, 0, kAgainMs);
}

} // namespace hawser::host
