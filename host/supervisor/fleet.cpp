// Tests: tests/system/supervision_test.cpp
#include "supervisor/fleet.hpp"

#include "supervisor/rehearsal.hpp"

#include "loop/loop.hpp"

#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <utility>

namespace hawser::host {
namespace {

constexpr std::uint32_t kReplaced = 1, kStopping = 2;  // HAWSER_REPLACED, HAWSER_STOPPING
constexpr std::uint64_t kEarlyDeath = 500'000'000;     // after READY: counts as failing to start
constexpr std::uint64_t kCloseTimeout = 6'000'000'000; // a worker's own for a loop that is stuck is 5 s

} // namespace

Result<std::unique_ptr<WorkerHandle>> Fleet::launch(const SharedPlan &plan, const FleetSettings &settings,
                                                    std::uint64_t generation, WorkerHearer hearer)
{
    auto sockets = sockets_.pass(*plan);
    if (!sockets) return std::move(sockets.error());
    Snapshot snapshot;
    snapshot.generation = generation;
    snapshot.drain_timeout_ns = drain_timeout_;
    snapshot.start_timeout_ns = start_timeout_;
    snapshot.log_level = settings.log_level;
    snapshot.log_format = settings.log_format;
    snapshot.access = settings.access;
    snapshot.single = settings.single;
    snapshot.compartment = *plan;
    // Which worker speaks is known once it is made; it speaks from the event loop only.
    auto self = std::make_shared<WorkerHandle *>(nullptr);
    hearer.failed = [this, self](const Failed &failed) { this->failed(*self, failed); };
    hearer.closed = [this, self] { closed(*self); };
    hearer.status = [this, self](const StatusReport &report) { heard_status(*self, report); };
    hearer.drained = [this](const Drained &drained) { cut_ += ending_ ? drained.cut : 0; };
    hearer.ended = [this, self](const WorkerEnd &end) { ended(*self, end); };
    auto worker =
        WorkerHandle::start(events_, launcher_, snapshot, plan, std::move(*sockets), settings.files, std::move(hearer));
    if (worker) *self = worker->get();
    return worker;
}

void Fleet::change(const HostPlan &plan, const FleetSettings &settings, std::uint64_t generation,
                   std::function<void(const Change &)> done)
{
    next_settings_ = settings;
    generation_ = generation;
    drain_timeout_ = plan.drain_timeout_ns;
    start_timeout_ = plan.start_timeout_ns;
    wanted_ = &plan;
    phase_ = Phase::Starting;
    change_ = {};
    done_ = std::move(done);
    std::vector<SharedPlan> wanted;
    for (const auto &[name, slot] : slots_) {
        const bool named = std::any_of(plan.compartments.begin(), plan.compartments.end(),
                                       [&name = name](const CompartmentPlan &each) { return each.name == name; });
        if (!named) change_.removed.push_back(name);
    }
    for (const CompartmentPlan &compartment : plan.compartments) {
        const auto slot = slots_.find(compartment.name);
        // One that is dead or being started again is started anew: the operator may have mended it.
        const bool serves = slot != slots_.end() && slot->second.worker != nullptr &&
                            slot->second.worker->state() == WorkerHandle::State::Serving;
        if (serves && *slot->second.plan == compartment && settings == settings_) {
            change_.unchanged.push_back(compartment.name);
            continue;
        }
        change_.changed.push_back(compartment.name);
        wanted.push_back(std::make_shared<const CompartmentPlan>(compartment));
    }
    for (const SharedPlan &each : wanted) {
        if (!change_.failed) start_candidate(each);
    }
    advance_soon();
}

void Fleet::start_candidate(const SharedPlan &plan)
{
    WorkerHearer hearer;
    hearer.ready = [this] { advance(); };
    hearer.serving = [this] { advance(); };
    auto worker = launch(plan, next_settings_, generation_, std::move(hearer));
    if (worker)
        candidates_[plan->name] = std::move(*worker);
    else
        fail_change({static_cast<std::int32_t>(worker.error().status), {}, {}, worker.error().text});
}

// From the event loop: the handle that tells something is still in a call, and what there is nothing to wait for is
// told later too.
void Fleet::advance_soon()
{
    events_.post([this] { advance(); });
}

void Fleet::fail_change(const Failed &failed)
{
    if (!done_ || phase_ == Phase::Closing) return;
    if (!change_.failed) change_.failed = failed;
    advance_soon();
}

bool Fleet::all_candidates(WorkerHandle::State state) const
{
    return candidates_.size() == change_.changed.size() &&
           std::all_of(candidates_.begin(), candidates_.end(),
                       [state](const auto &each) { return each.second->state() == state; });
}

void Fleet::advance()
{
    if (!done_) return;
    if (change_.failed) {
        undo();
        return;
    }
    if (phase_ == Phase::Starting && all_candidates(WorkerHandle::State::Ready)) {
        phase_ = Phase::Attaching;
        for (auto &[name, worker] : candidates_) worker->serve();
    }
    // The new ones accept before the old ones stop: no moment without.
    if (phase_ == Phase::Attaching && all_candidates(WorkerHandle::State::Serving)) swap();
    if (phase_ == Phase::Closing && closing_.empty()) finish_change();
}

// Until they have gone, they hold sockets that a next attempt would find in use. In one process there is no next
// attempt, and one that hangs ends it before it could be told.
void Fleet::undo()
{
    if (!ending_) { // then they were told already
        for (auto &[name, worker] : candidates_) let_go(*worker, {kReplaced, drain_timeout_, {}});
    }
    if (candidates_.empty() || settings_.single) finish_change();
}

// A candidate may have connections already, but only if it was told to serve.
void Fleet::let_go(WorkerHandle &worker, Drain how)
{
    if (!worker.served())
        worker.stop();
    else if (worker.state() != WorkerHandle::State::Draining)
        worker.drain(std::move(how));
}

void Fleet::swap()
{
    phase_ = Phase::Closing;
    settings_ = next_settings_;
    for (auto &[name, worker] : candidates_) {
        Slot &slot = slots_[name];
        if (slot.worker) link(*slot.worker, *worker);
        retire(slot);
        slot.plan = worker->plan();
        slot.generation = generation_;
        slot.worker = std::move(worker);
        slot.backoff.succeeded();
        slot.health = {};
    }
    candidates_.clear();
    for (const std::string &name : change_.removed) {
        retire(slots_.at(name));
        slots_.erase(name);
    }
    // The old workers have theirs until they have emptied the queues.
    sockets_.keep_only(*wanted_);
    if (!closing_.empty()) {
        closing_timer_ = events_.after(kCloseTimeout, [this] {
            closing_.clear();
            advance();
        });
    }
}

// A way for each loop of the older one. Without one its connections finish where they are.
void Fleet::link(WorkerHandle &older, WorkerHandle &newer)
{
    if (older.state() != WorkerHandle::State::Serving) return;
    Handoff give{Handoff::Role::Give, {}}, take{Handoff::Role::Take, {}};
    for (unsigned i = 0; i < std::clamp(older.plan()->loops, 1U, kMaxLoops); ++i) {
        int ends[2];
        if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ends) != 0) {
            log_.write(Level::Warning, "compartment." + older.plan()->name, "handoff_failed",
                       {{"error", system_error("cannot make a way for connections", errno).text}});
            return;
        }
        give.ways.emplace_back(ends[0]);
        take.ways.emplace_back(ends[1]);
    }
    newer.hand_over(std::move(take));
    older.hand_over(std::move(give));
}

