// What stands in strings: durations, sizes, environment variables; and the nearest known word for a wrong one. Pure.
#pragma once

#include "base/result.hpp"

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace hawser::host {

// "250ms", "10s", "2m", "1h", "1d", also "us" and "ns"; "0". Nanoseconds. Nothing: not of this shape, or over 292
// years.
std::optional<std::int64_t> parse_duration(std::string_view text);
inline constexpr std::string_view kDurationShape = "a duration like \"250ms\", \"10s\" or \"2m\"";

// "512B", "64KiB", "1MiB", "2GiB", "1TiB"; "0". Bytes.
std::optional<std::int64_t> parse_size(std::string_view text);
inline constexpr std::string_view kSizeShape = "a size like \"512B\", \"64KiB\" or \"1MiB\"";

using Environment = std::function<std::optional<std::string>(const std::string &name)>;

// Replaces ${NAME} and ${NAME:-default}; "$$" is "$". The Error's text says what is wrong.
Result<std::string> substitute(std::string_view text, const Environment &environment);

// The text in quotes, for a message: a long one is cut.
std::string quoted_short(std::string_view text);

// The known word nearest to `word`, if one is near enough to be meant.
std::optional<std::string> nearest(std::string_view word, const std::vector<std::string> &known);
// "did you mean \"x\"", or empty.
std::string meant(std::string_view word, const std::vector<std::string> &known);

} // namespace hawser::host
