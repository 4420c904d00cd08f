// Plugins that do not return: named while they are at it, and replaced when it is too long.
#include "setup.hpp"

#include <gtest/gtest.h>

#include <poll.h>

#include <algorithm>
#include <csignal>
#include <vector>

namespace hawser::test {
namespace {

std::string web(const std::string &how)
{
    return "[compartments.main]\nloops = 2\n[listeners.web]\naddress = \"127.0.0.1:0\"\nprotocol = \"http\"\nroutes = "
           "{ "
           "\"/\" = { resource = \"text\", body = \"one\" }, \"/stall\" = { resource = \"fault\", at = \"on_request\", "
           "how = \"" +
           how + "\" } }\n";
}

// Asks, and waits for no answer.
Client ask_in_vain(Host &host)
{
    Client client = host.connect();
    client.send("GET /stall HTTP/1.1\r\nHost: a\r\n\r\n");
    return client;
}

TEST(Stall, IsToldOfWithThePluginAndWhereItsCodeIs)
{
    const Faulty setup;
    Host host(setup.host() + web("busy"));
    ASSERT_TRUE(host.ready()) << host.process().err();
    const Client client = ask_in_vain(host);
    ASSERT_TRUE(host.log_has("\"event\":\"stalled\"")) << host.process().err();
    const std::string &log = host.process().err();
    EXPECT_NE(log.find("\"in\":\"listener.web/stall (fault of plugin fault): on_request\",\"at\":\"fault.so+0x"),
              std::string::npos)
        << log;
    if (!sanitized()) EXPECT_NE(log.find(" < http.so+0x"), std::string::npos) << "the caller: " << log;
    EXPECT_EQ(host.stop(), 0);
    EXPECT_EQ(count(host.process().err(), "\"event\":\"stalled\""), 1U) << host.process().err();
    EXPECT_EQ(count(host.process().err(), "\"event\":\"worker_died\""), 0U) << host.process().err();
}

TEST(Stall, ThatIsTooLongHasItsWorkerReplacedAndNamedInTheTree)
{
    const Faulty setup;
    Host host(setup.host("stall_limit = \"300ms\"") + web("hang"));
    ASSERT_TRUE(host.ready()) << host.process().err();
    const Client client = ask_in_vain(host);
    ASSERT_TRUE(host.log_has("\"event\":\"stalled_too_long\"")) << host.process().err();
    ASSERT_TRUE(host.log_has("\"event\":\"worker_serving\"")) << host.process().err();
    EXPECT_EQ(host.connect().get("/").body, "one");
    EXPECT_NE(
        host.command({"tree"}).out.find(" in listener.web/stall (fault of plugin fault): on_request and was replaced"),
        std::string::npos)
        << host.command({"tree"}).out;
    EXPECT_EQ(host.stop(), 0);
}

// As a machine that is suspended, or that others starve: supervisor and worker alike did not run.
TEST(Stall, IsNotWhatPassedWhileTheMachineStoodStill)
{
    const Faulty setup;
    Host host(setup.host("stall_limit = \"2s\"") + web("busy"));
    ASSERT_TRUE(host.ready()) << host.process().err();
    const int worker = host.workers().at(0), supervisor = host.process().pid();
    Client client = ask_in_vain(host);
    ASSERT_TRUE(host.log_has("\"event\":\"stalled\"")) << host.process().err();
    ::kill(supervisor, SIGSTOP);
    ::kill(worker, SIGSTOP);
    run({"/bin/sleep", "3"});
    ::kill(supervisor, SIGCONT);
    run({"/bin/sleep", "0.3"}); // it has looked, at a worker that has been in its call for three seconds
    ::kill(worker, SIGCONT);
    EXPECT_NE(client.receive_until("\r\n\r\n").find(" 200 "), std::string::npos) << host.process().err();
    EXPECT_EQ(host.stop(), 0);
    EXPECT_EQ(count(host.process().err(), "\"event\":\"stalled_too_long\""), 0U) << host.process().err();
}

TEST(Stall, LeavesTheOtherLoopsServing)
{
    const Faulty setup;
    Host host(setup.host("stall_limit = \"0s\"") + web("hang"));
    ASSERT_TRUE(host.ready()) << host.process().err();
    const Client client = ask_in_vain(host);
    ASSERT_TRUE(host.log_has("\"event\":\"stalled\"")) << host.process().err();
    // Connections are spread over both: among several, one is answered by the loop that is free.
    std::vector<Client> clients;
    for (int i = 0; i < 16; ++i) {
        clients.push_back(host.connect());
        clients.back().send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
    }
    std::vector<pollfd> answers;
    for (const Client &each : clients) answers.push_back({each.fd(), POLLIN, 0});
    ASSERT_GT(::poll(answers.data(), answers.size(), 60'000), 0);
    const auto first =
        std::find_if(answers.begin(), answers.end(), [](const pollfd &each) { return each.revents != 0; });
    EXPECT_EQ(clients[static_cast<std::size_t>(first - answers.begin())].answer().body, "one");
    host.process().signal(SIGQUIT);
    EXPECT_NE(host.process().wait(), -1);
}

} // namespace
} // namespace hawser::test
