// The listeners of a compartment as connections that change generations name them. Read by every loop, changed by none.
#pragma once

#include "config/plan.hpp"
#include "net/listener_share.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace hawser::host {

struct Port {
    std::string listener, protocol; // name; kind
    std::uint32_t node = 0;         // of the protocol, in CompartmentPlan::nodes
    ListenerShare *share = nullptr;
};

class Ports {
public:
    void add(Port port) { ports_.push_back(std::move(port)); }
    const Port *of(const ListenerShare *share) const
    {
        for (const Port &port : ports_) {
            if (port.share == share) return &port;
        }
        return nullptr;
    }
    const Port *named(std::string_view listener, std::string_view protocol) const
    {
        for (const Port &port : ports_) {
            if (port.listener == listener && port.protocol == protocol) return &port;
        }
        return nullptr;
    }
    const Port *named(std::string_view listener) const
    {
        for (const Port &port : ports_) {
            if (port.listener == listener) return &port;
        }
        return nullptr;
    }

private:
    std::vector<Port> ports_;
};

} // namespace hawser::host
