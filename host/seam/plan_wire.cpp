// Tests: tests/unit/seam/snapshot_test.cpp
#include "seam/plan_wire.hpp"

#include <algorithm>

namespace hawser::host {
namespace {

constexpr int kMostDepth = 64; // tables in tables

void write_value(WireWriter &out, const Value &value)
{
    out.number(value.type);
    out.text(value.key);
    out.number(value.integer);
    out.number(value.real);
    out.text(value.text);
    out.number(value.node);
    out.text(value.interface);
    out.number(static_cast<std::uint8_t>(value.has_with));
    out.list(value.items, write_value);
}

void read_value(WireReader &in, Value &value, int depth)
{
    in.number(value.type);
    if (value.type < Value::Type::String || value.type > Value::Type::Object || depth > kMostDepth) in.spoil();
    in.text(value.key);
    in.number(value.integer);
    in.number(value.real);
    in.text(value.text);
    in.number(value.node);
    in.text(value.interface);
    in.flag(value.has_with);
    in.list(value.items, 30, [depth](WireReader &inner, Value &item) { read_value(inner, item, depth + 1); });
}

void write_node(WireWriter &out, const NodePlan &node)
{
    out.text(node.name);
    out.text(node.role);
    out.text(node.kind);
    out.number(node.plugin);
    out.number(node.restart.when);
    out.number(static_cast<std::uint32_t>(node.restart.limit));
    out.number(node.restart.within_ns);
    out.text(node.quarantined);
    out.number(static_cast<std::uint8_t>(node.absent));
    write_value(out, node.options);
}

void read_node(WireReader &in, NodePlan &node)
{
    std::uint32_t limit = 0;
    in.text(node.name);
    in.text(node.role);
    in.text(node.kind);
    in.number(node.plugin);
    in.number(node.restart.when);
    if (node.restart.when > RestartPolicy::When::Always) in.spoil();
    in.number(limit);
    node.restart.limit = limit;
    in.number(node.restart.within_ns);
    in.text(node.quarantined);
    in.flag(node.absent);
    read_value(in, node.options, 0);
}

void write_endpoint(WireWriter &out, const Endpoint &endpoint)
{
    out.number(endpoint.scheme);
    out.text(endpoint.host);
    out.number(endpoint.port);
    out.text(endpoint.path);
    out.number(static_cast<std::int32_t>(endpoint.fd));
}

void read_endpoint(WireReader &in, Endpoint &endpoint)
{
    std::int32_t fd = -1;
    in.number(endpoint.scheme);
    if (endpoint.scheme > Endpoint::Scheme::Stdio) in.spoil();
    in.text(endpoint.host);
    in.number(endpoint.port);
    in.text(endpoint.path);
    in.number(fd);
    endpoint.fd = fd;
}

void write_network(WireWriter &out, const Network &network)
{
    out.number(network.family);
    out.number(network.prefix);
    for (const std::uint8_t byte : network.ip) out.number(byte);
}

void read_network(WireReader &in, Network &network)
{
    in.number(network.family);
    in.number(network.prefix);
    for (std::uint8_t &byte : network.ip) in.number(byte);
    const bool known = network.family == 0 || network.family == 4 || network.family == 6;
    if (!known || network.prefix > (network.family == 6 ? 128 : network.family * 8)) in.spoil();
}

void write_listener(WireWriter &out, const ListenerPlan &listener)
{
    out.text(listener.name);
    out.list(listener.addresses, write_endpoint);
    out.number(listener.node);
    out.number(listener.limits.connections);
    out.number(listener.limits.per_address);
    out.number(listener.limits.accept_rate);
    out.number(listener.limits.bytes_per_second);
    out.number(listener.limits.output);
    out.number(listener.limits.idle_ns);
    out.number(listener.limits.overflow);
    out.number(static_cast<std::int32_t>(listener.socket.backlog));
    out.number(listener.socket.send_buffer);
    out.number(listener.socket.receive_buffer);
    out.number(static_cast<std::uint8_t>(listener.socket.no_delay));
    out.list(listener.socket.proxies, write_network);
    out.number(listener.socket.mode);
    out.number(listener.socket.owner);
    out.number(listener.socket.group);
}

void read_listener(WireReader &in, ListenerPlan &listener)
{
    std::int32_t backlog = 0;
    in.text(listener.name);
    in.list(listener.addresses, 15, read_endpoint);
    in.number(listener.node);
    in.number(listener.limits.connections);
    in.number(listener.limits.per_address);
    in.number(listener.limits.accept_rate);
    in.number(listener.limits.bytes_per_second);
    in.number(listener.limits.output);
    in.number(listener.limits.idle_ns);
    in.number(listener.limits.overflow);
    if (listener.limits.overflow > ListenerLimits::Overflow::Close) in.spoil();
    in.number(backlog);
    listener.socket.backlog = backlog;
    in.number(listener.socket.send_buffer);
    in.number(listener.socket.receive_buffer);
    in.flag(listener.socket.no_delay);
    in.list(listener.socket.proxies, 19, read_network);
    in.number(listener.socket.mode);
    in.number(listener.socket.owner);
    in.number(listener.socket.group);
}

// Objects of `value` stand for nodes before number `before`, as creating in order demands.
bool objects_are_older(const Value &value, std::size_t before)
{
    if (value.type == Value::Type::Object && value.node >= before) return false;
    return std::all_of(value.items.begin(), value.items.end(),
                       [before](const Value &item) { return objects_are_older(item, before); });
}

bool holds_together(const CompartmentPlan &plan)
{
    for (std::size_t i = 0; i < plan.nodes.size(); ++i) {
        if (plan.nodes[i].plugin >= plan.plugins.size() || !objects_are_older(plan.nodes[i].options, i)) return false;
    }
    return std::all_of(plan.listeners.begin(), plan.listeners.end(),
                       [&plan](const ListenerPlan &listener) { return listener.node < plan.nodes.size(); });
}

void write_rights(WireWriter &out, const WorkerRights &rights)
{
    out.number(static_cast<std::uint8_t>(rights.drops));
    out.number(rights.uid);
    out.number(rights.gid);
    out.list(rights.groups, [](WireWriter &to, std::uint32_t group) { to.number(group); });
    out.text(rights.user);
    out.number(static_cast<std::int32_t>(rights.umask));
    out.text(rights.directory);
    out.text(rights.chroot);
}

void read_rights(WireReader &in, WorkerRights &rights)
{
    std::int32_t mask = -1;
    in.flag(rights.drops);
    in.number(rights.uid);
    in.number(rights.gid);
    in.list(rights.groups, 4, [](WireReader &from, std::uint32_t &group) { from.number(group); });
    in.text(rights.user);
    in.number(mask);
    rights.umask = mask;
    in.text(rights.directory);
    in.text(rights.chroot);
    if (rights.drops && rights.uid == 0) in.spoil();
    if (mask < -1 || mask > 0777) in.spoil();
}

void write_limits(WireWriter &out, const WorkerLimits &limits)
{
    out.number(limits.memory);
    out.number(limits.descriptors);
    out.number(limits.cpu);
}

void read_limits(WireReader &in, WorkerLimits &limits)
{
    in.number(limits.memory);
    in.number(limits.descriptors);
    in.number(limits.cpu);
    if (!(limits.cpu >= 0)) in.spoil(); // nor NaN
}

} // namespace

void write_plan(WireWriter &out, const CompartmentPlan &plan)
{
    out.text(plan.name);
    out.number(static_cast<std::uint32_t>(plan.loops));
    out.list(plan.plugins, [](WireWriter &to, const PluginRef &plugin) {
        to.text(plugin.name);
        to.text(plugin.version);
        to.text(plugin.path);
        to.text(plugin.version_tag);
        to.text(plugin.copy);
        to.number(static_cast<std::uint8_t>(plugin.quarantined));
    });
    out.list(plan.nodes, write_node);
    out.list(plan.listeners, write_listener);
    write_rights(out, plan.rights);
    write_limits(out, plan.limits);
}

void read_plan(WireReader &in, CompartmentPlan &plan, bool of_any_version)
{
    std::uint32_t loops = 0;
    in.text(plan.name);
    in.number(loops);
    plan.loops = loops;
    in.list(plan.plugins, 16, [](WireReader &from, PluginRef &plugin) {
        from.text(plugin.name);
        from.text(plugin.version);
        from.text(plugin.path);
        from.text(plugin.version_tag);
        from.text(plugin.copy);
        from.flag(plugin.quarantined);
    });
    in.list(plan.nodes, 45, read_node);
    in.list(plan.listeners, 40, read_listener);
    read_rights(in, plan.rights);
    if (!of_any_version || !in.at_end()) read_limits(in, plan.limits);
    if (!in.bad() && !holds_together(plan)) in.spoil();
}

} // namespace hawser::host
