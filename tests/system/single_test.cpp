// --single: the same plugins and the same worker, in one process.
#include "host_process.hpp"

#include <gtest/gtest.h>

#include <csignal>

namespace hawser::test {
namespace {

const std::string kAll =
    "[listeners.web]\naddress = \"127.0.0.1:0\"\nprotocol = \"http\"\nroutes = { \"/\" = { resource = "
    "\"text\", body = \"one\" } }\n[listeners.echo]\naddress = \"127.0.0.1:0\"\nprotocol = \"echo\"\n"
    "[services.tick]\nservice = \"ticker\"\nevery = \"10ms\"\n";

TEST(Single, ServesTheSamePluginsInOneProcess)
{
    Host host(kAll, {"--single"});
    ASSERT_TRUE(host.ready()) << host.process().err();
    EXPECT_TRUE(host.workers().empty());
    EXPECT_EQ(host.connect().get("/").body, "one");
    Client echo = host.connect("echo");
    echo.send("x");
    EXPECT_EQ(echo.receive(1), "x");
    EXPECT_TRUE(host.log_has("\"event\":\"tick\""));
    echo.reset();
    EXPECT_EQ(host.stop(), 0);
}

TEST(Single, RefusesToReloadWithALogLine)
{
    Host host(kAll, {"--single"});
    ASSERT_TRUE(host.ready());
    host.process().signal(SIGHUP);
    EXPECT_TRUE(host.log_has("\"event\":\"reload_refused\""));
    EXPECT_NE(host.command({"reload"}).status, 0);
    EXPECT_EQ(host.connect().get("/").body, "one");
    EXPECT_EQ(host.stop(), 0);
}

TEST(Single, RunsSeveralCompartments)
{
    Host host(kAll + "[listeners.side]\naddress = \"127.0.0.1:0\"\nprotocol = \"echo\"\ncompartment = \"side\"\n"
                     "[compartments.side]\nloops = 1\n",
              {"--single"});
    ASSERT_TRUE(host.ready()) << host.process().err();
    Client side = host.connect("side");
    side.send("x");
    EXPECT_EQ(side.receive(1), "x");
    EXPECT_EQ(host.connect().get("/").body, "one");
    side.reset();
    EXPECT_EQ(host.stop(), 0);
}

TEST(Single, FinishesADownloadAndTakesNobodyNewWhenItStops)
{
    Host host("[listeners.web]\naddress = \"127.0.0.1:0\"\nprotocol = \"http\"\nroutes = { \"/\" = { resource = "
              "\"stream\", bytes = \"64MiB\" } }\n",
              {"--single"});
    ASSERT_TRUE(host.ready()) << host.process().err();
    Client download(host.address("web"), 4096);
    download.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
    ASSERT_EQ(download.receive(12), "HTTP/1.1 200");
    host.process().signal(SIGTERM);
    EXPECT_TRUE(eventually([&] { return !host.connect().connected(); }));
    EXPECT_GT(download.receive_all().size(), 64U << 20);
    EXPECT_EQ(host.process().wait(), 0);
}

TEST(Single, EndsWithTheStatusOfAStartThatFailed)
{
    Host host("[services.s]\nservice = \"moody\"\nmood = \"refuse_start\"\n", {"--single"});
    EXPECT_EQ(host.process().wait(), 70);
    EXPECT_NE(host.process().err().find("no will to start"), std::string::npos) << host.process().err();
}

} // namespace
} // namespace hawser::test
