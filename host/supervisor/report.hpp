// What the host says of itself, as JSON (host/supervisor/control.md).
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
};

std::string status_json(const HostFacts &facts, Fleet &fleet, const Fleet::Reports &reports);
std::string tree_json(const HostFacts &facts, Fleet &fleet, const Fleet::Reports &reports);
std::string change_json(std::uint64_t generation, const Change &change);
std::string version_json();

} // namespace hawser::host
