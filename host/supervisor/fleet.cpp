// Tests: tests/system/supervision_test.cpp
#include "supervisor/fleet.hpp"

#include "loop/loop.hpp"

#include <algorithm>
#include <csignal>
#include <cstring>
#include <utility>

namespace hawser::host {
namespace {

constexpr std::uint32_t kReplaced = 1, kStopping = 2; // HAWSER_REPLACED, HAWSER_STOPPING
constexpr std::uint64_t kEarlyDeath = 500'000'000;    // after READY: counts as failing to start

} // namespace

Result<std::unique_ptr<WorkerHandle>> Fleet::launch(const SharedPlan &plan, std::uint64_t generation,
                                                    WorkerHearer hearer)
{
    auto sockets = sockets_.pass(*plan);
    if (!sockets) return std::move(sockets.error());
    Snapshot snapshot;
    snapshot.generation = generation;
    snapshot.drain_timeout_ns = drain_timeout_;
    snapshot.log_level = settings_.log_level;
    snapshot.log_format = settings_.log_format;
    snapshot.access = settings_.access;
    snapshot.single = settings_.single;
    snapshot.compartment = *plan;
    // Which worker speaks is known once it is made; it speaks from the event loop only.
    auto self = std::make_shared<WorkerHandle *>(nullptr);
    hearer.status = [this, self](const StatusReport &report) { heard_status(*self, report); };
    hearer.drained = [this](const Drained &drained) { cut_ += ending_ ? drained.cut : 0; };
    hearer.ended = [this, self](const WorkerEnd &end) { ended(*self, end); };
    auto worker = WorkerHandle::start(events_, launcher_, snapshot, plan, std::move(*sockets), settings_.access_fd,
                                      std::move(hearer));
    if (worker) *self = worker->get();
    return worker;
}

void Fleet::change(const HostPlan &plan, std::uint64_t generation, std::function<void(const Change &)> done)
{
    generation_ = generation;
    drain_timeout_ = plan.drain_timeout_ns;
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
        if (slot != slots_.end() && *slot->second.plan == compartment) {
            change_.unchanged.push_back(compartment.name);
            continue;
        }
        change_.changed.push_back(compartment.name);
        wanted.push_back(std::make_shared<const CompartmentPlan>(compartment));
    }
    for (const SharedPlan &each : wanted) {
        if (!change_.failed) start_candidate(each);
    }
    // From the event loop, also when there is nothing to wait for.
    events_.post([this] { swap_if_ready(); });
}

void Fleet::start_candidate(const SharedPlan &plan)
{
    WorkerHearer hearer;
    hearer.ready = [this] { swap_if_ready(); };
    hearer.failed = [this](const Failed &failed) { candidate_failed(failed); };
    auto worker = launch(plan, generation_, std::move(hearer));
    if (worker)
        candidates_[plan->name] = std::move(*worker);
    else
        candidate_failed({static_cast<std::int32_t>(worker.error().status), {}, {}, worker.error().text});
}

void Fleet::candidate_failed(const Failed &failed)
{
    if (!done_) return;
    if (!change_.failed) change_.failed = failed;
    // From the event loop: the handle that tells this is still in a call.
    events_.post([this] { swap_if_ready(); });
}

void Fleet::swap_if_ready()
{
    if (!done_) return;
    if (change_.failed) {
        for (auto &[name, worker] : candidates_) {
            worker->stop();
            retiring_.push_back(std::move(worker));
        }
        candidates_.clear();
        finish_change();
        return;
    }
    const bool ready = candidates_.size() == change_.changed.size() &&
                       std::all_of(candidates_.begin(), candidates_.end(),
                                   [](const auto &each) { return each.second->state() == WorkerHandle::State::Ready; });
    if (!ready) return;
    // The new ones accept before the old ones stop: no moment without.
    for (auto &[name, worker] : candidates_) worker->serve();
    for (auto &[name, worker] : candidates_) {
        Slot &slot = slots_[name];
        events_.cancel(slot.restart);
        if (slot.worker) {
            slot.worker->drain(kReplaced, drain_timeout_);
            retiring_.push_back(std::move(slot.worker));
        }
        slot.plan = worker->plan();
        slot.generation = generation_;
        slot.worker = std::move(worker);
    }
    candidates_.clear();
    for (const std::string &name : change_.removed) {
        Slot &slot = slots_.at(name);
        events_.cancel(slot.restart);
        if (slot.worker) {
            slot.worker->drain(kReplaced, drain_timeout_);
            retiring_.push_back(std::move(slot.worker));
        }
        slots_.erase(name);
    }
    finish_change();
}

