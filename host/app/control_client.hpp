// Asks a running host through its control socket.
#pragma once

#include "app/command.hpp"

#include <functional>
#include <string>

namespace hawser::host {

// The reply's line, or the status to end with after printing why. `timeout_ms`: how long the host may take.
struct Asked {
    Status status = Status::Ok;
    std::string line; // JSON; empty: the host did not answer
};
Asked ask_host(const std::string &socket, const std::string &request, int timeout_ms);

// Gives every line that the host sends, until it ends or `line` says false. NotRunning: it never answered.
Status follow_host(const std::string &socket, const std::string &request,
                   const std::function<bool(const std::string &)> &line);

// --control, or by CONFIG: [host].control or the default for its path.
std::string control_socket(const Arguments &arguments, const Surroundings &around);

} // namespace hawser::host
