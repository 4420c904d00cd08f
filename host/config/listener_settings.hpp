// Shapes of texts that only a listener's keys have.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace hawser::host {

inline constexpr std::size_t kMostSocketPath = 107; // bytes, what sockaddr_un holds

// What is wrong with the text of a key of `format` (config/host_keys.cpp), and what to do; "": nothing, or the format
// is not one of these.
std::string check_listener_format(std::string_view format, const std::string &text);

} // namespace hawser::host
