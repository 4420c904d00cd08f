// What an operator reads of a tree of services, in the tree, in the log and in the exit status.
#include "host_process.hpp"

#include <gtest/gtest.h>

namespace hawser::test {
namespace {

// db ← cache ← mailer ← web; audit needs nobody.
std::string five(const std::string &cache, const std::string &mailer)
{
    return "[services.db]\nservice = \"crew\"\n"
           "[services.cache]\nservice = \"crew\"\nafter = [\"db\"]\n" +
           cache + "[services.mailer]\nservice = \"crew\"\nafter = [\"cache\"]\n" + mailer +
           "[services.web]\nservice = \"crew\"\nafter = [\"mailer\", \"db\"]\n"
           "[services.audit]\nservice = \"crew\"\n";
}

// Where an event of a node stands in the log.
std::size_t place(const std::string &log, const std::string &node, const std::string &event)
{
    return log.find("\"node\":\"service." + node + "\",\"event\":\"" + event + "\"");
}

TEST(Story, OneThatDoesNotStartEndsTheHostAfterStoppingWhatRanInReverse)
{
    Host host(five("", "mood = \"refuse_start\"\n"));
    EXPECT_EQ(host.process().wait(), 70);
    const std::string &log = host.process().err();
    EXPECT_NE(log.find("its database is from another time"), std::string::npos) << log;
    EXPECT_LT(place(log, "db", "started"), place(log, "cache", "started")) << log;
    EXPECT_LT(place(log, "mailer", "start_failed"), place(log, "cache", "stopped")) << log;
    EXPECT_LT(place(log, "cache", "stopped"), place(log, "db", "stopped")) << log;
    EXPECT_NE(place(log, "db", "stopped"), std::string::npos) << log;
    EXPECT_EQ(place(log, "web", "started"), std::string::npos) << log;
}

TEST(Story, OneThatFailsLaterIsStartedAgainUntilItsLimitWhileTheRestServes)
{
    Host host(five("", "mood = \"fail_later\"\nrestart = { limit = 1 }\n"));
    ASSERT_TRUE(host.ready()) << host.process().err();
    ASSERT_TRUE(host.log_has("\"event\":\"restart_limit_reached\""));
    const Ended tree = host.command({"tree"});
    EXPECT_EQ(tree.status, 0);
    const std::size_t at = tree.out.find("service.mailer");
    ASSERT_NE(at, std::string::npos) << tree.out;
    const std::string line = tree.out.substr(at, tree.out.find('\n', at) - at);
    EXPECT_NE(line.find("failed"), std::string::npos) << line;
    EXPECT_NE(line.find("not started again: its limit of 1 restarts within 60 s is reached"), std::string::npos)
        << line;
    EXPECT_NE(line.find("last error: its peer went away"), std::string::npos) << line;
    EXPECT_EQ(count(tree.out, "running"), 5U) << tree.out; // the host and four services
    EXPECT_EQ(host.stop(), 0);
}

TEST(Story, OneWhoseWorkIsDoneIsShownAsStopped)
{
    Host host(five("", "mood = \"finish\"\n"));
    ASSERT_TRUE(host.ready()) << host.process().err();
    ASSERT_TRUE(host.log_has("\"event\":\"finished\""));
    const Ended tree = host.command({"tree"});
    EXPECT_NE(tree.out.find("its work is done"), std::string::npos) << tree.out;
    EXPECT_EQ(host.stop(), 0);
}

TEST(Story, OneThatDoesNotEndIsNamedAndGivenUpSoThatTheOthersStop)
{
    Host host(five("mood = \"hang_stop\"\n", ""), {"--set", "host.drain_timeout=\"10ms\""});
    ASSERT_TRUE(host.ready()) << host.process().err();
    EXPECT_EQ(host.stop(), 75);
    const std::string &log = host.process().err();
    EXPECT_LT(place(log, "web", "stopped"), place(log, "mailer", "stopped")) << log;
    EXPECT_NE(place(log, "cache", "stop_timed_out"), std::string::npos) << log;
    EXPECT_LT(place(log, "cache", "stop_timed_out"), place(log, "db", "stopped")) << log;
    EXPECT_NE(place(log, "db", "stopped"), std::string::npos) << log;
}

} // namespace
} // namespace hawser::test
