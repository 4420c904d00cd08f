// The messages between the supervisor and one worker: one packet each on a SOCK_SEQPACKET socket pair, versioned,
// descriptors attached in batches. Either side reads its end from one thread; send() is for any thread.
#pragma once

#include "base/fd.hpp"
#include "base/result.hpp"
#include "seam/passing.hpp"

#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

namespace hawser::host {

inline constexpr std::uint16_t kChannelVersion = 1;
inline constexpr std::size_t kSocketsPerMessage = kMostPassed;

// Why something drains, as in the plugin boundary: HAWSER_REPLACED and HAWSER_STOPPING.
inline constexpr std::uint32_t kReplaced = 1, kStopping = 2;

// Supervisor to worker --------------------------------------------------------------------------------------------

struct PassedSocket {
    std::uint32_t listener = 0; // index into CompartmentPlan::listeners
    std::uint32_t address = 0;  // index into its addresses
    std::uint32_t loop = 0;     // who accepts; Unix, systemd and fd sockets: 0
    bool shared = false;        // exists once: its loop hands connections round
    std::string bound;          // the address with the real port, as shown to people
    Fd fd;
};
struct Sockets { // any number of them, before Start
    std::vector<PassedSocket> sockets;
};
// A file that the worker writes to, opened by the supervisor: before Start, and again when it was reopened.
struct Output {
    enum class Role : std::uint32_t { Log = 0, Access = 1 };
    Role role = Role::Log;
    Fd fd;
};
struct Start {}; // all sockets were sent: load, create, start services, then answer Ready or Failed
struct Serve {}; // attach the listeners, then Serving
struct ListenerAddress {
    std::uint32_t listener = 0, address = 0; // as in PassedSocket
    bool operator==(const ListenerAddress &) const = default;
};
// Accept no more, answer Closed, finish what is in flight, then Drained; at the deadline the rest is cut.
struct Drain {
    std::uint32_t why = 0; // kReplaced; kStopping: nobody serves any of the sockets any more
    std::uint64_t timeout_ns = 0;
    std::vector<ListenerAddress> unserved; // nobody serves these any more: what waits in their queues is taken first
};
// Ways to the workers of the generation after (Give) or before (Take), one for each loop of the older one: connected
// SOCK_SEQPACKET sockets for the packets of seam/parcel.hpp. While it serves, Give before the Drain that is for them.
struct Handoff {
    enum class Role : std::uint32_t { Give = 0, Take = 1 };
    Role role = Role::Give;
    std::vector<Fd> ways; // at most kSocketsPerMessage
};
struct Stop {};      // at once
struct AskStatus {}; // answered by StatusReport

// Worker to supervisor --------------------------------------------------------------------------------------------

struct Ready {};
// NOLINTNEXTLINE(clang-analyzer-core.uninitialized.Assign): as base/result.hpp
struct Failed { // nothing is served; the worker ends
    std::int32_t status = 70;
    std::string node, option, text; // node: NodePlan::name or empty; option: path of the option to blame, or empty
};
struct NodeStatus {
    std::string name, kind, plugin, state, detail;
    std::uint64_t since_wall_ns = 0;
    std::uint32_t restarts = 0;
    std::string error; // the last one, also when the node runs again
};
struct StatusReport {
    std::vector<NodeStatus> nodes;
};
struct Serving {};                                 // the listeners are attached
inline constexpr std::int32_t kMostEndStatus = 63; // as HAWSER_STATUS_MAX: those above are the host's own
// A plugin asks for the end of the whole host, with this exit status.
struct EndHost {
    std::int32_t status = 0;
    std::string node, why;
};
struct Closed {}; // accepts no more, and holds no listening socket
struct Drained {
    std::uint64_t finished = 0, cut = 0, moved = 0; // connections
};

using Message = std::variant<Sockets, Output, Handoff, Start, Serve, Drain, Stop, AskStatus, Ready, Failed,
                             StatusReport, Drained, Serving, Closed, EndHost>;

class Channel {
public:
    explicit Channel(Fd fd)
        : fd_(std::move(fd))
        , sending_(std::make_unique<std::mutex>())
    {}

    static Result<std::pair<Channel, Channel>> make_pair(); // close-on-exec both

    int fd() const { return fd_.get(); } // for waiting until it can be read
    // Sends whole packets: Sockets are split into batches, long reports into parts. Waits (bounded, 5 s) while the
    // other side is behind.
    Result<void> send(const Message &message);
    // The next message; nullopt: the other side has ended. Blocks unless `fd` is readable. Errors: a packet that is
    // malformed, of another version, or too long; the channel is of no use any more then.
    Result<std::optional<Message>> receive();

private:
    Result<void> send_packet(const std::string &bytes, const std::vector<int> &fds);
    Result<std::optional<Message>> receive_packet(bool &more);

    Fd fd_;
    std::unique_ptr<std::mutex> sending_;
};

} // namespace hawser::host
