// Tests: tests/unit/supervisor/control_server_test.cpp
#include "supervisor/control_server.hpp"

#include "net/listen.hpp"
#include "supervisor/control_path.hpp"

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/value.hpp>

#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <utility>
#include <vector>

namespace json = boost::json;

namespace hawser::host {
namespace {

constexpr std::size_t kMostLine = 1 << 20;
constexpr std::size_t kMostPeers = 64;
constexpr std::size_t kMostOutput = 8 << 20;
constexpr std::size_t kMostEvents = 256 << 10;      // bytes that wait for a peer
constexpr std::uint64_t kAgain = 10'000'000;        // how often a full socket is tried again
constexpr unsigned kMostTries = 500;                // without progress
constexpr std::uint64_t kAcceptAgain = 100'000'000; // when no descriptor is left
constexpr const char *kNoRequest =
    R"({"id":null,"status":64,"problems":["expected one JSON object a line with the member \"do\""]})";
constexpr const char *kTooLong =
    R"({"id":null,"status":64,"problems":["expected a line of at most 1 MiB, got a longer one"]})";

} // namespace

struct ControlServer::Peer {
    Fd socket;
    std::string input, output;
    Events::Id on_input = 0, retry = 0;
    unsigned awaited = 0; // answers to come
    unsigned tries = 0;   // to send, since anything was taken
    std::string follows;  // the id under which it gets events; empty: none
    std::uint64_t missed = 0;
    bool ended = false; // sends no more, or is not listened to any more: goes once it has its answers
};

ControlServer::ControlServer(Events &events, Log &log, Handle handle)
    : events_(events)
    , log_(log)
    , handle_(std::move(handle))
{}

ControlServer::~ControlServer()
{
    events_.cancel(on_accept_);
    for (auto &[id, peer] : peers_) {
        events_.cancel(peer->on_input);
        events_.cancel(peer->retry);
    }
    if (socket_) ::unlink(path_.c_str());
}

Result<void> ControlServer::open(const std::string &path)
{
    if (auto prepared = prepare_control_directory(path); !prepared) return prepared;
    Endpoint endpoint;
    endpoint.scheme = Endpoint::Scheme::Unix;
    endpoint.path = path;
    // The socket is this user's from its first moment.
    const mode_t before = ::umask(0177);
    ListenOptions options;
    options.backlog = 64;
    auto group = listen_on(endpoint, options, 1);
    ::umask(before);
    if (!group) {
        group.error().text = "control socket " + group.error().text;
        return std::move(group.error());
    }
    path_ = path;
    socket_ = std::move(group->sockets.front());
    listen();
    return {};
}

void ControlServer::listen()
{
    on_accept_ = events_.on_readable(socket_.get(), [this] { accept(); });
}

void ControlServer::refuse(const std::string &why)
{
    log_.write(Level::Warning, "host", "control_refused", {{"reason", why}});
}

