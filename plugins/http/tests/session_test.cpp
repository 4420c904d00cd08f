// One connection: its requests in order, and how it ends.
#include "fake.hpp"

#include <gtest/gtest.h>

namespace http_engine::test {
namespace {

using Strings = std::vector<std::string>;
constexpr auto kLinger = static_cast<std::uint32_t>(HAWSER_LINGER);
constexpr auto kAbort = static_cast<std::uint32_t>(HAWSER_ABORT);
constexpr auto kClose = static_cast<std::uint32_t>(HAWSER_CLOSE);

// A resource that answers when the test says so.
struct Waiting {
    Heard heard;
    hawser_http_exchange *exchange = nullptr;
    Answerer answerer()
    {
        return [this](hawser_http_exchange *e, const hawser_http_request *) {
            exchange = e;
            e->api->attach(e, &Heard::kTable, &heard);
        };
    }
};

TEST(Session, AnswersPipelinedRequestsInOrder)
{
    Waiting slow;
    Rig rig;
    rig.route("/slow", slow.answerer());
    rig.route("/fast", [](auto *e, auto *) { say(e, "fast"); });
    rig.feed(get("/slow") + get("/fast"));
    EXPECT_EQ(rig.take(), "") << "the fast one waits";
    EXPECT_EQ(rig.conn.paused, 1);
    say(slow.exchange, "slow");
    EXPECT_EQ(rig.conn.paused, 0);
    rig.deliver();
    EXPECT_EQ(bodies(rig.take()), (Strings{"slow", "fast"}));
}

TEST(Session, ParsesNothingAfterABadRequest)
{
    for (const char *bad : {"GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n",
                            "GET / HTTP/1.1\r\nA : b\r\n\r\n", "GET /%zz HTTP/1.1\r\nHost: a\r\n\r\n"}) {
        Rig rig;
        int requests = 0;
        rig.route("/", [&](auto *e, auto *) {
            ++requests;
            say(e, "x");
        });
        rig.feed(std::string(bad) + get("/"));
        EXPECT_EQ(requests, 0);
        EXPECT_EQ(statuses(rig.take()), "400") << bad;
        EXPECT_EQ(rig.conn.closed, kLinger);
        EXPECT_EQ(rig.left(), "") << "the rest is nobody's";
    }
}

TEST(Session, SaysWhichMethodsAreAllowed)
{
    Rig rig;
    rig.route("GET /a", [](auto *e, auto *) { say(e, "x"); });
    rig.route("DELETE /a", [](auto *e, auto *) { say(e, "x"); });
    rig.feed(request("PUT /a HTTP/1.1") + get("/a"));
    const std::string out = rig.take();
    EXPECT_NE(out.find("\r\nAllow: GET, HEAD, DELETE\r\n"), std::string::npos) << out;
    EXPECT_EQ(statuses(out), "405 200");
}

TEST(Session, HandsARequestOverWhole)
{
    Rig rig;
    std::string seen;
    rig.route("/a", [&](auto *e, auto *r) {
        for (const hawser_str part : {r->method_name, r->scheme, r->authority, r->target, r->path, r->query, r->rest})
            seen += std::string(text(part)) + '|';
        seen += std::to_string(r->version) + ' ' + std::to_string(r->method) + ' ' + std::to_string(r->body_length);
        EXPECT_EQ(r->struct_size, sizeof(hawser_http_request));
        EXPECT_EQ(r->conn, &rig.conn);
        say(e, "x");
    });
    rig.feed(request("PATCH /x/../a/b%2fc/./d?e=/../f HTTP/1.1"));
    EXPECT_EQ(seen, "PATCH|http|a|/x/../a/b%2fc/./d?e=/../f|/a/b%2Fc/d|e=/../f|/b%2Fc/d|11 7 0");
    seen.clear();
    rig.feed("GET http://other:1/a HTTP/1.1\r\nHost: a\r\n\r\n");
    EXPECT_EQ(seen, "GET|http|other:1|http://other:1/a|/a|||11 1 0") << "the target's host counts, RFC 9112 3.2.2";
}

TEST(Session, ContinuesOnlyForAResourceThatWantsTheBody)
{
    Waiting want;
    Rig rig;
    rig.route("/want", want.answerer());
    rig.feed(request("POST /want HTTP/1.1", "Content-Length: 1\r\nExpect: 100-continue\r\n"));
    EXPECT_EQ(rig.take(), "HTTP/1.1 100 Continue\r\n\r\n");
    rig.feed("x");
    EXPECT_EQ(want.heard.log, "x|end;");
    Rig other;
    other.route("/", [](auto *e, auto *) { say(e, "no", 403); });
    other.feed(request("POST / HTTP/1.1", "Content-Length: 1\r\nExpect: 100-continue\r\n"));
    EXPECT_NE(other.take().find("Connection: close"), std::string::npos);
    EXPECT_EQ(other.conn.closed, kLinger);
}

TEST(Session, SendsNo100ToAClientThatHasBegunToSend)
{
    Waiting waiting;
    Rig rig;
    rig.route("/", waiting.answerer());
    rig.feed(request("POST / HTTP/1.1", "Content-Length: 2\r\nExpect: 100-continue\r\n", "x"));
    EXPECT_EQ(rig.take(), "");
    rig.feed("y");
    say(waiting.exchange, "ok");
    EXPECT_EQ(rig.take().find("Connection: close"), std::string::npos);
}

TEST(Session, BringsTheTrailersOfAChunkedBody)
{
    Waiting waiting;
    Rig rig;
    rig.route("/", waiting.answerer());
    rig.feed(request("POST / HTTP/1.1", "Transfer-Encoding: chunked\r\n", "1\r\nx\r\n0\r\nSum: 1\r\nB:\r\n\r\n"));
    EXPECT_EQ(waiting.heard.log, "x|Sum=1 B= end;");
}

TEST(Session, TellsAResourceThatTheBodyIsBroken)
{
    Waiting waiting;
    Rig rig;
    rig.route("/", waiting.answerer());
    rig.feed(request("POST / HTTP/1.1", "Transfer-Encoding: chunked\r\n", "1\r\nx\r\nz"));
    EXPECT_EQ(waiting.heard.log, "x|close -4;");
    EXPECT_EQ(statuses(rig.take()), "400");
    EXPECT_EQ(rig.conn.closed, kLinger);
}

TEST(Session, CutsAnAnswerOffWhenTheBodyBreaksAfterItBegan)
{
    Waiting waiting;
    Rig rig;
    rig.route("/", waiting.answerer());
    rig.feed(request("POST / HTTP/1.1", "Transfer-Encoding: chunked\r\n"));
    waiting.exchange->api->begin(waiting.exchange, 200, nullptr, 0, HAWSER_HTTP_UNKNOWN);
    rig.feed("z");
    EXPECT_EQ(waiting.heard.log, "close -4;");
    EXPECT_EQ(rig.conn.closed, kAbort);
}

TEST(Session, AnswersAHalfClosedClientAndThenCloses)
{
    Waiting waiting;
    Rig rig;
    rig.route("/", waiting.answerer());
    rig.feed(get("/"));
    rig.eof();
    EXPECT_EQ(rig.conn.closed, 0U);
    say(waiting.exchange, "x");
    EXPECT_NE(rig.take().find("Connection: close"), std::string::npos);
    EXPECT_EQ(rig.conn.closed, kClose);
}

TEST(Session, ClosesWhenTheClientEndsBetweenRequestsOrInsideAHead)
{
    for (const char *begun : {"", "GET / HT"}) {
        Rig rig;
        rig.route("/", [](auto *e, auto *) { say(e, "x"); });
        rig.feed(get("/") + begun);
        rig.eof();
        EXPECT_EQ(rig.conn.closed, kClose);
        EXPECT_EQ(statuses(rig.take()), "200");
    }
}

TEST(Session, TellsAResourceThatTheClientEndedInsideTheBody)
{
    Waiting waiting;
    Rig rig;
    rig.route("/", waiting.answerer());
    rig.feed(request("POST / HTTP/1.1", "Content-Length: 2\r\n", "x"));
    rig.eof();
    EXPECT_EQ(waiting.heard.log, "close -1;");
    EXPECT_EQ(statuses(rig.take()), "400");
}

TEST(Session, WhenReplacedGivesTheIdleClientOneMoreAnswer)
{
    Rig rig;
    rig.route("/", [](auto *e, auto *) { say(e, "x"); });
    rig.feed(get("/"));
    rig.take();
    rig.drain(HAWSER_REPLACED);
    EXPECT_EQ(rig.conn.closed, 0U);
    EXPECT_EQ(rig.conn.timer, rig.loop.now + 60'000);
    rig.feed(get("/"));
    EXPECT_NE(rig.take().find("Connection: close"), std::string::npos);
    EXPECT_EQ(rig.conn.closed, kClose);
}

TEST(Session, LingersWhenItClosesOnAClientThatSendsAhead)
{
    Rig rig;
    rig.route("/", [](auto *e, auto *) { say(e, "x"); });
    rig.feed(get("/") + get("/"));
    rig.drain(HAWSER_REPLACED);
    rig.feed(get("/"));
    EXPECT_NE(rig.take().find("Connection: close"), std::string::npos);
    EXPECT_EQ(rig.conn.closed, kLinger) << "the next request may be on its way";
}

TEST(Session, WhenReplacedClosesTheSilentBeforeTheDeadline)
{
    Rig rig;
    rig.set("keep_alive", 3'600'000'000'000);
    rig.route("/", [](auto *e, auto *) { say(e, "x"); });
    rig.feed(get("/"));
    rig.drain(HAWSER_REPLACED);
    EXPECT_EQ(rig.conn.timer, rig.loop.now + 9'500'000'000);
    rig.timer();
    EXPECT_EQ(rig.conn.closed, kClose);
}

TEST(Session, WhenStoppingClosesTheIdleAndFinishesTheRest)
{
    Rig idle;
    idle.route("/", [](auto *e, auto *) { say(e, "x"); });
    idle.feed(get("/"));
    idle.drain(HAWSER_STOPPING);
    EXPECT_EQ(idle.conn.closed, kClose);
    Waiting waiting;
    Rig busy;
    busy.route("/", waiting.answerer());
    busy.feed(get("/"));
    busy.drain(HAWSER_STOPPING);
    EXPECT_EQ(busy.conn.closed, 0U);
    say(waiting.exchange, "x");
    EXPECT_NE(busy.take().find("Connection: close"), std::string::npos);
    EXPECT_NE(busy.conn.closed, 0U);
}

TEST(Session, WhenStoppingClosesAfterAStreamThatHadBegun)
{
    Waiting waiting;
    Rig rig;
    rig.route("/", waiting.answerer());
    rig.feed(get("/"));
    waiting.exchange->api->begin(waiting.exchange, 200, nullptr, 0, HAWSER_HTTP_UNKNOWN);
    rig.drain(HAWSER_STOPPING);
    waiting.exchange->api->end(waiting.exchange, nullptr, 0);
    EXPECT_TRUE(rig.take().ends_with("0\r\n\r\n"));
    EXPECT_EQ(rig.conn.closed, kClose);
}

TEST(Session, WhenStoppingAnswersAHeadThatHasBegun)
{
    Rig rig;
    rig.route("/", [](auto *e, auto *) { say(e, "x"); });
    rig.feed("GET / HT");
    rig.drain(HAWSER_STOPPING);
    EXPECT_EQ(rig.conn.closed, 0U);
    rig.feed("TP/1.1\r\nHost: a\r\n\r\n");
    EXPECT_NE(rig.take().find("Connection: close"), std::string::npos);
}

TEST(Session, ThatOpensWhileItsInstanceIsReplacedGoesOnUntilItIsTold)
{
    Rig rig;
    rig.route("/", [](auto *e, auto *) { say(e, "x"); });
    ASSERT_TRUE(rig.create());
    rig.drain_instance(HAWSER_REPLACED);
    rig.feed(get("/"));
    EXPECT_EQ(rig.take().find("Connection: close"), std::string::npos) << "it may move instead";
    rig.drain(HAWSER_REPLACED);
    rig.feed(get("/"));
    EXPECT_NE(rig.take().find("Connection: close"), std::string::npos);
}

TEST(Session, ThatOpensWhileItsInstanceStopsGetsOneAnswer)
{
    Rig rig;
    rig.route("/", [](auto *e, auto *) { say(e, "x"); });
    ASSERT_TRUE(rig.create());
    rig.drain_instance(HAWSER_STOPPING);
    rig.feed(get("/") + get("/"));
    EXPECT_EQ(statuses(rig.conn.output), "200");
    EXPECT_NE(rig.take().find("Connection: close"), std::string::npos);
}

TEST(Session, ClosesAfterItsMostRequests)
{
    Rig rig;
    rig.set("max_requests", 2);
    rig.route("/", [](auto *e, auto *) { say(e, "x"); });
    rig.feed(get("/") + get("/") + get("/"));
    const std::string out = rig.take();
    EXPECT_EQ(statuses(out), "200 200");
    EXPECT_LT(out.find("HTTP/1.1", 9), out.find("Connection: close"));
    EXPECT_EQ(rig.conn.closed, kLinger) << "more had been sent";
}

TEST(Session, LeavesACrumbOfTheResourceAndItsOwnAfterIt)
{
    Rig rig;
    std::uint32_t inside = 0;
    rig.loop.crumb = HAWSER_CRUMB(1, 66);
    rig.route("/", [&](auto *e, auto *) {
        inside = rig.loop.crumb;
        say(e, "x");
    });
    rig.feed(get("/"));
    EXPECT_EQ(inside, HAWSER_CRUMB(7, 7));
    EXPECT_EQ(rig.loop.crumb, HAWSER_CRUMB(1, 66));
}

TEST(Session, ServesManyConnectionsOfOneInstance)
{
    Heard heard;
    std::vector<hawser_http_exchange *> exchanges;
    Rig rig;
    rig.route("/", [&](auto *e, auto *) {
        exchanges.push_back(e);
        e->api->attach(e, &Heard::kTable, &heard);
    });
    ASSERT_TRUE(rig.create());
    std::vector<std::unique_ptr<FakeConn>> conns;
    std::vector<void *> sessions;
    for (int i = 0; i < 200; ++i) {
        conns.push_back(std::make_unique<FakeConn>());
        sessions.push_back(rig.open_on(*conns.back()));
        const std::string bytes = get("/" + std::to_string(i));
        rig.table()->on_data(sessions.back(), {bytes.data(), bytes.size()});
    }
    for (std::size_t i = 0; i < exchanges.size(); ++i) say(exchanges[i], std::to_string(i));
    for (std::size_t i = 0; i < conns.size(); ++i) {
        EXPECT_EQ(bodies(conns[i]->output), Strings{std::to_string(i)});
        rig.table()->on_close(sessions[i], HAWSER_CLOSED, {});
    }
}

} // namespace
} // namespace http_engine::test
