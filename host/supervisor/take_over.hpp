// How a program is executed in the place of this one, or beside it to be tried, and what tells it so: descriptors that
// stay open, and two variables of its environment.
#pragma once

#include "base/fd.hpp"
#include "base/result.hpp"
#include "supervisor/host_state.hpp"

#include <string>
#include <vector>

namespace hawser::host {

// The variable that names the memory file with the HostState.
inline constexpr const char *kStateVariable = "HAWSER_STATE";
// Set beside it: only say whether this program could take over (supervisor/trial.hpp).
inline constexpr const char *kTrialVariable = "HAWSER_TRIAL";

// What this process was executed for, taken out of its environment.
struct TakeOver {
    Fd state;           // none: it was just started
    bool tries = false; // only to say whether it could
};
TakeOver take_take_over();

// The arguments of this process, and its environment with `variables` ("NAME=value") before it.
struct Execution {
    explicit Execution(const std::vector<std::string> &variables);
    std::vector<std::string> texts;
    std::vector<char *> arguments, environment;
};

// Executes `binary` in the place of this process, with `state` beside its descriptors. Returns only if that failed.
Error take_my_place(int binary, const HostState &state);

} // namespace hawser::host