void ControlServer::accept()
{
    Fd socket(::accept4(socket_.get(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK));
    if (!socket) {
        if (errno != EMFILE && errno != ENFILE && errno != ENOBUFS && errno != ENOMEM) return;
        refuse("no descriptor is left");
        // It stays readable: asked again at once it would spin.
        events_.cancel(on_accept_);
        on_accept_ = events_.after(kAcceptAgain, [this] { listen(); });
        return;
    }
    ucred peer{};
    socklen_t size = sizeof peer;
    const bool known = ::getsockopt(socket.get(), SOL_SOCKET, SO_PEERCRED, &peer, &size) == 0;
    if (!known || (peer.uid != 0 && peer.uid != ::geteuid())) {
        refuse("expected root or the user of the host, got user " + std::to_string(peer.uid));
        return;
    }
    if (peers_.size() >= kMostPeers && !drop_idle()) {
        refuse(std::to_string(kMostPeers) + " others wait for answers");
        return;
    }
    add_peer(std::move(socket));
}

std::uint64_t ControlServer::add_peer(Fd socket)
{
    const std::uint64_t id = ++last_;
    auto made = std::make_unique<Peer>();
    made->socket = std::move(socket);
    made->on_input = events_.on_readable(made->socket.get(), [this, id] { read(id); });
    peers_.emplace(id, std::move(made));
    return id;
}

int ControlServer::socket_of(std::uint64_t peer) const
{
    const auto found = peers_.find(peer);
    return found != peers_.end() ? found->second->socket.get() : -1;
}

void ControlServer::adopt(const std::string &path, Fd socket)
{
    path_ = path;
    socket_ = std::move(socket);
    listen();
}

std::uint64_t ControlServer::adopt_peer(Fd socket)
{
    const std::uint64_t peer = add_peer(std::move(socket));
    ++peers_.at(peer)->awaited;
    return peer;
}

void ControlServer::drop(std::uint64_t id)
{
    const auto found = peers_.find(id);
    if (found == peers_.end()) return;
    events_.cancel(found->second->on_input);
    events_.cancel(found->second->retry);
    peers_.erase(found);
}

// The one that came first of those that nothing is owed: who connects and asks nothing keeps nobody out.
bool ControlServer::drop_idle()
{
    for (const auto &[id, peer] : peers_) {
        if (peer->awaited > 0 || !peer->output.empty() || !peer->follows.empty()) continue;
        drop(id);
        return true;
    }
    return false;
}

void ControlServer::read(std::uint64_t id)
{
    char buffer[16384];
    Peer &peer = *peers_.at(id);
    const ssize_t n = ::recv(peer.socket.get(), buffer, sizeof buffer, 0);
    if (n < 0 && (errno == EAGAIN || errno == EINTR)) return;
    if (n < 0) {
        drop(id);
        return;
    }
    peer.input.append(buffer, static_cast<std::size_t>(n));
    if (n == 0 && !peer.input.empty()) peer.input.push_back('\n'); // the last line may lack it
    take_lines(id);
    if (n == 0) end(id);
}

void ControlServer::take_lines(std::uint64_t id)
{
    for (;;) {
        const auto found = peers_.find(id); // a line may have ended it
        if (found == peers_.end() || found->second->ended) return;
        std::string &input = found->second->input;
        const std::size_t length = input.find('\n');
        if (length == std::string::npos && input.size() <= kMostLine) return;
        if (length > kMostLine) { // no end of it, too
            send(id, kTooLong);
            end(id);
            return;
        }
        const std::string line = input.substr(0, length);
        input.erase(0, length + 1);
        if (!take_line(id, line)) {
            send(id, kNoRequest);
            end(id);
        }
    }
}

// Reads no more from it.
void ControlServer::end(std::uint64_t id)
{
    const auto found = peers_.find(id);
    if (found == peers_.end()) return;
    events_.cancel(found->second->on_input);
    found->second->ended = true;
    drop_if_done(id);
}

void ControlServer::drop_if_done(std::uint64_t id)
{
    const auto found = peers_.find(id);
    if (found == peers_.end()) return;
    const Peer &peer = *found->second;
    if (peer.ended && peer.awaited == 0 && peer.output.empty()) drop(id);
}

std::function<void(const Reply &)> ControlServer::replier(std::uint64_t id, const std::string &key)
{
    return [this, id, key](const Reply &reply) {
        boost::system::error_code bad;
        json::object out;
        out["id"] = json::parse(key, bad);
        out["status"] = static_cast<int>(reply.status);
        if (!reply.result.empty()) out["result"] = json::parse(reply.result, bad);
        if (!reply.problems.empty()) {
            json::array problems;
            for (const std::string &problem : reply.problems) problems.emplace_back(problem);
            out["problems"] = std::move(problems);
        }
        answered(id, json::serialize(out));
    };
}

// False: no request.
bool ControlServer::take_line(std::uint64_t id, const std::string &line)
{
    boost::system::error_code error;
    const json::value parsed = json::parse(line, error);
    const json::object *request = error ? nullptr : parsed.if_object();
    const json::value *verb = request != nullptr ? request->if_contains("do") : nullptr;
    if (verb == nullptr || !verb->is_string()) return false;
    const json::value *number = request->if_contains("id");
    const json::value key = number != nullptr ? *number : json::value(nullptr);
    ControlRequest asked;
    asked.verb = std::string(verb->get_string());
    if (const json::value *args = request->if_contains("args"); args != nullptr && args->is_object()) {
        const auto flag = [args](std::string_view name) {
            const json::value *value = args->get_object().if_contains(name);
            return value != nullptr && value->is_bool() && value->get_bool();
        };
        asked.now = flag("now");
        asked.plan = flag("plan");
    }
    asked.id = json::serialize(key);
    asked.peer = id;
    asked.reply = replier(id, asked.id);
    ++peers_.at(id)->awaited;
    handle_(asked);
    return true;
}

void ControlServer::answered(std::uint64_t id, const std::string &line)
{
    const auto found = peers_.find(id);
    if (found == peers_.end()) return;
    --found->second->awaited;
    send(id, line);
    drop_if_done(id);
}

void ControlServer::send(std::uint64_t id, const std::string &line)
{
    const auto found = peers_.find(id);
    if (found == peers_.end()) return;
    Peer &peer = *found->second;
    peer.output += line;
    peer.output += '\n';
    if (peer.output.size() > kMostOutput)
        drop(id);
    else if (peer.retry == 0)
        flush(id);
}

void ControlServer::follow(std::uint64_t peer, const std::string &id)
{
    const auto found = peers_.find(peer);
    if (found == peers_.end()) return;
    --found->second->awaited; // events are its answer
    found->second->follows = id;
}

std::vector<std::uint64_t> ControlServer::followers() const
{
    std::vector<std::uint64_t> all; // sending may drop one
    for (const auto &[id, peer] : peers_) {
        if (!peer->follows.empty()) all.push_back(id);
    }
    return all;
}

void ControlServer::publish(const std::string &event)
{
    for (const std::uint64_t id : followers()) {
        Peer &peer = *peers_.at(id);
        if (peer.output.size() > kMostEvents) {
            ++peer.missed;
            continue;
        }
        std::string line = R"({"id":)" + peer.follows + R"(,"event":)" + event;
        if (peer.missed > 0) line += R"(,"missed":)" + std::to_string(std::exchange(peer.missed, 0));
        send(id, line + '}');
    }
}

void ControlServer::end_follows()
{
    for (const std::uint64_t id : followers()) send(id, R"({"id":)" + peers_.at(id)->follows + R"(,"end":true})");
}

// Nobody is waited for: what the socket does not take is tried again later.
void ControlServer::flush(std::uint64_t id)
{
    Peer &peer = *peers_.at(id);
    peer.retry = 0;
    std::size_t done = 0;
    while (done < peer.output.size()) {
        const ssize_t n = ::send(peer.socket.get(), peer.output.data() + done, peer.output.size() - done, MSG_NOSIGNAL);
        if (n < 0 && errno == EINTR) continue;
        if (n < 0 && errno == EAGAIN) break;
        if (n <= 0) {
            drop(id);
            return;
        }
        done += static_cast<std::size_t>(n);
    }
    peer.output.erase(0, done);
    peer.tries = done > 0 ? 0 : peer.tries + 1;
    if (peer.output.empty())
        drop_if_done(id);
    else if (peer.tries > kMostTries)
        drop(id);
    else
        peer.retry = events_.after(kAgain, [this, id] { flush(id); });
}

} // namespace hawser::host
