// Text from outside, made fit for a terminal, a log or JSON. Pure.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace hawser::host {

// Each byte that is not valid UTF-8 becomes U+FFFD.
std::string valid_utf8(std::string_view text);

// Valid UTF-8 in which control characters, which play tricks on a terminal or begin lines, are written "\x1b". Tabs
// stay.
std::string printable(std::string_view text);

// "64 MiB": in the largest unit that leaves a whole number.
std::string size_text(std::uint64_t bytes);

} // namespace hawser::host
