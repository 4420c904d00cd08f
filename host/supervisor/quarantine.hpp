// Plugins that crash again and again are taken out: what they served is answered by stand-ins of the plugins that own
// the routes, or closed, until their file is another one. For the supervisor's thread.
#pragma once

#include "config/plan.hpp"

#include <cstdint>
#include <deque>
#include <map>
#include <string>
#include <utility>
#include <vector>

namespace hawser::host {

// Exchanges in `plan` whatever `plugin` is needed for. `why` is for clients and people.
//  - An entry of routes becomes the stand-in of its owner, with `why` as its option `reason`, if the owner has one.
//  - Everything else of the plugin, and what needs that, is absent; a listener without its protocol closes connections.
void take_out(CompartmentPlan &plan, const std::string &plugin, const std::string &why);

class Quarantine {
public:
    static constexpr std::size_t kMostCrashes = 5;
    static constexpr std::uint64_t kWithin = 60'000'000'000;

    // A crash that is blamed on a plugin. True: it is one too many, and the plugin is in quarantine from now on.
    bool count(const std::string &compartment, const PluginRef &plugin, std::uint64_t now);
    // Takes out what is in quarantine and still the same file.
    void apply(HostPlan &plan) const;
    void apply(CompartmentPlan &plan) const;
    // Those whose file has changed, or that no compartment of that name uses any more, are free. Their names.
    std::vector<std::string> lift(const HostPlan &plan);

private:
    using Key = std::pair<std::string, std::string>; // compartment, plugin
    std::map<Key, std::deque<std::uint64_t>> crashes_;
    std::map<Key, std::string> taken_out_; // with the hash of the file
};

} // namespace hawser::host
