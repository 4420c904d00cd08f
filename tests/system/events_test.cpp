// hawser events: a stream of what happens in the running host.
#include "host_process.hpp"

#include <gtest/gtest.h>

#include <csignal>
#include <string>

namespace hawser::test {
namespace {

const std::string kWeb =
    "[listeners.web]\naddress = \"127.0.0.1:0\"\nprotocol = \"http\"\nroutes = { \"/\" = { resource = "
    "\"text\", body = \"one\" } }\n";

Process follow(const Host &host, const std::vector<std::string> &more = {})
{
    std::vector<std::string> words{HAWSER_PROGRAM, "events", "--control", host.control()};
    words.insert(words.end(), more.begin(), more.end());
    return Process(words);
}

TEST(Events, ComeAsTheyHappenUntilTheHostEnds)
{
    Host host(kWeb);
    ASSERT_TRUE(host.ready()) << host.process().err();
    Process events = follow(host);
    ASSERT_TRUE(events.wait_for_output_text(" info host following state=running generation=1\n")) << events.out();
    EXPECT_EQ(host.command({"reload"}).status, 0);
    EXPECT_TRUE(events.wait_for_output_text(" info host reloaded ")) << events.out();
    ::kill(host.workers().at(0), SIGKILL);
    EXPECT_TRUE(events.wait_for_output_text(" error compartment.main worker_died pid=")) << events.out();
    EXPECT_TRUE(events.wait_for_output_text(" info compartment.main worker_serving ")) << events.out();
    EXPECT_EQ(host.stop(), 0);
    EXPECT_EQ(events.wait(), 0);
    EXPECT_NE(events.out().find(" info host stopping signal=TERM"), std::string::npos) << events.out();
}

TEST(Events, AreOneObjectALineAsJson)
{
    Host host(kWeb);
    ASSERT_TRUE(host.ready()) << host.process().err();
    Process events = follow(host, {"--json"});
    ASSERT_TRUE(events.wait_for_output_text("\"event\":\"following\"")) << events.out();
    EXPECT_EQ(events.out().rfind("{\"id\":1,\"event\":{", 0), 0U) << events.out();
    EXPECT_EQ(host.stop(), 0);
    EXPECT_EQ(events.wait(), 0);
}

TEST(Events, OfAHostThatDoesNotRunAreRefused)
{
    const Ended ended = hawser({"events", "--control", "/nowhere/c.sock"});
    EXPECT_EQ(ended.status, 69);
    EXPECT_NE(ended.err.find("the host is not running"), std::string::npos) << ended.err;
}

} // namespace
} // namespace hawser::test
