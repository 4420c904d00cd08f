// [log.access] in the running host.
#include "host_process.hpp"

#include <gtest/gtest.h>

#include <algorithm>

namespace hawser::test {
namespace {

std::string web(const std::string &access)
{
    return "[log.access]\n" + access +
           "\n[listeners.web]\naddress = \"127.0.0.1:0\"\nprotocol = \"http\"\n"
           "routes = { \"/\" = { resource = \"text\", body = \"moored\" } }\n";
}

std::size_t lines(const std::string &text)
{
    return static_cast<std::size_t>(std::count(text.begin(), text.end(), '\n'));
}

TEST(Access, FileHasALineForEachRequestThatWasAnsweredOrRejected)
{
    Host host(web("output = \"access.log\""));
    ASSERT_TRUE(host.ready()) << host.process().err();
    Client client = host.connect();
    EXPECT_EQ(client.get("/a", "User-Agent: \"\\\r\n").body, "moored");
    client.send("no request\r\n\r\n");
    EXPECT_EQ(client.answer().status, 400);
    client.reset();
    EXPECT_EQ(host.stop(), 0);
    const std::string log = content(host.directory() / "access.log");
    EXPECT_EQ(lines(log), 2U) << log;
    EXPECT_NE(log.find("127.0.0.1 - - ["), std::string::npos) << log;
    EXPECT_NE(log.find("\"GET /a HTTP/1.1\" 200 6 \"-\" \"\\\"\\\\\"\n"), std::string::npos) << log;
    EXPECT_NE(log.find("\"no request\" 400 "), std::string::npos) << log;
}

TEST(Access, FileGetsTheLinesOfEveryGenerationAndOfSeveralLoops)
{
    const std::string config = web("output = \"access.log\"\nformat = \"json\"");
    Host host("[compartments.main]\nloops = 2\n" + config);
    ASSERT_TRUE(host.ready()) << host.process().err();
    for (int i = 0; i < 20; ++i) EXPECT_EQ(host.connect().get("/old").status, 200);
    host.rewrite("[compartments.main]\nloops = 2\n" + config + "server = \"other\"\n");
    EXPECT_EQ(host.command({"reload"}).status, 0);
    for (int i = 0; i < 20; ++i) EXPECT_EQ(host.connect().get("/new").status, 200);
    EXPECT_EQ(host.stop(), 0);
    const std::string log = content(host.directory() / "access.log");
    EXPECT_EQ(lines(log), 40U) << log;
    EXPECT_EQ(count(log, "\"listener\":\"web\",\"route\":\"/\""), 40U) << log;
    EXPECT_EQ(count(log, "\"target\":\"/old\""), 20U);
    EXPECT_EQ(count(log, "\"target\":\"/new\""), 20U);
}

TEST(Access, LinesGoToStandardErrorOfASingleProcessToo)
{
    Host host(web("format = \"combined\""), {"--single"});
    ASSERT_TRUE(host.ready()) << host.process().err();
    EXPECT_EQ(host.connect().get("/a").body, "moored");
    EXPECT_TRUE(host.log_has("\"GET /a HTTP/1.1\" 200 6"));
    EXPECT_EQ(host.stop(), 0);
}

TEST(Access, OnAFullDiskLosesLinesAndStopsNothing)
{
    Host host(web("output = \"/dev/full\""));
    ASSERT_TRUE(host.ready()) << host.process().err();
    for (int i = 0; i < 20; ++i) EXPECT_EQ(host.connect().get("/").body, "moored");
    EXPECT_TRUE(host.log_has("\"event\":\"lines_dropped\"")) << host.process().err();
    EXPECT_EQ(host.stop(), 0);
    EXPECT_NE(host.process().err().find("No space left on device"), std::string::npos) << host.process().err();
}

TEST(Access, FileThatCannotBeOpenedIsSaidAtTheStart)
{
    Host host(web("output = \"missing/access.log\""));
    EXPECT_FALSE(host.ready());
    EXPECT_NE(host.process().err().find("[log]: access.output: cannot open"), std::string::npos)
        << host.process().err();
}

} // namespace
} // namespace hawser::test
