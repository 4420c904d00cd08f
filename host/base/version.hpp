// The version of this program.
#pragma once

#include <string_view>

namespace hawser::host {

inline constexpr std::string_view kHostVersion = "0.1.0";
inline constexpr std::string_view kHostDate = "2026-11-26"; // of the version

} // namespace hawser::host
