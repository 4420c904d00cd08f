// Values as a configuration would write them, for commands that make one.
#pragma once

#include <string>

namespace hawser::host {

// In quotes, with what TOML and the substitution of variables would take for something else escaped.
std::string toml_string(const std::string &text);

} // namespace hawser::host
