// Tests: plugins/http/tests/access_test.cpp
#include "access.hpp"

#include "engine.hpp"

#include <algorithm>
#include <cstring>
#include <new>
#include <random>

namespace http_engine {
namespace {

std::string_view field(const hawser_http_request &request, std::string_view name)
{
    const hawser_field *found = hawser_http_find(&request, name.data(), name.size());
    return found != nullptr ? view(found->value) : std::string_view();
}

// Numbers of several engines and processes hardly ever meet.
std::uint64_t any_number()
{
    std::random_device random;
    return std::uint64_t{random()} << 32 | random();
}

} // namespace

std::unique_ptr<Access> Access::open(hawser_loop *loop, const hawser_node *node)
{
    const auto *records = static_cast<const hawser_records *>(node->host->get_interface(node->host, HAWSER_RECORDS));
    if (records == nullptr) return nullptr; // a host before it
    std::uint32_t format = 0;
    hawser_stream *stream = records->open(loop, node, "access", &format);
    if (stream == nullptr) return nullptr;
    return std::unique_ptr<Access>(new Access(loop, node, records, stream, format));
}

Access::Access(hawser_loop *loop, const hawser_node *node, const hawser_records *records, hawser_stream *stream,
               std::uint32_t format)
    : loop_(loop)
    , records_(records)
    , stream_(stream)
    , json_(format == HAWSER_RECORDS_JSON)
    , listener_(view(node->name))
    , number_(any_number())
{
    constexpr std::string_view kPlace = "listener.";
    if (listener_.substr(0, kPlace.size()) == kPlace) listener_.remove_prefix(kPlace.size());
}

std::uint32_t Access::meet(hawser_conn *conn)
{
    if (free_ == 0) {
        try {
            peers_.emplace_back();
        } catch (const std::bad_alloc &) {
            return 0;
        }
        free_ = static_cast<std::uint32_t>(peers_.size());
    }
    const std::uint32_t number = free_;
    Peer &peer = peers_[number - 1];
    free_ = peer.next;
    peer = Peer();
    hawser_address address;
    address.struct_size = sizeof address;
    if (conn->api->address(conn, HAWSER_PEER, &address) != HAWSER_OK) return number;
    const std::string_view text(address.text, strnlen(address.text, sizeof address.text));
    std::memcpy(peer.text, text.data(), text.size());
    peer.size = static_cast<std::uint8_t>(text.size());
    const std::size_t colon = text.rfind(':');
    if (address.family == 0 || colon == std::string_view::npos) return number;
    const bool brackets = text.front() == '[' && colon >= 2;
    peer.host_at = brackets ? 1 : 0;
    peer.host_size = static_cast<std::uint8_t>(brackets ? colon - 2 : colon);
    return number;
}

void Access::forget(std::uint32_t peer)
{
    if (peer == 0) return;
    peers_[peer - 1].next = free_;
    free_ = peer;
}

void Access::set_peer(AccessEntry &entry, const Session &session) const
{
    if (session.peer == 0) return;
    const Peer &peer = peers_[session.peer - 1];
    if (peer.size == 0) return;
    entry.peer = {peer.text, peer.size};
    entry.peer_host = {peer.text + peer.host_at, peer.host_size};
}

void Access::write(AccessEntry &entry)
{
    entry.listener = listener_;
    entry.number = ++number_;
    // Without room it is dropped and counted: the host's business.
    records_->write(stream_, str(json_ ? text_.json(entry) : text_.combined(entry)));
}

void Access::answered(const Exchange &exchange, std::uint32_t status, std::uint64_t bytes, bool complete)
{
    const hawser_http_request &request = exchange.request;
    // What is answered at once came in this very turn.
    const std::uint64_t began = exchange.engine->is_at_hand(exchange) ? loop_->now : exchange.began;
    AccessEntry entry;
    entry.wall = loop_->wall - static_cast<std::int64_t>(loop_->now - began);
    entry.duration = records_->now(loop_) - began;
    entry.status = status;
    entry.bytes = bytes;
    entry.complete = complete;
    entry.version = request.version;
    entry.method = view(request.method_name);
    entry.target = view(request.target);
    entry.authority = view(request.authority);
    entry.referer = field(request, "referer");
    entry.agent = field(request, "user-agent");
    entry.id = field(request, "x-request-id");
    if (exchange.route != nullptr) entry.route = exchange.route->pattern;
    set_peer(entry, *exchange.session);
    write(entry);
}

void Access::cut_off(const Exchange &exchange)
{
    constexpr std::uint32_t kNobodyWaited = 499; // as other servers write it
    if (exchange.is_fresh())
        answered(exchange, kNobodyWaited, 0, false);
    else
        answered(exchange, exchange.answer_status, exchange.answer_bytes, exchange.answer == Exchange::Answer::Broken);
}

void Access::rejected(const Session &session, std::uint32_t status, std::uint64_t bytes, std::string_view input)
{
    AccessEntry entry;
    entry.wall = loop_->wall;
    entry.status = status;
    entry.bytes = bytes;
    const std::string_view line = input.substr(0, input.find('\n'));
    entry.line = !line.empty() && line.back() == '\r' ? line.substr(0, line.size() - 1) : line;
    set_peer(entry, session);
    write(entry);
}

} // namespace http_engine
