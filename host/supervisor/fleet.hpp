// The workers: of each compartment the one that serves, those that are being started in its place, and those that
// drain. A reload starts new workers for the compartments that changed and swaps when all are ready; a worker that dies
// is started again. For the supervisor's thread.
#pragma once

#include "base/backoff.hpp"
#include "supervisor/socket_store.hpp"
#include "supervisor/worker_handle.hpp"

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <random>
#include <set>
#include <string>
#include <vector>

namespace hawser::host {

struct FleetSettings {
    Level log_level = Level::Info;
    LogFormat log_format = LogFormat::Text;
    bool single = false; // a worker's end is the host's
    AccessFormat access = AccessFormat::Off;
    WorkerFiles files;
    bool checks = false; // abi_check
    bool operator==(const FleetSettings &) const = default;
};

// How a change of the plan went.
struct Change {
    std::optional<Failed> failed;                         // of the first worker that failed; nothing has changed then
    std::vector<std::string> changed, unchanged, removed; // compartments
    std::vector<std::vector<std::string>> why;            // for each of changed
};

// How far a worker that was replaced is.
struct DrainNews {
    std::string compartment;
    std::uint64_t generation = 0;
    int pid = 0;
    std::uint64_t ms = 0;   // since it was told
    std::uint64_t open = 0; // connections that it still has
    Drained drained;        // once it has ended
    bool ended = false;
};

class Fleet {
public:
    Fleet(Events &events, Launcher &launcher, SocketStore &sockets, Log &log, FleetSettings settings)
        : events_(events)
        , launcher_(launcher)
        , sockets_(sockets)
        , log_(log)
        , settings_(settings)
    {}

    // Makes `plan` what is served, by workers with these settings, and closes the sockets that it does not name. done()
    // comes once, later: the new workers serve and the old ones accept no more; or it failed, and those that were
    // started for it have gone. REQUIRES: no change in hand, its sockets are open, it lives until done().
    void change(const HostPlan &plan, const FleetSettings &settings, std::uint64_t generation,
                std::function<void(const Change &)> done);

    // What change() would do. `settings_differ`: whether the workers' settings would change.
    Change compare(const HostPlan &plan, bool settings_differ) const;
    // The oldest worker of a compartment that has as many generations as there may be, or null: `change` has to wait
    // until it has drained. on_retired: a worker that was replaced has ended.
    WorkerHandle *in_the_way(const Change &change);
    void on_retired(std::function<void()> retired) { retired_ = std::move(retired); }
    // told() comes once: when all that drain now have ended, or after that time, with how it went.
    void watch_drain(std::uint64_t timeout_ns, std::function<void(const std::vector<DrainNews> &)> told);

    // The workers as the next program finds them, and those that the one before left. `of_another`: program, so that
    // the next change replaces all of them. REQUIRES: no change in hand; before the first change.
    std::vector<HostState::Worker> leave() const;
    Result<void> adopt(std::vector<HostState::Worker> workers, bool of_another);
    // Compartments of `plan` that had no worker to adopt, since theirs had just died.
    void start_missing(const HostPlan &plan, std::uint64_t generation);

    void drain_all(std::uint64_t timeout_ns); // HAWSER_STOPPING; on_gone follows
    void stop_all();
    void on_gone(std::function<void()> gone) { gone_ = std::move(gone); } // after drain_all or stop_all: nobody is left
    void on_single_ended(std::function<void(int status)> ended) { single_ended_ = std::move(ended); }

    // A plugin asks for the end of the host.
    void on_end_asked(std::function<void(const EndHost &)> hear) { end_asked_ = std::move(hear); }

    std::uint64_t connections_cut() const { return cut_; }
    bool killed_while_stopping() const { return killed_; }

    // Called for each worker that died without being asked to: what else the log says of it.
    using Mourn = std::function<std::vector<std::pair<std::string, std::string>>(WorkerHandle &, const WorkerEnd &)>;
    void on_death(Mourn mourn) { mourn_ = std::move(mourn); }

    // Called for each crash of a worker that served, or was to, with the plugin that it was in.
    using Blame = std::function<void(const std::string &compartment, const PluginRef &plugin)>;
    void on_blame(Blame blame) { blame_ = std::move(blame); }
    // From its next start on the compartment is this.
    void amend(const CompartmentPlan &plan);

    // Ends a worker that serves but does not get on; its replacement starts at once. `why`: for whoever asks later.
    void replace(WorkerHandle &worker, const std::string &why);

