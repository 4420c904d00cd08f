// The interfaces that the host offers to plugins: what `requires` of a manifest may name. bridge/host_face.cpp gives
// them.
#pragma once

#include <array>
#include <string_view>

namespace hawser::host {

inline constexpr std::array<std::string_view, 6> kHostInterfaces{
    "hawser.datagram/1", "hawser.life/1", "hawser.metrics/1", "hawser.process/1", "hawser.ready/1", "hawser.records/1"};

} // namespace hawser::host
