// Tests: tests/system/generations_test.cpp
// The part of Fleet that knows the workers which drain: how many there are of a compartment, and how it went with each.
#include "supervisor/fleet.hpp"

#include "loop/loop.hpp"

#include <utility>

namespace hawser::host {
namespace {

constexpr std::size_t kMostGenerations = 4; // of a compartment, the one that is to come included

} // namespace

void Fleet::keep_retiring(std::unique_ptr<WorkerHandle> worker)
{
    WorkerHandle *which = worker.get();
    Retiree &retiree = retiring_[which];
    retiree.worker = std::move(worker);
    retiree.since = monotonic_now();
}

DrainNews Fleet::news_of(const Retiree &retiree, bool ended)
{
    WorkerHandle &worker = *retiree.worker;
    DrainNews news;
    news.compartment = worker.plan()->name;
    news.generation = worker.generation();
    news.pid = worker.pid();
    news.ms = (monotonic_now() - retiree.since) / 1'000'000;
    news.drained = retiree.told;
    news.ended = ended;
    news.open = ended ? 0 : worker.open_connections();
    return news;
}

void Fleet::tell_drained(const Retiree &retiree)
{
    const DrainNews news = news_of(retiree, true);
    log_.write(news.drained.cut > 0 ? Level::Warning : Level::Info, "compartment." + news.compartment, "drained",
               {{"pid", std::to_string(news.pid)},
                {"generation", std::to_string(news.generation)},
                {"ms", std::to_string(news.ms)},
                {"moved", std::to_string(news.drained.moved)},
                {"finished", std::to_string(news.drained.finished)},
                {"cut", std::to_string(news.drained.cut)}});
    for (const auto &watch : drain_watches_) {
        if (watch->waits_for.erase(retiree.worker.get()) == 0) continue;
        watch->news.push_back(news);
        if (watch->waits_for.empty()) finish_watch(watch);
    }
    std::erase_if(drain_watches_, [](const auto &each) { return !each->told; });
    if (retired_ && !ending_) events_.post(retired_);
}

void Fleet::watch_drain(std::uint64_t timeout_ns, std::function<void(const std::vector<DrainNews> &)> told)
{
    auto watch = std::make_shared<DrainWatch>();
    watch->told = std::move(told);
    for (const auto &[worker, retiree] : retiring_) watch->waits_for.insert(worker);
    drain_watches_.push_back(watch);
    watch->timer = events_.after(watch->waits_for.empty() || ending_ ? 0 : timeout_ns, [this, watch] {
        finish_watch(watch);
        std::erase(drain_watches_, watch);
    });
}

// Those that drain on are told as they are.
void Fleet::finish_watch(const std::shared_ptr<DrainWatch> &watch)
{
    if (!watch->told) return;
    events_.cancel(watch->timer);
    for (WorkerHandle *worker : watch->waits_for) {
        if (const auto retiree = retiring_.find(worker); retiree != retiring_.end())
            watch->news.push_back(news_of(retiree->second, false));
    }
    std::exchange(watch->told, {})(watch->news);
}

void Fleet::tell_watches()
{
    for (const auto &watch : std::exchange(drain_watches_, {})) finish_watch(watch);
}

WorkerHandle *Fleet::in_the_way(const Change &change)
{
    for (const std::string &name : change.changed) {
        const auto slot = slots_.find(name);
        std::size_t count = slot != slots_.end() && slot->second.worker ? 1 : 0;
        WorkerHandle *oldest = nullptr;
        for (const auto &[worker, retiree] : retiring_) {
            if (worker->plan()->name != name) continue;
            ++count;
            if (oldest == nullptr || worker->generation() < oldest->generation()) oldest = worker;
        }
        if (count >= kMostGenerations && oldest != nullptr) return oldest;
    }
    return nullptr;
}

std::vector<HostState::Worker> Fleet::leave() const
{
    std::vector<HostState::Worker> left;
    for (const auto &[name, slot] : slots_) {
        if (slot.worker) left.push_back(slot.worker->leave());
    }
    for (const auto &[worker, retiree] : retiring_) {
        left.push_back(worker->leave());
        left.back().retiring = true;
    }
    return left;
}

Result<void> Fleet::adopt(std::vector<HostState::Worker> workers, bool of_another)
{
    replaces_all_ = of_another;
    for (HostState::Worker &state : workers) {
        auto self = std::make_shared<WorkerHandle *>(nullptr);
        WorkerHearer hearer;
        hear(hearer, self);
        const std::string name = state.plan.name;
        const bool retiring = state.retiring;
        if (!retiring) {
            // One that was started again at that very moment.
            hearer.ready = [this, name] { slots_.at(name).worker->serve(); };
            hearer.serving = [] {};
        }
        auto worker = WorkerHandle::adopt(events_, std::move(state), std::move(hearer));
        if (!worker) return std::move(worker.error());
        *self = worker->get();
        if (retiring) {
            keep_retiring(std::move(*worker));
            continue;
        }
        Slot &slot = slots_[name];
        slot.plan = (*worker)->plan();
        slot.generation = (*worker)->generation();
        slot.worker = std::move(*worker);
    }
    return {};
}

void Fleet::start_missing(const HostPlan &plan, std::uint64_t generation)
{
    for (const CompartmentPlan &compartment : plan.compartments) {
        const auto [slot, missing] = slots_.try_emplace(compartment.name);
        if (!missing) continue;
        slot->second.plan = std::make_shared<const CompartmentPlan>(compartment);
        slot->second.generation = generation;
        start_slot(compartment.name);
    }
}

} // namespace hawser::host
