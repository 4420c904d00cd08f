// How deep a TOML text nests, found before it is parsed: the parser calls itself for each level, and dotted keys are
// not bounded there.
#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

namespace hawser::host {

inline constexpr std::size_t kMostDepth = 64;

// The offset where brackets and the dots of keys are more than kMostDepth deep in each other. Strings and comments
// are skipped; for a text that is no TOML any answer may come. Never fails, uses no stack for depth.
std::optional<std::size_t> too_deep(std::string_view text);

} // namespace hawser::host
