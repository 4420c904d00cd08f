// The processors that this process may use: those of a container's cpuset or of taskset, not those of the machine.
#pragma once

#include "base/result.hpp"

#include <cstddef>
#include <vector>

namespace hawser::host {

// Their numbers, ascending. Error: the kernel does not say.
Result<std::vector<std::size_t>> allowed_processors();

// Keeps the calling thread, and those it starts, on these alone. Error: none of them is there.
Result<void> keep_on_processors(const std::vector<std::size_t> &processors);

} // namespace hawser::host
