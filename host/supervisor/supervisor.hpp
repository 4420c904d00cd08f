// The first process: configuration, listening sockets, workers, control socket, signals. Loads no plugin.
#pragma once

#include "base/version.hpp"
#include "config/load.hpp"
#include "net/inherited.hpp"
#include "supervisor/daemon.hpp"
#include "supervisor/host_state.hpp"
#include "supervisor/launcher.hpp"
#include "supervisor/notify.hpp"

#include <iosfwd>
#include <optional>
#include <string>

namespace hawser::host {

struct SupervisorOptions {
    LoadRequest load;
    std::string control; // overrides [host].control; empty: by the rule of control_path.hpp
    std::string pidfile; // absolute; empty: none
    bool single = false;
    Daemon *daemon = nullptr; // runs in the background; null: in the foreground
    NotifySettings notify;
    RunWorker run_worker; // for --single
    InheritedSockets inherited;
    std::optional<HostState> before; // of the program whose place this one takes
    int trial = -1;                  // only say whether it could, from this state; else -1
};

// Runs the host until it is told to end. Problems before it serves go to `err`, with source line and caret.
Status run_supervisor(const SupervisorOptions &options, std::ostream &err);

// All problems of a configuration as text, and how many there were.
std::string describe_problems(const Loaded &loaded);

} // namespace hawser::host
