// What the host says of itself, as JSON.
#pragma once

#include "config/plan.hpp"
#include "supervisor/fleet.hpp"
#include "supervisor/socket_store.hpp"

#include <string>

namespace hawser::host {

struct HostFacts {
    std::string state; // "starting", "running", "reloading", "stopping"
    std::uint64_t generation = 0;
    std::uint64_t started_at = 0; // monotonic
    const HostPlan *plan = nullptr;
    std::vector<SocketStore::Bound> bound;
    std::string waits_for; // a reload has to wait for this; or empty
};

std::string status_json(const HostFacts &facts, Fleet &fleet, const Fleet::Reports &reports);
std::string tree_json(const HostFacts &facts, Fleet &fleet, const Fleet::Reports &reports);
// `ms`: from the request to where the new generation serves.
std::string change_json(std::uint64_t generation, std::uint64_t ms, const Change &change,
                        const std::vector<DrainNews> &drains);
std::string plan_json(const Change &change, const std::string &waits_for); // of a change that is not made
std::string version_json();
std::string upgrade_json(const std::string &from, std::uint64_t generation); // `from`: a version
std::string following_json(const HostFacts &facts);                          // the first of a stream of events

} // namespace hawser::host
