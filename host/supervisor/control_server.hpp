// The control socket: one JSON object a line; `do` is a command of the command line and `status` its exit status. Peers
// are root or the running user, checked by the kernel's credentials. For the supervisor's thread.
#pragma once

#include "base/fd.hpp"
#include "base/log.hpp"
#include "base/result.hpp"
#include "supervisor/events.hpp"

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace hawser::host {

struct Reply {
    Status status = Status::Ok;
    std::string result; // JSON; empty: none
    std::vector<std::string> problems;
};

struct ControlRequest {
    std::string verb;                         // "status"
    bool now = false, plan = false;           // args.now, args.plan
    std::function<void(const Reply &)> reply; // once; also later, also after the peer has gone
    std::uint64_t peer = 0;                   // who asks, for socket_of()
    std::string id;                           // of the request, JSON
};

class ControlServer {
public:
    using Handle = std::function<void(const ControlRequest &)>;
    ControlServer(Events &events, Log &log, Handle handle);
    ~ControlServer();

    // Errors: System (another host has it), NotPermitted.
    Result<void> open(const std::string &path);
    // The socket as it is left to the next program, and the one that the program before left.
    int leave() const { return socket_.get(); }
    int socket_of(std::uint64_t peer) const; // -1: it has gone
    void adopt(const std::string &path, Fd socket);
    // A client that waits for an answer since then, for replier().
    std::uint64_t adopt_peer(Fd socket);
    std::function<void(const Reply &)> replier(std::uint64_t peer, const std::string &id);

    // The peer gets every event from now on, until it goes: {"id":…,"event":{…}}. One that does not read misses some,
    // and is told how many with the next that it gets.
    void follow(std::uint64_t peer, const std::string &id);
    void publish(const std::string &event); // JSON
    void end_follows();                     // the host ends: {"id":…,"end":true}

private:
    struct Peer;
    void listen();
    void accept();
    std::uint64_t add_peer(Fd socket);
    std::vector<std::uint64_t> followers() const;
    void refuse(const std::string &why);
    void read(std::uint64_t id);
    bool take_line(std::uint64_t id, const std::string &line);
    void take_lines(std::uint64_t id);
    void answered(std::uint64_t id, const std::string &line);
    void send(std::uint64_t id, const std::string &line);
    void flush(std::uint64_t id);
    void end(std::uint64_t id);
    void drop(std::uint64_t id);
    void drop_if_done(std::uint64_t id);
    bool drop_idle();

    Events &events_;
    Log &log_;
    Handle handle_;
    std::string path_;
    Fd socket_;
    Events::Id on_accept_ = 0;
    std::map<std::uint64_t, std::unique_ptr<Peer>> peers_;
    std::uint64_t last_ = 0;
};

} // namespace hawser::host
