// Socket addresses as text and as numbers.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

struct sockaddr_storage;

namespace hawser::host {

struct SocketAddress {
    std::uint16_t family = 0; // 4, 6, or 0 for a Unix socket
    std::uint16_t port = 0;
    std::array<std::uint8_t, 16> ip{}; // network order; IPv4 in the first four
    std::string text;                  // "192.0.2.1:8080", "[::1]:8080", "unix:/run/x", "unix:" without a name
};

// Of a connected or bound socket; false when it has none. IPv4 in IPv6 is shown as IPv4.
bool peer_address(int socket, SocketAddress &address);
bool local_address(int socket, SocketAddress &address);
// Of what the kernel told. Without `text` when only the numbers are of interest.
bool read_address(const sockaddr_storage &storage, std::uint32_t size, bool text, SocketAddress &address);

// `family`: 4 or 6; `ip`: its 4 or 16 bytes.
SocketAddress ip_address(std::uint16_t family, const std::uint8_t *ip, std::uint16_t port);
SocketAddress unix_address(std::string_view path); // ends at the first NUL

} // namespace hawser::host
