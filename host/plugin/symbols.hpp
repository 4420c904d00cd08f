// Names of functions by their address, from the symbol tables of a file that nothing is believed of.
#pragma once

#include <cstdint>
#include <string>

namespace hawser::host {

// The function of the shared library or program `path` that holds `address` (as its file counts them); "" if none is
// known, or `path` is no regular file.
std::string function_at(const std::string &path, std::uint64_t address);

} // namespace hawser::host
