#include "seam/snapshot.hpp"

#include "seam/plan_wire.hpp"

#include <gtest/gtest.h>

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

namespace hawser::host {
namespace {

Value value(Value::Type type, const std::string &key)
{
    Value made;
    made.type = type;
    made.key = key;
    return made;
}

Snapshot sample()
{
    Snapshot snapshot;
    snapshot.generation = 7;
    snapshot.drain_timeout_ns = 5;
    snapshot.start_timeout_ns = 6;
    snapshot.rehearses = true;
    snapshot.log_level = Level::Debug;
    snapshot.log_format = LogFormat::Json;
    CompartmentPlan &plan = snapshot.compartment;
    plan.name = "main";
    plan.loops = 3;
    plan.rights = {true, 33, 34, {5, 6}, "www", 027, "/srv", "/jail"};
    plan.plugins = {{"p", "1.0", "/p.so", "tag", {}, "/state/p.so"}};
    NodePlan child, node;
    child.name = "listener.web/";
    child.kind = "text";
    child.options.type = node.options.type = Value::Type::Table;
    node.name = "listener.web";
    node.role = "hawser.protocol/1";
    node.restart = {RestartPolicy::When::Always, 3, 9};
    Value text = value(Value::Type::String, "t"), number = value(Value::Type::Float, "f");
    text.text = std::string("a\0b", 3);
    number.real = 1.5;
    Value object = value(Value::Type::Object, "o");
    object.node = 0;
    object.interface = "i/1";
    object.has_with = true;
    object.items.push_back(text);
    node.options.items = {text, number, object};
    plan.nodes = {child, node};
    ListenerPlan listener;
    listener.name = "web";
    listener.addresses = {*parse_listen_endpoint("[::1]:80"), *parse_listen_endpoint("unix:/s")};
    listener.node = 1;
    listener.limits.connections = 5;
    listener.socket.no_delay = false;
    plan.listeners = {listener};
    return snapshot;
}

TEST(Snapshot, IsReadAsItWasWritten)
{
    const Snapshot written = sample();
    auto fd = write_snapshot(written);
    ASSERT_TRUE(fd.ok()) << fd.error().text;
    const auto read = read_snapshot(fd->get());
    ASSERT_TRUE(read.ok()) << read.error().text;
    EXPECT_EQ(read->generation, 7U);
    EXPECT_EQ(read->log_level, Level::Debug);
    EXPECT_EQ(read->log_format, LogFormat::Json);
    EXPECT_TRUE(read->compartment == written.compartment);
}

TEST(Snapshot, CanNotBeChanged)
{
    auto fd = write_snapshot(sample());
    EXPECT_LT(::pwrite(fd->get(), "x", 1, 0), 0);
    EXPECT_NE(::ftruncate(fd->get(), 1), 0);
}

TEST(Snapshot, IsRefusedWithoutItsSeals)
{
    const Fd open(::memfd_create("x", MFD_ALLOW_SEALING));
    ASSERT_EQ(::write(open.get(), "x", 1), 1);
    EXPECT_NE(read_snapshot(open.get()).error().text.find("sealed"), std::string::npos);
}

TEST(Plan, SurvivesTenThousandMutantsAndEveryTruncation)
{
    WireWriter out;
    write_plan(out, sample().compartment);
    const std::string good = out.bytes();
    for (std::size_t n = 0; n < good.size(); ++n) {
        WireReader in(std::string_view(good).substr(0, n));
        CompartmentPlan plan;
        read_plan(in, plan);
        EXPECT_TRUE(in.bad()) << n;
    }
    std::uint32_t seed = 5;
    const auto next = [&seed] { return seed = seed * 1664525 + 1013904223; };
    for (int i = 0; i < 10000; ++i) {
        std::string mutant = good;
        for (int k = 0; k < 4; ++k) mutant[(next() >> 8) % mutant.size()] = static_cast<char>(next() >> 13);
        WireReader in(mutant);
        CompartmentPlan plan;
        read_plan(in, plan);
        if (in.bad()) continue;
        for (const ListenerPlan &listener : plan.listeners) EXPECT_LT(listener.node, plan.nodes.size());
    }
}

TEST(Plan, IsRefusedIfANodeNamesOneThatComesLater)
{
    Snapshot snapshot = sample();
    snapshot.compartment.nodes[1].options.items[2].node = 1;
    auto fd = write_snapshot(snapshot);
    EXPECT_FALSE(read_snapshot(fd->get()).ok());
}

} // namespace
} // namespace hawser::host
