// Another program as a process group of its own, with pipes to its standard streams. Starting only; what happens then
// is bridge/child_process.
#pragma once

#include "base/fd.hpp"

#include <string>
#include <vector>

namespace hawser::host {

struct ChildPlan {
    std::string program, directory; // absolute
    std::vector<std::string> arguments, environment;
    enum class Errors { Pipe, Output, Nowhere } errors = Errors::Pipe;
};

struct StartedChild {
    int pid = -1;
    Fd process;               // its pidfd
    Fd input, output, errors; // our ends, non-blocking; errors: of Errors::Pipe only
};

// 0 or errno, of what could not be done in the new process too. It gets the plan's environment and nothing of this
// process's: no descriptor but the three, no signal handled or blocked. The system kills it when the calling thread
// ends.
int start_child(const ChildPlan &plan, StartedChild &started);

} // namespace hawser::host
