// Where the control socket of a configuration lies when neither it nor the command line says so.
#pragma once

#include "base/result.hpp"

#include <string>

namespace hawser::host {

// <hash of the configuration's path>.sock under /run/hawser (root), $XDG_RUNTIME_DIR/hawser, or a private directory of
// the user's below the one for temporary files. `config_path`: absolute; empty for `serve`, which uses its own name.
std::string default_control_path(const std::string &config_path);

// Makes the directory of a default path (0700) and checks that it is this user's alone. Errors: NotPermitted, System.
Result<void> prepare_control_directory(const std::string &socket_path);

} // namespace hawser::host
