// A declared option in words, for people.
#pragma once

#include "config/manifest.hpp"

#include <string>

namespace hawser::host {

std::string type_of(const OptionSpec &option);    // "list of string"
std::string range_of(const OptionSpec &option);   // "1 to 64", "never, on-failure, always", or empty
std::string default_of(const OptionSpec &option); // as it is written, "(required)", or "-"

} // namespace hawser::host
