// Tests: tests/system/supervision_test.cpp, tests/system/generations_test.cpp
// The half of Fleet that exchanges generations: a change of the plan, from its candidates to the workers that drain.
#include "supervisor/fleet.hpp"

#include "loop/loop.hpp"

#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <map>
#include <string_view>
#include <utility>

namespace hawser::host {
namespace {

constexpr std::uint64_t kCloseTimeout = 6'000'000'000; // a worker's own for a loop that is stuck is 5 s

template<typename Item>
std::map<std::string_view, const Item *> by_name(const std::vector<Item> &items)
{
    std::map<std::string_view, const Item *> all;
    for (const Item &item : items) all.emplace(item.name, &item);
    return all;
}

// What of a compartment is not as it was, for people.
std::vector<std::string> differences(const CompartmentPlan &before, const CompartmentPlan &after)
{
    std::vector<std::string> found;
    const auto plugins = by_name(before.plugins);
    for (const PluginRef &plugin : after.plugins) {
        const auto same = plugins.find(plugin.name);
        if (same == plugins.end())
            found.push_back("plugin " + plugin.name + " is new in it");
        else if (!(*same->second == plugin))
            found.push_back("plugin " + plugin.name + " has changed");
    }
    if (before.loops != after.loops) found.emplace_back("loops");
    if (!(before.rights == after.rights)) found.emplace_back("whom and where it runs");
    if (!(before.limits == after.limits)) found.emplace_back("what it may use");
    if (!(before.listeners == after.listeners)) found.emplace_back("listeners");
    auto nodes = by_name(before.nodes);
    for (const NodePlan &node : after.nodes) {
        const auto same = nodes.find(node.name);
        if (same == nodes.end())
            found.push_back(node.name + " is new");
        else if (!(same->second->options == node.options) || same->second->kind != node.kind)
            found.push_back(node.name);
        if (same != nodes.end()) nodes.erase(same);
    }
    for (const auto &[name, node] : nodes) found.push_back(node->name + " is gone");
    constexpr std::size_t kMost = 20;
    if (found.size() > kMost) {
        const std::string more = "and " + std::to_string(found.size() - kMost) + " more";
        found.resize(kMost);
        found.push_back(more);
    }
    if (found.empty()) found.emplace_back("details of it");
    return found;
}

} // namespace

void Fleet::change(const HostPlan &plan, const FleetSettings &settings, std::uint64_t generation,
                   std::function<void(const Change &)> done)
{
    next_settings_ = settings;
    generation_ = generation;
    drain_timeout_ = plan.drain_timeout_ns;
    start_timeout_ = plan.start_timeout_ns;
    wanted_ = &plan;
    phase_ = Phase::Starting;
    done_ = std::move(done);
    change_ = compare(plan, settings != settings_);
    late_.clear();
    for (const CompartmentPlan &compartment : plan.compartments) {
        const auto &changed = change_.changed;
        if (std::find(changed.begin(), changed.end(), compartment.name) == changed.end()) continue;
        auto wanted = std::make_shared<const CompartmentPlan>(compartment);
        if (!holders_of(wanted->exclusive).empty())
            late_.push_back(std::move(wanted));
        else if (!change_.failed)
            start_candidate(wanted);
    }
    advance_soon();
}

Change Fleet::compare(const HostPlan &plan, bool settings_differ) const
{
    Change change;
    for (const auto &[name, slot] : slots_) {
        const bool named = std::any_of(plan.compartments.begin(), plan.compartments.end(),
                                       [&name = name](const CompartmentPlan &each) { return each.name == name; });
        if (!named) change.removed.push_back(name);
    }
    for (const CompartmentPlan &compartment : plan.compartments) {
        const auto slot = slots_.find(compartment.name);
        // One that is dead or being started again is started anew: the operator may have mended it.
        const bool serves = slot != slots_.end() && slot->second.worker != nullptr &&
                            slot->second.worker->state() == WorkerHandle::State::Serving;
        const bool same = slot != slots_.end() && *slot->second.plan == compartment;
        if (serves && same && !settings_differ && !replaces_all_) {
            change.unchanged.push_back(compartment.name);
            continue;
        }
        change.changed.push_back(compartment.name);
        std::vector<std::string> &why = change.why.emplace_back();
        if (slot == slots_.end())
            why.emplace_back("it is new");
        else if (!same)
            why = differences(*slot->second.plan, compartment);
        if (slot != slots_.end() && !serves) why.emplace_back("its worker does not serve");
        if (settings_differ) why.emplace_back("[log] or abi_check has changed");
        if (replaces_all_) why.emplace_back("its worker is of another program");
    }
    return change;
}

// Those that are serving, or draining, with something that only one may have.
std::vector<WorkerHandle *> Fleet::holders_of(const std::vector<std::string> &exclusive) const
{
    std::vector<WorkerHandle *> holders;
    const auto look = [&](WorkerHandle &worker) {
        const auto &held = worker.plan()->exclusive;
        if (std::any_of(held.begin(), held.end(), [&exclusive](const std::string &each) {
                return std::find(exclusive.begin(), exclusive.end(), each) != exclusive.end();
            }))
            holders.push_back(&worker);
    };
    for (const auto &[name, slot] : slots_) {
        if (slot.worker) look(*slot.worker);
    }
    for (const auto &[worker, retiree] : retiring_) look(*worker);
    return holders;
}

// What only one may have goes from hand to hand: the old ones end before the new ones start. Connections wait in the
// queues of the listening sockets meanwhile.
void Fleet::vacate()
{
    phase_ = Phase::Vacating;
    for (const SharedPlan &plan : late_) {
        for (WorkerHandle *holder : holders_of(plan->exclusive)) {
            vacating_.insert(holder);
            const auto slot = std::find_if(slots_.begin(), slots_.end(),
                                           [holder](const auto &each) { return each.second.worker.get() == holder; });
            if (slot == slots_.end()) continue; // it drains already
            log_.write(Level::Info, "compartment." + slot->first, "makes_way",
                       {{"pid", std::to_string(holder->pid())}, {"for", plan->name}});
            vacated_.push_back(slot->first);
            slot->second.health.error = "its worker makes way for the next, which needs what only one may have";
            slot->second.health.down_since_ns = wall_now();
            // What waits in the queues stays there; what is idle has nowhere to go, and would be waited for.
            holder->drain({kReplaced, drain_timeout_, {}});
            holder->drain({kStopping, drain_timeout_, {}});
            keep_retiring(std::move(slot->second.worker));
        }
    }
}

void Fleet::start_late()
{
    phase_ = Phase::Starting;
    for (const SharedPlan &each : std::exchange(late_, {})) {
        if (!change_.failed) start_candidate(each);
    }
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
    return candidates_.size() + late_.size() == change_.changed.size() &&
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
    if (phase_ == Phase::Starting && !late_.empty() && all_candidates(WorkerHandle::State::Ready)) vacate();
    if (phase_ == Phase::Vacating && vacating_.empty()) start_late();
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
    if (!candidates_.empty() && !settings_.single) return;
    // Those that made way are back as they were, once they have let go of what only one may have.
    if (!vacating_.empty() && !ending_) return;
    late_.clear();
    vacating_.clear();
    for (const std::string &name : std::exchange(vacated_, {})) {
        if (!ending_ && !slots_.at(name).worker) start_slot(name);
    }
    finish_change();
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
    replaces_all_ = false;
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
    vacated_.clear();
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
    keep_retiring(std::move(slot.worker));
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

} // namespace hawser::host
