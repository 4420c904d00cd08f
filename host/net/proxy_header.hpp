// The header of the PROXY protocol, version 1 or 2, that a proxy puts before a client's bytes
// (www.haproxy.org/download/2.8/doc/proxy-protocol.txt). Strict: what deviates is refused. Bounded: 107 bytes in
// version 1, 16 and at most 4096 in version 2.
#pragma once

#include "net/address.hpp"

#include <cstddef>
#include <string>
#include <string_view>

namespace hawser::host {

class ProxyHeader {
public:
    enum class State { More, Done, Bad };

    // Takes what belongs to the header, in any parts; `*used`: how many bytes did. REQUIRES: State::More so far.
    State take(const char *data, std::size_t n, std::size_t *used);

    // After Done. False: the connection is the proxy's own (LOCAL), or it does not know (UNKNOWN).
    bool has_addresses() const { return has_addresses_; }
    const SocketAddress &source() const { return source_; }
    const SocketAddress &destination() const { return destination_; }
    // After Bad: "expected …, got …".
    const std::string &error() const { return error_; }

private:
    State bad(std::string_view expected);
    State look();
    State look_at_text();
    State look_at_binary();
    bool read_text(std::string_view line);
    bool read_binary();
    bool read_extensions(std::size_t from);

    std::string bytes_;
    std::string error_;
    SocketAddress source_, destination_;
    bool has_addresses_ = false;
};

} // namespace hawser::host
