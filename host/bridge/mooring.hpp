// Where a listener meets its protocol on one loop: accepted connections become sessions of the protocol's instance.
#pragma once

#include "bridge/instances.hpp"
#include "net/acceptor.hpp"

#include <string>
#include <vector>

namespace hawser::host {

// One socket of a listener on one loop.
class Mooring final : public Acceptor {
public:
    // `peers`: the loops that take turns with the connections of a socket that exists once; empty: all stay here.
    Mooring(LoopFace &loop, Fd socket, ListenerShare &share, Instances &instances, std::uint32_t node, std::string name,
            std::vector<LoopFace *> peers);

private:
    void accepted(Fd socket) override;
    void exhausted(int error) override;
    void serve(LoopFace &loop, Fd socket);

    LoopFace &loop_;
    Instances &instances_;
    std::uint32_t node_;
    std::string name_; // "listener.web"
    std::vector<LoopFace *> peers_;
    std::size_t turn_ = 0;
};

} // namespace hawser::host
