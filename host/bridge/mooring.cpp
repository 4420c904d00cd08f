// Tests: tests/unit/bridge/mooring_test.cpp
#include "bridge/mooring.hpp"

#include <cstring>
#include <utility>

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

void Mooring::open(LoopFace &loop, Conn &conn)
{
    const hawser_kind *kind = instances_.kind(node_);
    if (kind == nullptr) {
        conn.close(CloseHow::Close);
        return;
    }
    conn.make_session(*reinterpret_cast<const hawser_protocol *>(kind), instances_.self(node_, loop.loop().index()));
}

void Mooring::count_off()
{
    share().leave();
    loop_.loop().counters().closed.add(1);
}

void Mooring::serve(LoopFace &loop, Fd socket, std::unique_ptr<Terms> terms)
{
    Conn *conn = loop.conns().create(loop, std::move(socket), &share(), Instances::tag(node_), std::move(terms));
    if (conn == nullptr) {
        share().leave();
        loop.loop().counters().closed.add(1);
    } else if (conn->awaits_header()) {
        conn->await_header(*this);
    } else if (conn->start()) {
        open(loop, *conn);
    }
}

void Mooring::accepted(Fd socket, std::unique_ptr<Terms> terms)
{
    const std::size_t turn = peers_.empty() ? 0 : turn_++ % peers_.size();
    LoopFace &target = peers_.empty() ? loop_ : *peers_[turn];
    if (&target == &loop_) {
        serve(loop_, std::move(socket), std::move(terms));
        return;
    }
    // The number carries the socket and which of the peers it is for.
    const auto take = [](const Task &task) {
        auto &self = *static_cast<Mooring *>(task.first);
        self.serve(*self.peers_[task.number >> 32], Fd(static_cast<int>(task.number & 0xffffffff)),
                   std::unique_ptr<Terms>(static_cast<Terms *>(task.second)));
    };
    const std::uint64_t number = static_cast<std::uint64_t>(turn) << 32 | static_cast<std::uint32_t>(socket.get());
    if (target.loop().post({take, this, terms.get(), nullptr, number})) {
        socket.release();
        static_cast<void>(terms.release());
        return;
    }
    count_off();
}

void Mooring::header_came(Conn &conn)
{
    Terms &terms = *conn.terms();
    const std::unique_ptr<ProxyHeader> header = std::move(terms.header);
    SocketAddress peer;
    if (header->has_addresses()) {
        terms.ends = std::make_unique<Terms::Ends>(Terms::Ends{header->source(), header->destination()});
        peer = header->source();
    } else {
        peer_address(conn.socket(), peer);
    }
    if (!terms.count(peer)) {
        conn.face().loop().counters().refused.add(1);
        tell(Limit::PerAddress, conn.face().loop().now());
        conn.close(CloseHow::Abort);
        return;
    }
    open(conn.face(), conn);
    conn.face().drain_late(conn);
}

void Mooring::header_failed(Conn &conn, std::string_view why)
{
    const std::uint64_t now = conn.face().loop().now();
    std::uint64_t times = 0;
    conn.face().loop().counters().refused.add(1);
    if (share().told_header.tell(now, &times)) {
        SocketAddress proxy;
        peer_address(conn.socket(), proxy);
        loop_.host().log().write(
            Level::Warning, name_, "proxy_header_refused",
            {{"proxy", proxy.text}, {"error", std::string(why)}, {"times", std::to_string(times)}});
    }
    conn.close(CloseHow::Abort);
}

void Mooring::limited(Limit limit, std::uint64_t times)
{
    const char *name = limit == Limit::Connections  ? "connections"
                       : limit == Limit::PerAddress ? "per_address"
                                                    : "accept_rate";
    loop_.host().log().write(Level::Warning, name_, "limited", {{"limit", name}, {"times", std::to_string(times)}});
}

void Mooring::exhausted(int error)
{
    char text[128];
    loop_.host().log().write(Level::Error, name_, "accept_failed",
                             {{"error", strerror_r(error, text, sizeof text)}, {"retry_ms", "100"}});
}

} // namespace hawser::host
