// The running host of supervisor.hpp: what run_supervisor makes and runs. For the supervisor's thread.
#pragma once

#include "plugin/store.hpp"
#include "supervisor/control_server.hpp"
#include "supervisor/events.hpp"
#include "supervisor/fleet.hpp"
#include "supervisor/jail.hpp"
#include "supervisor/outputs.hpp"
#include "supervisor/pidfile.hpp"
#include "supervisor/quarantine.hpp"
#include "supervisor/report.hpp"
#include "supervisor/stall_watch.hpp"
#include "supervisor/stdio_relay.hpp"
#include "supervisor/supervisor.hpp"
#include "supervisor/trial.hpp"
#include "supervisor/watcher.hpp"

#include <atomic>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace hawser::host {

class RunningHost {
public:
    RunningHost(const SupervisorOptions &options, Loaded loaded, std::ostream &err);
    Status run();

private:
    using Answer = std::function<void(const Reply &)>;
    struct Stays { // in place of a file that is no plugin any more
        StoredPlugin copy;
        std::string told;
    };
    using Asked = std::shared_ptr<std::vector<Answer>>;
    using Staying = std::map<std::string, Stays>; // by the path of the file
    // A configuration that a reload has in hand.
    struct Next {
        Loaded loaded;
        Staying staying;
        std::optional<Outputs> outputs; // where [log] changed
        const Outputs &or_else(const Outputs &current) const { return outputs ? *outputs : current; }
    };

    // supervisor.cpp: start, signals, end, control socket
    std::optional<Status> open();
    Result<void> open_outside();
    void remember_binary();
    Result<void> open_inside();
    std::string control_path() const;
    Result<Fd> open_stdio();
    void stop_after_stdio();
    FleetSettings fleet_settings(const HostPlan &plan, const Outputs &outputs) const;
    void end_as_asked(const EndHost &asked);
    void first_change(const Change &change);
    void announce(std::string_view event);
    void hear(int signal);
    std::set<int> children();
    void drain();
    void end_now();
    HostFacts facts() const;
    void control(const ControlRequest &request);

    // supervisor_plugins.cpp
    Staying keep_those_before(std::vector<FoundPlugin> &found) const;
    Result<void> store_plugins(HostPlan &plan, const Staying &staying);
    void keep_plugins(const HostPlan &plan);
    void blame(const std::string &compartment, const PluginRef &plugin);
    void lift_quarantine();
    void watch(const Loaded &loaded);

    // supervisor_reload.cpp
    std::vector<Problem> impossible(const HostPlan &plan) const;
    void apply_umask(const HostPlan &plan) const;
    void ask_reload(Answer reply, bool now = false);
    void plan_reload(const Answer &answer);
    void refuse_waiting();
    void begin_reload();
    std::shared_ptr<Next> read_next() const;
    std::optional<Reply> what_is_wrong(const Next &next) const;
    Result<Change> prepare(Next &next);
    void try_change(const std::shared_ptr<Next> &next, const Asked &asked);
    void hold_reload(WorkerHandle &oldest, const Asked &asked);
    void release_held();
    void refuse(const Reply &reply, const std::string &reason, const Asked &asked);
    void finish_reload(const std::shared_ptr<Next> &next, const Change &change, const Asked &asked);
    void end_reload();
    void take_over(Next &next);
    std::vector<std::string> warnings(const Next &next);

    // supervisor_upgrade.cpp
    void ask_upgrade(const ControlRequest &request);
    std::string why_no_upgrade() const;
    Result<void> begin_upgrade();
    void trial_ended(const TrialVerdict &verdict);
    void refuse_upgrade(const std::string &why);
    HostState state() const;
    Result<void> adopt_outside();
    void resume();
    void resumed(const Change &change);
    void go_back(Status status, const std::string &why);
    void tell_upgraded(const Reply &reply);

    // supervisor_logs.cpp
    Reply reopen_logs();
    void follow_daemon();

    const SupervisorOptions &options_;
    Loaded loaded_;
    std::ostream &err_;
    std::uint64_t started_at_, begun_at_; // the host; the start or reload in hand
    unsigned umask_;                      // that the host was started with
    Pidfile pidfile_;
    std::optional<PluginStore> store_;
    std::string state_;                    // where it lies
    std::set<std::string> plugins_before_; // hashes, of the generation before this one
    Outputs outputs_, old_outputs_;        // the old ones stay open for a line on its way
    Log log_;
    Events events_;
    Notifier notifier_;
    Events::Id on_stdio_ = 0;
    Watcher watcher_;
    Watcher::Places watched_;
    std::optional<StdioRelay> stdio_;
    SocketStore sockets_{&options_.inherited, [this] { return open_stdio(); }};
    Jail jail_; // with --single
    std::unique_ptr<Launcher> launcher_;
    std::optional<Fleet> fleet_;
    std::optional<StallWatch> stalls_;
    Quarantine quarantine_;
    std::unique_ptr<ControlServer> control_;
    std::string control_path_; // that it listens at
    std::uint64_t generation_ = 0;
    bool ending_ = false, reloading_ = false, serves_ = false, following_ = false, stdio_ended_ = false;
    std::atomic<bool> followed_ = false;    // somebody asked for events; read by whoever logs
    std::vector<ControlRequest> upgrading_; // who asked for it
    Fd binary_, next_binary_;               // this program's file; the one that is tried
    std::string binary_path_;
    std::unique_ptr<Trial> trial_;
    std::vector<Answer> waiting_;
    std::string waits_for_; // a reload waits for this worker to end
    bool cuts_ = false;     // … and is told to end it
    Status result_ = Status::Ok;
};

// What can no longer be read, a program that takes the place of another cannot serve: back to the one before, or if
// this is that one, in a while once more.
void go_back_unread(const SupervisorOptions &options, const std::string &why, std::ostream &err);

// With the place in the configuration where an option, or else the node, stands.
std::string describe_failure(const Failed &failed, const HostPlan &plan, const Sources &sources);

} // namespace hawser::host
