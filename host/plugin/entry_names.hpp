// The functions of a plugin by the number that a crumb has for them (sdk: hawser/abi.h, HAWSER_CRUMB), for people.
#pragma once

#include <cstdint>
#include <string_view>

namespace hawser::host {

// The host's own numbers, beyond those of abi.h. The tags of the last two are those of plugins: they follow the nodes'.
inline constexpr std::uint32_t kWorkEntry = 195, kPluginEntry = 196, kInitializers = 197;

// "on_data", "create"; `role` is that of the node, since some numbers mean another function for each role.
std::string_view entry_name(std::uint32_t entry, std::string_view role);

} // namespace hawser::host
