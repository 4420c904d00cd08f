// `run --daemon`: the command returns once the host serves, or with what kept it from that; the host goes on without a
// terminal. Used before the process has a second thread.
#pragma once

#include "base/exit_status.hpp"
#include "base/fd.hpp"

#include <iosfwd>
#include <optional>

namespace hawser::host {

class Daemon {
public:
    // In the process that was started: waits, and returns what to end with. In the one that goes on: nothing; it leads
    // a session of its own, without a terminal, and prints where its parent prints until ready().
    std::optional<Status> begin(std::ostream &err);
    void ready();              // the parent ends with success; standard input, output and error are let go
    void ended(Status status); // nothing after ready()

private:
    void tell(Status status);
    Fd parent_;
};

} // namespace hawser::host
