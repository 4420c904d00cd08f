// Tests: tests/system/supervision_test.cpp
#include "supervisor/fleet.hpp"

#include "supervisor/culprit.hpp"
#include "supervisor/limits.hpp"

#include "loop/loop.hpp"

#include <algorithm>
#include <random>
#include <utility>

namespace hawser::host {
namespace {

constexpr std::uint64_t kEarlyDeath = 500'000'000; // after READY: counts as failing to start

} // namespace

void Fleet::hear(WorkerHearer &hearer, const std::shared_ptr<WorkerHandle *> &self)
{
    hearer.failed = [this, self](const Failed &failed) { this->failed(*self, failed); };
    hearer.closed = [this, self] { closed(*self); };
    hearer.status = [this, self](const StatusReport &report) { heard_status(*self, report); };
    hearer.end_asked = [this](const EndHost &asked) { end_asked_(asked); };
    hearer.drained = [this, self](const Drained &drained) {
        cut_ += ending_ ? drained.cut : 0;
        if (const auto retiree = retiring_.find(*self); retiree != retiring_.end()) retiree->second.told = drained;
    };
    hearer.ended = [this, self](const WorkerEnd &end) { ended(*self, end); };
}

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
    snapshot.checks = settings.checks;
    snapshot.compartment = *plan;
    // Which worker speaks is known once it is made; it speaks from the event loop only.
    auto self = std::make_shared<WorkerHandle *>(nullptr);
    hear(hearer, self);
    hearer.ready = [this, self, ready = std::move(hearer.ready)] {
        tell_limits(**self);
        ready();
    };
    auto worker =
        WorkerHandle::start(events_, launcher_, snapshot, plan, std::move(*sockets), settings.files, std::move(hearer));
    if (worker) *self = worker->get();
    return worker;
}

// A limit that does not hold is no secret.
void Fleet::tell_limits(WorkerHandle &worker)
{
    const std::string lacks = not_held(worker.plan()->limits, worker.page()->limits);
    if (!lacks.empty())
        log_.write(Level::Warning, "compartment." + worker.plan()->name, "limits_not_enforced", {{"reason", lacks}});
}

std::string Fleet::log_death(WorkerHandle &worker, const WorkerEnd &end)
{
    const std::string in = find_culprit(worker, end).in;
    std::vector<std::pair<std::string, std::string>> told{{"pid", std::to_string(worker.pid())},
                                                          {"generation", std::to_string(worker.generation())},
                                                          {"reason", describe(worker, end)},
                                                          {"in", in.empty() ? "no plugin" : in}};
    if (mourn_) {
        for (auto &more : mourn_(worker, end)) told.push_back(std::move(more));
    }
    std::vector<LogField> fields;
    for (const auto &[name, value] : told) fields.push_back({name, value});
    log_.write(Level::Error, "compartment." + worker.plan()->name, "worker_died", fields);
    return "its worker ended with " + describe(worker, end) + (in.empty() ? "" : " in " + in);
}

void Fleet::ended(WorkerHandle *worker, const WorkerEnd &end)
{
    await_no_more(worker);
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
    failed.text = "compartment \"" + name + "\": its worker ended before it served, with " + describe(*dead, end);
    if (!change_.failed) {
        log_death(*dead, end);
        const std::string in = find_culprit(*dead, end).in;
        if (!in.empty()) failed.text += ", in " + in;
    }
    fail_change(failed);
    advance_soon();
    gone_if_empty();
}

void Fleet::retiree_ended(WorkerHandle *worker, const WorkerEnd &end)
{
    if (end.signal != 0) log_death(*worker, end);
    count_end(*worker, end);
    const bool awaited = closing_.erase(worker) + vacating_.erase(worker) > 0;
    const auto retiree = retiring_.extract(worker);
    if (awaited) advance_soon();
    tell_drained(retiree.mapped());
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
    const bool crashed = !std::exchange(slot.refused, false);
    if (crashed) slot.health.error = how;
    slot.health.down_since_ns = wall_now();
    const std::uint64_t ready_at = dead->ready_at();
    if (ready_at != 0 && monotonic_now() - ready_at > kEarlyDeath) slot.backoff.succeeded();
    const PluginRef *plugin = crashed ? find_culprit(*dead, end).plugin : nullptr;
    if (plugin != nullptr && blame_) blame_(name, *plugin);
    restart_later(name);
}

void Fleet::amend(const CompartmentPlan &plan)
{
    const auto slot = slots_.find(plan.name);
    if (slot == slots_.end()) return;
    slot->second.plan = std::make_shared<const CompartmentPlan>(plan);
    slot->second.backoff.succeeded();
}

void Fleet::restart_later(const std::string &name)
{
    Slot &slot = slots_.at(name);
    ++slot.health.restarts;
    slot.restart = events_.after(slot.backoff.next_delay(std::uniform_real_distribution(0.0, 1.0)(chance_)),
                                 [this, name] { start_slot(name); });
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
    for (auto &[worker, retiree] : retiring_) worker->drain({kStopping, timeout_ns, {}});
    give_up_change();
    tell_watches();
    events_.post([this] { gone_if_empty(); });
}

void Fleet::stop_all()
{
    ending_ = true;
    for_each([](WorkerHandle &worker) { worker.stop(); });
    for (auto &[name, slot] : slots_) events_.cancel(slot.restart);
    give_up_change();
    tell_watches();
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
    for (auto &[worker, retiree] : retiring_) visit(*worker);
}

} // namespace hawser::host
