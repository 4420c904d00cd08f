// Functions of a session and of a resource that fail, past any guard of the SDK's.
#include "setup.hpp"

#include <gtest/gtest.h>

#include <csignal>
#include <functional>

namespace hawser::test {
namespace {

std::string threw(const std::string &name, const std::string &at)
{
    return "\"node\":\"listener." + name + "\",\"event\":\"plugin_threw\",\"plugin\":\"fault\",\"in\":\"" + at +
           "\",\"error\":\"thrown at " + at + '"';
}

// Makes the connection come to the function that fails.
void provoke(Client &client, const std::string &at)
{
    client.send("x");
    if (at == "on_eof" || at == "on_close") client.shut_down();
}

// One host; each listener fails elsewhere, and each connection that fails is aborted alone.
void expect_aborted_alone(const std::string &library)
{
    const std::vector<std::string> all{"open", "on_open", "on_data", "on_drained", "on_eof", "on_timer", "on_close"};
    const Faulty setup("fault", library);
    std::string toml = setup.host() + listener("fine", "");
    for (const std::string &at : all) toml += listener(at, at);
    Host host(toml);
    ASSERT_TRUE(host.ready()) << host.process().err();
    const std::vector<int> workers = host.workers();
    for (const std::string &at : all) {
        Client client = host.connect(at);
        provoke(client, at);
        client.receive_all(); // until it is aborted
        ASSERT_TRUE(host.log_has(threw(at, at))) << at << host.process().err();
        EXPECT_TRUE(serves(host, "fine")) << at;
    }
    EXPECT_EQ(host.workers(), workers) << "nobody died";
    EXPECT_EQ(host.stop(), 0) << host.process().err();
}

TEST(Session, IsAbortedAloneWhenItThrows) { expect_aborted_alone("fault"); }

TEST(Session, IsAbortedAloneWhenItThrowsWithARuntimeOfItsOwn)
{
    if (sanitized()) GTEST_SKIP() << "a sanitizer knows one runtime for exceptions";
    expect_aborted_alone("fault_alone");
}

TEST(Session, IsAbortedWhenItThrowsWhileTheHostStops)
{
    const Faulty setup;
    Host host(setup.host() + listener("a", "on_drain"));
    ASSERT_TRUE(host.ready()) << host.process().err();
    Client client = host.connect("a");
    client.send("x");
    EXPECT_EQ(client.receive(1), "x");
    host.process().signal(SIGTERM);
    EXPECT_TRUE(client.ended());
    EXPECT_EQ(host.process().wait(), 0) << host.process().err();
    EXPECT_NE(host.process().err().find(threw("a", "on_drain")), std::string::npos) << host.process().err();
}

// Where the host cannot stop it, the worker ends and is back, the log names who it was, and its neighbour serves on.
void expect_named_death(const std::string &where, const std::string &more,
                        const std::function<void(Host &)> &provoke_it)
{
    const Faulty setup;
    Host host(setup.host() + neighbour() + more);
    ASSERT_TRUE(host.ready()) << host.process().err();
    Client beside = host.connect("neighbour");
    provoke_it(host);
    // A slow end (a sanitizer's report) is told as a stall first, in the same words.
    ASSERT_TRUE(host.log_has("\"event\":\"worker_died\"")) << where << host.process().err();
    EXPECT_NE(host.process().err().find("\"in\":\"" + where + '"'), std::string::npos) << host.process().err();
    beside.send("still here");
    EXPECT_EQ(beside.receive(10), "still here") << where;
    beside.reset();
    EXPECT_TRUE(host.log_has("\"event\":\"worker_serving\"")) << where << host.process().err();
    EXPECT_EQ(host.stop(), 0) << where;
}

TEST(Session, IsNamedWhenItEndsTheWorker)
{
    for (const std::string how : {"crash", "exit"}) {
        for (const std::string at : {"open", "on_data", "on_eof", "on_close"}) {
            expect_named_death("listener.a (fault of plugin fault): " + at, listener("a", at, how), [&](Host &host) {
                Client client = host.connect("a");
                provoke(client, at);
                client.receive_all();
            });
        }
    }
}

TEST(Session, IsNamedWhenTheReleaseOfItsBytesThrows)
{
    expect_named_death("listener.a (fault of plugin fault): release", listener("a", "piece"), [](Host &host) {
        Client client = host.connect("a");
        client.send("x");
        client.receive_all();
    });
}

std::string route(const std::string &at, const std::string &how)
{
    return "[listeners.web]\naddress = \"127.0.0.1:0\"\nprotocol = \"http\"\nroutes = { \"/\" = { resource = "
           "\"fault\", "
           "at = \"" +
           at + "\", how = \"" + how + "\" } }\n";
}

TEST(Resource, IsNamedWhenItEndsTheWorker)
{
    for (const std::string how : {"throw", "crash"}) {
        for (const std::string at : {"on_request", "on_body", "on_body_end", "on_close"}) {
            expect_named_death("listener.web/ (fault of plugin fault): " + at, route(at, how), [&](Host &host) {
                Client client = host.connect("web");
                client.send("POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 4\r\n\r\n");
                client.receive_until("\r\n\r\n"); // the body comes by itself, after 100 (Continue)
                if (at == "on_close")
                    client.shut_down();
                else
                    client.send("abcd");
                client.receive_all();
            });
        }
    }
}

} // namespace
} // namespace hawser::test
