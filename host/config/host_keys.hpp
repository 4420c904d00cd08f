// The host's own keys, declared like the options of a plugin and read by the same code: type, default, range and text
// stand in one place, for checking, for `hawser schema` and for conf/reference.toml.
#pragma once

#include "config/manifest.hpp"

#include <string>
#include <vector>

namespace hawser::host {

struct HostKeys {
    std::vector<OptionSpec> root;        // include and the tables below, without their keys
    std::vector<OptionSpec> host;        // [host]
    std::vector<OptionSpec> log;         // [log]
    std::vector<OptionSpec> listener;    // [listeners.NAME], beside the options of its protocol
    std::vector<OptionSpec> service;     // [services.NAME], beside the options of its kind
    std::vector<OptionSpec> compartment; // [compartments.NAME]
};

// Made at the first call. [any-thread]
const HostKeys &host_keys();

// The keys of a table-typed key: host_keys().listener → "limits" → its own. REQUIRES: there is one of that name.
const std::vector<OptionSpec> &keys_of(const std::vector<OptionSpec> &specs, std::string_view name);

} // namespace hawser::host
