// Tests: tests/system/supervision_test.cpp, tests/system/logs_test.cpp
#include "loop/loop.hpp"
#include "supervisor/privileges.hpp"
#include "supervisor/running_host.hpp"

#include <sys/stat.h>

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

Error first_of(const std::vector<BindFailure> &failures) { return failures.front().error; }

} // namespace

// What is right in itself but not for this host as it was started.
std::vector<Problem> RunningHost::impossible(const HostPlan &plan) const
{
    std::vector<Problem> problems = missing_privileges(plan);
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

void RunningHost::ask_reload(Answer reply)
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
    if (!reloading_) begin_reload();
}

void RunningHost::refuse_waiting()
{
    for (const auto &each : std::exchange(waiting_, {}))
        each({Status::NotRunning, "", {"reload: the host is stopping"}});
}

// One reload serves all who asked before it began to read the files.
void RunningHost::begin_reload()
{
    reloading_ = true;
    begun_at_ = monotonic_now();
    notifier_.reloading();
    auto asked = std::make_shared<std::vector<Answer>>(std::exchange(waiting_, {}));
    const auto answer = [this, asked](const Reply &reply) {
        if (reply.status != Status::Ok && !ending_)
            notifier_.ready("generation " + std::to_string(generation_) + " serves on: the last reload was refused");
        for (const auto &each : *asked) each(reply);
        reloading_ = false;
        if (!waiting_.empty()) ending_ ? refuse_waiting() : begin_reload();
    };
    auto next = std::make_shared<Next>();
    LoadRequest request = options_.load;
    request.find_plugins = [this, next = next.get()](const std::vector<std::string> &directories) {
        std::vector<FoundPlugin> found = options_.load.find_plugins(directories);
        next->staying = keep_those_before(found);
        return found;
    };
    next->loaded = load_config(request);
    watch(next->loaded);
    if (!next->loaded.plan) {
        refuse(next->loaded.sources, next->loaded.problems.sorted(), next->loaded.status, answer);
    } else if (const auto problems = impossible(*next->loaded.plan); !problems.empty()) {
        refuse(next->loaded.sources, problems, Status::BadConfig, answer);
    } else {
        try_change(next, answer);
    }
}

void RunningHost::try_change(const std::shared_ptr<Next> &next, const Answer &answer)
{
    HostPlan &plan = *next->loaded.plan;
    const auto refused = [this, &answer](const Error &error, std::vector<std::string> problems) {
        log_.write(Level::Error, "host", "reload_refused", {{"reason", error.text}});
        answer({error.status, "", std::move(problems)});
    };
    if (auto stored = store_plugins(plan, next->staying); !stored) {
        refused(stored.error(), {stored.error().text});
        return;
    }
    if (!(plan.log == loaded_.plan->log)) {
        next->outputs.emplace();
        if (auto opened = next->outputs->open(plan.log, options_.daemon != nullptr); !opened) {
            refused(opened.error(), {opened.error().text});
            return;
        }
    }
    const auto failures = sockets_.open(plan);
    if (!failures.empty()) {
        std::vector<std::string> problems;
        for (const BindFailure &failure : failures)
            problems.push_back(format_problem(next->loaded.sources, {failure.at, failure.error.text, {}}));
        refused(first_of(failures), std::move(problems));
        return;
    }
    fleet_->change(plan, fleet_settings(plan, next->or_else(outputs_)), generation_ + 1,
                   [this, next, answer](const Change &change) { finish_reload(next, change, answer); });
}

void RunningHost::refuse(const Sources &sources, const std::vector<Problem> &problems, Status status,
                         const Answer &answer)
{
    Reply reply{status, "", {}};
    for (const Problem &problem : problems) reply.problems.push_back(format_problem(sources, problem));
    log_.write(Level::Error, "host", "reload_refused",
               {{"reason", "the configuration is wrong"},
                {"problems", std::to_string(reply.problems.size())},
                {"first", reply.problems.empty() ? "" : reply.problems.front()}});
    answer(reply);
}

void RunningHost::finish_reload(const std::shared_ptr<Next> &next, const Change &change, const Answer &answer)
{
    if (change.failed) {
        sockets_.keep_only(*loaded_.plan);
        const std::string text = describe_failure(*change.failed, *next->loaded.plan, next->loaded.sources);
        log_.write(Level::Error, "host", "reload_refused", {{"reason", text}});
        answer({static_cast<Status>(change.failed->status), "", {text}});
        return;
    }
    take_over(*next);
    announce("reloaded");
    Reply reply{Status::Ok, change_json(generation_, change), {}};
    for (const auto &[path, stays] : next->staying) {
        log_.write(Level::Warning, "host", "plugin_stays", {{"reason", stays.told}});
        reply.problems.push_back(stays.told);
    }
    if (control_path() != control_path_) {
        log_.write(Level::Warning, "host", "control_stays", {{"socket", control_path_}, {"next", control_path()}});
        reply.problems.push_back("[host]: control: takes effect at the next start; until then the socket is " +
                                 control_path_);
    }
    const std::string state = loaded_.plan->state.empty() ? default_state_directory() : loaded_.plan->state;
    if (state != state_)
        reply.problems.push_back("[host]: state: takes effect at the next start; until then plugins are copied to " +
                                 state_);
    answer(reply);
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