void Fleet::finish_change()
{
    const auto done = std::exchange(done_, {});
    done(change_);
    if (retiring_.empty() && retired_) retired_();
}

void Fleet::log_death(WorkerHandle &worker, const WorkerEnd &end)
{
    const std::string crumb = end.signal == SIGKILL ? "" : worker.last_crumb();
    const std::string how =
        end.signal != 0 ? std::string("signal ") + std::to_string(end.signal) + " (" + strsignal(end.signal) + ")"
                        : "status " + std::to_string(end.status);
    log_.write(Level::Error, "compartment." + worker.plan()->name, "worker_died",
               {{"pid", std::to_string(worker.pid())},
                {"generation", std::to_string(worker.generation())},
                {"reason", how},
                {"in", crumb.empty() ? "no plugin" : crumb}});
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

void Fleet::candidate_ended(const std::string &name, const WorkerEnd &end)
{
    const std::unique_ptr<WorkerHandle> dead = std::move(candidates_.at(name));
    candidates_.erase(name);
    Failed failed;
    failed.text = "compartment \"" + name + "\": its worker ended before it was ready";
    if (!change_.failed) {
        log_death(*dead, end);
        const std::string crumb = dead->last_crumb();
        if (!crumb.empty()) failed.text += ", in " + crumb;
    }
    candidate_failed(failed);
    gone_if_empty();
}

void Fleet::retiree_ended(WorkerHandle *worker, const WorkerEnd &end)
{
    if (end.signal != 0) log_death(*worker, end);
    if (end.signal != 0 && ending_) killed_ = true;
    std::erase_if(retiring_, [worker](const auto &each) { return each.get() == worker; });
    if (retiring_.empty() && retired_) retired_();
    gone_if_empty();
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
        if (end.signal != 0) killed_ = true;
        gone_if_empty();
        return;
    }
    log_death(*dead, end);
    const std::uint64_t ready_at = dead->ready_at();
    if (ready_at != 0 && monotonic_now() - ready_at > kEarlyDeath) slot.backoff.succeeded();
    restart_later(name);
}

void Fleet::restart_later(const std::string &name)
{
    Slot &slot = slots_.at(name);
    slot.restart = events_.after(slot.backoff.next_delay(), [this, name] { start_slot(name); });
}

void Fleet::start_slot(const std::string &name)
{
    Slot &slot = slots_.at(name);
    WorkerHearer hearer;
    hearer.ready = [this, name] {
        WorkerHandle &ready = *slots_.at(name).worker;
        ready.serve();
        log_.write(Level::Info, "compartment." + name, "worker_serving",
                   {{"pid", std::to_string(ready.pid())},
                    {"start_ms", std::to_string((ready.ready_at() - ready.started_at()) / 1'000'000)}});
    };
    hearer.failed = [this, name](const Failed &failed) {
        log_.write(Level::Error, failed.node.empty() ? "compartment." + name : failed.node, "start_failed",
                   {{"error", failed.text}});
    };
    auto worker = launch(slot.plan, slot.generation, std::move(hearer));
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
        if (slot.worker) slot.worker->drain(kStopping, timeout_ns);
    }
    for (auto &[name, worker] : candidates_) worker->stop();
    for (auto &worker : retiring_) worker->drain(kStopping, timeout_ns);
    events_.post([this] { gone_if_empty(); });
}

void Fleet::stop_all()
{
    ending_ = true;
    for_each([](WorkerHandle &worker) { worker.stop(); });
    for (auto &[name, slot] : slots_) events_.cancel(slot.restart);
    events_.post([this] { gone_if_empty(); });
}

void Fleet::gone_if_empty()
{
    if (!ending_ || !retiring_.empty() || !candidates_.empty()) return;
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
