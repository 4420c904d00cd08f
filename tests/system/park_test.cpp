// Connections of a generation that is replaced: those that are idle go on in the next one, and their clients notice
// nothing.
#include "host_process.hpp"

#include <gtest/gtest.h>

#include <csignal>
#include <string>
#include <vector>

namespace hawser::test {
namespace {

std::string web(const std::string &body, const std::string &more = {})
{
    return "[listeners.web]\naddress = \"127.0.0.1:0\"\nprotocol = \"http\"\n" + more +
           "[listeners.web.routes]\n\"/\" = { resource = \"text\", body = \"" + body +
           "\" }\n\"/zeros\" = { resource = \"stream\", bytes = \"16MiB\" }\n";
}

std::string echo(const std::string &more = {})
{
    return "[listeners.echo]\naddress = \"127.0.0.1:0\"\nprotocol = \"echo\"\n" + more;
}

// Replaces the worker; the one before is gone then, whatever connections it had.
void replace(Host &host, const std::string &toml)
{
    host.rewrite(toml);
    const Ended reload = host.command({"reload"});
    EXPECT_EQ(reload.status, 0) << reload.err;
    EXPECT_TRUE(eventually([&] { return host.workers().size() == 1; })) << "a worker stays for its connections";
}

TEST(Park, LetsAnIdleHttpConnectionAskTheNextGeneration)
{
    Host host(web("one"));
    ASSERT_TRUE(host.ready()) << host.process().err();
    Client client = host.connect();
    EXPECT_EQ(client.get("/").body, "one");
    replace(host, web("two"));
    const Client::Answer answer = client.get("/");
    EXPECT_EQ(answer.body, "two");
    EXPECT_FALSE(answer.closes);
    EXPECT_EQ(client.get("/").body, "two");
    EXPECT_EQ(host.stop(), 0);
}

TEST(Park, TakesAConnectionAlongThroughManyGenerations)
{
    Host host(web("0"));
    ASSERT_TRUE(host.ready()) << host.process().err();
    Client client = host.connect();
    for (int i = 1; i <= 5; ++i) {
        replace(host, web(std::to_string(i)));
        EXPECT_EQ(client.get("/").body, std::to_string(i));
    }
    EXPECT_EQ(host.stop(), 0);
}

TEST(Park, TakesHalfARequestAlong)
{
    Host host(web("one"));
    ASSERT_TRUE(host.ready()) << host.process().err();
    Client client = host.connect(), fresh = host.connect();
    client.send("GET / HT");
    ASSERT_EQ(host.connect().get("/").status, 200); // the loop has read what came before
    replace(host, web("two"));
    client.send("TP/1.1\r\nHost: a\r\n\r\n");
    EXPECT_EQ(client.answer().body, "two");
    EXPECT_EQ(fresh.get("/").body, "two") << "one that has sent nothing yet";
    EXPECT_EQ(host.stop(), 0);
}

TEST(Park, TakesAConnectionAlongOnceItsAnswerHasGone)
{
    Host host(web("one"));
    ASSERT_TRUE(host.ready()) << host.process().err();
    Client client(host.address("web"), 4096);
    client.send("GET /zeros HTTP/1.1\r\nHost: a\r\n\r\n");
    EXPECT_EQ(client.receive(12), "HTTP/1.1 200");
    host.rewrite(web("two"));
    ASSERT_EQ(host.command({"reload"}).status, 0);
    EXPECT_EQ(host.workers().size(), 2U);
    client.receive_until("\r\n\r\n");
    EXPECT_EQ(client.receive(16 << 20).size(), 16U << 20);
    EXPECT_TRUE(eventually([&] { return host.workers().size() == 1; }));
    EXPECT_EQ(client.get("/").body, "two");
    EXPECT_EQ(host.stop(), 0);
}

TEST(Park, MovesEveryOneOfManyConnections)
{
    Host host(web("one") + echo());
    ASSERT_TRUE(host.ready()) << host.process().err();
    std::vector<Client> clients;
    for (int i = 0; i < 400; ++i) {
        clients.push_back(host.connect("echo"));
        ASSERT_TRUE(clients.back().send("before"));
    }
    for (Client &client : clients) ASSERT_EQ(client.receive(6), "before");
    replace(host, web("two") + echo());
    for (Client &client : clients) client.send("after");
    int answered = 0;
    for (Client &client : clients) answered += client.receive(5) == "after" ? 1 : 0;
    EXPECT_EQ(answered, 400);
    EXPECT_EQ(host.stop(), 0);
}

TEST(Park, KeepsTheLoopsApart)
{
    const std::string two = "[compartments.main]\nloops = 2\n", three = "[compartments.main]\nloops = 3\n";
    Host host(two + web("one") + echo());
    ASSERT_TRUE(host.ready()) << host.process().err();
    std::vector<Client> clients;
    for (int i = 0; i < 40; ++i) clients.push_back(host.connect("echo"));
    for (const std::string &loops : {three, two}) {
        replace(host, loops + web("two") + echo());
        for (Client &client : clients) client.send("x");
        for (Client &client : clients) EXPECT_EQ(client.receive(1), "x");
    }
    EXPECT_EQ(host.stop(), 0);
}

TEST(Park, LosesNoByteThatIsUnderWay)
{
    Host host(web("0") + echo());
    ASSERT_TRUE(host.ready()) << host.process().err();
    Client client = host.connect("echo");
    std::string sent, came;
    for (int i = 1; i <= 8; ++i) {
        host.rewrite(web(std::to_string(i)) + echo());
        host.process().signal(SIGHUP);
        for (int k = 0; k < 50; ++k) {
            const std::string part = std::to_string(i) + ':' + std::to_string(k) + std::string(997, '.');
            client.send(part);
            sent += part;
        }
        while (came.size() < sent.size()) {
            const std::string more = client.receive(sent.size() - came.size());
            ASSERT_FALSE(more.empty());
            came += more;
        }
        ASSERT_TRUE(host.log_has("\"generation\":\"" + std::to_string(i + 1) + "\",\"pid\""));
    }
    EXPECT_EQ(came, sent);
    EXPECT_EQ(host.stop(), 0);
}

TEST(Park, LetsAConnectionFinishWhereItIsIfItsListenerHasAnotherProtocolNow)
{
    Host host(web("one") + echo());
    ASSERT_TRUE(host.ready()) << host.process().err();
    Client client = host.connect("web");
    EXPECT_EQ(client.get("/").body, "one");
    host.rewrite("[listeners.web]\naddress = \"127.0.0.1:0\"\nprotocol = \"echo\"\n");
    ASSERT_EQ(host.command({"reload"}).status, 0);
    // The old worker hears of it while this already asks: its last answer is the one that closes.
    Client::Answer answer;
    EXPECT_TRUE(eventually([&] {
        answer = client.get("/");
        EXPECT_EQ(answer.body, "one");
        return answer.closes || HasFailure();
    }));
    EXPECT_TRUE(eventually([&] { return host.workers().size() == 1; }));
    EXPECT_EQ(host.stop(), 0);
}

TEST(Park, LetsTheTimeOfAnIdleConnectionRunOn)
{
    const std::string soon = "keep_alive = \"1s\"\n", late = "keep_alive = \"60s\"\n";
    Host host(web("one", soon));
    ASSERT_TRUE(host.ready()) << host.process().err();
    Client client = host.connect();
    EXPECT_EQ(client.get("/").body, "one");
    replace(host, web("two", late));
    EXPECT_TRUE(client.ended()); // of the time that it had when it came
    EXPECT_EQ(host.stop(), 0);
}

TEST(Park, CountsAConnectionForItsAddressInTheNextGenerationToo)
{
    const std::string limits = "limits = { per_address = 1 }\n";
    Host host(web("one", limits));
    ASSERT_TRUE(host.ready()) << host.process().err();
    Client client = host.connect();
    EXPECT_EQ(client.get("/").body, "one");
    replace(host, web("two", limits));
    EXPECT_EQ(client.get("/").body, "two");
    EXPECT_TRUE(host.connect().ended());
    client.reset();
    EXPECT_TRUE(eventually([&] { return host.connect().get("/").status == 200; }));
    EXPECT_EQ(host.stop(), 0);
}

TEST(Park, TakesTheAddressOfAProxyHeaderAlong)
{
    const std::string log = "[log.access]\nformat = \"combined\"\noutput = \"access.log\"\n";
    const auto config = [&](const std::string &body) {
        return log +
               "[listeners.web]\naddress = \"127.0.0.1:0\"\nprotocol = \"http\"\nsocket = { "
               "proxy_protocol = [\"127.0.0.0/8\"] }\n[listeners.web.routes]\n\"/\" = { resource = \"text\", body = "
               "\"" +
               body + "\" }\n";
    };
    Host host(config("one"));
    ASSERT_TRUE(host.ready()) << host.process().err();
    Client client = host.connect(), slow = host.connect();
    client.send("PROXY TCP4 192.0.2.7 192.0.2.1 4711 80\r\n");
    EXPECT_EQ(client.get("/").body, "one");
    slow.send("PROXY TCP4 192.0"); // its header is still to come
    host.rewrite(config("two"));
    ASSERT_EQ(host.command({"reload"}).status, 0);
    slow.send(".2.8 192.0.2.1 4711 80\r\n");
    ASSERT_TRUE(eventually([&] { return host.workers().size() == 1; }));
    EXPECT_EQ(client.get("/").body, "two");
    EXPECT_EQ(slow.get("/").body, "two");
    EXPECT_EQ(host.stop(), 0);
    const std::string lines = content(host.directory() / "access.log");
    EXPECT_EQ(count(lines, "192.0.2.7 - - "), 2U) << lines;
    EXPECT_EQ(count(lines, "192.0.2.8 - - "), 1U) << lines;
}

TEST(Park, ClosesWhatIsIdleInAnOlderGenerationWhenTheHostStops)
{
    Host host(web("one"));
    ASSERT_TRUE(host.ready()) << host.process().err();
    Client download(host.address("web"), 4096);
    download.send("GET /zeros HTTP/1.1\r\nHost: a\r\n\r\n");
    EXPECT_EQ(download.receive(12), "HTTP/1.1 200");
    Client idle = host.connect();
    EXPECT_EQ(idle.get("/").body, "one");
    host.rewrite(web("two"));
    ASSERT_EQ(host.command({"reload"}).status, 0);
    host.process().signal(SIGTERM);
    EXPECT_TRUE(idle.ended());
    download.receive_until("\r\n\r\n");
    EXPECT_EQ(download.receive(16 << 20).size(), 16U << 20);
    EXPECT_EQ(host.process().wait(), 0) << host.process().err();
}

} // namespace
} // namespace hawser::test
