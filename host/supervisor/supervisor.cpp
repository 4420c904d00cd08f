// Tests: tests/system/supervision_test.cpp, tests/system/privileges_test.cpp
#include "supervisor/supervisor.hpp"

#include "loop/loop.hpp"
#include "supervisor/control_path.hpp"
#include "supervisor/crash_report.hpp"
#include "supervisor/orphans.hpp"
#include "supervisor/privileges.hpp"
#include "supervisor/rehearsal.hpp"
#include "supervisor/running_host.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <csignal>
#include <iostream>
#include <utility>

namespace hawser::host {
namespace {

unsigned current_umask()
{
    const mode_t mask = ::umask(077);
    ::umask(mask);
    return mask;
}

} // namespace

RunningHost::RunningHost(const SupervisorOptions &options, Loaded loaded, std::ostream &err)
    : options_(options)
    , loaded_(std::move(loaded))
    , err_(err)
    , started_at_(options.before ? options.before->started_at : monotonic_now())
    , begun_at_(options.before ? options.before->begun_at : started_at_)
    , umask_(options.before ? options.before->umask : current_umask())
    , notifier_(events_, log_, options.before ? options.before->notify : options.notify)
    , watcher_(events_, log_, [this](const std::string &what) {
        log_.write(Level::Info, "host", "files_changed", {{"files", what}});
        ask_reload([](const Reply &) {});
    })
{}

Status RunningHost::run()
{
    // First: what comes while the host starts is heard when it runs.
    std::vector<int> heard{SIGTERM, SIGINT, SIGQUIT, SIGHUP, SIGUSR1, SIGUSR2};
    if (::getpid() == 1) heard.push_back(SIGCHLD); // the orphans of a container are its first process's
    events_.on_signals(heard, [this](int signal) { hear(signal); });
    ::signal(SIGPIPE, SIG_IGN);
    sigset_t none;
    ::sigemptyset(&none);
    ::pthread_sigmask(SIG_SETMASK, &none, nullptr); // the program before this one blocked them
    if (const auto status = open()) {
        if (options_.before) go_back(*status, "it could not open what the configuration names");
        return *status;
    }
    fleet_->on_gone([this] { events_.stop(); });
    fleet_->on_retired([this] { release_held(); });
    fleet_->on_death([this](WorkerHandle &worker, const WorkerEnd &end) {
        return report_crash(worker, end, state_ + "/crashes", loaded_.plan->path);
    });
    fleet_->on_blame([this](const std::string &compartment, const PluginRef &plugin) { blame(compartment, plugin); });
    fleet_->on_single_ended([this](int status) {
        result_ = static_cast<Status>(status);
        end_now();
    });
    fleet_->on_end_asked([this](const EndHost &asked) { end_as_asked(asked); });
    if (options_.before)
        resume();
    else
        fleet_->change(*loaded_.plan, fleet_settings(*loaded_.plan, outputs_), ++generation_,
                       [this](const Change &change) { first_change(change); });
    events_.run();
    followed_ = false;
    control_->end_follows();
    control_.reset();
    const bool plugins_own = static_cast<int>(result_) < static_cast<int>(Status::Usage); // its own word, or Ok
    if (plugins_own && (fleet_->connections_cut() > 0 || fleet_->killed_while_stopping())) result_ = Status::CutOff;
    log_.write(Level::Info, "host", "stopped", {{"status", std::to_string(static_cast<int>(result_))}});
    return result_;
}

// A status: it failed, and was said why.
std::optional<Status> RunningHost::open()
{
    const auto tell = [this](const Error &error) {
        err_ << "hawser: " << error.text << '\n';
        return error.status;
    };
    if (const auto problems = impossible(*loaded_.plan); !problems.empty()) {
        for (const Problem &problem : problems) err_ << format_problem(loaded_.sources, problem);
        return Status::BadConfig;
    }
    if (auto opened = open_outside(); !opened) return tell(opened.error());
    const auto failures = sockets_.open(*loaded_.plan);
    for (const BindFailure &failure : failures)
        err_ << format_problem(loaded_.sources, {failure.at, failure.error.text, {}});
    if (!failures.empty()) return failures.front().error.status;
    if (auto opened = open_inside(); !opened) return tell(opened.error());
    return std::nullopt;
}

// With all privileges of the start, and one thread.
Result<void> RunningHost::open_outside()
{
    if (!options_.single) keep_supervisor_privileges();
    apply_umask(*loaded_.plan);
    if (!options_.single) remember_binary();
    if (!options_.pidfile.empty() && !options_.before) {
        if (auto taken = pidfile_.take(options_.pidfile); !taken) return taken;
    }
    if (auto stored = store_plugins(*loaded_.plan, {}); !stored) return stored;
    if (auto opened = outputs_.open(loaded_.plan->log, options_.daemon != nullptr); !opened) return opened;
    control_ = std::make_unique<ControlServer>(events_, log_, [this](const ControlRequest &r) { control(r); });
    control_path_ = control_path();
    return options_.before ? adopt_outside() : control_->open(control_path_);
}

Result<void> RunningHost::open_inside()
{
    if (options_.single) {
        // Everything is bound: the only process becomes what a worker is. Its threads begin after that.
        auto dropped = drop_to(loaded_.plan->compartments.front().rights, jail_);
        if (!dropped) return dropped;
    }
    log_.open(outputs_.log());
    // With --single a worker writes to the same log, from other threads.
    log_.on_event([this](const LogEvent &said) {
        if (!followed_) return;
        std::string line = format_record(LogFormat::Json, said);
        while (!line.empty() && line.back() == '\n') line.pop_back();
        events_.post([this, line = std::move(line)] {
            if (control_) control_->publish(line);
        });
    });
    follow_daemon();
    if (options_.single) {
        launcher_ = thread_launcher(log_, options_.run_worker, [this] { return jail_.enter(); });
    } else {
        auto launcher = process_launcher();
        if (!launcher) return std::move(launcher.error());
        launcher_ = std::move(*launcher);
    }
    fleet_.emplace(events_, *launcher_, sockets_, log_, fleet_settings(*loaded_.plan, outputs_));
    return {};
}

FleetSettings RunningHost::fleet_settings(const HostPlan &plan, const Outputs &outputs) const
{
    const LogSettings log = outputs.log();
    return {log.level, log.format, options_.single, plan.log.access.format, outputs.files(), plan.checks};
}

std::string RunningHost::control_path() const
{
    if (!options_.control.empty()) return options_.control;
    if (!loaded_.plan->control.empty()) return loaded_.plan->control;
    return default_control_path(loaded_.plan->path);
}

// The host ends with the connection that it was started for.
Result<Fd> RunningHost::open_stdio()
{
    auto relay = StdioRelay::start();
    if (!relay) return std::move(relay.error());
    stdio_.emplace(std::move(*relay));
    on_stdio_ = events_.on_readable(stdio_->ended_fd(), [this] {
        events_.cancel(on_stdio_);
        stdio_ended_ = true;
        if (serves_ && !ending_) stop_after_stdio(); // else its start ends first, well or not
    });
    return stdio_->take_connection();
}

void RunningHost::stop_after_stdio()
{
    log_.write(Level::Info, "host", "stopping", {{"reason", "the connection of stdio: has ended"}});
    drain();
}

void RunningHost::end_as_asked(const EndHost &asked)
{
    if (ending_) return;
    log_.write(Level::Info, "host", "stopping",
               {{"asked_by", asked.node}, {"reason", asked.why}, {"status", std::to_string(asked.status)}});
    result_ = static_cast<Status>(asked.status);
    if (serves_)
        drain();
    else
        end_now();
}

void RunningHost::first_change(const Change &change)
{
    if (ending_) return;
    if (change.failed) {
        result_ = static_cast<Status>(change.failed->status);
        err_ << describe_failure(*change.failed, *loaded_.plan, loaded_.sources);
        end_now();
        return;
    }
    serves_ = true;
    keep_plugins(*loaded_.plan);
    watch(loaded_);
    if (!options_.single) stalls_.emplace(events_, *fleet_, log_, loaded_.plan->stall_limit_ns);
    announce("ready");
    if (options_.daemon != nullptr) {
        log_.flush(); // whoever started it may look
        options_.daemon->ready();
    }
    if (stdio_ended_) stop_after_stdio();
}

// `event`: "ready" once, then "reloaded".
void RunningHost::announce(std::string_view event)
{
    std::string all;
    for (const SocketStore::Bound &bound : sockets_.bound(*loaded_.plan)) {
        log_.write(Level::Info, "listener." + bound.listener, "listening",
                   {{"address", bound.address}, {"protocol", bound.protocol}});
        all += (all.empty() ? "" : " ") + bound.listener + '=' + bound.address;
    }
    log_.write(Level::Info, "host", event,
               {{"addresses", all},
                {"generation", std::to_string(generation_)},
                {"pid", std::to_string(::getpid())},
                {"ms", std::to_string((monotonic_now() - begun_at_) / 1'000'000)}});
    notifier_.ready("generation " + std::to_string(generation_) + " serves" + (all.empty() ? "" : ": ") + all);
}

void RunningHost::hear(int signal)
{
    if (signal == SIGCHLD) {
        reap_orphans(children());
    } else if (signal == SIGHUP) {
        ask_reload([](const Reply &) {});
    } else if (signal == SIGUSR1) {
        static_cast<void>(reopen_logs());
    } else if (signal == SIGUSR2) {
        ask_upgrade({"upgrade", false, false, [](const Reply &) {}, 0, {}});
    } else if (signal == SIGQUIT || ending_) {
        end_now();
    } else {
        log_.write(Level::Info, "host", "stopping", {{"signal", signal == SIGINT ? "INT" : "TERM"}});
        drain();
    }
}

// Those that somebody here waits for.
std::set<int> RunningHost::children()
{
    std::set<int> own;
    if (fleet_) fleet_->for_each([&own](const WorkerHandle &worker) { own.insert(worker.pid()); });
    if (trial_) own.insert(trial_->pid());
    return own;
}

void RunningHost::drain()
{
    notifier_.stopping();
    ending_ = true;
    if (!waits_for_.empty()) refuse_waiting();
    fleet_->drain_all(loaded_.plan->drain_timeout_ns);
    // The workers hold theirs until they have emptied the queues; who comes later is refused, not kept waiting.
    sockets_.close_all();
}

void RunningHost::end_now()
{
    notifier_.stopping();
    ending_ = true;
    if (!waits_for_.empty()) refuse_waiting();
    fleet_->stop_all();
    sockets_.close_all();
}

HostFacts RunningHost::facts() const
{
    const char *state = ending_ ? "stopping" : reloading_ ? "reloading" : serves_ ? "running" : "starting";
    return {state, generation_, started_at_, &*loaded_.plan, sockets_.bound(*loaded_.plan), waits_for_};
}

void RunningHost::control(const ControlRequest &request)
{
    const auto reply = request.reply;
    if (request.verb == "status") {
        fleet_->report([this, reply](const Fleet::Reports &reports) {
            reply({Status::Ok, status_json(facts(), *fleet_, reports), {}});
        });
    } else if (request.verb == "tree") {
        fleet_->report([this, reply](const Fleet::Reports &reports) {
            reply({Status::Ok, tree_json(facts(), *fleet_, reports), {}});
        });
    } else if (request.verb == "reload") {
        request.plan ? plan_reload(reply) : ask_reload(reply, request.now);
    } else if (request.verb == "events") {
        control_->follow(request.peer, request.id);
        followed_ = true;
        control_->publish(following_json(facts()));
    } else if (request.verb == "upgrade") {
        ask_upgrade(request);
    } else if (request.verb == "logs reopen") {
        reply(reopen_logs());
    } else if (request.verb == "version") {
        reply({Status::Ok, version_json(), {}});
    } else if (request.verb == "stop") {
        reply({Status::Ok, version_json(), {}});
        hear(request.now ? SIGQUIT : SIGTERM);
    } else {
        reply({Status::Usage, "", {"control: unknown request \"" + request.verb + "\""}});
    }
}

std::string describe_failure(const Failed &failed, const HostPlan &plan, const Sources &sources)
{
    const Problem problem = locate(failed, plan);
    return problem.at.line > 0 ? format_problem(sources, problem) : "hawser: " + problem.text + '\n';
}

std::string describe_problems(const Loaded &loaded)
{
    std::string out;
    for (const Problem &problem : loaded.problems.sorted()) out += format_problem(loaded.sources, problem);
    return out;
}

Status run_supervisor(const SupervisorOptions &options, std::ostream &err)
{
    Loaded loaded = load_config(options.load);
    if (options.trial >= 0) return try_to_take_over(loaded, options.trial, std::cout, err);
    while (!loaded.plan && options.before) {
        go_back_unread(options, describe_problems(loaded), err);
        loaded = load_config(options.load);
    }
    if (!loaded.plan) {
        err << describe_problems(loaded);
        return loaded.status;
    }
    return RunningHost(options, std::move(loaded), err).run();
}

} // namespace hawser::host
