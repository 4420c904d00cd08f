// `check --deep`: every plugin is loaded, everything is shared and created, in throwaway workers without sockets, which
// start no service and serve nobody.
#pragma once

#include "base/exit_status.hpp"
#include "config/load.hpp"
#include "supervisor/launcher.hpp"

#include <string>
#include <vector>

namespace hawser::host {

// Where an option, or else the node, that a worker's failure blames stands in the configuration; file 0, line 0 where
// it blames none. The text has the option in front.
Problem locate(const Failed &failed, const HostPlan &plan);

struct Rehearsed {
    Status status = Status::Ok;
    std::vector<Problem> problems; // one for each compartment that failed
};
// With the user, the root and so on of the configuration, unless this process has no right to give them. What plugins
// log comes on standard error.
Rehearsed rehearse(const HostPlan &plan);

} // namespace hawser::host
