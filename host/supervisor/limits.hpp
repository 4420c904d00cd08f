// What the worker of a compartment may use: it holds itself to that, and its status page says what holds.
#pragma once

#include "base/result.hpp"
#include "config/plan.hpp"
#include "config/source.hpp"
#include "seam/status_page.hpp"

#include <string>
#include <vector>

namespace hawser::host {

// What `plan` asks for and no worker of this process can have: more open files than it may have itself.
std::vector<Problem> impossible_limits(const HostPlan &plan);

// For this process, from now on, and for what it starts: memory by RLIMIT_DATA, open files by RLIMIT_NOFILE (without a
// limit of its own: as many as it may have), processors by its affinity, on whole ones. `loops`: whose stacks come on
// top. Called while the process has one thread. What holds stands in `held` then. Errors: System.
Result<void> hold_limits(const WorkerLimits &limits, unsigned loops, HeldLimits &held);

// What `limits` asks for and `held` does not give, for people: "cpu 0.5: one processor". Empty: it gives all.
std::string not_held(const WorkerLimits &limits, const HeldLimits &held);

} // namespace hawser::host
