// The exit statuses of the command line, the control socket and of every host::Error: one table for all of them.
#pragma once

namespace hawser::host {

enum class Status : int {
    Ok = 0,
    Usage = 64,        // wrong usage of the command line
    NoFile = 66,       // a file that was named does not exist
    NotRunning = 69,   // the host is not running or does not answer
    PluginFailed = 70, // a plugin could not be loaded or started, or an internal error
    System = 71,       // the system refused: address in use, no descriptors
    CutOff = 75,       // work was cut off by a deadline or by being told to stop at once
    NotPermitted = 77,
    BadConfig = 78,
};

} // namespace hawser::host