void Fleet::retire(Slot &slot)
{
    events_.cancel(slot.restart);
    if (!slot.worker) return;
    if (slot.worker->served()) closing_.insert(slot.worker.get());
    slot.worker->drain({kReplaced, drain_timeout_, SocketStore::unserved(*slot.plan, *wanted_)});
    retiring_.push_back(std::move(slot.worker));
}

void Fleet::closed(const WorkerHandle *worker)
{
    if (closing_.erase(worker) > 0) advance();
}

void Fleet::finish_change()
{
    events_.cancel(closing_timer_);
    closing_.clear();
    const auto done = std::exchange(done_, {});
    const Change change = std::exchange(change_, {});
    done(change);
    gone_if_empty();
}

// The host is stopping.
void Fleet::give_up_change()
{
    if (!done_) return;
    closing_.clear();
    if (phase_ != Phase::Closing && !change_.failed)
        change_.failed = Failed{static_cast<std::int32_t>(Status::NotRunning), {}, {}, "the host is stopping"};
    advance_soon();
}

std::string Fleet::log_death(WorkerHandle &worker, const WorkerEnd &end)
{
    const std::string crumb = end.signal == SIGKILL ? "" : worker.last_crumb();
    std::vector<std::pair<std::string, std::string>> told{{"pid", std::to_string(worker.pid())},
                                                          {"generation", std::to_string(worker.generation())},
                                                          {"reason", describe(end)},
                                                          {"in", crumb.empty() ? "no plugin" : crumb}};
    if (mourn_) {
        for (auto &more : mourn_(worker, end)) told.push_back(std::move(more));
    }
    std::vector<LogField> fields;
    for (const auto &[name, value] : told) fields.push_back({name, value});
    log_.write(Level::Error, "compartment." + worker.plan()->name, "worker_died", fields);
    return "its worker ended with " + describe(end) + (crumb.empty() ? "" : " in " + crumb);
}

void Fleet::ended(WorkerHandle *worker, const WorkerEnd &end)
{
    const std::string name = worker->plan()->name;
    if (const auto found = candidates_.find(name); found != candidates_.end() && found->second.get() == worker)
        candidate_ended(name, end);
    else if (const auto slot = slots_.find(name); slot != slots_.end() && slot->second.worker.get() == worker)
        slot_ended(name, end);
    else
        retiree_ended(worker, end);
}

