// Tests: tests/system/supervision_test.cpp
// The half of Fleet that speaks with all workers: asks what their nodes are doing, passes them files.
#include "supervisor/fleet.hpp"

#include <utility>

namespace hawser::host {
namespace {

constexpr std::uint64_t kReportTimeout = 1'000'000'000;

} // namespace

const Fleet::Health *Fleet::health(const WorkerHandle &worker) const
{
    const auto slot = slots_.find(worker.plan()->name);
    return slot != slots_.end() && slot->second.worker.get() == &worker ? &slot->second.health : nullptr;
}

void Fleet::for_each_down(
    const std::function<void(const CompartmentPlan &, std::uint64_t, const Health &)> &visit) const
{
    for (const auto &[name, slot] : slots_) {
        if (!slot.worker && !ending_) visit(*slot.plan, slot.generation, slot.health);
    }
}

void Fleet::report(std::function<void(const Reports &)> told)
{
    if (told_) {
        asked_.push_back(std::move(told));
        return;
    }
    told_ = std::move(told);
    reports_.clear();
    awaited_.clear();
    for_each([this](WorkerHandle &worker) {
        if (worker.ask_status()) awaited_.insert(&worker);
    });
    // A worker that is dead or stuck keeps nobody waiting.
    report_timer_ = events_.after(!awaited_.empty() ? kReportTimeout : 0, [this] { finish_report(); });
}

void Fleet::replace(WorkerHandle &worker, const std::string &why)
{
    for (auto &[name, slot] : slots_) {
        if (slot.worker.get() != &worker) continue;
        slot.health.error = why;
        slot.refused = true; // its end is not news
        worker.kill();
    }
}

void Fleet::pass(Output::Role role, int file)
{
    for_each([role, file](WorkerHandle &worker) { worker.pass(role, file); });
}

void Fleet::heard_status(const WorkerHandle *worker, const StatusReport &report)
{
    if (told_ && reports_.emplace(worker, report).second) await_no_more(worker);
}

// It has answered, or never will.
void Fleet::await_no_more(const WorkerHandle *worker)
{
    if (told_ && awaited_.erase(worker) > 0 && awaited_.empty())
        events_.post([this] {
            if (told_ && awaited_.empty()) finish_report();
        });
}

void Fleet::finish_report()
{
    events_.cancel(report_timer_);
    const auto told = std::exchange(told_, {});
    told(reports_);
    reports_.clear();
    if (asked_.empty()) return;
    auto next = std::move(asked_.front());
    asked_.erase(asked_.begin());
    report(std::move(next));
}

} // namespace hawser::host
