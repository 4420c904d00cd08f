// Networks as text: "10.0.0.0/8", "2001:db8::/32", a single address, or "unix" for the peers of Unix sockets.
#pragma once

#include "base/result.hpp"

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

namespace hawser::host {

struct Network {
    std::uint16_t family = 0; // 4, 6, or 0 for Unix
    std::uint8_t prefix = 0;  // bits of `ip` that count
    std::array<std::uint8_t, 16> ip{};

    bool contains(std::uint16_t of_family, const std::array<std::uint8_t, 16> &address) const;
    bool operator==(const Network &) const = default;
    std::string text() const; // "10.0.0.0/8", "unix"
};

// The error's text says what was expected and got.
Result<Network> parse_network(std::string_view text);

} // namespace hawser::host
