// The limits of a listener, the header of a proxy, and sockets that come from outside, in the running host.
#include "host_process.hpp"

#include <gtest/gtest.h>

#include <grp.h>
#include <pwd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>

#include <csignal>
#include <fstream>
#include <iterator>

namespace hawser::test {
namespace {

std::string echo(const std::string &more)
{
    return "[compartments.main]\nloops = 2\n[listeners.echo]\naddress = \"127.0.0.1:0\"\nprotocol = \"echo\"\n" + more +
           "\n";
}

bool answers(Client &client)
{
    client.send("x");
    return client.receive(1) == "x";
}

// Nothing comes in the time of a look.
bool is_silent(const Client &client)
{
    timeval look{0, 200'000};
    ::setsockopt(client.fd(), SOL_SOCKET, SO_RCVTIMEO, &look, sizeof look);
    char byte = 0;
    const bool silent = ::recv(client.fd(), &byte, 1, MSG_PEEK) < 0 && (errno == EAGAIN || errno == EWOULDBLOCK);
    look = {60, 0};
    ::setsockopt(client.fd(), SOL_SOCKET, SO_RCVTIMEO, &look, sizeof look);
    return silent;
}

TEST(Limits, LeaveOneConnectionTooManyInTheQueueUntilThereIsRoom)
{
    Host host(echo("limits = { connections = 1 }"));
    ASSERT_TRUE(host.ready()) << host.process().err();
    Client first = host.connect("echo");
    ASSERT_TRUE(answers(first));
    Client second = host.connect("echo");
    second.send("x");
    EXPECT_TRUE(host.log_has("\"event\":\"limited\",\"limit\":\"connections\""));
    EXPECT_TRUE(is_silent(second));
    first.reset();
    EXPECT_EQ(second.receive(1), "x");
    second.reset();
    EXPECT_EQ(host.stop(), 0);
}

TEST(Limits, ResetOneConnectionTooManyIfTheyAreToldTo)
{
    Host host(echo("limits = { connections = 1, overflow = \"close\" }"));
    ASSERT_TRUE(host.ready()) << host.process().err();
    Client first = host.connect("echo");
    ASSERT_TRUE(answers(first));
    Client second = host.connect("echo");
    EXPECT_TRUE(second.ended());
    EXPECT_TRUE(answers(first));
    first.reset();
    EXPECT_TRUE(eventually([&] {
        Client third = host.connect("echo");
        return answers(third);
    }));
    EXPECT_EQ(host.stop(), 0);
}

TEST(Limits, CountTheConnectionsOfAnAddressOverAllLoops)
{
    Host host(echo("limits = { per_address = 2 }\nsocket = { proxy_protocol = [\"127.0.0.0/8\"] }"));
    ASSERT_TRUE(host.ready()) << host.process().err();
    const auto come = [&host](const std::string &from) {
        Client client = host.connect("echo");
        client.send("PROXY TCP4 " + from + " 192.0.2.9 1000 80\r\n");
        return client;
    };
    Client a = come("192.0.2.1"), b = come("192.0.2.1");
    ASSERT_TRUE(answers(a) && answers(b));
    for (int i = 0; i < 8; ++i) EXPECT_TRUE(come("192.0.2.1").ended()) << i;
    Client other = come("192.0.2.2");
    EXPECT_TRUE(answers(other));
    EXPECT_TRUE(host.log_has("\"limit\":\"per_address\""));
    a.reset();
    EXPECT_TRUE(eventually([&] {
        Client again = come("192.0.2.1");
        return answers(again);
    }));
    b.reset();
    other.reset();
    EXPECT_EQ(host.stop(), 0);
}

TEST(Limits, MakeConnectionsWaitThatComeTooFastAndServeThemAll)
{
    Host host(echo("limits = { accept_rate = 5 }"));
    ASSERT_TRUE(host.ready()) << host.process().err();
    const auto begin = std::chrono::steady_clock::now();
    for (int i = 0; i < 5; ++i) {
        Client client = host.connect("echo");
        EXPECT_TRUE(answers(client)) << i;
    }
    EXPECT_GE(std::chrono::steady_clock::now() - begin, std::chrono::milliseconds(750)); // four turns of 200 ms
    EXPECT_TRUE(host.log_has("\"limit\":\"accept_rate\""));
    EXPECT_EQ(host.stop(), 0);
}

TEST(Limits, CloseAConnectionWithoutAByteForItsTime)
{
    Host host(echo("limits = { idle = \"100ms\" }"));
    ASSERT_TRUE(host.ready()) << host.process().err();
    Client client = host.connect("echo");
    EXPECT_TRUE(answers(client));
    EXPECT_TRUE(client.ended());
    EXPECT_EQ(host.stop(), 0);
}

TEST(Limits, SlowAConnectionDownToItsBytesASecondAndLoseNone)
{
    Host host(echo("limits = { bytes_per_second = \"64KiB\" }"));
    ASSERT_TRUE(host.ready()) << host.process().err();
    Client client = host.connect("echo");
    std::string sent(96 << 10, '\0');
    for (std::size_t i = 0; i < sent.size(); ++i) sent[i] = static_cast<char>(i * 7 % 251);
    const auto begin = std::chrono::steady_clock::now();
    client.send(sent);
    EXPECT_TRUE(client.receive(sent.size()) == sent);
    // A quarter of a second's worth comes at once.
    EXPECT_GE(std::chrono::steady_clock::now() - begin, std::chrono::milliseconds(1200));
    client.reset();
    EXPECT_EQ(host.stop(), 0);
}

TEST(Limits, EndAConnectionWhoseUnsentBytesTakeTooMuchMemory)
{
    Host host("[listeners.push]\naddress = \"127.0.0.1:0\"\nprotocol = \"pusher\"\nlimits = { output = \"1MiB\" }\n"
              "socket = { send_buffer = \"64KiB\" }\n");
    ASSERT_TRUE(host.ready()) << host.process().err();
    Client client(host.address("push"), 4096);
    EXPECT_LT(client.receive_all().size(), 16U << 20); // it writes 64 MiB at once
    EXPECT_EQ(host.stop(), 0);
}

TEST(Proxy, GivesTheAddressOfTheClientThatItsHeaderNames)
{
    Host host("[log.access]\noutput = \"access.log\"\nformat = \"json\"\n[listeners.web]\naddress = \"127.0.0.1:0\"\n"
              "protocol = \"http\"\nroutes = { \"/\" = { resource = \"text\", body = \"moored\" } }\n"
              "socket = { proxy_protocol = [\"127.0.0.1\"] }\n");
    ASSERT_TRUE(host.ready()) << host.process().err();
    Client client = host.connect();
    client.send("PROXY TCP4 203.0.113.7 192.0.2.9 4711 80\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n");
    EXPECT_EQ(client.answer().body, "moored");
    client.reset();
    const Ended curl = run({"curl", "-s", "--haproxy-protocol", "http://" + host.address("web") + "/curl"});
    EXPECT_EQ(curl.out, "moored");
    EXPECT_EQ(host.stop(), 0);
    std::ifstream in(host.directory() / "access.log");
    const std::string log{std::istreambuf_iterator<char>(in), {}};
    EXPECT_NE(log.find("203.0.113.7"), std::string::npos) << log;
}

TEST(Proxy, RefusesAConnectionWithoutItsHeaderFromATrustedNetwork)
{
    Host host(echo("socket = { proxy_protocol = [\"127.0.0.0/8\"] }"));
    ASSERT_TRUE(host.ready()) << host.process().err();
    Client client = host.connect("echo");
    client.send("GET / HTTP/1.1\r\n\r\n");
    EXPECT_TRUE(client.ended());
    EXPECT_TRUE(host.log_has("\"event\":\"proxy_header_refused\",\"proxy\":\"127.0.0.1:"));
    EXPECT_EQ(host.stop(), 0);
}

TEST(Proxy, TakesAHeaderOfAnotherNetworkAsTheClientsBytes)
{
    Host host(echo("socket = { proxy_protocol = [\"10.0.0.0/8\"] }"));
    ASSERT_TRUE(host.ready()) << host.process().err();
    Client client = host.connect("echo");
    client.send("PROXY UNKNOWN\r\n");
    EXPECT_EQ(client.receive(15), "PROXY UNKNOWN\r\n");
    client.reset();
    EXPECT_EQ(host.stop(), 0);
}

TEST(UnixSocket, HasTheModeThatTheConfigurationSays)
{
    const TempDir directory;
    Host host("[listeners.echo]\naddress = \"unix:" + directory.path() +
              "/echo.sock\"\nprotocol = \"echo\"\nsocket = { mode = \"0600\" }\n");
    ASSERT_TRUE(host.ready()) << host.process().err();
    struct stat status {};
    ASSERT_EQ(::stat((directory / "echo.sock").c_str(), &status), 0);
    EXPECT_EQ(status.st_mode & 0777, 0600U);
    EXPECT_EQ(host.stop(), 0);
}

TEST(UnixSocket, ChangesHandsAtAReloadWithoutBeingOpenedAgain)
{
    if (::geteuid() != 0) GTEST_SKIP() << "needs root";
    const TempDir directory;
    const auto toml = [&](const std::string &socket) {
        return "[listeners.echo]\naddress = \"unix:" + directory.path() +
               "/echo.sock\"\nprotocol = \"echo\"\nsocket = { " + socket + " }\n";
    };
    Host host(toml("owner = \"www-data\", group = \"users\""));
    ASSERT_TRUE(host.ready()) << host.process().err();
    struct stat first {
    }, then{};
    ASSERT_EQ(::stat((directory / "echo.sock").c_str(), &first), 0);
    EXPECT_EQ(first.st_uid, ::getpwnam("www-data")->pw_uid);
    EXPECT_EQ(first.st_gid, ::getgrnam("users")->gr_gid);
    host.rewrite(toml("owner = \"nobody\", mode = \"0620\""));
    EXPECT_EQ(host.command({"reload"}).status, 0);
    ASSERT_EQ(::stat((directory / "echo.sock").c_str(), &then), 0);
    EXPECT_EQ(then.st_uid, ::getpwnam("nobody")->pw_uid);
    EXPECT_EQ(then.st_mode & 0777, 0620U);
    EXPECT_EQ(then.st_ino, first.st_ino);
    EXPECT_EQ(host.stop(), 0);
}

TEST(UnixSocket, LeavesAFileThatIsInItsWayAndNamesIt)
{
    const TempDir directory;
    directory.write("echo.sock", "precious");
    Host host("[listeners.echo]\naddress = \"unix:" + directory.path() + "/echo.sock\"\nprotocol = \"echo\"\n");
    EXPECT_EQ(host.process().wait(), 71);
    EXPECT_NE(host.process().err().find("got a file of another type; remove it or choose another path"),
              std::string::npos)
        << host.process().err();
    std::ifstream in(directory / "echo.sock");
    EXPECT_EQ(std::string(std::istreambuf_iterator<char>(in), {}), "precious");
}

// A host that somebody else opened the socket for.
class Activated {
public:
    explicit Activated(const std::string &address)
    {
        const std::string config = directory_.write(
            "hawser.toml", "[host]\nplugins = [\"" HAWSER_PLUGINS "\"]\ncontrol = \"" + (directory_ / "control.sock") +
                               "\"\n[listeners.echo]\naddress = \"" + address + "\"\nprotocol = \"echo\"\n");
        process = Process({"systemd-socket-activate", "--listen=" + (directory_ / "echo.sock"), "--fdname=web",
                           "--setenv=STATE_DIRECTORY", HAWSER_PROGRAM, "run", config});
        // It starts the host once somebody comes.
        EXPECT_TRUE(process.wait_for_error_text("Listening on"));
    }
    Client connect() { return Client("unix:" + (directory_ / "echo.sock")); }
    std::string control() { return directory_ / "control.sock"; }
    Process process;

private:
    TempDir directory_;
};

TEST(Activation, ServesTheSocketsOfSystemdByNameOverReloads)
{
    Activated host("systemd:web");
    Client client = host.connect();
    EXPECT_TRUE(answers(client));
    EXPECT_TRUE(host.process.wait_for_error_text("\"event\":\"ready\""));
    client.reset();
    EXPECT_EQ(hawser({"reload", "--control", host.control()}).status, 0);
    Client again = host.connect();
    EXPECT_TRUE(answers(again));
    again.reset();
    host.process.signal(SIGTERM);
    EXPECT_EQ(host.process.wait(), 0);
}

TEST(Activation, ServesASocketByNumber)
{
    Activated host("fd:3");
    Client client = host.connect();
    EXPECT_TRUE(answers(client));
    client.reset();
    host.process.signal(SIGTERM);
    EXPECT_EQ(host.process.wait(), 0);
}

TEST(Activation, SaysWhichNamesThereAreInsteadOfTheOneItExpects)
{
    Activated host("systemd:wbe");
    const Client client = host.connect();
    EXPECT_EQ(host.process.wait(), 71);
    EXPECT_NE(host.process.err().find("systemd:wbe: expected a socket of this name from systemd, got \"web\""),
              std::string::npos)
        << host.process.err();
}

} // namespace
} // namespace hawser::test
