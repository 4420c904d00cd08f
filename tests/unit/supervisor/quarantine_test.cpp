#include "supervisor/quarantine.hpp"

#include <gtest/gtest.h>

namespace hawser::host {
namespace {

Value object(const std::string &key, std::uint32_t node)
{
    Value value;
    value.type = Value::Type::Object;
    value.key = key;
    value.node = node;
    return value;
}

std::uint32_t add(CompartmentPlan &plan, const std::string &name, const std::string &role, const std::string &kind,
                  std::uint32_t plugin, const std::vector<Value> &options = {})
{
    NodePlan &node = plan.nodes.emplace_back();
    node.name = name;
    node.role = role;
    node.kind = kind;
    node.plugin = plugin;
    node.options.type = Value::Type::Table;
    node.options.items = options;
    return static_cast<std::uint32_t>(plan.nodes.size() - 1);
}

const std::string kResource = "hawser.http.resource/1", kService = "hawser.service/1", kProtocol = "hawser.protocol/1";

// A listener with two routes: one to a resource that needs a service of the plugin "bad", one that does not.
struct Served {
    Served()
    {
        plan.name = "main";
        plan.plugins = {{"http", "1", "/http.so", "h"}, {"bad", "1", "/bad.so", "b"}, {"good", "1", "/good.so", "g"}};
        service = add(plan, "service.s", kService, "store", 1);
        user = add(plan, "listener.web/user", kResource, "user", 2, {object("store", service)});
        plain = add(plan, "listener.web/plain", kResource, "plain", 2);
        Value routes;
        routes.type = Value::Type::Table;
        routes.key = "routes";
        routes.items = {object("/user", user), object("/plain", plain)};
        web = add(plan, "listener.web", kProtocol, "http", 0, {routes});
        plan.nodes[web].stand_ins["routes"] = "unavailable";
    }
    CompartmentPlan plan;
    std::uint32_t service, user, plain, web;
};

TEST(TakingOut, PutsAStandInWhereARouteNeedsThePlugin)
{
    Served setup;
    take_out(setup.plan, "bad", "why");
    const NodePlan &user = setup.plan.nodes[setup.user];
    EXPECT_EQ(user.kind, "unavailable");
    EXPECT_EQ(user.plugin, 0U);
    EXPECT_FALSE(user.absent);
    ASSERT_EQ(user.options.items.size(), 1U);
    EXPECT_EQ(user.options.items[0].key + '=' + user.options.items[0].text, "reason=why");
    EXPECT_TRUE(setup.plan.nodes[setup.service].absent);
    EXPECT_TRUE(setup.plan.plugins[1].quarantined);
}

TEST(TakingOut, LeavesAllElseAsItIs)
{
    Served setup;
    const Served before;
    take_out(setup.plan, "bad", "why");
    EXPECT_EQ(setup.plan.nodes[setup.plain], before.plan.nodes[before.plain]);
    EXPECT_EQ(setup.plan.nodes[setup.web], before.plan.nodes[before.web]);
    EXPECT_FALSE(setup.plan.plugins[0].quarantined);
    EXPECT_FALSE(setup.plan.plugins[2].quarantined);
}

TEST(TakingOut, TakesTheListenerWithItIfNothingStandsIn)
{
    Served setup;
    setup.plan.nodes[setup.web].stand_ins.clear();
    take_out(setup.plan, "bad", "why");
    EXPECT_TRUE(setup.plan.nodes[setup.web].absent);
    EXPECT_TRUE(setup.plan.nodes[setup.user].absent);
}

TEST(TakingOut, OfAProtocolTakesItsRoutesToo)
{
    Served setup;
    take_out(setup.plan, "http", "why");
    EXPECT_TRUE(setup.plan.nodes[setup.web].absent);
    EXPECT_TRUE(setup.plan.plugins[0].quarantined);
    EXPECT_FALSE(setup.plan.nodes[setup.service].absent) << "it needs no protocol";
}

TEST(Quarantines, BeginWithTheFifthCrashWithinAMinute)
{
    Quarantine quarantine;
    const PluginRef bad{"bad", "1", "/bad.so", "b"};
    for (std::uint64_t i = 0; i < 4; ++i) EXPECT_FALSE(quarantine.count("main", bad, i));
    EXPECT_FALSE(quarantine.count("main", bad, Quarantine::kWithin + 3)) << "the first four are too old by now";
    EXPECT_FALSE(quarantine.count("side", bad, Quarantine::kWithin + 4)) << "another compartment";
    for (std::uint64_t i = 0; i < 3; ++i) EXPECT_FALSE(quarantine.count("main", bad, Quarantine::kWithin + 5 + i));
    EXPECT_TRUE(quarantine.count("main", bad, Quarantine::kWithin + 9));
}

TEST(Quarantines, EndWithAnotherFile)
{
    Quarantine quarantine;
    Served setup;
    for (std::uint64_t i = 0; i < Quarantine::kMostCrashes; ++i) quarantine.count("main", setup.plan.plugins[1], i);
    HostPlan plan;
    plan.compartments = {setup.plan};
    quarantine.apply(plan);
    EXPECT_TRUE(plan.compartments[0].nodes[setup.service].absent);
    EXPECT_TRUE(quarantine.lift(plan).empty());
    plan.compartments = {setup.plan};
    plan.compartments[0].plugins[1].version_tag = "another";
    quarantine.apply(plan);
    EXPECT_FALSE(plan.compartments[0].nodes[setup.service].absent);
    EXPECT_EQ(quarantine.lift(plan), (std::vector<std::string>{"bad"}));
}

} // namespace
} // namespace hawser::host
