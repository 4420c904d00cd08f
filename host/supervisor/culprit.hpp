// Who ended a worker: from what its status page says of its loops and of the thread that crashed.
#pragma once

#include "supervisor/launcher.hpp"
#include "supervisor/worker_handle.hpp"

#include <string>

namespace hawser::host {

struct Culprit {
    std::string in;                    // "listener.web (http of plugin http): on_request", or empty: no plugin
    const PluginRef *plugin = nullptr; // of the worker's plan; null: none, or it cannot be told which
};

// The loop whose thread crashed, whatever the others were in; for a thread that a plugin made, the plugin whose code it
// was in; for one that ended without a crash (_exit), the loops that were in a plugin. Whoever kills a worker is not in
// it.
Culprit find_culprit(WorkerHandle &worker, const WorkerEnd &end);

// "status 70", "signal 11 (Segmentation fault)"
std::string describe(const WorkerEnd &end);
// The same, or what the worker itself says of its end: "a call of exit", "no memory left of 64 MiB".
std::string describe(WorkerHandle &worker, const WorkerEnd &end);

} // namespace hawser::host
