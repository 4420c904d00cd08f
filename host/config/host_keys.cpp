// Tests: tests/unit/config/host_keys_test.cpp
#include "config/host_keys.hpp"

#include "config/option_spec.hpp"

#include <algorithm>
#include <stdexcept>

namespace hawser::host {
namespace {

// In the language of manifests, with five words more: `has` = "no" (not in this build) or "neutral" (only a value that
// asks for nothing), `words` that may stand in place of a value, `single` for a list whose only item may stand alone,
// `format`, a shape that config/settings.cpp checks, and
// `like`, what is expected in words.
constexpr std::string_view kDeclared = R"TOML(
[root.include]
type = "list"
items = { type = "string" }
text = "Fragments, as paths or patterns like \"conf.d/*.toml\"; tables are merged, a key set twice is an error"
[root.host]
type = "table"
keys = {}
text = "The host as a whole"
[root.log]
type = "table"
keys = {}
text = "Log events"
[root.listeners]
type = "table"
keys = {}
text = "Addresses, each with the protocol that serves them, by name"
[root.services]
type = "table"
keys = {}
text = "What starts and stops with the host, by name"
[root.compartments]
type = "table"
keys = {}
text = "Worker processes beside \"main\", by name"

[host.plugins]
type = "list"
items = { type = "path" }
text = "Directories searched for plugins, in order, not below; default: plugins/ beside the program, else <prefix>/lib/hawser/plugins"
[host.loops]
type = "integer"
min = 1
max = 64
words = ["auto"]
text = "Event loops in a compartment; \"auto\", the default: one for each processor that the host may use"
[host.watch]
type = "boolean"
default = false
text = "Whether a change of a configuration file or of a plugin file is a reload"
[host.control]
type = "path"
format = "socket_path"
text = "Control socket; default: one of this file's own, in /run/hawser (root), $XDG_RUNTIME_DIR/hawser or a private directory"
[host.drain_timeout]
type = "duration"
default = "30s"
text = "How long a stop or a reload waits for what is in flight"
[host.start_timeout]
type = "duration"
min = "10ms"
max = "1h"
default = "30s"
text = "How long a worker may take until it is ready, and each of its services to start"
[host.user]
type = "string"
format = "user"
like = "the name or number of a user, in a string"
text = "User that workers run as, a name or a number, once everything is bound; default: the one that starts the host"
[host.group]
type = "string"
format = "group"
like = "the name or number of a group, in a string"
text = "Group that workers run as, a name or a number; default: the user's"
[host.umask]
type = "string"
format = "mode"
like = "octal digits in a string like \"027\""
text = "File mode creation mask in octal digits; default: the one the host was started with"
[host.directory]
type = "path"
format = "directory"
text = "Working directory of workers; default: the one the host was started in"
[host.chroot]
type = "path"
format = "directory"
text = "Root directory of workers, once their plugins are loaded and their services started; default: none"
[host.state]
type = "path"
text = "Where the copies of plugins lie that workers load; default: $STATE_DIRECTORY, /var/lib/hawser (root), $XDG_STATE_HOME/hawser or ~/.local/state/hawser"
[host.stall_limit]
type = "duration"
max = "10000h"
default = "30s"
text = "How long a loop of a worker may stay in one call of a plugin before the worker is replaced; \"0s\": for ever"
[host.abi_check]
type = "boolean"
default = false
text = "Whether calls between host and plugins are checked closely, for who writes plugins; costs time"

[log.level]
type = "enum"
choices = ["error", "warning", "info", "debug"]
default = "info"
text = "The least important events that are written"
[log.output]
type = "string"
format = "log_output"
default = "stderr"
text = "\"stderr\", \"syslog\", \"journald\" or the path of a file"
[log.format]
type = "enum"
choices = ["auto", "text", "json"]
default = "auto"
text = "\"auto\": text on a terminal, else JSON; of \"syslog\" and \"journald\" each has its own"
[log.access]
type = "table"
text = "A line for each request; off unless present"
[log.access.keys.output]
type = "string"
format = "file_output"
default = "stderr"
text = "\"stderr\" or the path of a file"
[log.access.keys.format]
type = "enum"
choices = ["combined", "json"]
default = "combined"
text = "How a line looks"

[listener.address]
type = "list"
items = { type = "string", format = "listen", like = "an address like \"127.0.0.1:8080\"" }
single = true
required = true
text = "Where to listen: \"127.0.0.1:8080\", \"[::1]:8080\", \"unix:/run/web.sock\", \"systemd:NAME\", \"fd:N\", \"stdio:\"; port 0 is chosen by the system and reported"
[listener.protocol]
type = "string"
format = "word"
required = true
text = "The protocol that serves it, a kind of a plugin; \"plugin.kind\" where two offer the same"
[listener.compartment]
type = "string"
format = "word"
default = "main"
text = "The compartment that serves it"
[listener.tls]
type = "table"
keys = {}
has = "no"
text = "Certificate and key"
[listener.limits]
type = "table"
text = "Bounds over all loops of the compartment"
[listener.limits.keys.connections]
type = "integer"
min = 0
max = 1000000000
default = 0
text = "Most connections at a time; 0: no bound"
[listener.limits.keys.per_address]
type = "integer"
min = 0
max = 1000000000
default = 0
text = "Most connections at a time from one address; 0: no bound"
[listener.limits.keys.accept_rate]
type = "integer"
min = 0
max = 1000000000
default = 0
text = "Most connections accepted a second; 0: no bound"
[listener.limits.keys.bytes_per_second]
type = "size"
max = "1TiB"
default = "0"
text = "Most bytes a second, read and written each, of one connection; \"0\": no bound"
[listener.limits.keys.overflow]
type = "enum"
choices = ["wait", "close"]
default = "wait"
text = "What happens to more than `connections`: \"wait\": they stay in the queue of the socket; \"close\": they are reset"
[listener.limits.keys.output]
type = "size"
min = "64KiB"
max = "1TiB"
default = "16MiB"
text = "Most memory of one connection's bytes that wait to be sent; above, it is reset"
[listener.limits.keys.idle]
type = "duration"
max = "10000h"
default = "0s"
text = "A connection without a byte in either direction for so long is closed; \"0s\": never"

[listener.socket]
type = "table"
text = "Options of its sockets"
[listener.socket.keys.backlog]
type = "integer"
min = 1
max = 65535
default = 4096
text = "Connections that wait to be accepted"
[listener.socket.keys.send_buffer]
type = "size"
max = "1GiB"
default = "0"
text = "The kernel's send buffer of a connection; \"0\": the system's choice"
[listener.socket.keys.receive_buffer]
type = "size"
max = "1GiB"
default = "0"
text = "The kernel's receive buffer of a connection; \"0\": the system's choice"
[listener.socket.keys.no_delay]
type = "boolean"
default = true
text = "Whether small packets leave at once (TCP_NODELAY)"
[listener.socket.keys.proxy_protocol]
type = "list"
items = { type = "string", format = "network", like = "a network like \"10.0.0.0/8\"" }
text = "Networks whose connections begin with a PROXY protocol header, version 1 or 2; \"unix\": peers of Unix sockets; default: none"
[listener.socket.keys.mode]
type = "string"
format = "socket_mode"
text = "Mode of the path of a Unix socket in octal digits, like \"0660\"; default: as the umask leaves it"
[listener.socket.keys.owner]
type = "string"
format = "owner"
like = "the name or number of a user, in a string"
text = "User that owns the path of a Unix socket, a name or a number; default: the host's"
[listener.socket.keys.group]
type = "string"
format = "group"
like = "the name or number of a group, in a string"
text = "Group of the path of a Unix socket, a name or a number; default: the host's"

[service.service]
type = "string"
format = "word"
required = true
text = "The service, a kind of a plugin; \"plugin.kind\" where two offer the same"
[service.compartment]
type = "string"
format = "word"
default = "main"
text = "The compartment it runs in"
[service.restart]
type = "table"
text = "What happens when it fails"
[service.restart.keys.policy]
type = "enum"
choices = ["never", "on-failure", "always"]
default = "on-failure"
text = "When it is started again"
[service.restart.keys.limit]
type = "integer"
min = 0
max = 1000
default = 5
text = "Most restarts within the time of `within`; one more and it stays failed"
[service.restart.keys.within]
type = "duration"
default = "60s"
text = "The time that `limit` counts over"

[compartment.loops]
type = "integer"
min = 1
max = 64
words = ["auto"]
text = "Its event loops; default: as [host] loops, but no more than `cpu`"
[compartment.user]
type = "string"
format = "user"
like = "the name or number of a user, in a string"
text = "User that its worker runs as, a name or a number; default: as [host] user"
[compartment.group]
type = "string"
format = "group"
like = "the name or number of a group, in a string"
text = "Group that its worker runs as, with `user`; default: the user's own"
[compartment.memory]
type = "size"
min = "32MiB"
max = "64TiB"
text = "Most memory of its worker alone, beside the stacks of its loops; one that wants more ends as if it had crashed; default: no limit"
[compartment.descriptors]
type = "integer"
min = 64
max = 1000000000
text = "Most open files of its worker; default: the host's limit"
[compartment.cpu]
type = "float"
min = 0.01
max = 1024.0
text = "Most processors that its worker uses; it is kept on that many, rounded up; default: all of the host's"
)TOML";

std::vector<OptionSpec> read_section(const Item &root, const char *name, SpecReader &in)
{
    const Item *table = root.find(name);
    return table != nullptr ? read_option_specs(*table, name, {}, in) : std::vector<OptionSpec>();
}

HostKeys read_all()
{
    Sources sources;
    Problems problems;
    const std::uint32_t file = sources.add("host keys", std::string(kDeclared));
    const auto root = parse_document(file, sources, problems);
    HostKeys keys;
    if (root) {
        SpecReader in(problems);
        in.of_host = true;
        keys.root = read_section(*root, "root", in);
        keys.host = read_section(*root, "host", in);
        keys.log = read_section(*root, "log", in);
        keys.listener = read_section(*root, "listener", in);
        keys.service = read_section(*root, "service", in);
        keys.compartment = read_section(*root, "compartment", in);
    }
    if (!problems.empty()) throw std::logic_error(format_problem(sources, problems.sorted().front()));
    return keys;
}

} // namespace

const HostKeys &host_keys()
{
    static const HostKeys keys = read_all();
    return keys;
}

const std::vector<OptionSpec> &keys_of(const std::vector<OptionSpec> &specs, std::string_view name)
{
    const auto found =
        std::find_if(specs.begin(), specs.end(), [name](const OptionSpec &spec) { return spec.name == name; });
    return found->keys;
}

} // namespace hawser::host
