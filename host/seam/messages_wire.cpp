// Tests: tests/unit/seam/channel_test.cpp
#include "seam/messages_wire.hpp"

#include <algorithm>

namespace hawser::host {
namespace {

enum class Type : std::uint16_t {
    Sockets = 1,
    Start,
    Serve,
    Drain,
    Stop,
    AskStatus,
    Output,
    Handoff,
    Ready = 32,
    Failed,
    StatusReport,
    Drained,
    Serving,
    Closed,
    EndHost,
};

constexpr std::size_t kRowsPerPacket = 64;

WireWriter head(Type type)
{
    WireWriter out;
    out.number(kChannelVersion);
    out.number(type);
    return out;
}

std::vector<Packet> one(const WireWriter &out) { return {{out.bytes(), {}}}; }

std::vector<Packet> packets_of(const Sockets &message)
{
    std::vector<Packet> packets;
    for (std::size_t i = 0; i < message.sockets.size(); i += kSocketsPerMessage) {
        const std::size_t n = std::min(kSocketsPerMessage, message.sockets.size() - i);
        WireWriter out = head(Type::Sockets);
        out.number(static_cast<std::uint32_t>(n));
        Packet packet;
        for (std::size_t k = i; k < i + n; ++k) {
            const PassedSocket &socket = message.sockets[k];
            out.number(socket.listener);
            out.number(socket.address);
            out.number(socket.loop);
            out.number(static_cast<std::uint8_t>(socket.shared));
            out.text(socket.bound);
            packet.fds.push_back(socket.fd.get());
        }
        packet.bytes = out.bytes();
        packets.push_back(std::move(packet));
    }
    return packets;
}

std::vector<Packet> packets_of(const Output &message)
{
    WireWriter out = head(Type::Output);
    out.number(message.role);
    return {{out.bytes(), {message.fd.get()}}};
}

std::vector<Packet> packets_of(const Handoff &message)
{
    WireWriter out = head(Type::Handoff);
    out.number(message.role);
    Packet packet{out.bytes(), {}};
    for (const Fd &way : message.ways) packet.fds.push_back(way.get());
    return {std::move(packet)};
}

std::vector<Packet> packets_of(const Drain &message)
{
    WireWriter out = head(Type::Drain);
    out.number(message.why);
    out.number(message.timeout_ns);
    out.list(message.unserved, [](WireWriter &to, const ListenerAddress &each) {
        to.number(each.listener);
        to.number(each.address);
    });
    return one(out);
}

std::vector<Packet> packets_of(const Failed &message)
{
    constexpr std::size_t kMostText = 16384;
    WireWriter out = head(Type::Failed);
    out.number(message.status);
    out.text(message.node);
    out.text(message.option);
    out.text(std::string_view(message.text).substr(0, kMostText));
    return one(out);
}

std::vector<Packet> packets_of(const EndHost &message)
{
    constexpr std::size_t kMostText = 1024;
    WireWriter out = head(Type::EndHost);
    out.number(message.status);
    out.text(message.node);
    out.text(std::string_view(message.why).substr(0, kMostText));
    return one(out);
}

void write_row(WireWriter &out, const NodeStatus &row)
{
    constexpr std::size_t kMostText = 512;
    out.text(row.name);
    out.text(row.kind);
    out.text(row.plugin);
    out.text(row.state);
    out.text(std::string_view(row.detail).substr(0, kMostText));
    out.number(row.since_wall_ns);
    out.number(row.restarts);
    out.text(std::string_view(row.error).substr(0, kMostText));
}

std::vector<Packet> packets_of(const StatusReport &message)
{
    std::vector<Packet> packets;
    std::size_t i = 0;
    do {
        const std::size_t n = std::min(kRowsPerPacket, message.nodes.size() - i);
        WireWriter out = head(Type::StatusReport);
        out.number(static_cast<std::uint8_t>(i + n < message.nodes.size()));
        out.number(static_cast<std::uint32_t>(n));
        for (std::size_t k = i; k < i + n; ++k) write_row(out, message.nodes[k]);
        packets.push_back({out.bytes(), {}});
        i += n;
    } while (i < message.nodes.size());
    return packets;
}

std::vector<Packet> packets_of(const Drained &message)
{
    WireWriter out = head(Type::Drained);
    out.number(message.finished);
    out.number(message.cut);
    out.number(message.moved);
    return one(out);
}

std::vector<Packet> packets_of(const Start &) { return one(head(Type::Start)); }
std::vector<Packet> packets_of(const Serve &) { return one(head(Type::Serve)); }
std::vector<Packet> packets_of(const Stop &) { return one(head(Type::Stop)); }
std::vector<Packet> packets_of(const AskStatus &) { return one(head(Type::AskStatus)); }
std::vector<Packet> packets_of(const Ready &) { return one(head(Type::Ready)); }
std::vector<Packet> packets_of(const Serving &) { return one(head(Type::Serving)); }
std::vector<Packet> packets_of(const Closed &) { return one(head(Type::Closed)); }

Sockets read_sockets(WireReader &in, std::vector<Fd> &fds)
{
    Sockets message;
    in.list(message.sockets, 17, [](WireReader &from, PassedSocket &socket) {
        from.number(socket.listener);
        from.number(socket.address);
        from.number(socket.loop);
        from.flag(socket.shared);
        from.text(socket.bound);
    });
    if (message.sockets.size() != fds.size()) {
        in.spoil();
        return message;
    }
    for (std::size_t i = 0; i < fds.size(); ++i) message.sockets[i].fd = std::move(fds[i]);
    return message;
}

Output read_output(WireReader &in, std::vector<Fd> &fds)
{
    Output message;
    in.number(message.role);
    if (fds.size() != 1 || message.role > Output::Role::Access)
        in.spoil();
    else
        message.fd = std::move(fds.front());
    return message;
}

Handoff read_handoff(WireReader &in, std::vector<Fd> &fds)
{
    Handoff message;
    in.number(message.role);
    if (message.role > Handoff::Role::Take)
        in.spoil();
    else
        message.ways = std::move(fds);
    return message;
}

StatusReport read_report(WireReader &in, bool &continued)
{
    StatusReport message;
    in.flag(continued);
    in.list(message.nodes, 36, [](WireReader &from, NodeStatus &row) {
        from.text(row.name);
        from.text(row.kind);
        from.text(row.plugin);
        from.text(row.state);
        from.text(row.detail);
        from.number(row.since_wall_ns);
        from.number(row.restarts);
        from.text(row.error);
    });
    return message;
}

Message read_message(WireReader &in, Type type, std::vector<Fd> &fds, bool &continued)
{
    switch (type) {
    case Type::Sockets:
        return read_sockets(in, fds);
    case Type::Output:
        return read_output(in, fds);
    case Type::Handoff:
        return read_handoff(in, fds);
    case Type::Start:
        return Start{};
    case Type::Serve:
        return Serve{};
    case Type::Stop:
        return Stop{};
    case Type::AskStatus:
        return AskStatus{};
    case Type::Ready:
        return Ready{};
    case Type::Serving:
        return Serving{};
    case Type::Closed:
        return Closed{};
    case Type::StatusReport:
        return read_report(in, continued);
    case Type::Drain: {
        Drain message;
        in.number(message.why);
        in.number(message.timeout_ns);
        in.list(message.unserved, 8, [](WireReader &from, ListenerAddress &each) {
            from.number(each.listener);
            from.number(each.address);
        });
        return message;
    }
    case Type::Failed: {
        Failed message;
        in.number(message.status);
        in.text(message.node);
        in.text(message.option);
        in.text(message.text);
        return message;
    }
    case Type::EndHost: {
        EndHost message;
        in.number(message.status);
        if (message.status < 0 || message.status > kMostEndStatus) in.spoil();
        in.text(message.node);
        in.text(message.why);
        return message;
    }
    case Type::Drained: {
        Drained message;
        in.number(message.finished);
        in.number(message.cut);
        in.number(message.moved);
        return message;
    }
    }
    in.spoil();
    return Stop{};
}

} // namespace

std::vector<Packet> encode(const Message &message)
{
    return std::visit([](const auto &each) { return packets_of(each); }, message);
}

Result<Decoded> decode(std::string_view bytes, std::vector<Fd> fds)
{
    WireReader in(bytes);
    std::uint16_t version = 0;
    Type type{};
    in.number(version);
    in.number(type);
    if (!in.bad() && version != kChannelVersion) {
        return Error{Status::PluginFailed, "channel: expected version " + std::to_string(kChannelVersion) + ", got " +
                                               std::to_string(version)};
    }
    Decoded decoded;
    decoded.message = read_message(in, type, fds, decoded.continued);
    // Members that a newer side appended are passed over.
    if (in.bad()) return Error{Status::PluginFailed, "channel: a malformed message"};
    return decoded;
}

} // namespace hawser::host
