// Endpoint addresses as text: "tcp:host:port", "unix:/path", "systemd:NAME", "fd:N", "stdio:". Parsing only: host/net
// opens them.
#pragma once

#include "base/result.hpp"

#include <cstdint>
#include <string>
#include <string_view>

namespace hawser::host {

struct Endpoint {
    enum class Scheme : std::uint8_t { Tcp, Unix, Systemd, Fd, Stdio };
    Scheme scheme = Scheme::Tcp;
    std::string host;       // Tcp: a literal IPv4 or IPv6 address without brackets; names are refused
    std::uint16_t port = 0; // Tcp; 0 lets the system choose
    std::string path;       // Unix: the path as written; Systemd: the name
    int fd = -1;            // Fd

    bool operator==(const Endpoint &) const = default;
    std::string text() const; // "127.0.0.1:8080", "[::1]:8080", "unix:/run/x", "systemd:web", "fd:3", "stdio:"
};

// What a listener may name. An address without a scheme is "tcp:". The error's text says what was expected and got.
Result<Endpoint> parse_listen_endpoint(std::string_view text);

} // namespace hawser::host
