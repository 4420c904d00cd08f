// A child of a process with threads, and the descriptor that says when it has ended.
#pragma once

#include "base/fd.hpp"
#include "base/result.hpp"

#include <functional>

namespace hawser::host {

struct Spawned {
    int pid = -1;
    Fd process; // its pidfd
};

// Forks. `child` executes something and does not return; it does only what is safe after fork in a program with
// threads, and begins with all signals blocked: it has this process's handlers, by which a signal for the whole group
// would be heard twice. Errors: System.
Result<Spawned> spawn(const std::function<void()> &child);

} // namespace hawser::host
