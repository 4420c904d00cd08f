// The typed configuration, checked against the manifests: what a generation is built from. Plain values, made by
// config/load.hpp in the supervisor, carried to the workers by seam/snapshot.hpp, read there. Nothing here refers to
// TOML; where something stood in the files is kept in `origin` (supervisor only, not part of the snapshot).
#pragma once

#include "base/endpoint.hpp"
#include "base/log.hpp"
#include "base/network.hpp"
#include "config/source.hpp"

#include <cstdint>
#include <limits>
#include <map>
#include <string>
#include <vector>

namespace hawser::host {

inline constexpr std::uint32_t kNone = std::numeric_limits<std::uint32_t>::max();

// One option's value; the types and their numbers are those of hawser_value (sdk: hawser/abi.h).
struct Value {
    enum class Type : std::uint32_t {
        String = 1, // also enum, address, secret
        Integer,
        Float,
        Boolean,  // integer: 0 or 1
        Duration, // integer: nanoseconds
        Size,     // integer: bytes
        Path,     // text: absolute
        List,     // items
        Table,    // items, each with its key, in the order of the file
        Object,   // node; items: the holder's own entry options for it (`has_with`)
    };
    Type type = Type::String;
    std::string key; // in a Table
    std::int64_t integer = 0;
    double real = 0;
    std::string text;
    std::vector<Value> items;
    std::uint32_t node = kNone; // Object: index into CompartmentPlan::nodes
    std::string interface;      // Object that is a service: the interface id that the option names
    bool has_with = false;      // Object in a `routes` option: items are the `with` TABLE

    bool operator==(const Value &) const = default;
};

struct RestartPolicy {
    enum class When : std::uint8_t { Never, OnFailure, Always };
    When when = When::OnFailure;
    unsigned limit = 5;
    std::uint64_t within_ns = 60'000'000'000;

    bool operator==(const RestartPolicy &) const = default;
};

// Where a node and its options stand, for messages. Option paths are "root", "limits.rate", "items[2].name".
struct Origin {
    Position node;
    std::map<std::string, Position> options;
    bool operator==(const Origin &) const { return true; } // two plans may be equal though their files were edited
};

// One configured use of a kind.
struct NodePlan {
    std::string name;         // place in the service tree: "listener.web", "listener.web/hello", "service.db"
    std::string role;         // "hawser.protocol/1", "hawser.service/1", "hawser.http.resource/1" …
    std::string kind;         // "echo"
    std::uint32_t plugin = 0; // index into CompartmentPlan::plugins
    Value options;            // a Table, defaults filled in
    RestartPolicy restart;    // services only
    // Options of type `routes`, with the kind of its own plugin that stands in for an entry (supervisor only).
    std::map<std::string, std::string> stand_ins;
    std::string quarantined; // why a stand-in, or nothing, is in its place
    bool absent = false;     // nothing is: it is not created
    Origin origin;

