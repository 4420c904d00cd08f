// Twisted's classics over sockets; what else they do is in tests/sdk/classic_test.cpp.
#include "web.hpp"

#include <gtest/gtest.h>

#include <string>

namespace hawser::test {
namespace {

std::string classics()
{
    const std::string listener = "address = \"127.0.0.1:0\"\nprotocol = ";
    return "[host]\nplugins = [\"" HAWSER_PLUGINS "\", \"" HAWSER_CLASSICS "\"]\ncontrol = \"control.sock\"\n"
           "[listeners.echo]\n" +
           listener + "\"classic_echo\"\n[listeners.lines]\n" + listener +
           "\"classic_lines\"\n[services.ticks]\nservice = \"classic_ticks\"\nevery = \"10ms\"\n[listeners.web]\n" +
           listener +
           "\"http\"\n[listeners.web.routes]\n\"/delay\" = { resource = \"classic_delay\", delay = \"50ms\" }\n"
           "\"/pool\" = { resource = \"classic_pool\" }\n\"/form\" = { resource = \"classic_form\" }\n";
}

TEST(Classics, ServeOverSockets)
{
    Host host(classics());
    ASSERT_TRUE(host.ready()) << host.process().err();
    Client echo = host.connect("echo");
    echo.send("over and back");
    EXPECT_EQ(echo.receive(13), "over and back");

    Client ada = host.connect("lines");
    ada.send("ada\r\n");
    EXPECT_EQ(ada.receive(35), "What is your name?\r\nWelcome, ada!\r\n");

    Client web = host.connect();
    EXPECT_EQ(web.get("/delay").body, "42\n");
    EXPECT_EQ(web.get("/pool?n=20").body, "6765\n");
    EXPECT_EQ(web.get("/pool?n=50").status, 400);
    web.send("POST /form HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-www-form-urlencoded\r\n"
             "Content-Length: 8\r\n\r\nname=Ada");
    EXPECT_TRUE(has(web.answer().body, "Hello, Ada!"));
    EXPECT_TRUE(host.log_has("\"event\":\"tick\""));
    EXPECT_EQ(host.stop(), 0);
}

} // namespace
} // namespace hawser::test