    // How it went with the worker of a compartment since its generation serves.
    struct Health {
        std::uint32_t restarts = 0;
        std::string error;              // why the last one ended
        std::int64_t down_since_ns = 0; // wall time
    };
    const Health *health(const WorkerHandle &worker) const; // null: it does not serve yet, or no more
    // Visits the compartments whose worker has died and is not started again yet.
    void for_each_down(
        const std::function<void(const CompartmentPlan &, std::uint64_t generation, const Health &)> &visit) const;
    // A file was opened again: every worker writes to the new one.
    void pass(Output::Role role, int file);
    // Visits every worker: those that serve, start and drain.
    void for_each(const std::function<void(WorkerHandle &)> &visit);
    // Asks all for their nodes; told() comes within a second with what came.
    using Reports = std::map<const WorkerHandle *, StatusReport>;
    void report(std::function<void(const Reports &)> told);

private:
    struct Slot {
        SharedPlan plan;
        std::uint64_t generation = 0;
        std::unique_ptr<WorkerHandle> worker; // null: dead, waiting to be started again
        Backoff backoff{50'000'000, 30'000'000'000};
        Events::Id restart = 0;
        Health health;
        bool refused = false; // its worker said why it ends
    };
    // A change goes through these in order, back to Starting after Vacating; a failure before Closing undoes it.
    enum class Phase : std::uint8_t { Starting, Vacating, Attaching, Closing };
    struct Retiree {
        std::unique_ptr<WorkerHandle> worker;
        std::uint64_t since = 0;
        Drained told;
    };
    struct DrainWatch {
        std::set<WorkerHandle *> waits_for;
        std::vector<DrainNews> news;
        std::function<void(const std::vector<DrainNews> &)> told;
        Events::Id timer = 0;
    };
    void hear(WorkerHearer &hearer, const std::shared_ptr<WorkerHandle *> &self);
    // `ready` and `serving` of the hearer are the caller's; the rest is the same for every worker.
    Result<std::unique_ptr<WorkerHandle>> launch(const SharedPlan &plan, const FleetSettings &settings,
                                                 std::uint64_t generation, WorkerHearer hearer);
    void start_candidate(const SharedPlan &plan);
    void fail_change(const Failed &failed);
    void advance();
    void undo();
    void let_go(WorkerHandle &worker, Drain how);
    void swap();
    void retire(Slot &slot);
    std::vector<WorkerHandle *> holders_of(const std::vector<std::string> &exclusive) const;
    void vacate();
    void start_late();
    void keep_retiring(std::unique_ptr<WorkerHandle> worker);
    static DrainNews news_of(const Retiree &retiree, bool ended);
    void tell_drained(const Retiree &retiree);
    void finish_watch(const std::shared_ptr<DrainWatch> &watch);
    void tell_watches();
    void link(WorkerHandle &older, WorkerHandle &newer);
    void finish_change();
    bool all_candidates(WorkerHandle::State state) const;
    void advance_soon();
    void give_up_change();
    void start_slot(const std::string &name);
    void restart_later(const std::string &name);
    void failed(WorkerHandle *worker, const Failed &failed);
    void closed(const WorkerHandle *worker);
    void ended(WorkerHandle *worker, const WorkerEnd &end);
    void candidate_ended(const std::string &name, const WorkerEnd &end);
    void slot_ended(const std::string &name, const WorkerEnd &end);
    void retiree_ended(WorkerHandle *worker, const WorkerEnd &end);
    void count_end(const WorkerHandle &worker, const WorkerEnd &end);
    void tell_limits(WorkerHandle &worker);
    std::string log_death(WorkerHandle &worker, const WorkerEnd &end); // the same in words
    void gone_if_empty();
    void heard_status(const WorkerHandle *worker, const StatusReport &report);
    void finish_report();
    void await_no_more(const WorkerHandle *worker);

    Events &events_;
    Launcher &launcher_;
    SocketStore &sockets_;
    Log &log_;
    FleetSettings settings_, next_settings_; // of what serves; of the change in hand
    Mourn mourn_;
    Blame blame_;
    std::minstd_rand chance_{std::random_device{}()};
    std::map<std::string, Slot> slots_;
    std::map<std::string, std::unique_ptr<WorkerHandle>> candidates_;
    std::map<WorkerHandle *, Retiree> retiring_;
    std::vector<std::shared_ptr<DrainWatch>> drain_watches_;
    std::function<void()> retired_;
    std::uint64_t generation_ = 0, drain_timeout_ = 0, start_timeout_ = 0;
    Change change_;
    const HostPlan *wanted_ = nullptr; // of the change in hand
    Phase phase_ = Phase::Starting;
    std::vector<SharedPlan> late_;            // of the change: to be started when their predecessors have ended
    std::vector<std::string> vacated_;        // compartments whose worker made way
    std::set<const WorkerHandle *> vacating_; // those workers, until they have ended
    std::set<const WorkerHandle *> closing_;  // told to drain by the change, not closed yet
    Events::Id closing_timer_ = 0;
    std::function<void(const Change &)> done_;
    std::function<void()> gone_;
    std::function<void(int)> single_ended_;
    std::function<void(const EndHost &)> end_asked_;
    bool ending_ = false, killed_ = false;
    bool replaces_all_ = false; // they are of another program
    std::uint64_t cut_ = 0;

    std::function<void(const Reports &)> told_;
    Reports reports_;
    std::set<const WorkerHandle *> awaited_;
    Events::Id report_timer_ = 0;
    std::vector<std::function<void(const Reports &)>> asked_; // while another report is in hand
};

} // namespace hawser::host
