// Tests: tests/system/supervision_test.cpp, tests/system/logs_test.cpp
#include "loop/loop.hpp"
#include "supervisor/limits.hpp"
#include "supervisor/privileges.hpp"
#include "supervisor/running_host.hpp"

#include <sys/stat.h>

#include <iterator>
#include <utility>

namespace hawser::host {
namespace {

// A host in the background has no standard error.
void look_for_stderr(const LogPlan &log, std::vector<Problem> &problems)
{
    const auto add = [&](const char *key, const std::string &expected) {
        const auto at = log.origin.options.find(key);
        problems.push_back({at != log.origin.options.end() ? at->second : Position(),
                            std::string("[log]: ") + key + ": expected " + expected + " with --daemon, got \"stderr\"",
                            "set [log] output, or run without --daemon"});
    };
    if (log.output == LogPlan::Output::Stderr) add("output", "a file, \"syslog\" or \"journald\"");
    if (log.access.format != AccessFormat::Off && log.access.path.empty()) add("access.output", "a file");
}

// Nor a standard input.
void look_for_stdio(const HostPlan &plan, std::vector<Problem> &problems)
{
    for (const CompartmentPlan &compartment : plan.compartments) {
        for (const ListenerPlan &listener : compartment.listeners) {
            for (std::size_t i = 0; i < listener.addresses.size(); ++i) {
                if (listener.addresses[i].scheme == Endpoint::Scheme::Stdio)
                    problems.push_back({listener.origins[i],
                                        "listener \"" + listener.name +
                                            "\": address: expected another address than \"stdio:\" with --daemon",
                                        "run without --daemon"});
            }
        }
    }
}

std::string describe_worker(const WorkerHandle &worker)
{
    return "generation " + std::to_string(worker.generation()) + " of compartment \"" + worker.plan()->name +
           "\" (pid " + std::to_string(worker.pid()) + ")";
}

Error first_of(const std::vector<BindFailure> &failures) { return failures.front().error; }

} // namespace

// What is right in itself but not for this host as it was started.
std::vector<Problem> RunningHost::impossible(const HostPlan &plan) const
{
    std::vector<Problem> problems = missing_privileges(plan);
    for (Problem &problem : impossible_limits(plan)) problems.push_back(std::move(problem));
    if (options_.daemon == nullptr) return problems;
    look_for_stderr(plan.log, problems);
    look_for_stdio(plan, problems);
    return problems;
}

void RunningHost::apply_umask(const HostPlan &plan) const
{
    const int mask = plan.compartments.front().rights.umask;
    ::umask(mask >= 0 ? static_cast<mode_t>(mask) : umask_);
}

void RunningHost::ask_reload(Answer reply, bool now)
{
    if (options_.single || ending_ || loaded_.plan->path.empty()) {
        const std::string why = ending_ ? "the host is stopping"
                                : options_.single
                                    ? "a host that was started with --single has no supervisor to reload it"
                                    : "a host without a configuration file has nothing to reload";
        log_.write(Level::Warning, "host", "reload_refused", {{"reason", why}});
        reply({ending_ ? Status::NotRunning : Status::Usage, "", {"reload: " + why}});
        return;
    }
    waiting_.push_back(std::move(reply));
    cuts_ = cuts_ || now;
    if (!reloading_ && (waits_for_.empty() || now)) begin_reload();
}

void RunningHost::refuse_waiting()
{
    waits_for_.clear();
    for (const auto &each : std::exchange(waiting_, {}))
        each({Status::NotRunning, "", {"reload: the host is stopping"}});
}

std::shared_ptr<RunningHost::Next> RunningHost::read_next() const
{
    auto next = std::make_shared<Next>();
    LoadRequest request = options_.load;
    request.find_plugins = [this, next = next.get()](const std::vector<std::string> &directories) {
        std::vector<FoundPlugin> found = options_.load.find_plugins(directories);
        next->staying = keep_those_before(found);
        return found;
    };
    next->loaded = load_config(request);
    return next;
}

std::optional<Reply> RunningHost::what_is_wrong(const Next &next) const
{
    Reply reply{next.loaded.status, "", {}};
    std::vector<Problem> problems;
    if (!next.loaded.plan) {
        problems = next.loaded.problems.sorted();
    } else {
        problems = impossible(*next.loaded.plan);
        if (problems.empty()) return std::nullopt;
        reply.status = Status::BadConfig;
    }
    for (const Problem &problem : problems) reply.problems.push_back(format_problem(next.loaded.sources, problem));
    return reply;
}

// What a reload would do now; nothing is started and no socket opened.
void RunningHost::plan_reload(const Answer &answer)
{
    if (options_.single || loaded_.plan->path.empty()) {
        answer({Status::Usage, "", {"reload: this host cannot be reloaded"}});
        return;
    }
    const auto next = read_next();
    if (const auto wrong = what_is_wrong(*next)) {
        answer(*wrong);
        return;
    }
    const auto change = prepare(*next);
    if (!change) {
        answer({change.error().status, "", {change.error().text}});
        return;
    }
    const WorkerHandle *oldest = fleet_->in_the_way(*change);
    answer({Status::Ok, plan_json(*change, oldest != nullptr ? describe_worker(*oldest) : ""), {}});
}

// With plugins copied and those in quarantine taken out: what would change.
Result<Change> RunningHost::prepare(Next &next)
{
    HostPlan &plan = *next.loaded.plan;
    if (auto stored = store_plugins(plan, next.staying); !stored) return std::move(stored.error());
    quarantine_.apply(plan);
    return fleet_->compare(plan, !(plan.log == loaded_.plan->log));
}

// One reload serves all who asked before it began to read the files.
void RunningHost::begin_reload()
{
    reloading_ = true;
    begun_at_ = monotonic_now();
    notifier_.reloading();
    const auto asked = std::make_shared<std::vector<Answer>>(std::exchange(waiting_, {}));
    const auto next = read_next();
    watch(next->loaded);
    if (const auto wrong = what_is_wrong(*next)) {
        log_.write(Level::Error, "host", "reload_refused",
                   {{"reason", "the configuration is wrong"},
                    {"problems", std::to_string(wrong->problems.size())},
                    {"first", wrong->problems.empty() ? "" : wrong->problems.front()}});
        refuse(*wrong, {}, asked);
        return;
    }
    try_change(next, asked);
}

void RunningHost::try_change(const std::shared_ptr<Next> &next, const Asked &asked)
{
    HostPlan &plan = *next->loaded.plan;
    const auto prepared = prepare(*next);
    if (!prepared) {
        refuse({prepared.error().status, "", {prepared.error().text}}, prepared.error().text, asked);
        return;
    }
    if (WorkerHandle *oldest = fleet_->in_the_way(*prepared); oldest != nullptr) {
        hold_reload(*oldest, asked);
        return;
    }
    if (!(plan.log == loaded_.plan->log)) {
        next->outputs.emplace();
        if (auto opened = next->outputs->open(plan.log, options_.daemon != nullptr); !opened) {
            refuse({opened.error().status, "", {opened.error().text}}, opened.error().text, asked);
            return;
        }
    }
    const auto failures = sockets_.open(plan);
    if (!failures.empty()) {
        const Error first = first_of(failures);
        Reply reply{first.status, "", {}};
        for (const BindFailure &failure : failures)
            reply.problems.push_back(format_problem(next->loaded.sources, {failure.at, failure.error.text, {}}));
        refuse(reply, first.text, asked);
        return;
    }
    fleet_->change(plan, fleet_settings(plan, next->or_else(outputs_)), generation_ + 1,
                   [this, next, asked](const Change &change) { finish_reload(next, change, asked); });
}

// As many generations of a compartment live as may: the files are read again when the oldest has ended.
void RunningHost::hold_reload(WorkerHandle &oldest, const Asked &asked)
{
    const std::string who = describe_worker(oldest);
    if (who != waits_for_)
        log_.write(Level::Warning, "host", "reload_waits",
                   {{"for", who}, {"connections", std::to_string(oldest.open_connections())}});
    waits_for_ = who;
    waiting_.insert(waiting_.begin(), std::make_move_iterator(asked->begin()), std::make_move_iterator(asked->end()));
    reloading_ = false;
    notifier_.ready("generation " + std::to_string(generation_) + " serves on: a reload waits for " + who);
    if (cuts_) oldest.stop();
}

void RunningHost::release_held()
{
    if (!waits_for_.empty() && !reloading_ && !ending_) begin_reload();
}

// `reason`: for the log, which has heard of it already if that is empty.
void RunningHost::refuse(const Reply &reply, const std::string &reason, const Asked &asked)
{
    if (!reason.empty()) log_.write(Level::Error, "host", "reload_refused", {{"reason", reason}});
    if (!ending_)
        notifier_.ready("generation " + std::to_string(generation_) + " serves on: the last reload was refused");
    for (const auto &each : *asked) each(reply);
    end_reload();
}

void RunningHost::end_reload()
{
    reloading_ = false;
    waits_for_.clear();
    cuts_ = cuts_ && !waiting_.empty(); // as those asked who came meanwhile
    if (!waiting_.empty()) ending_ ? refuse_waiting() : begin_reload();
}

void RunningHost::finish_reload(const std::shared_ptr<Next> &next, const Change &change, const Asked &asked)
{
    // How long those who asked wait for the old workers to drain; what takes longer goes on without them.
    constexpr std::uint64_t kDrainNews = 500'000'000;
    if (change.failed) {
        sockets_.keep_only(*loaded_.plan);
        const std::string text = describe_failure(*change.failed, *next->loaded.plan, next->loaded.sources);
        refuse({static_cast<Status>(change.failed->status), "", {text}}, text, asked);
        return;
    }
    take_over(*next);
    lift_quarantine();
    announce("reloaded");
    const std::uint64_t ms = (monotonic_now() - begun_at_) / 1'000'000;
    fleet_->watch_drain(kDrainNews, [asked, change, ms, generation = generation_,
                                     told = warnings(*next)](const std::vector<DrainNews> &drains) {
        for (const auto &each : *asked) each({Status::Ok, change_json(generation, ms, change, drains), told});
    });
    end_reload();
}

// What of the new configuration has no effect yet.
std::vector<std::string> RunningHost::warnings(const Next &next)
{
    std::vector<std::string> problems;
    for (const auto &[path, stays] : next.staying) {
        log_.write(Level::Warning, "host", "plugin_stays", {{"reason", stays.told}});
        problems.push_back(stays.told);
    }
    if (control_path() != control_path_) {
        log_.write(Level::Warning, "host", "control_stays", {{"socket", control_path_}, {"next", control_path()}});
        problems.push_back("[host]: control: takes effect at the next start; until then the socket is " +
                           control_path_);
    }
    const std::string state = loaded_.plan->state.empty() ? default_state_directory() : loaded_.plan->state;
    if (state != state_)
        problems.push_back("[host]: state: takes effect at the next start; until then plugins are copied to " + state_);
    return problems;
}

void RunningHost::take_over(Next &next)
{
    keep_plugins(*next.loaded.plan);
    loaded_ = std::move(next.loaded);
    ++generation_;
    if (stalls_) stalls_->set_limit(loaded_.plan->stall_limit_ns);
    apply_umask(*loaded_.plan);
    if (!next.outputs) return;
    log_.change(next.outputs->log());
    old_outputs_ = std::exchange(outputs_, std::move(*next.outputs));
    follow_daemon();
}

} // namespace hawser::host
