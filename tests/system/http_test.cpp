// HTTP over real sockets and with curl: the engine and its resources in the running host.
#include "host_process.hpp"

#include <gtest/gtest.h>

#include <csignal>

namespace hawser::test {
namespace {

std::string web(const std::string &routes)
{
    return "[listeners.web]\naddress = \"127.0.0.1:0\"\nprotocol = \"http\"\n[listeners.web.routes]\n" + routes;
}

TEST(Http, AnswersCurlWithTextEchoAndFiles)
{
    const TempDir site;
    site.write("index.html", "<h1>moored</h1>");
    Host host(web("\"/\" = { resource = \"static\", root = \"" + site.path() +
                  "\" }\n"
                  "\"=/hello\" = { resource = \"text\", body = \"Hello, world!\" }\n"
                  "\"POST,PUT /echo\" = { resource = \"echo\", max_body = \"64MiB\" }\n"));
    ASSERT_TRUE(host.ready()) << host.process().err();
    const std::string url = "http://" + host.address("web");
    EXPECT_EQ(run({"curl", "-s", url + "/"}).out, "<h1>moored</h1>");
    EXPECT_EQ(run({"curl", "-s", url + "/hello"}).out, "Hello, world!");
    EXPECT_EQ(run({"curl", "-s", "-d", "moored", url + "/echo"}).out, "moored");
    const std::string head = run({"curl", "-sI", url + "/hello"}).out;
    EXPECT_NE(head.find("Content-Length: 13"), std::string::npos) << head;
    const std::string big(3'000'000, 'b');
    const std::string file = site.write("big", big);
    EXPECT_TRUE(run({"curl", "-s", "--data-binary", "@" + file, url + "/echo"}).out == big);
    EXPECT_TRUE(
        run({"curl", "-s", "-H", "Transfer-Encoding: chunked", "--data-binary", "@" + file, url + "/echo"}).out == big);
    EXPECT_TRUE(run({"curl", "-s", url + "/big"}).out == big);
    EXPECT_EQ(run({"curl", "-s", "-o", "/dev/null", "-w", "%{http_code}", url + "/echo"}).out, "404")
        << "GET falls to static";
    EXPECT_EQ(host.stop(), 0);
}

TEST(Http, AnswersPipelinedRequestsInOrderThoughTheFirstIsSlow)
{
    Host host(web("\"=/slow\" = { resource = \"text\", body = \"slow\", delay = \"100ms\" }\n"
                  "\"=/fast\" = { resource = \"text\", body = \"fast\" }\n"));
    ASSERT_TRUE(host.ready());
    Client client = host.connect();
    std::string requests;
    for (int i = 0; i < 3; ++i)
        requests += "GET /slow HTTP/1.1\r\nHost: a\r\n\r\nGET /fast HTTP/1.1\r\nHost: a\r\n\r\n";
    client.send(requests);
    for (int i = 0; i < 3; ++i) {
        EXPECT_EQ(client.answer().body, "slow");
        EXPECT_EQ(client.answer().body, "fast");
    }
    EXPECT_EQ(host.stop(), 0);
}

TEST(Http, AnswersTenThousandPipelinedRequests)
{
    Host host(web("\"/\" = { resource = \"text\", body = \"x\" }\n"));
    ASSERT_TRUE(host.ready());
    Client client = host.connect();
    std::string some;
    for (int i = 0; i < 100; ++i) some += "GET / HTTP/1.1\r\nHost: a\r\n\r\n";
    for (int round = 0; round < 99; ++round) {
        ASSERT_TRUE(client.send(some));
        for (int i = 0; i < 100; ++i) ASSERT_EQ(client.answer().body, "x");
    }
    EXPECT_EQ(host.stop(), 0);
}

TEST(Http, ShowsTheClientTheAnswerToARequestThatItRefused)
{
    Host host(web("\"POST /in\" = { resource = \"echo\", max_body = \"1KiB\" }\n"));
    ASSERT_TRUE(host.ready());
    Client client = host.connect();
    client.send("POST /in HTTP/1.1\r\nHost: a\r\nContent-Length: 100000\r\n\r\n" + std::string(100000, 'x'));
    const Client::Answer answer = client.answer();
    EXPECT_EQ(answer.status, 413);
    EXPECT_TRUE(answer.closes);
    EXPECT_TRUE(client.ended());
}

TEST(Http, FinishesASlowDownloadAfterTermAndEndsWith0)
{
    const TempDir site;
    const std::string big(20'000'000, 'd');
    site.write("big", big);
    Host host(web("\"/\" = { resource = \"static\", root = \"" + site.path() + "\" }\n"));
    ASSERT_TRUE(host.ready());
    Client client(host.address("web"), 65536);
    client.send("GET /big HTTP/1.1\r\nHost: a\r\n\r\n");
    std::string got = client.receive(100000);
    host.process().signal(SIGTERM);
    ASSERT_TRUE(host.log_has("\"event\":\"stopping\""));
    got += client.receive_all();
    EXPECT_EQ(got.size() - got.find("\r\n\r\n") - 4, big.size());
    EXPECT_EQ(host.process().wait(), 0);
}

TEST(Http, FinishesADelayedAnswerAfterTerm)
{
    Host host(web("\"/\" = { resource = \"text\", body = \"late\", delay = \"500ms\" }\n"));
    ASSERT_TRUE(host.ready());
    Client client = host.connect(), idle = host.connect();
    client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
    Client probe = host.connect(); // answered after the request above was read
    EXPECT_EQ(probe.get("/").body, "late");
    client.answer();
    client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
    EXPECT_TRUE(eventually([&] { return host.command({"status"}).status == 0; }));
    host.process().signal(SIGTERM);
    const Client::Answer answer = client.answer();
    EXPECT_EQ(answer.body, "late");
    EXPECT_TRUE(answer.closes);
    EXPECT_EQ(host.process().wait(), 0);
}

TEST(Http, EndsWith75WhenTheDrainDeadlineCutsAnAnswerOff)
{
    Host host("[host]\nplugins = [\"" HAWSER_PLUGINS "\"]\ncontrol = \"c.sock\"\ndrain_timeout = \"200ms\"\n" +
              web("\"/\" = { resource = \"text\", body = \"never\", delay = \"1h\" }\n\"=/now\" = { resource = "
                  "\"text\" }\n"));
    ASSERT_TRUE(host.ready()) << host.process().err();
    Client client = host.connect(), other = host.connect();
    client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
    EXPECT_TRUE(eventually([&] { return other.get("/now").status == 200; }));
    EXPECT_EQ(host.stop(), 75);
    EXPECT_TRUE(client.ended());
}

TEST(Http, EndsAtOnceOnTheSecondSignal)
{
    Host host(web("\"/\" = { resource = \"text\", body = \"never\", delay = \"1h\" }\n"));
    ASSERT_TRUE(host.ready());
    Client client = host.connect();
    client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
    EXPECT_TRUE(eventually([&] {
        return host.command({"status", "--json"}).out.find("\"connections\":1") != std::string::npos;
    }));
    host.process().signal(SIGTERM);
    ASSERT_TRUE(host.log_has("\"event\":\"stopping\""));
    host.process().signal(SIGTERM);
    EXPECT_EQ(host.process().wait(), 75);
}

TEST(Http, ServesNoFileOutsideTheRoot)
{
    const TempDir directory;
    directory.write("secret", "secret");
    directory.write("site/page.txt", "page");
    directory.write("site/.hidden", "hidden");
    run({"ln", "-s", directory / "secret", directory / "site/out"});
    run({"ln", "-s", "page.txt", directory / "site/in"});
    Host host(web("\"/files\" = { resource = \"static\", root = \"" + directory.path() + "/site\" }\n"));
    ASSERT_TRUE(host.ready());
    for (const char *path :
         {"/files/../secret", "/files/%2e%2e/secret", "/files/..%2fsecret", "/files/out", "/files/.hidden",
          "/files/%2ehidden", "/files/page.txt/", "/files//../../secret", "/files/page.txt%00"}) {
        const Client::Answer answer = host.connect().get(path);
        EXPECT_GE(answer.status, 400) << path;
        EXPECT_EQ(answer.body.find("secret"), std::string::npos) << path;
    }
    EXPECT_EQ(host.connect().get("/files/page.txt").body, "page");
    EXPECT_EQ(host.connect().get("/files/in").body, "page");
}

TEST(Http, AnswersNotModifiedForAKnownFile)
{
    const TempDir site;
    site.write("a.css", "p{}");
    site.write("sub/index.html", "sub");
    Host host(web("\"/\" = { resource = \"static\", root = \"" + site.path() + "\" }\n"));
    ASSERT_TRUE(host.ready());
    Client client = host.connect();
    const Client::Answer first = client.get("/a.css");
    EXPECT_NE(first.head.find("Content-Type: text/css; charset=utf-8\r\n"), std::string::npos) << first.head;
    const std::size_t at = first.head.find("ETag: ") + 6;
    const std::string etag = first.head.substr(at, first.head.find('\r', at) - at);
    EXPECT_EQ(client.get("/a.css", "If-None-Match: \"x\", W/" + etag + "\r\n").status, 304);
    EXPECT_EQ(client.get("/a.css", "If-None-Match: \"x\"\r\n").status, 200);
    const std::size_t date = first.head.find("Last-Modified: ") + 15;
    EXPECT_EQ(client.get("/a.css", "If-Modified-Since: " + first.head.substr(date, 29) + "\r\n").status, 304);
    const Client::Answer moved = client.get("/sub?a=b");
    EXPECT_EQ(moved.status, 301);
    EXPECT_NE(moved.head.find("Location: /sub/?a=b\r\n"), std::string::npos) << moved.head;
    EXPECT_EQ(client.get("/sub/").body, "sub");
}

TEST(Http, RefusesAWrongRouteWithItsPlace)
{
    Host host(web("\"hello\" = { resource = \"text\" }\n"));
    EXPECT_FALSE(host.ready());
    EXPECT_EQ(host.process().wait(), 78);
    EXPECT_NE(host.process().err().find("hawser.toml:8:1: routes.hello: http: expected a pattern"), std::string::npos)
        << host.process().err();
}

TEST(Http, RefusesARootThatDoesNotExistWithItsPlace)
{
    Host host(web("\"/\" = { resource = \"static\", root = \"/nowhere/at/all\" }\n"));
    EXPECT_EQ(host.process().wait(), 78);
    EXPECT_NE(host.process().err().find("root: static: /nowhere/at/all: No such file or directory"), std::string::npos)
        << host.process().err();
}

} // namespace
} // namespace hawser::test
