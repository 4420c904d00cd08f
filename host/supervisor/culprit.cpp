// Tests: tests/faults/crash_test.cpp
#include "supervisor/culprit.hpp"

#include "base/text.hpp"
#include "supervisor/code_places.hpp"

#include <algorithm>
#include <csignal>
#include <cstring>

namespace hawser::host {
namespace {

Culprit of_thread_of_its_own(const CodePlaces &places)
{
    const PluginRef *plugin = places.plugin_of(places.record().frame, places.record().frames);
    if (plugin == nullptr) return {};
    return {"a thread of plugin " + plugin->name, plugin};
}

} // namespace

Culprit find_culprit(WorkerHandle &worker, const WorkerEnd &end)
{
    if (end.signal == SIGKILL) return {};
    const CodePlaces places(worker.page()->crash, *worker.plan());
    const std::int32_t thread = places.record().state != 0 ? places.record().thread : 0;
    const unsigned loops = std::min(worker.plan()->loops, kMaxLoops);
    Culprit all;
    bool agreed = true;
    for (unsigned i = 0; i < loops; ++i) {
        const bool crashed = worker.page()->cells[i].thread.load(std::memory_order_relaxed) == thread;
        // Plugins are loaded on the first thread, with the crumb of a loop that is idle then.
        if (thread != 0 && !crashed && thread != worker.pid()) continue;
        const std::string in = worker.crumb_of(i);
        if (in.empty()) continue;
        const PluginRef *plugin = worker.plugin_of(i);
        agreed = agreed && (all.in.empty() || plugin == all.plugin);
        all.in += (all.in.empty() ? "" : " or ") + in;
        all.plugin = plugin;
    }
    if (!agreed) all.plugin = nullptr;
    return all.in.empty() && thread != 0 ? of_thread_of_its_own(places) : all;
}

std::string describe(const WorkerEnd &end)
{
    if (end.signal == 0) return "status " + std::to_string(end.status);
    return "signal " + std::to_string(end.signal) + " (" + strsignal(end.signal) + ")";
}

std::string describe(WorkerHandle &worker, const WorkerEnd &end)
{
    const std::uint32_t cause = __atomic_load_n(&worker.page()->crash.cause, __ATOMIC_ACQUIRE);
    if (end.signal == SIGABRT && cause == CrashRecord::kNoMemory)
        return "no memory left of " + size_text(worker.plan()->limits.memory);
    if (end.signal == SIGABRT && cause == CrashRecord::kExit) return "a call of exit";
    return describe(end);
}

} // namespace hawser::host
