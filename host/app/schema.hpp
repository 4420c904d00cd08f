// The configuration as a JSON Schema (draft 2020-12): the host's own keys and the options of every kind that was found.
// It accepts whatever `check` accepts and refuses what a schema can refuse; what depends on two places, on a range of
// a duration or size, or on the machine stays with `check`. For editors and other people's validators.
#pragma once

#include "config/load.hpp"

#include <boost/json/object.hpp>

#include <vector>

namespace hawser::host {

// Refused plugins are left out. A string that holds a "$" is accepted wherever a variable may stand in it.
boost::json::object config_schema(const std::vector<FoundPlugin> &plugins);

} // namespace hawser::host
