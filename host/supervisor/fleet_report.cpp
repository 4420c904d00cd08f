// Tests: tests/system/supervision_test.cpp
// The asking half of Fleet: what the nodes of all workers are doing.
#include "supervisor/fleet.hpp"

#include <utility>

namespace hawser::host {
namespace {

constexpr std::uint64_t kReportTimeout = 1'000'000'000;

} // namespace

void Fleet::report(std::function<void(const Reports &)> told)
{
    if (told_) {
        asked_.push_back(std::move(told));
        return;
    }
    told_ = std::move(told);
    reports_.clear();
    awaited_ = 0;
    for_each([this](WorkerHandle &worker) { awaited_ += worker.ask_status() ? 1 : 0; });
    // A worker that is dead or stuck keeps nobody waiting.
    report_timer_ = events_.after(awaited_ > 0 ? kReportTimeout : 0, [this] { finish_report(); });
}

void Fleet::heard_status(const WorkerHandle *worker, const StatusReport &report)
{
    if (!told_ || !reports_.emplace(worker, report).second) return;
    if (reports_.size() == awaited_) finish_report();
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
