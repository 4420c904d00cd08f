// Tests: tests/system/supervision_test.cpp
#include "supervisor/supervisor.hpp"

#include "loop/loop.hpp"
#include "supervisor/control_path.hpp"
#include "supervisor/control_server.hpp"
#include "supervisor/events.hpp"
#include "supervisor/fleet.hpp"
#include "supervisor/launcher.hpp"
#include "supervisor/outputs.hpp"
#include "supervisor/report.hpp"
#include "supervisor/socket_store.hpp"

#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <iostream>
#include <memory>
#include <optional>
#include <utility>

namespace hawser::host {
namespace {

class Supervisor {
public:
    Supervisor(const SupervisorOptions &options, Loaded loaded, std::ostream &err)
        : options_(options)
        , loaded_(std::move(loaded))
        , err_(err)
        , started_at_(monotonic_now())
        , begun_at_(started_at_)
    {}

    Status run()
    {
        // First: what comes while the host starts is heard when it runs.
        events_.on_signals({SIGTERM, SIGINT, SIGQUIT, SIGHUP}, [this](int signal) { hear(signal); });
        if (auto opened = open(); !opened) {
            err_ << "hawser: " << opened.error().text << '\n';
            return opened.error().status;
        }
        const auto failures = sockets_.open(*loaded_.plan);
        if (!failures.empty()) {
            for (const BindFailure &failure : failures)
                err_ << format_problem(loaded_.sources, {failure.at, failure.error.text, {}});
            return failures.front().error.status;
        }
        fleet_->on_gone([this] { events_.stop(); });
        fleet_->on_single_ended([this](int status) {
            result_ = static_cast<Status>(status);
            end_now();
        });
        fleet_->change(*loaded_.plan, ++generation_, [this](const Change &change) { first_change(change); });
        events_.run();
        control_.reset();
        if (result_ == Status::Ok && (fleet_->connections_cut() > 0 || fleet_->killed_while_stopping()))
            result_ = Status::CutOff;
        log_->write(Level::Info, "host", "stopped", {{"status", std::to_string(static_cast<int>(result_))}});
        return result_;
    }

private:
    Result<void> open()
    {
        ::signal(SIGPIPE, SIG_IGN);
        const LogPlan &plan = loaded_.plan->log;
        if (auto opened = outputs_.open(plan); !opened) return opened;
        const int fd = outputs_.log_fd();
        const LogFormat format = outputs_.log_format(plan);
        log_.emplace(LogSettings{plan.level, format, fd});
        if (options_.single) {
            launcher_ = thread_launcher(*log_, options_.run_worker);
        } else {
            auto launcher = process_launcher(fd);
            if (!launcher) return std::move(launcher.error());
            launcher_ = std::move(*launcher);
        }
        fleet_.emplace(events_, *launcher_, sockets_, *log_,
                       FleetSettings{plan.level, format, options_.single, plan.access.format, outputs_.access_fd()});
        control_ = std::make_unique<ControlServer>(events_, *log_, [this](const ControlRequest &r) { control(r); });
        return control_->open(control_path());
    }

    std::string control_path() const
    {
        if (!options_.control.empty()) return options_.control;
        if (!loaded_.plan->control.empty()) return loaded_.plan->control;
        return default_control_path(loaded_.plan->path);
    }

    void first_change(const Change &change)
    {
        if (ending_) return;
        if (change.failed) {
            result_ = static_cast<Status>(change.failed->status);
            err_ << describe_failure(*change.failed, *loaded_.plan, loaded_.sources);
            end_now();
            return;
        }
        generation_served_ = true;
        announce("ready");
    }

    // With the place in the configuration where an option, or else the node, stands.
    static std::string describe_failure(const Failed &failed, const HostPlan &plan, const Sources &sources)
    {
        for (const CompartmentPlan &compartment : plan.compartments) {
            for (const NodePlan &node : compartment.nodes) {
                if (node.name != failed.node) continue;
                const auto option = node.origin.options.find(failed.option);
                const bool known = option != node.origin.options.end();
                const std::string text = (failed.option.empty() ? "" : failed.option + ": ") + failed.text;
                return format_problem(sources, {known ? option->second : node.origin.node, text, {}});
            }
        }
        return "hawser: " + failed.text + '\n';
    }

    // `event`: "ready" once, then "reloaded".
    void announce(std::string_view event)
    {
        std::string all;
        for (const SocketStore::Bound &bound : sockets_.bound(*loaded_.plan)) {
            log_->write(Level::Info, "listener." + bound.listener, "listening",
                        {{"address", bound.address}, {"protocol", bound.protocol}});
            all += (all.empty() ? "" : " ") + bound.listener + '=' + bound.address;
        }
        log_->write(Level::Info, "host", event,
                    {{"addresses", all},
                     {"generation", std::to_string(generation_)},
                     {"pid", std::to_string(::getpid())},
                     {"ms", std::to_string((monotonic_now() - begun_at_) / 1'000'000)}});
    }

    void hear(int signal)
    {
        if (signal == SIGHUP) {
            ask_reload([](const Reply &) {});
        } else if (signal == SIGQUIT || ending_) {
            end_now();
        } else {
            log_->write(Level::Info, "host", "stopping", {{"signal", signal == SIGINT ? "INT" : "TERM"}});
            ending_ = true;
            fleet_->drain_all(loaded_.plan->drain_timeout_ns);
            // The workers hold theirs until they have emptied the queues; who comes later is refused, not kept waiting.
            sockets_.close_all();
        }
    }

