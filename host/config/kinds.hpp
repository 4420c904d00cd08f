// The kinds that the plugins found offer, by name.
#pragma once

#include "config/load.hpp"

#include <string>
#include <vector>

namespace hawser::host {

struct KindChoice {
    const FoundPlugin *plugin = nullptr;
    const KindSpec *kind = nullptr;
};

// Finds `name` ("echo", "plugin.echo") among the kinds of this word; adds a problem at `at` that says why there is
// none, or more than one. `owner`: "listener \"web\"".
KindChoice choose_kind(const std::vector<FoundPlugin> &plugins, const std::string &word, const std::string &name,
                       const std::string &owner, Position at, Problems &problems);

} // namespace hawser::host
