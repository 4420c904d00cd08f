#include "supervisor/socket_store.hpp"

#include <gtest/gtest.h>

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <algorithm>

namespace hawser::host {
namespace {

HostPlan plan_with(const std::vector<std::string> &addresses, unsigned loops = 1)
{
    HostPlan plan;
    CompartmentPlan &main = plan.compartments.emplace_back();
    main.name = "main";
    main.loops = loops;
    main.nodes.emplace_back().kind = "echo";
    ListenerPlan &listener = main.listeners.emplace_back();
    listener.name = "a";
    listener.node = 0;
    for (const std::string &address : addresses) {
        listener.addresses.push_back(*parse_listen_endpoint(address));
        listener.origins.push_back({0, static_cast<std::uint32_t>(listener.origins.size() + 1), 1});
    }
    return plan;
}

TEST(SocketStore, KeepsASocketOverPlansAndAddsForMoreLoops)
{
    SocketStore store;
    const HostPlan plan = plan_with({"127.0.0.1:0"});
    ASSERT_TRUE(store.open(plan).empty());
    const std::string bound = store.bound(plan)[0].address;
    const HostPlan more = plan_with({"127.0.0.1:0", "[::1]:0"}, 3);
    ASSERT_TRUE(store.open(more).empty());
    EXPECT_EQ(store.bound(more)[0].address, bound) << "port 0 stays the port it became";
    EXPECT_EQ(store.pass(more.compartments[0])->size(), 6U);
}

TEST(SocketStore, GivesOpenSocketsTheOptionsOfTheNextPlan)
{
    SocketStore store;
    HostPlan plan = plan_with({"127.0.0.1:0"});
    ASSERT_TRUE(store.open(plan).empty());
    plan.compartments[0].listeners[0].socket.receive_buffer = 65536;
    plan.compartments[0].listeners[0].socket.no_delay = false;
    ASSERT_TRUE(store.open(plan).empty());
    const auto passed = store.pass(plan.compartments[0]);
    ASSERT_EQ(passed->size(), 1U);
    const auto option = [&](int level, int name) {
        int value = -1;
        socklen_t size = sizeof value;
        ::getsockopt(passed->front().fd.get(), level, name, &value, &size);
        return value;
    };
    EXPECT_EQ(option(SOL_SOCKET, SO_RCVBUF), 2 * 65536) << "the kernel doubles it";
    EXPECT_EQ(option(IPPROTO_TCP, TCP_NODELAY), 0);
}

TEST(SocketStore, ChangesNothingWhenOneAddressCannotBeOpened)
{
    SocketStore first, second;
    const HostPlan taken = plan_with({"127.0.0.1:0"});
    ASSERT_TRUE(first.open(taken).empty());
    const HostPlan wanted = plan_with({"127.0.0.1:0", first.bound(taken)[0].address});
    const std::vector<BindFailure> failures = second.open(wanted);
    ASSERT_EQ(failures.size(), 1U);
    EXPECT_EQ(failures[0].at.line, 2U);
    second.keep_only(plan_with({}));
    EXPECT_TRUE(second.open(plan_with({"127.0.0.1:0"})).empty());
}

TEST(SocketStore, ClosesWhatIsNamedNoMore)
{
    SocketStore store, other;
    const HostPlan plan = plan_with({"127.0.0.1:0"});
    ASSERT_TRUE(store.open(plan).empty());
    const HostPlan same = plan_with({store.bound(plan)[0].address});
    EXPECT_FALSE(other.open(same).empty());
    store.keep_only(plan_with({}));
    EXPECT_TRUE(other.open(same).empty());
}

} // namespace
} // namespace hawser::host
