// Tests: tests/system/supervision_test.cpp
#include "supervisor/report.hpp"

#include "base/text.hpp"
#include "loop/loop.hpp"
#include "supervisor/limits.hpp"
#include "supervisor/supervisor.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

#include <unistd.h>

#include <algorithm>
#include <ctime>

namespace json = boost::json;

namespace hawser::host {
namespace {

std::string time_text(std::uint64_t wall_ns)
{
    const auto seconds = static_cast<std::time_t>(wall_ns / 1'000'000'000);
    std::tm tm{};
    gmtime_r(&seconds, &tm);
    char text[32];
    const std::size_t n = std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &tm);
    return {text, n};
}

std::uint64_t started_wall(const HostFacts &facts)
{
    return static_cast<std::uint64_t>(wall_now()) - (monotonic_now() - facts.started_at);
}

json::object node_object(const NodeStatus &node)
{
    json::object out;
    out["name"] = node.name;
    out["kind"] = node.kind;
    out["plugin"] = node.plugin;
    out["state"] = node.state;
    if (!node.detail.empty()) out["detail"] = valid_utf8(node.detail);
    if (node.since_wall_ns != 0) out["since"] = time_text(node.since_wall_ns);
    out["restarts"] = node.restarts;
    if (!node.error.empty()) out["error"] = valid_utf8(node.error);
    return out;
}

// What a worker says of its nodes, or what its plan says when it does not answer.
std::vector<NodeStatus> nodes_of(const WorkerHandle &worker, const Fleet::Reports &reports)
{
    if (const auto found = reports.find(&worker); found != reports.end()) return found->second.nodes;
    std::vector<NodeStatus> nodes;
    for (const NodePlan &node : worker.plan()->nodes)
        nodes.push_back({node.name, node.kind, worker.plan()->plugins[node.plugin].name, "unknown", "", 0, 0, ""});
    return nodes;
}

void put_health(json::object &out, const Fleet::Health &health)
{
    out["restarts"] = health.restarts;
    if (!health.error.empty()) out["error"] = valid_utf8(health.error);
}

// What was asked for, and whether the worker is held to it.
json::object limits_object(const WorkerLimits &limits, const HeldLimits &held)
{
    json::object out;
    if (limits.memory != 0)
        out["memory"] = json::object{{"limit", limits.memory}, {"enforced", held.memory == limits.memory}};
    if (limits.descriptors != 0)
        out["descriptors"] =
            json::object{{"limit", limits.descriptors}, {"enforced", held.descriptors == limits.descriptors}};
    if (limits.cpu > 0) {
        json::object cpu{{"limit", limits.cpu}, {"enforced", held.processors > 0 && held.processors <= limits.cpu}};
        if (held.processors > 0) cpu["processors"] = held.processors;
        out["cpu"] = std::move(cpu);
    }
    return out;
}

json::object worker_object(WorkerHandle &worker, const Fleet &fleet)
{
    json::object out;
    out["name"] = worker.plan()->name;
    out["pid"] = worker.pid();
    out["state"] = std::string(worker.state_name());
    out["generation"] = worker.generation();
    out["loops"] = worker.plan()->loops;
    out["connections"] = worker.open_connections();
    out["since"] = time_text(static_cast<std::uint64_t>(worker.since_wall_ns()));
    if (!worker.plan()->rights.user.empty()) out["user"] = worker.plan()->rights.user;
    const HeldLimits held = worker.page()->limits;
    if (json::object limits = limits_object(worker.plan()->limits, held); !limits.empty())
        out["limits"] = std::move(limits);
    if (worker.ready_at() != 0) {
        if (const std::string lacks = not_held(worker.plan()->limits, held); !lacks.empty()) out["detail"] = lacks;
    }
    if (const Fleet::Health *health = fleet.health(worker)) put_health(out, *health);
    return out;
}

// A compartment without a worker for the moment.
json::object down_object(const CompartmentPlan &plan, std::uint64_t generation, const Fleet::Health &health)
{
    json::object out;
    out["name"] = plan.name;
    out["state"] = "down";
    out["detail"] = "its worker is started again";
    out["generation"] = generation;
    out["loops"] = plan.loops;
    out["connections"] = 0;
    out["since"] = time_text(static_cast<std::uint64_t>(health.down_since_ns));
    put_health(out, health);
    return out;
}

// The holder of "listener.web/hello" or "listener.web.inner" is the longest other name that it begins with.
const NodeStatus *holder_of(const NodeStatus &node, const std::vector<NodeStatus> &nodes)
{
    const NodeStatus *best = nullptr;
    for (const NodeStatus &each : nodes) {
        const bool begins = node.name.size() > each.name.size() && node.name.starts_with(each.name) &&
                            std::string_view("/.[").find(node.name[each.name.size()]) != std::string_view::npos;
        if (begins && (best == nullptr || each.name.size() > best->name.size())) best = &each;
    }
    return best;
}

json::array children_of(const NodeStatus *holder, const std::vector<NodeStatus> &nodes)
{
    json::array children;
    for (const NodeStatus &node : nodes) {
        if (holder_of(node, nodes) != holder) continue;
        json::object child = node_object(node);
        json::array inner = children_of(&node, nodes);
        if (!inner.empty()) child["children"] = std::move(inner);
        children.push_back(std::move(child));
    }
    return children;
}

} // namespace

std::string status_json(const HostFacts &facts, Fleet &fleet, const Fleet::Reports &reports)
{
    json::object out;
    out["version"] = kHostVersion;
    out["pid"] = ::getpid();
    out["state"] = facts.state;
    out["generation"] = facts.generation;
    out["config"] = facts.plan->path;
    out["uptime_ms"] = (monotonic_now() - facts.started_at) / 1'000'000;
    if (!facts.waits_for.empty()) out["reload_waits_for"] = facts.waits_for;
    json::array compartments, listeners;
    fleet.for_each([&](WorkerHandle &worker) {
        json::object compartment = worker_object(worker, fleet);
        json::array nodes;
        for (const NodeStatus &node : nodes_of(worker, reports)) nodes.push_back(node_object(node));
        compartment["nodes"] = std::move(nodes);
        compartments.push_back(std::move(compartment));
    });
    fleet.for_each_down([&](const CompartmentPlan &plan, std::uint64_t generation, const Fleet::Health &health) {
        compartments.push_back(down_object(plan, generation, health));
    });
    for (const SocketStore::Bound &bound : facts.bound)
        listeners.push_back(
            json::object{{"name", bound.listener}, {"address", bound.address}, {"protocol", bound.protocol}});
    out["compartments"] = std::move(compartments);
    out["listeners"] = std::move(listeners);
    return json::serialize(out);
}

std::string tree_json(const HostFacts &facts, Fleet &fleet, const Fleet::Reports &reports)
{
    json::object root;
    root["name"] = "host";
    root["kind"] = "host";
    root["state"] = facts.state;
    root["since"] = time_text(started_wall(facts));
    root["generation"] = facts.generation;
    json::array compartments;
    fleet.for_each([&](WorkerHandle &worker) {
        json::object compartment = worker_object(worker, fleet);
        compartment["name"] = "compartment." + worker.plan()->name;
        compartment["kind"] = "compartment";
        json::array children = children_of(nullptr, nodes_of(worker, reports));
        if (!children.empty()) compartment["children"] = std::move(children);
        compartments.push_back(std::move(compartment));
    });
    fleet.for_each_down([&](const CompartmentPlan &plan, std::uint64_t generation, const Fleet::Health &health) {
        json::object compartment = down_object(plan, generation, health);
        compartment["name"] = "compartment." + plan.name;
        compartment["kind"] = "compartment";
        compartments.push_back(std::move(compartment));
    });
    root["children"] = std::move(compartments);
    return json::serialize(root);
}

namespace {

json::array names(const std::vector<std::string> &from)
{
    json::array out;
    for (const std::string &name : from) out.emplace_back(name);
    return out;
}

json::object object_of(const Change &change)
{
    json::object out;
    out["changed"] = names(change.changed);
    out["unchanged"] = names(change.unchanged);
    out["removed"] = names(change.removed);
    json::object why;
    for (std::size_t i = 0; i < change.changed.size() && i < change.why.size(); ++i)
        why[change.changed[i]] = names(change.why[i]);
    out["why"] = std::move(why);
    return out;
}

} // namespace

std::string change_json(std::uint64_t generation, std::uint64_t ms, const Change &change,
                        const std::vector<DrainNews> &drains)
{
    json::object out = object_of(change);
    out["generation"] = generation;
    out["ms"] = ms;
    json::array told;
    for (const DrainNews &news : drains) {
        json::object drain{{"compartment", news.compartment}, {"generation", news.generation}, {"ms", news.ms}};
        if (news.ended) {
            drain["moved"] = news.drained.moved;
            drain["finished"] = news.drained.finished;
            drain["cut"] = news.drained.cut;
        } else {
            drain["open"] = news.open;
        }
        told.push_back(std::move(drain));
    }
    out["drains"] = std::move(told);
    return json::serialize(out);
}

std::string plan_json(const Change &change, const std::string &waits_for)
{
    json::object out = object_of(change);
    if (!waits_for.empty()) out["waits_for"] = waits_for;
    return json::serialize(out);
}

std::string following_json(const HostFacts &facts)
{
    return json::serialize(json::object{{"ts", time_text(wall_now())},
                                        {"level", "info"},
                                        {"node", "host"},
                                        {"event", "following"},
                                        {"state", facts.state},
                                        {"generation", facts.generation}});
}

std::string upgrade_json(const std::string &from, std::uint64_t generation)
{
    return json::serialize(
        json::object{{"version", kHostVersion}, {"from", from}, {"generation", generation}, {"pid", ::getpid()}});
}

std::string version_json() { return json::serialize(json::object{{"version", kHostVersion}, {"pid", ::getpid()}}); }

} // namespace hawser::host
