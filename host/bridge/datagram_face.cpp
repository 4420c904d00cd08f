// Tests: tests/unit/bridge/datagram_test.cpp
// The table hawser_datagrams.
#include "bridge/datagram_port.hpp"
#include "bridge/host_face.hpp"
#include "bridge/outgoing.hpp"
#include "bridge/refusal.hpp"

#include <netinet/in.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <memory>
#include <string>
#include <string_view>

namespace hawser::host {
namespace {

constexpr std::string_view kUdp = "udp:", kUnix = "unixgram:";

DatagramPort &of(hawser_port *port) { return *static_cast<DatagramPort *>(port); }

std::int32_t refuse_address(hawser_error *error, std::string_view address, const char *expected)
{
    return refuse(error, HAWSER_INVALID, std::string("expected ") + expected + ", got \"" + std::string(address) + '"');
}

std::int32_t refuse_error(hawser_error *error, std::string_view address, int why)
{
    std::int32_t status = HAWSER_FAILED;
    if (why == EADDRINUSE) status = HAWSER_BUSY;
    if (why == EACCES || why == EPERM || why == ECONNREFUSED) status = HAWSER_REFUSED;
    if (why == EMFILE || why == ENFILE || why == ENOBUFS || why == ENOMEM) status = HAWSER_LIMIT;
    char text[128];
    return refuse(error, status, std::string(address) + ": " + strerror_r(why, text, sizeof text));
}

// Starts with the text of what begins it.
bool take_scheme(std::string_view &text, std::string_view scheme)
{
    if (text.substr(0, scheme.size()) != scheme) return false;
    text.remove_prefix(scheme.size());
    return true;
}

struct Request {
    std::string_view address, peer;
    std::uint32_t flags = 0;
};

std::int32_t open_udp(DatagramPort &port, const Request &request, std::string_view rest, hawser_error *error)
{
    constexpr const char *kLocal = "\"udp:\" with a literal address and a port, or alone";
    DatagramAddress local;
    NameQuestion where{"0.0.0.0", "0", SOCK_DGRAM}, whom{{}, {}, SOCK_DGRAM};
    if (!rest.empty() && !split_host_port(rest, true, where.host, where.port))
        return refuse_address(error, request.address, kLocal);
    const Addresses literal = literal_address(where);
    if (literal.empty()) return refuse_address(error, request.address, kLocal);
    local.storage = literal.front().storage;
    local.size = literal.front().size;
    std::string_view peer = request.peer;
    if (!peer.empty() && (!take_scheme(peer, kUdp) || !split_host_port(peer, false, whom.host, whom.port)))
        return refuse_address(error, request.peer, "a peer like \"udp:example.org:53\"");
    const int why = port.begin(local, rest.empty(), request.flags, request.peer.empty() ? nullptr : &whom);
    return why == 0 ? HAWSER_OK : refuse_error(error, request.address, why);
}

std::int32_t open_unix(DatagramPort &port, const Request &request, std::string_view path, hawser_error *error)
{
    DatagramAddress local, whom;
    if (!unix_datagram_address(path, local))
        return refuse_address(error, request.address, "a path of at most 107 bytes");
    std::string_view peer = request.peer;
    if (!peer.empty() && (!take_scheme(peer, kUnix) || peer.empty() || !unix_datagram_address(peer, whom)))
        return refuse_address(error, request.peer, "a peer like \"unixgram:/path\"");
    const int why = port.begin_unix(local, request.flags, request.peer.empty() ? nullptr : &whom);
    if (why == 0) return HAWSER_OK;
    return refuse_error(error, request.peer.empty() ? request.address : request.peer, why);
}

std::int32_t open(hawser_loop *loop, const hawser_node *node, hawser_str address, const hawser_port_options *options,
                  const hawser_receiver *receiver, void *self, hawser_port **port, hawser_error *error) noexcept
{
    LoopFace &face = LoopFace::of(loop);
    if (!face.here("hawser_datagrams.open", node->tag)) return refuse(error, HAWSER_INVALID, "it is another loop's");
    if (face.is_ending()) return refuse(error, HAWSER_CLOSED, "the loop ends");
    Request request{view(address), {}, 0};
    if (options != nullptr && HAWSER_HAS(options, flags)) request.flags = options->flags;
    if (options != nullptr && HAWSER_HAS(options, peer)) request.peer = view(options->peer);
    auto made = std::make_unique<DatagramPort>(face, node->tag, receiver, self);
    std::string_view rest = request.address;
    std::int32_t status = HAWSER_UNSUPPORTED;
    if (take_scheme(rest, kUdp))
        status = open_udp(*made, request, rest, error);
    else if (take_scheme(rest, kUnix))
        status = open_unix(*made, request, rest, error);
    else if (rest.find(':') == std::string_view::npos)
        status = refuse_address(error, rest, "\"udp:…\" or \"unixgram:…\"");
    else
        refuse(error, status, "expected the scheme udp or unixgram, got \"" + std::string(rest) + '"');
    if (status == HAWSER_OK) *port = made.release();
    return status;
}

std::int32_t send(hawser_port *port, hawser_bytes data, const hawser_address *to) noexcept
{
    return of(port).here("hawser_datagrams.send") ? of(port).send(data, to) : HAWSER_INVALID;
}

void pause(hawser_port *port, std::int32_t paused) noexcept
{
    if (of(port).here("hawser_datagrams.pause")) of(port).pause(paused != 0);
}

std::int32_t member(hawser_port *port, const hawser_address *group, std::uint32_t interface_index,
                    std::int32_t member) noexcept
{
    if (!of(port).here("hawser_datagrams.member")) return HAWSER_INVALID;
    return of(port).member(*group, interface_index, member != 0);
}

std::int32_t set(hawser_port *port, std::uint32_t what, std::uint32_t value) noexcept
{
    return of(port).here("hawser_datagrams.set") ? of(port).set(what, value) : HAWSER_INVALID;
}

std::int32_t address(hawser_port *port, std::uint32_t which, hawser_address *to) noexcept
{
    return of(port).here("hawser_datagrams.address") ? of(port).address(which, *to) : HAWSER_NOT_FOUND;
}

void close(hawser_port *port) noexcept
{
    if (of(port).here("hawser_datagrams.close")) of(port).close(HAWSER_OK);
}

} // namespace

const hawser_datagrams kDatagrams = {
    sizeof(hawser_datagrams), 0, open, send, pause, member, set, address, close,
};

} // namespace hawser::host
