#include "supervisor/host_state.hpp"

#include "seam/wire.hpp"

#include <gtest/gtest.h>

#include <string>

namespace hawser::host {
namespace {

HostState state()
{
    HostState made;
    made.version = "1.2";
    made.generation = 7;
    made.previous = 10;
    made.failure = "why";
    made.groups.push_back({"127.0.0.1:80", "127.0.0.1:80", "127.0.0.1:80", true, {11, 12}});
    HostState::Worker worker;
    worker.plan.name = "main";
    worker.plan.exclusive = {"file:/x"};
    worker.generation = 6;
    worker.kill_at = 99;
    worker.retiring = true;
    worker.pid = 4711;
    worker.process = 13;
    worker.channel = 14;
    worker.page = 15;
    made.workers.push_back(worker);
    made.waiters.push_back({16, "\"a\""});
    made.inherited = {3, 4};
    made.control = 17;
    made.control_path = "/run/c";
    made.pidfile = 18;
    made.pidfile_path = "/run/pid";
    made.notify = {"@notify", 5, true};
    return made;
}

TEST(HostStates, CarryEverythingToTheNextProgram)
{
    const auto got = decode_state(encode_state(state()));
    ASSERT_TRUE(got.ok()) << got.error().text;
    EXPECT_EQ(got->version, "1.2");
    EXPECT_EQ(got->generation, 7U);
    EXPECT_EQ(got->failure, "why");
    ASSERT_EQ(got->groups.size(), 1U);
    EXPECT_EQ(got->groups[0].sockets, (std::vector<int>{11, 12}));
    EXPECT_TRUE(got->groups[0].shared);
    ASSERT_EQ(got->workers.size(), 1U);
    EXPECT_EQ(got->workers[0].plan, state().workers[0].plan);
    EXPECT_EQ(got->workers[0].kill_at, 99U);
    EXPECT_TRUE(got->workers[0].retiring);
    EXPECT_EQ(got->workers[0].pid, 4711);
    EXPECT_EQ(got->waiters[0].id, "\"a\"");
    EXPECT_EQ(got->control_path, "/run/c");
    EXPECT_EQ(got->pidfile_path, "/run/pid");
    EXPECT_EQ(got->notify.watchdog_usec, 5U);
    EXPECT_TRUE(got->notify.tell_pid);
}

TEST(HostStates, NameEveryDescriptorThatStaysOpen)
{
    EXPECT_EQ(state().descriptors(), (std::vector<int>{10, 17, 18, 11, 12, 13, 14, 15, 16, 3, 4}));
}

TEST(HostStates, OfALaterVersionAreUnderstoodAsFarAsTheyAreKnown)
{
    WireWriter later;
    later.number(std::uint32_t{999});
    later.text("something new");
    const auto got = decode_state(encode_state(state()) + later.bytes());
    ASSERT_TRUE(got.ok()) << got.error().text;
    EXPECT_EQ(got->generation, 7U);
}

TEST(HostStates, ThatAreSpoiledAreRefused)
{
    const std::string whole = encode_state(state());
    EXPECT_FALSE(decode_state("").ok());
    EXPECT_FALSE(decode_state("nonsense and more of it").ok());
    // Between two sections the end is an end; anywhere else it is not.
    int accepted = 0;
    for (std::size_t n = 0; n < whole.size(); ++n) accepted += decode_state(whole.substr(0, n)).ok() ? 1 : 0;
    EXPECT_EQ(accepted, 8) << "one before each section";
}

} // namespace
} // namespace hawser::host
