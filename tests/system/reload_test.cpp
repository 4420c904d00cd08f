// Reloads as their operator sees them: planned, waiting for older generations, told how those drained.
#include "host_process.hpp"

#include <gtest/gtest.h>

#include <csignal>
#include <future>
#include <string>
#include <vector>

namespace hawser::test {
namespace {

std::string web(const std::string &body)
{
    return "[listeners.web]\naddress = \"127.0.0.1:0\"\nprotocol = \"http\"\n[listeners.web.routes]\n\"/\" = { "
           "resource "
           "= \"text\", body = \"" +
           body + "\" }\n\"/zeros\" = { resource = \"stream\", bytes = \"64MiB\" }\n";
}
std::string extra(const std::string &name)
{
    return "[listeners." + name + "]\naddress = \"127.0.0.1:0\"\nprotocol = \"echo\"\n";
}

// A download that has begun and is read no further.
Client begin_download(const Host &host)
{
    Client client(host.address("web"), 4096);
    client.send("GET /zeros HTTP/1.1\r\nHost: a\r\n\r\n");
    EXPECT_EQ(client.receive(12), "HTTP/1.1 200");
    return client;
}

// Each holds a download that is read no further, so that its worker drains on.
std::vector<Client> fill_generations(Host &host, int count)
{
    std::vector<Client> downloads;
    for (int i = 2; i <= count; ++i) {
        downloads.push_back(begin_download(host));
        host.rewrite(web(std::to_string(i)));
        EXPECT_EQ(host.command({"reload"}).status, 0);
    }
    return downloads;
}

TEST(Reload, WaitsForTheOldestOfFourGenerations)
{
    Host host(web("1"));
    ASSERT_TRUE(host.ready()) << host.process().err();
    std::vector<Client> downloads = fill_generations(host, 4);
    ASSERT_EQ(host.workers().size(), 4U);
    host.rewrite(web("5"));
    host.process().signal(SIGHUP);
    ASSERT_TRUE(host.log_has("\"event\":\"reload_waits\",\"for\":\"generation 1 of compartment \\\"main\\\" (pid "))
        << host.process().err();
    EXPECT_EQ(host.workers().size(), 4U);
    EXPECT_EQ(host.connect().get("/").body, "4");
    EXPECT_NE(host.command({"status"}).out.find("a reload waits for generation 1 of compartment \"main\""),
              std::string::npos);
    host.rewrite(web("6")); // it reads what is there when it goes on
    downloads.front().reset();
    ASSERT_TRUE(host.log_has("\"generation\":\"5\",\"pid\"")) << host.process().err();
    EXPECT_EQ(host.connect().get("/").body, "6");
    EXPECT_EQ(host.workers().size(), 4U);
    downloads.clear();
    EXPECT_TRUE(eventually([&] { return host.workers().size() == 1; }));
    EXPECT_EQ(host.stop(), 0);
}

TEST(Reload, CutsTheOldestGenerationIfTheOperatorDoesNotWantToWait)
{
    Host host(web("1"));
    ASSERT_TRUE(host.ready()) << host.process().err();
    std::vector<Client> downloads = fill_generations(host, 4);
    host.rewrite(web("5"));
    EXPECT_EQ(host.command({"reload", "--now"}).status, 0) << host.process().err();
    EXPECT_EQ(host.connect().get("/").body, "5");
    EXPECT_EQ(host.workers().size(), 4U);
    EXPECT_TRUE(host.log_has("\"event\":\"drained\"")) << "with what was cut";
}

TEST(Reload, ThatWaitsIsRefusedWhenTheHostStops)
{
    Host host(web("1"));
    ASSERT_TRUE(host.ready()) << host.process().err();
    std::vector<Client> downloads = fill_generations(host, 4);
    host.rewrite(web("5"));
    auto waiting = std::async(std::launch::async, [&] { return host.command({"reload"}); });
    ASSERT_TRUE(host.log_has("reload_waits")) << host.process().err();
    host.process().signal(SIGTERM);
    EXPECT_EQ(waiting.get().err, "reload: the host is stopping\n");
    downloads.clear();
    EXPECT_EQ(host.process().wait(), 0) << host.process().err();
}

TEST(Reload, TellsHowTheGenerationBeforeDrained)
{
    Host host(web("1"));
    ASSERT_TRUE(host.ready()) << host.process().err();
    Client idle = host.connect(), other = host.connect();
    EXPECT_EQ(idle.get("/").body + other.get("/").body, "11");
    host.rewrite(web("2"));
    const std::string out = host.command({"reload"}).out;
    // Half a second is not enough for a sanitizer's worker to end.
    EXPECT_NE(out.find("\ngeneration 1 of main dr"), std::string::npos) << out;
    if (out.find(" drained in ") != std::string::npos) {
        EXPECT_NE(out.find(" ms: 2 connections moved, 0 finished, 0 cut\n"), std::string::npos) << out;
    }
    EXPECT_TRUE(host.log_has("\"moved\":\"2\",\"finished\":\"0\",\"cut\":\"0\"")) << host.process().err();
    const Client download = begin_download(host);
    host.rewrite(web("3"));
    const std::string later = host.command({"reload"}).out;
    EXPECT_NE(later.find("generation 2 of main drains on, 1 connections open\n"), std::string::npos) << later;
}

TEST(Reload, IsPlannedWithoutBeingMade)
{
    Host host(web("1") + extra("more"));
    ASSERT_TRUE(host.ready()) << host.process().err();
    const std::vector<int> workers = host.workers();
    EXPECT_EQ(host.command({"reload", "--plan"}).out, "untouched: main\n");
    host.rewrite(web("2") + extra("more"));
    EXPECT_EQ(host.command({"reload", "--plan"}).out, "would replace main: listener.web/\nuntouched: none\n");
    host.rewrite(web("2"));
    const std::string out = host.command({"reload", "--plan"}).out;
    EXPECT_EQ(out, "would replace main: listeners; listener.web/; listener.more is gone\nuntouched: none\n");
    host.rewrite("[listeners.web]\naddress = 1\n");
    const Ended wrong = host.command({"reload", "--plan"});
    EXPECT_EQ(wrong.status, 78);
    EXPECT_NE(wrong.err.find("hawser.toml:"), std::string::npos) << wrong.err;
    EXPECT_EQ(host.workers(), workers);
    EXPECT_EQ(host.process().err().find("reload_refused"), std::string::npos);
    EXPECT_EQ(host.stop(), 0);
}

std::string only(const std::string &word, const std::string &mood = "calm")
{
    return "[services.one]\nservice = \"single_user\"\nfile = \"lock\"\nword = \"" + word + "\"\nmood = \"" + mood +
           "\"\n";
}

TEST(Reload, EndsAWorkerBeforeTheNextStartsWhereOnlyOneMayHaveSomething)
{
    Host host(web("1") + only("a"));
    ASSERT_TRUE(host.ready()) << host.process().err();
    Client idle = host.connect();
    EXPECT_EQ(idle.get("/").body, "1");
    host.rewrite(web("2") + only("b"));
    auto reload = std::async(std::launch::async, [&] { return host.command({"reload"}); });
    ASSERT_TRUE(host.log_has("makes_way")) << host.process().err();
    EXPECT_TRUE(eventually([&] {
        Client client = host.connect(); // waits in the queue while nobody serves
        EXPECT_TRUE(client.connected());
        return client.get("/").body == "2" || HasFailure();
    }));
    const Ended ended = reload.get();
    EXPECT_EQ(ended.status, 0) << ended.err;
    EXPECT_TRUE(idle.ended());
    EXPECT_EQ(host.connect().get("/").body, "2");
    EXPECT_EQ(host.stop(), 0);
}

TEST(Reload, BringsBackTheWorkerThatMadeWayIfTheNextFails)
{
    Host host(web("1") + only("a"));
    ASSERT_TRUE(host.ready()) << host.process().err();
    host.rewrite(web("2") + only("b", "refuse"));
    const Ended ended = host.command({"reload"});
    EXPECT_EQ(ended.status, 70) << ended.err;
    EXPECT_NE(ended.err.find("no will to start"), std::string::npos) << ended.err;
    EXPECT_TRUE(eventually([&] { return host.connect().get("/").body == "1"; }));
    EXPECT_EQ(host.stop(), 0);
}

} // namespace
} // namespace hawser::test