    void end_now()
    {
        ending_ = true;
        fleet_->stop_all();
        sockets_.close_all();
    }

    // Reloads ----------------------------------------------------------------------------------------------------

    void ask_reload(std::function<void(const Reply &)> reply)
    {
        if (options_.single || ending_ || loaded_.plan->path.empty()) {
            const std::string why = ending_ ? "the host is stopping"
                                    : options_.single
                                        ? "a host that was started with --single has no supervisor to reload it"
                                        : "a host without a configuration file has nothing to reload";
            log_->write(Level::Warning, "host", "reload_refused", {{"reason", why}});
            reply({ending_ ? Status::NotRunning : Status::Usage, "", {"reload: " + why}});
            return;
        }
        waiting_.push_back(std::move(reply));
        if (!reloading_) begin_reload();
    }

    void refuse_waiting()
    {
        for (const auto &each : std::exchange(waiting_, {}))
            each({Status::NotRunning, "", {"reload: the host is stopping"}});
    }

    // One reload serves all who asked before it began to read the files.
    void begin_reload()
    {
        reloading_ = true;
        begun_at_ = monotonic_now();
        auto asked = std::make_shared<std::vector<std::function<void(const Reply &)>>>(std::exchange(waiting_, {}));
        const auto answer = [this, asked](const Reply &reply) {
            for (const auto &each : *asked) each(reply);
            reloading_ = false;
            if (!waiting_.empty()) ending_ ? refuse_waiting() : begin_reload();
        };
        auto next = std::make_shared<Loaded>(load_config(options_.load));
        if (!next->plan) {
            refuse(*next, answer);
            return;
        }
        const auto failures = sockets_.open(*next->plan);
        if (!failures.empty()) {
            Reply reply{failures.front().error.status, "", {}};
            for (const BindFailure &failure : failures)
                reply.problems.push_back(format_problem(next->sources, {failure.at, failure.error.text, {}}));
            log_->write(Level::Error, "host", "reload_refused", {{"reason", failures.front().error.text}});
            answer(reply);
            return;
        }
        fleet_->change(*next->plan, generation_ + 1,
                       [this, next, answer](const Change &change) { finish_reload(next, change, answer); });
    }

    void refuse(const Loaded &next, const std::function<void(const Reply &)> &answer)
    {
        Reply reply{next.status, "", {}};
        for (const Problem &problem : next.problems.sorted())
            reply.problems.push_back(format_problem(next.sources, problem));
        log_->write(Level::Error, "host", "reload_refused",
                    {{"reason", "the configuration is wrong"},
                     {"problems", std::to_string(reply.problems.size())},
                     {"first", reply.problems.empty() ? "" : reply.problems.front()}});
        answer(reply);
    }

    void finish_reload(const std::shared_ptr<Loaded> &next, const Change &change,
                       const std::function<void(const Reply &)> &answer)
    {
        if (change.failed) {
            sockets_.keep_only(*loaded_.plan);
            const std::string text = describe_failure(*change.failed, *next->plan, next->sources);
            log_->write(Level::Error, "host", "reload_refused", {{"reason", text}});
            answer({static_cast<Status>(change.failed->status), "", {text}});
            return;
        }
        loaded_ = std::move(*next);
        ++generation_;
        announce("reloaded");
        answer({Status::Ok, change_json(generation_, change), {}});
    }

    // Control socket ---------------------------------------------------------------------------------------------

    HostFacts facts() const
    {
        const char *state = ending_              ? "stopping"
                            : reloading_         ? "reloading"
                            : generation_served_ ? "running"
                                                 : "starting";
        return {state, generation_, started_at_, &*loaded_.plan, sockets_.bound(*loaded_.plan)};
    }

    void control(const ControlRequest &request)
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
            ask_reload(reply);
        } else if (request.verb == "version") {
            reply({Status::Ok, version_json(), {}});
        } else if (request.verb == "stop") {
            reply({Status::Ok, version_json(), {}});
            hear(request.now ? SIGQUIT : SIGTERM);
        } else {
            reply({Status::Usage, "", {"control: unknown request \"" + request.verb + "\""}});
        }
    }

    const SupervisorOptions &options_;
    Loaded loaded_;
    std::ostream &err_;
    std::uint64_t started_at_, begun_at_; // the host; the start or reload in hand
    Outputs outputs_;
    std::optional<Log> log_;
    Events events_;
    SocketStore sockets_{&options_.inherited};
    std::unique_ptr<Launcher> launcher_;
    std::optional<Fleet> fleet_;
    std::unique_ptr<ControlServer> control_;
    std::uint64_t generation_ = 0;
    bool ending_ = false, reloading_ = false, generation_served_ = false;
    std::vector<std::function<void(const Reply &)>> waiting_;
    Status result_ = Status::Ok;
};

} // namespace

std::string describe_problems(const Loaded &loaded)
{
    std::string out;
    for (const Problem &problem : loaded.problems.sorted()) out += format_problem(loaded.sources, problem);
    return out;
}

Status run_supervisor(const SupervisorOptions &options, std::ostream &err)
{
    Loaded loaded = load_config(options.load);
    if (!loaded.plan) {
        err << describe_problems(loaded);
        return loaded.status;
    }
    return Supervisor(options, std::move(loaded), err).run();
}

} // namespace hawser::host
