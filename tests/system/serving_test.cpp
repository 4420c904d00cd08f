// Connections to the running host: transports, back-pressure, half-close, limits.
#include "host_process.hpp"

#include <gtest/gtest.h>

#include <sys/stat.h>

#include <csignal>
#include <filesystem>
#include <fstream>
#include <memory>

namespace hawser::test {
namespace {

namespace fs = std::filesystem;

const std::string kEcho = "[listeners.echo]\naddress = [\"127.0.0.1:0\", \"[::1]:0\"]\nprotocol = \"echo\"\n";

TEST(Serving, EchoesOverTcpAndTcp6)
{
    Host host(kEcho);
    ASSERT_TRUE(host.ready()) << host.process().err();
    for (const std::size_t n : {0U, 1U}) {
        Client client = host.connect("echo", n);
        ASSERT_TRUE(client.connected()) << host.address("echo", n);
        client.send("moored");
        EXPECT_EQ(client.receive(6), "moored");
    }
    EXPECT_EQ(host.stop(), 0);
}

TEST(Serving, EchoesOverAUnixSocketAndRemovesItAtItsEnd)
{
    const TempDir directory;
    const std::string path = directory / "e.sock";
    Host host("[listeners.echo]\naddress = \"unix:" + path + "\"\nprotocol = \"echo\"\n", {"--set", "host.loops=2"});
    ASSERT_TRUE(host.ready()) << host.process().err();
    std::vector<Client> clients;
    for (int i = 0; i < 4; ++i) { // more than one for each of the two loops
        clients.emplace_back("unix:" + path);
        clients.back().send("ahoy");
        EXPECT_EQ(clients.back().receive(4), "ahoy");
    }
    clients.clear();
    EXPECT_EQ(host.stop(), 0);
    EXPECT_FALSE(fs::exists(path));
}

TEST(Serving, ReplacesAStaleUnixSocketButNoOtherFile)
{
    const TempDir directory;
    const std::string toml =
        "[listeners.echo]\naddress = \"unix:" + directory.path() + "/e.sock\"\nprotocol = \"echo\"\n";
    {
        Host killed(toml);
        ASSERT_TRUE(killed.ready());
        killed.process().signal(SIGKILL);
        EXPECT_EQ(killed.process().wait(), 1000 + SIGKILL);
    }
    Host next(toml);
    EXPECT_TRUE(next.ready()) << next.process().err();
    EXPECT_EQ(next.stop(), 0);
    directory.write("e.sock", "a file of somebody's");
    Host refused(toml);
    EXPECT_FALSE(refused.ready());
    EXPECT_EQ(refused.process().wait(), 71);
    EXPECT_TRUE(fs::exists(directory / "e.sock"));
}

TEST(Serving, AnswersAHalfClosedClient)
{
    Host host(kEcho);
    ASSERT_TRUE(host.ready());
    Client client = host.connect("echo");
    client.send("last words");
    client.shut_down();
    EXPECT_EQ(client.receive_all(), "last words");
    EXPECT_EQ(host.stop(), 0);
}

TEST(Serving, EchoesMegabytesInOrder)
{
    Host host(kEcho);
    ASSERT_TRUE(host.ready());
    Client client = host.connect("echo");
    std::string sent, got;
    for (int i = 0; i < 400000; ++i) sent += std::to_string(i) + ' ';
    for (std::size_t at = 0; at < sent.size(); at += 50000) {
        const std::string part = sent.substr(at, 50000);
        ASSERT_TRUE(client.send(part));
        got += client.receive(part.size());
    }
    EXPECT_TRUE(got == sent);
    EXPECT_EQ(host.stop(), 0);
}

TEST(Serving, KeepsMemoryFlatForAClientThatNeverReads)
{
    if (std::string(HAWSER_SANITIZER) != "") GTEST_SKIP() << "memory of a sanitizer build says nothing";
    Host host(
        "[listeners.web]\naddress = \"127.0.0.1:0\"\nprotocol = \"http\"\nroutes = { \"/\" = { resource = \"stream\", "
        "bytes = \"1GiB\" } }\n");
    ASSERT_TRUE(host.ready()) << host.process().err();
    Client warm = host.connect();
    warm.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
    warm.receive(1 << 20);
    const std::size_t before = resident_bytes(host.workers().at(0));
    std::vector<Client> readers;
    for (int i = 0; i < 20; ++i) {
        readers.push_back(host.connect());
        readers.back().send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
        readers.back().receive(100); // its answer has begun
    }
    EXPECT_LT(resident_bytes(host.workers().at(0)), before + (40U << 20));
}

TEST(Serving, EndsAConnectionWhoseSessionIgnoresBackPressure)
{
    Host host("[listeners.push]\naddress = \"127.0.0.1:0\"\nprotocol = \"pusher\"\n" + kEcho);
    ASSERT_TRUE(host.ready()) << host.process().err();
    Client client(host.address("push"), 4096);
    ASSERT_TRUE(client.connected());
    Client other = host.connect("echo"); // the rest serves on
    other.send("x");
    EXPECT_EQ(other.receive(1), "x");
    EXPECT_LT(client.receive_all().size(), 64U << 20);
}

TEST(Serving, StopsAcceptingAtItsLimitAndResumesWhenOneCloses)
{
    Host host("[listeners.echo]\naddress = \"127.0.0.1:0\"\nprotocol = \"echo\"\nlimits = { connections = 2 }\n",
              {"--set", "host.loops=1"});
    ASSERT_TRUE(host.ready());
    auto first = std::make_unique<Client>(host.connect("echo"));
    Client second = host.connect("echo");
    for (Client *client : {first.get(), &second}) {
        client->send("x");
        ASSERT_EQ(client->receive(1), "x");
    }
    Client third = host.connect("echo"); // waits in the kernel's queue
    third.send("y");
    first.reset();
    EXPECT_EQ(third.receive(1), "y");
    EXPECT_EQ(host.stop(), 0);
}

TEST(Serving, GoesOnWhenDescriptorsWereExhausted)
{
    if (std::string(HAWSER_SANITIZER) != "") GTEST_SKIP() << "UBSan needs a descriptor to look at an object";
    ProcessOptions options;
    options.descriptors = 64;
    Host host(kEcho, {"--set", "host.loops=1", "--single"}, options);
    ASSERT_TRUE(host.ready()) << host.process().err();
    {
        std::vector<Client> many;
        for (int i = 0; i < 200; ++i) many.push_back(host.connect("echo"));
        EXPECT_TRUE(host.log_has("accept_failed"));
    }
    EXPECT_TRUE(eventually([&] {
        Client client = host.connect("echo");
        client.send("x");
        return client.receive(1) == "x";
    }));
    EXPECT_LT(count(host.process().err(), "accept_failed"), 20U) << "one line a second at most";
    EXPECT_EQ(host.stop(), 0);
}

TEST(Serving, SpreadsConnectionsOverItsLoops)
{
    Host host(kEcho, {"--set", "host.loops=2"});
    ASSERT_TRUE(host.ready());
    std::vector<Client> clients;
    for (int i = 0; i < 32; ++i) {
        clients.push_back(host.connect("echo"));
        clients.back().send("x");
        EXPECT_EQ(clients.back().receive(1), "x");
    }
    const Ended status = host.command({"status", "--json"});
    EXPECT_NE(status.out.find("\"loops\":2,\"connections\":32"), std::string::npos) << status.out;
    clients.clear();
    EXPECT_EQ(host.stop(), 0);
}

TEST(Serving, RefusesAPortInUseWith71AndItsPlace)
{
    Host first(kEcho);
    ASSERT_TRUE(first.ready());
    Host second("[listeners.echo]\naddress = \"" + first.address("echo") + "\"\nprotocol = \"echo\"\n");
    EXPECT_FALSE(second.ready());
    EXPECT_EQ(second.process().wait(), 71);
    EXPECT_NE(second.process().err().find("hawser.toml:5:11: " + first.address("echo") +
                                          ": cannot listen: Address already in use"),
              std::string::npos)
        << second.process().err();
    Client client = first.connect("echo"); // which loses nothing
    client.send("x");
    EXPECT_EQ(client.receive(1), "x");
}

TEST(Serving, ServesADirectoryWithoutAFile)
{
    const TempDir directory;
    directory.write("index.html", "<p>moored</p>");
    Process host(
        {HAWSER_PROGRAM, "serve", directory.path(), "--address", "127.0.0.1:0", "--control", directory / "c.sock"});
    ASSERT_TRUE(host.wait_for_error_text("\"event\":\"ready\"")) << host.err();
    const std::size_t at = host.err().find("web=") + 4;
    Client client(host.err().substr(at, host.err().find('"', at) - at));
    EXPECT_EQ(client.get("/").body, "<p>moored</p>");
    host.signal(SIGINT);
    EXPECT_EQ(host.wait(), 0);
}

TEST(Serving, TakesOverridesFromTheCommandLine)
{
    Host host("[listeners.web]\naddress = \"127.0.0.1:0\"\nprotocol = \"http\"\nroutes = { \"/\" = { resource = "
              "\"text\" } }\n",
              {"--set", "listeners.web.routes.\"/\".body=overridden", "--set", "log.level=warning", "--set",
               "log.level=info"});
    ASSERT_TRUE(host.ready()) << host.process().err();
    EXPECT_EQ(host.connect().get("/").body, "overridden");
    EXPECT_EQ(host.stop(), 0);
}

TEST(Serving, WritesItsLogToAFile)
{
    const TempDir directory;
    const std::string config =
        directory.write("a.toml", "[host]\nplugins = [\"" HAWSER_PLUGINS "\"]\ncontrol = \"c.sock\"\n[log]\n"
                                  "output = \"host.log\"\nformat = \"text\"\n" +
                                      kEcho);
    Process host({HAWSER_PROGRAM, "run", config});
    std::string text;
    EXPECT_TRUE(eventually([&] {
        std::ifstream in(directory / "host.log");
        text.assign(std::istreambuf_iterator<char>(in), {});
        return text.find("info  host ready addresses=") != std::string::npos;
    })) << text
        << host.err();
    host.signal(SIGTERM);
    EXPECT_EQ(host.wait(), 0);
}

} // namespace
} // namespace hawser::test
