// Tests: tests/unit/bridge/mooring_test.cpp
#include "bridge/mooring.hpp"

#include <cstring>

namespace hawser::host {

Mooring::Mooring(LoopFace &loop, Fd socket, ListenerShare &share, Instances &instances, std::uint32_t node,
                 std::string name, std::vector<LoopFace *> peers)
    : Acceptor(loop.loop(), std::move(socket), share)
    , loop_(loop)
    , instances_(instances)
    , node_(node)
    , name_(std::move(name))
    , peers_(std::move(peers))
{}

void Mooring::serve(LoopFace &loop, Fd socket)
{
    const auto &protocol = *reinterpret_cast<const hawser_protocol *>(instances_.kind(node_));
    Conn *conn = loop.conns().create(loop, std::move(socket), &share(), Instances::tag(node_));
    if (conn == nullptr) {
        share().open.fetch_sub(1, std::memory_order_relaxed);
        loop.loop().counters().closed.add(1);
        return;
    }
    conn->open(protocol, instances_.self(node_, loop.loop().index()));
}

void Mooring::accepted(Fd socket)
{
    LoopFace &target = peers_.empty() ? loop_ : *peers_[turn_++ % peers_.size()];
    if (&target == &loop_) {
        serve(loop_, std::move(socket));
        return;
    }
    const auto take = [](const Task &task) {
        static_cast<Mooring *>(task.first)
            ->serve(*static_cast<LoopFace *>(task.second), Fd(static_cast<int>(task.number)));
    };
    const int fd = socket.get();
    if (target.loop().post({take, this, &target, nullptr, static_cast<std::uint64_t>(fd)})) {
        socket.release();
        return;
    }
    share().open.fetch_sub(1, std::memory_order_relaxed);
    loop_.loop().counters().closed.add(1);
}

void Mooring::exhausted(int error)
{
    char text[128];
    loop_.host().log().write(Level::Error, name_, "accept_failed",
                             {{"error", strerror_r(error, text, sizeof text)}, {"retry_ms", "100"}});
}

} // namespace hawser::host
