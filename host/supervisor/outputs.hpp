// The files that the host writes to: events, and a line for each request. Opened here, by the supervisor alone, and
// passed to the workers. For the supervisor's thread.
#pragma once

#include "base/fd.hpp"
#include "base/log.hpp"
#include "base/result.hpp"
#include "config/plan.hpp"

namespace hawser::host {

class Outputs {
public:
    // Errors name the key and the path.
    Result<void> open(const LogPlan &plan);

    int log_fd() const;                              // of a file, or standard error
    int access_fd() const;                           // -1: off
    LogFormat log_format(const LogPlan &plan) const; // "auto" resolved for log_fd()

private:
    Fd log_, access_; // of files
    bool access_on_ = false;
};

} // namespace hawser::host