void Fleet::failed(WorkerHandle *worker, const Failed &failed)
{
    const std::string &name = worker->plan()->name;
    if (const auto found = candidates_.find(name); found != candidates_.end() && found->second.get() == worker)
        fail_change(failed);
    else
        log_.write(Level::Error, failed.node.empty() ? "compartment." + name : failed.node, "start_failed",
                   {{"error", failed.text}});
    if (const auto slot = slots_.find(name); slot != slots_.end() && slot->second.worker.get() == worker) {
        slot->second.health.error = (failed.node.empty() ? "" : failed.node + ": ") + failed.text;
        slot->second.refused = true;
    }
}

void Fleet::candidate_ended(const std::string &name, const WorkerEnd &end)
{
    const std::unique_ptr<WorkerHandle> dead = std::move(candidates_.at(name));
    candidates_.erase(name);
    Failed failed;
    failed.text = "compartment \"" + name + "\": its worker ended before it served, with " + describe(end);
    if (!change_.failed) {
        log_death(*dead, end);
        const std::string crumb = dead->last_crumb();
        if (!crumb.empty()) failed.text += ", in " + crumb;
    }
    fail_change(failed);
    advance_soon();
    gone_if_empty();
}

void Fleet::retiree_ended(WorkerHandle *worker, const WorkerEnd &end)
{
    if (end.signal != 0) log_death(*worker, end);
    count_end(*worker, end);
    const bool closes = closing_.erase(worker) > 0;
    std::erase_if(retiring_, [worker](const auto &each) { return each.get() == worker; });
    if (closes) advance_soon();
    gone_if_empty();
}

// While the host stops: one that served and had to be killed, or says that it was stuck, was cut off.
void Fleet::count_end(const WorkerHandle &worker, const WorkerEnd &end)
{
    const bool cut = end.signal != 0 || end.status == static_cast<int>(Status::CutOff);
    if (ending_ && cut && worker.served()) killed_ = true;
}

void Fleet::slot_ended(const std::string &name, const WorkerEnd &end)
{
    Slot &slot = slots_.at(name);
    const std::unique_ptr<WorkerHandle> dead = std::move(slot.worker);
    if (settings_.single && !ending_) {
        single_ended_(end.status);
        return;
    }
    if (ending_) {
        count_end(*dead, end);
        gone_if_empty();
        return;
    }
    const std::string how = log_death(*dead, end);
    if (!std::exchange(slot.refused, false)) slot.health.error = how;
    slot.health.down_since_ns = wall_now();
    const std::uint64_t ready_at = dead->ready_at();
    if (ready_at != 0 && monotonic_now() - ready_at > kEarlyDeath) slot.backoff.succeeded();
    restart_later(name);
}

void Fleet::restart_later(const std::string &name)
{
    Slot &slot = slots_.at(name);
    ++slot.health.restarts;
    slot.restart = events_.after(slot.backoff.next_delay(), [this, name] { start_slot(name); });
}

void Fleet::start_slot(const std::string &name)
{
    Slot &slot = slots_.at(name);
    WorkerHearer hearer;
    hearer.ready = [this, name] { slots_.at(name).worker->serve(); };
    hearer.serving = [this, name] {
        const WorkerHandle &ready = *slots_.at(name).worker;
        log_.write(Level::Info, "compartment." + name, "worker_serving",
                   {{"pid", std::to_string(ready.pid())},
                    {"start_ms", std::to_string((ready.ready_at() - ready.started_at()) / 1'000'000)}});
    };
    auto worker = launch(slot.plan, settings_, slot.generation, std::move(hearer));
    if (worker) {
        slot.worker = std::move(*worker);
        return;
    }
    log_.write(Level::Error, "compartment." + name, "worker_not_started", {{"error", worker.error().text}});
    restart_later(name);
}

void Fleet::drain_all(std::uint64_t timeout_ns)
{
    ending_ = true;
    for (auto &[name, slot] : slots_) {
        events_.cancel(slot.restart);
        if (slot.worker) slot.worker->drain({kStopping, timeout_ns, {}});
    }
    for (auto &[name, worker] : candidates_) let_go(*worker, {kStopping, timeout_ns, {}});
    for (auto &worker : retiring_) worker->drain({kStopping, timeout_ns, {}});
    give_up_change();
    events_.post([this] { gone_if_empty(); });
}

void Fleet::stop_all()
{
    ending_ = true;
    for_each([](WorkerHandle &worker) { worker.stop(); });
    for (auto &[name, slot] : slots_) events_.cancel(slot.restart);
    give_up_change();
    events_.post([this] { gone_if_empty(); });
}

void Fleet::gone_if_empty()
{
    if (!ending_ || done_ || !retiring_.empty() || !candidates_.empty()) return;
    const bool serving =
        std::any_of(slots_.begin(), slots_.end(), [](const auto &each) { return each.second.worker != nullptr; });
    if (!serving && gone_) std::exchange(gone_, {})();
}

void Fleet::for_each(const std::function<void(WorkerHandle &)> &visit)
{
    for (auto &[name, slot] : slots_) {
        if (slot.worker) visit(*slot.worker);
    }
    for (auto &[name, worker] : candidates_) visit(*worker);
    for (auto &worker : retiring_) visit(*worker);
}

} // namespace hawser::host
