// Why a generation cannot be served: which node is to blame, and which of its options, so that the supervisor can show
// the place in the configuration.
#pragma once

#include "base/exit_status.hpp"

#include <string>

namespace hawser::host {

struct Failure {
    Status status = Status::PluginFailed; // BadConfig where an option is to blame
    std::string node;                     // NodePlan::name, or empty
    std::string option;                   // path of the option, or empty
    std::string text;
};

} // namespace hawser::host
