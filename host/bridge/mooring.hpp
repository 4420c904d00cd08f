// Where a listener meets its protocol on one loop: accepted connections become sessions of the protocol's instance.
#pragma once

#include "bridge/instances.hpp"
#include "net/acceptor.hpp"

#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace hawser::host {

// One socket of a listener on one loop.
class Mooring final : public Acceptor {
public:
    // `peers`: the loops that take turns with the connections of a socket that exists once; empty: all stay here.
    Mooring(LoopFace &loop, Fd socket, ListenerShare &share, Instances &instances, std::uint32_t node, std::string name,
            std::vector<LoopFace *> peers);

    // Of a connection behind a proxy, on its own loop.
    void header_came(Conn &conn);
    void header_failed(Conn &conn, std::string_view why);

private:
    void accepted(Fd socket, std::unique_ptr<Terms> terms) override;
    void exhausted(int error) override;
    void limited(Limit limit, std::uint64_t times) override;
    void serve(LoopFace &loop, Fd socket, std::unique_ptr<Terms> terms);
    void open(LoopFace &loop, Conn &conn);
    void count_off();

    LoopFace &loop_;
    Instances &instances_;
    std::uint32_t node_;
    std::string name_; // "listener.web"
    std::vector<LoopFace *> peers_;
    std::size_t turn_ = 0;
};

} // namespace hawser::host
