// The address stdio: one connection, over what the program was started with. Bytes go between standard input, standard
// output and a socket pair, whose other end a worker serves like any connection; so files, pipes, terminals and the
// sockets of an inetd are all the same to it.
#pragma once

#include "base/fd.hpp"
#include "base/result.hpp"

#include <memory>

namespace hawser::host {

class StdioRelay {
public:
    // Begins to read: one thread for each direction, since what they wait in cannot be made non-blocking for us alone.
    // They end with the connection or the process. Errors: System.
    static Result<StdioRelay> start();

    Fd take_connection() { return std::move(connection_); } // for a worker; once
    // Can be read once everything that the worker said has been written out, or nobody reads it any more.
    int ended_fd() const;

private:
    struct Shared;
    StdioRelay(std::shared_ptr<Shared> shared, Fd connection);
    std::shared_ptr<Shared> shared_;
    Fd connection_;
};

} // namespace hawser::host
