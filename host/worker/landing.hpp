// Takes the idle connections that the worker of an older generation sends to one loop. For the loop's thread.
#pragma once

#include "base/fd.hpp"
#include "bridge/instances.hpp"
#include "bridge/loop_face.hpp"
#include "loop/loop.hpp"
#include "seam/parcel.hpp"
#include "worker/ferry.hpp"
#include "worker/ports.hpp"

#include <memory>
#include <string_view>
#include <vector>

namespace hawser::host {

class Landing final : public Watch {
public:
    // `channel` as for Ferry. All others outlive this. Counted in movement.arriving until the other side has ended.
    Landing(LoopFace &loop, Fd channel, const Instances &instances, const Ports &ports, Movement &movement);
    ~Landing();

    Result<void> start();

private:
    void on_ready(std::uint32_t events) override;
    void take(std::string_view bytes, std::vector<Fd> sockets);
    Conn *open(Parcel &parcel, Fd socket);
    void end();

    LoopFace &loop_;
    Fd channel_;
    const Instances &instances_;
    const Ports &ports_;
    Movement &movement_;
    std::unique_ptr<char[]> buffer_;
};

} // namespace hawser::host