    bool operator==(const NodePlan &) const = default;
};

struct ListenerLimits {
    std::uint64_t connections = 0; // 0: none
    std::uint64_t per_address = 0;
    std::uint64_t accept_rate = 0;      // a second
    std::uint64_t bytes_per_second = 0; // each direction of one connection
    std::uint64_t output = 16u << 20;   // bytes of one connection that wait to be sent
    std::uint64_t idle_ns = 0;
    enum class Overflow : std::uint8_t { Wait, Close } overflow = Overflow::Wait; // at `connections`
    bool operator==(const ListenerLimits &) const = default;
};

struct SocketOptions {
    int backlog = 4096;
    std::uint64_t send_buffer = 0; // bytes; 0: the system's
    std::uint64_t receive_buffer = 0;
    bool no_delay = true;
    std::vector<Network> proxies; // whose connections begin with a PROXY header
    // Of the path of a Unix socket.
    std::uint32_t mode = kNone;                 // kNone: as the umask leaves it
    std::uint32_t owner = kNone, group = kNone; // kNone: the host's
    bool operator==(const SocketOptions &) const = default;
};

struct ListenerPlan {
    std::string name; // "web"
    std::vector<Endpoint> addresses;
    std::vector<Position> origins; // one an address
    std::uint32_t node = kNone;    // its protocol: index into CompartmentPlan::nodes
    ListenerLimits limits;
    SocketOptions socket;
    bool operator==(const ListenerPlan &other) const
    {
        return name == other.name && addresses == other.addresses && node == other.node && limits == other.limits &&
               socket == other.socket;
    }
};

struct PluginRef {
    std::string name;
    std::string version;
    std::string path;          // absolute
    std::string version_tag;   // changes when the file does: device, inode, size and change time; once copied: its hash
    std::string manifest = {}; // its text (supervisor only, not part of the snapshot)
    std::string copy = {};     // what is loaded; empty: `path` itself
    bool quarantined = false;  // not loaded: no node uses it
    bool operator==(const PluginRef &) const = default;
};

// As whom and where a worker runs. What it does not need for that it gives up before it loads a plugin.
struct WorkerRights {
    bool drops = false; // becomes the user below; else stays who the host is
    std::uint32_t uid = 0, gid = 0;
    std::vector<std::uint32_t> groups; // beside gid
    std::string user;                  // as the configuration calls it
    int umask = -1;                    // -1: the host's
    std::string directory;             // absolute, outside of `chroot`; empty: the host's
    std::string chroot;                // absolute; empty: none
    bool operator==(const WorkerRights &) const = default;
};

// What a worker may use; it holds itself to that before it loads a plugin. 0: no limit of its own.
struct WorkerLimits {
    std::uint64_t memory = 0; // bytes that are private to it, beside the stacks of its loops
    std::uint32_t descriptors = 0;
    double cpu = 0; // processors
    bool operator==(const WorkerLimits &) const = default;
};

struct CompartmentPlan {
    std::string name; // "main"
    unsigned loops = 1;
    WorkerRights rights;
    WorkerLimits limits;
    std::vector<PluginRef> plugins; // only those that a node uses
    // Every node; a node stands after all that its options name, so creating in order and destroying in reverse is
    // right.
    std::vector<NodePlan> nodes;
    std::vector<ListenerPlan> listeners;
    std::vector<std::string> exclusive; // what only one of its workers may have at a time (supervisor only)
    Origin origin;                      // of its keys (supervisor only)
    bool operator==(const CompartmentPlan &) const = default;
};

// The lines of requests; the plugins that serve them format each.
enum class AccessFormat : std::uint8_t { Off, Combined, Json };

struct AccessPlan {
    AccessFormat format = AccessFormat::Off;
    std::string path; // absolute; empty: standard error
    bool operator==(const AccessPlan &) const = default;
};

struct LogPlan {
    Level level = Level::Info;
    enum class Output : std::uint8_t { Stderr, File, Syslog, Journald } output = Output::Stderr;
    std::string path; // File: absolute
    enum class Format : std::uint8_t { Auto, Text, Json } format = Format::Auto;
    AccessPlan access;
    Origin origin; // of its keys
    bool operator==(const LogPlan &) const = default;
};

struct HostPlan {
    std::string path;                 // of the configuration file, absolute; empty for `serve`
    std::vector<std::string> plugins; // directories searched, absolute
    std::string control;              // socket path, absolute; empty: the default for `path`
    std::string state;                // directory, absolute; empty: the default
    std::uint64_t drain_timeout_ns = 30'000'000'000;
    std::uint64_t start_timeout_ns = 30'000'000'000;
    std::uint64_t stall_limit_ns = 30'000'000'000; // 0: none
    bool watch = false;
    bool checks = false; // abi_check
    LogPlan log;
    Origin origin;                             // of the keys of [host]
    std::vector<CompartmentPlan> compartments; // at least "main", in the order of names; "main" first
    bool operator==(const HostPlan &) const = default;
};

} // namespace hawser::host
