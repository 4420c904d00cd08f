// Tests: tests/unit/supervisor/control_server_test.cpp
#include "supervisor/control_server.hpp"

#include "net/listen.hpp"
#include "supervisor/control_path.hpp"

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/value.hpp>

#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

namespace json = boost::json;

namespace hawser::host {
namespace {

constexpr std::size_t kMostLine = 1 << 20;
constexpr std::size_t kMostPeers = 64;

} // namespace

struct ControlServer::Peer {
    Fd socket;
    std::string input;
    Events::Id on_input = 0;
};

ControlServer::ControlServer(Events &events, Log &log, Handle handle)
    : events_(events)
    , log_(log)
    , handle_(std::move(handle))
{}

ControlServer::~ControlServer()
{
    events_.cancel(on_accept_);
    for (auto &[id, peer] : peers_) events_.cancel(peer->on_input);
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
    on_accept_ = events_.on_readable(socket_.get(), [this] { accept(); });
    return {};
}

void ControlServer::accept()
{
    Fd socket(::accept4(socket_.get(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK));
    if (!socket) return;
    ucred peer{};
    socklen_t size = sizeof peer;
    const bool known = ::getsockopt(socket.get(), SOL_SOCKET, SO_PEERCRED, &peer, &size) == 0;
    if (!known || (peer.uid != 0 && peer.uid != ::geteuid()) || peers_.size() >= kMostPeers) {
        log_.write(Level::Warning, "host", "control_refused", {{"uid", std::to_string(peer.uid)}});
        return;
    }
    const std::uint64_t id = ++last_;
    auto made = std::make_unique<Peer>();
    made->socket = std::move(socket);
    made->on_input = events_.on_readable(made->socket.get(), [this, id] { read(id); });
    peers_.emplace(id, std::move(made));
}

void ControlServer::drop(std::uint64_t id)
{
    const auto found = peers_.find(id);
    if (found == peers_.end()) return;
    events_.cancel(found->second->on_input);
    peers_.erase(found);
}

void ControlServer::read(std::uint64_t id)
{
    char buffer[16384];
    Peer &peer = *peers_.at(id);
    const ssize_t n = ::recv(peer.socket.get(), buffer, sizeof buffer, 0);
    if (n < 0 && (errno == EAGAIN || errno == EINTR)) return;
    if (n <= 0) {
        drop(id);
        return;
    }
    peer.input.append(buffer, static_cast<std::size_t>(n));
    for (;;) {
        const auto found = peers_.find(id); // a line may have ended it
        if (found == peers_.end()) return;
        std::string &input = found->second->input;
        const std::size_t end = input.find('\n');
        if (end == std::string::npos) {
            if (input.size() > kMostLine) drop(id);
            return;
        }
        const std::string line = input.substr(0, end);
        input.erase(0, end + 1);
        if (line.size() > kMostLine || !take_line(id, line)) {
            drop(id);
            return;
        }
    }
}

// False: no request; the peer is dropped.
bool ControlServer::take_line(std::uint64_t id, const std::string &line)
{
    boost::system::error_code error;
    const json::value parsed = json::parse(line, error);
    const json::object *request = error ? nullptr : parsed.if_object();
    const json::value *verb = request != nullptr ? request->if_contains("do") : nullptr;
    if (verb == nullptr || !verb->is_string()) {
        send(id, R"({"id":null,"status":64,"problems":["expected one JSON object a line with the member \"do\""]})");
        return false;
    }
    const json::value *number = request->if_contains("id");
    const json::value key = number != nullptr ? *number : json::value(nullptr);
    ControlRequest asked;
    asked.verb = std::string(verb->get_string());
    if (const json::value *args = request->if_contains("args"); args != nullptr && args->is_object()) {
        const json::value *now = args->get_object().if_contains("now");
        asked.now = now != nullptr && now->is_bool() && now->get_bool();
    }
    asked.reply = [this, id, key](const Reply &reply) {
        json::object out;
        out["id"] = key;
        out["status"] = static_cast<int>(reply.status);
        boost::system::error_code bad;
        if (!reply.result.empty()) out["result"] = json::parse(reply.result, bad);
        if (!reply.problems.empty()) {
            json::array problems;
            for (const std::string &problem : reply.problems) problems.emplace_back(problem);
            out["problems"] = std::move(problems);
        }
        send(id, json::serialize(out));
    };
    handle_(asked);
    return true;
}

void ControlServer::send(std::uint64_t id, const std::string &line)
{
    const auto found = peers_.find(id);
    if (found == peers_.end()) return;
    const std::string bytes = line + '\n';
    std::size_t done = 0;
    while (done < bytes.size()) {
        const ssize_t n = ::send(found->second->socket.get(), bytes.data() + done, bytes.size() - done, MSG_NOSIGNAL);
        if (n > 0) {
            done += static_cast<std::size_t>(n);
        } else if (n < 0 && errno == EAGAIN) {
            // A peer that does not read its own answer is not waited for.
            pollfd writable{found->second->socket.get(), POLLOUT, 0};
            if (::poll(&writable, 1, 100) <= 0) break;
        } else if (errno != EINTR) {
            break;
        }
    }
    if (done < bytes.size()) drop(id);
}

} // namespace hawser::host
