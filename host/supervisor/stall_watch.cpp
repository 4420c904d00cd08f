// Tests: tests/faults/stall_test.cpp
#include "supervisor/stall_watch.hpp"

#include "loop/loop.hpp"
#include "supervisor/code_places.hpp"

#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <vector>

namespace hawser::host {
namespace {

constexpr std::uint64_t kLook = 50'000'000;
// Between two looks no more than this counts: when the machine stood still, suspended or starved, the workers did too.
constexpr std::uint64_t kLongestStep = 4 * kLook;
constexpr std::size_t kMostTold = 12; // frames in a line of the log

std::string milliseconds(std::uint64_t ns) { return std::to_string(ns / 1'000'000) + " ms"; }

} // namespace

StallWatch::StallWatch(Events &events, Fleet &fleet, Log &log, std::uint64_t limit_ns)
    : events_(events)
    , fleet_(fleet)
    , log_(log)
    , limit_(limit_ns)
    , looked_(monotonic_now())
{
    timer_ = events_.after(kLook, [this] { look(); });
}

StallWatch::~StallWatch() { events_.cancel(timer_); }

void StallWatch::look()
{
    timer_ = events_.after(kLook, [this] { look(); });
    const std::uint64_t now = monotonic_now();
    step_ = std::min(now - looked_, kLongestStep);
    looked_ = now;
    std::vector<WorkerHandle *> serving;
    fleet_.for_each([&serving](WorkerHandle &worker) {
        if (worker.state() == WorkerHandle::State::Serving) serving.push_back(&worker);
    });
    for (WorkerHandle *worker : serving) look_at(*worker);
    // Those of workers that have gone.
    std::erase_if(stalls_, [&serving](const auto &each) {
        return std::none_of(serving.begin(), serving.end(),
                            [&](const WorkerHandle *worker) { return worker->pid() == each.first.first; });
    });
}

void StallWatch::look_at(WorkerHandle &worker)
{
    for (unsigned loop = 0; loop < std::min(worker.plan()->loops, kMaxLoops); ++loop) look_at(worker, loop);
}

void StallWatch::look_at(WorkerHandle &worker, unsigned loop)
{
    const std::uint64_t now = looked_;
    const LoopCell &cell = worker.page()->cells[loop];
    const std::uint64_t since = cell.counters.turn_started.get(), turn = cell.counters.turns.get();
    const auto key = std::make_pair(worker.pid(), loop);
    const bool stuck = since != 0 && since < now && now - since >= kStall && cell.crumb() >> 8 != 0;
    const auto known = stalls_.find(key);
    if (!stuck || (known != stalls_.end() && known->second.turn != turn)) {
        if (known == stalls_.end()) return;
        if (!known->second.told) tell(worker, loop, known->second); // it has ended since it was asked about
        stalls_.erase(known);
        return;
    }
    Stall &stall = stalls_[key];
    stall.turn = turn;
    stall.lasted = known != stalls_.end() ? stall.lasted + step_ : std::min(now - since, kLongestStep);
    if (!stall.asked)
        ask(worker, loop, stall);
    else if (!stall.told)
        tell(worker, loop, stall);
    if (limit_ > 0 && stall.lasted >= limit_) replace(worker, loop, stall);
}

// The answer is there at the next look.
void StallWatch::ask(WorkerHandle &worker, unsigned loop, Stall &stall)
{
    const StatusLayout &page = *worker.page();
    stall.asked = true;
    stall.in = worker.crumb_of(loop);
    stall.answers = __atomic_load_n(&page.stall.count, __ATOMIC_ACQUIRE);
    const int thread = page.cells[loop].thread.load(std::memory_order_relaxed);
    if (__atomic_load_n(&page.stall.answers, __ATOMIC_ACQUIRE) == 1 && thread > 0)
        ::syscall(SYS_tgkill, worker.pid(), thread, stall_signal());
}

void StallWatch::tell(WorkerHandle &worker, unsigned loop, Stall &stall)
{
    stall.told = true;
    const StallRecord &left = worker.page()->stall;
    std::string at, backtrace;
    if (__atomic_load_n(&left.count, __ATOMIC_ACQUIRE) != stall.answers) {
        const CodePlaces places(worker.page()->crash, *worker.plan());
        std::array<std::uint64_t, StallRecord::kMostFrames> frames{};
        const std::size_t count = std::min<std::size_t>(left.frames, frames.size());
        std::memcpy(frames.data(), left.frame, count * sizeof frames[0]);
        at = places.in_plugin(frames.data(), count);
        for (const std::string &frame : places.all(frames.data(), std::min(count, kMostTold)))
            backtrace += (backtrace.empty() ? "" : " < ") + frame;
    }
    log_.write(Level::Warning, "compartment." + worker.plan()->name, "stalled",
               {{"loop", std::to_string(loop)},
                {"for", milliseconds(stall.lasted)},
                {"in", stall.in},
                {"at", at.empty() ? "unknown" : at},
                {"backtrace", backtrace.empty() ? "unknown" : backtrace}});
}

void StallWatch::replace(WorkerHandle &worker, unsigned loop, const Stall &stall)
{
    const std::string lasted = milliseconds(stall.lasted);
    log_.write(Level::Error, "compartment." + worker.plan()->name, "stalled_too_long",
               {{"loop", std::to_string(loop)}, {"for", lasted}, {"in", stall.in}});
    fleet_.replace(worker, "its worker stalled for " + lasted + " in " + stall.in + " and was replaced");
}

} // namespace hawser::host
