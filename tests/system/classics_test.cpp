// Twisted's classics over sockets; what else they do is in tests/sdk/classic_test.cpp.
#include "web.hpp"

#include <gtest/gtest.h>

#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

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

// A socket of the test's that asks once over UDP.
std::string ask_over_udp(const std::string &port, const std::string &text)
{
    const int fd = ::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    sockaddr_in to{};
    to.sin_family = AF_INET;
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    to.sin_port = htons(static_cast<std::uint16_t>(std::stoi(port)));
    EXPECT_EQ(::connect(fd, reinterpret_cast<sockaddr *>(&to), sizeof to), 0);
    EXPECT_EQ(::send(fd, text.data(), text.size(), 0), static_cast<ssize_t>(text.size()));
    pollfd readable{fd, POLLIN, 0};
    char bytes[1500];
    const ssize_t n = ::poll(&readable, 1, 10'000) > 0 ? ::recv(fd, bytes, sizeof bytes, 0) : -1;
    ::close(fd);
    return n < 0 ? "nothing" : std::string(bytes, static_cast<std::size_t>(n));
}

TEST(Classics, AnswerDatagrams)
{
    Host host("[host]\nplugins = [\"" HAWSER_PLUGINS "\", \"" HAWSER_CLASSICS
              "\"]\ncontrol = \"control.sock\"\n[services.udp]\nservice = \"classic_datagrams\"\n");
    ASSERT_TRUE(host.ready()) << host.process().err();
    const std::string begin = "\"address\":\"udp:127.0.0.1:";
    ASSERT_TRUE(host.log_has(begin)) << host.process().err();
    const std::string log = host.process().err();
    const std::string port = log.substr(log.find(begin) + begin.size(), 5);
    EXPECT_EQ(ask_over_udp(port, "over and back"), "over and back");
    EXPECT_EQ(ask_over_udp(port, std::string(1400, 'x')), std::string(1400, 'x'));
    EXPECT_EQ(host.stop(), 0);
}

TEST(Classics, EndTheHostWithAStatusOfTheirOwn)
{
    const TempDir directory;
    Host host("[host]\nplugins = [\"" HAWSER_PLUGINS "\", \"" HAWSER_CLASSICS
              "\"]\ncontrol = \"control.sock\"\n[services.spool]\nservice = \"classic_spool\"\ndirectory = \"" +
              directory.path() + "\"\n");
    ASSERT_TRUE(host.ready()) << host.process().err();
    EXPECT_TRUE(host.log_has("\"event\":\"watching\""));
    directory.write("a", "text");
    EXPECT_TRUE(host.log_has("\"event\":\"taken\",\"name\":\"a\",\"bytes\":\"4\""));
    directory.write("stop", "now");
    EXPECT_EQ(host.process().wait(), 3) << host.process().err();
    EXPECT_TRUE(has(host.process().err(), "\"asked_by\":\"service.spool\",\"reason\":\"a file named stop has come\""));
}

TEST(Classics, AskADatabase)
{
    const TempDir directory;
    Host host(
        "[host]\nplugins = [\"" HAWSER_PLUGINS "\", \"" HAWSER_CLASSICS
        "\"]\ncontrol = \"control.sock\"\n[services.db]\nservice = \"sqlite\"\npath = \"" +
        directory.path() +
        "/db\"\ninit = \"CREATE TABLE people (name TEXT, year INTEGER); INSERT INTO people VALUES ('ada', 1815)\"\n"
        "[listeners.web]\naddress = \"127.0.0.1:0\"\nprotocol = \"http\"\n[listeners.web.routes]\n"
        "\"/\" = { resource = \"classic_database\", database = \"db\" }\n\"=/metrics\" = { resource = \"metrics\" }\n");
    ASSERT_TRUE(host.ready()) << host.process().err();
    Client web = host.connect();
    EXPECT_EQ(web.get("/?name=ada").body, "ada was born in 1815\n");
    EXPECT_EQ(web.get("/?name=bob").status, 404);
    const std::string counted = web.get("/metrics").body;
    for (const char *line : {"sqlite_calls_total{service=\"service.db\",result=\"ok\"} 2\n",
                             "sqlite_calls_in_flight{service=\"service.db\"} 0\n",
                             "sqlite_call_duration_seconds_count{service=\"service.db\"} 2\n"})
        EXPECT_TRUE(has(counted, line)) << line << counted;
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
