// A client that does not read, or sends too much: what waits is bounded, and so is the time.
#include "fake.hpp"

#include <gtest/gtest.h>

#include <algorithm>

namespace http_engine::test {
namespace {

constexpr auto kLinger = static_cast<std::uint32_t>(HAWSER_LINGER);
constexpr auto kAbort = static_cast<std::uint32_t>(HAWSER_ABORT);
constexpr auto kClose = static_cast<std::uint32_t>(HAWSER_CLOSE);

TEST(Pressure, StopsAnsweringAClientThatDoesNotReadItsAnswers)
{
    Rig rig;
    rig.route("/", [](auto *e, auto *) { say(e, "x"); });
    rig.conn.write_result = HAWSER_FULL;
    rig.feed(get("/") + get("/") + get("/"));
    EXPECT_EQ(statuses(rig.take()), "200") << "the others wait in the host";
    EXPECT_EQ(rig.conn.paused, 1);
    rig.conn.write_result = HAWSER_OK;
    rig.drained();
    EXPECT_EQ(rig.conn.paused, 0);
    rig.deliver();
    EXPECT_EQ(statuses(rig.take()), "200 200");
}

TEST(Pressure, AnswersAFloodOfRequestsInTurns)
{
    Rig rig;
    rig.route("/", [](auto *e, auto *) { say(e, "x"); });
    rig.open();
    std::string flood;
    for (int i = 0; i < 100; ++i) flood += get("/");
    const std::size_t used = rig.data(flood);
    EXPECT_EQ(used, 32 * get("/").size());
    EXPECT_EQ(rig.conn.pauses, 1) << "what is left comes again in the next turn";
    EXPECT_EQ(rig.conn.paused, 0);
    rig.feed(std::string_view(flood).substr(used));
    const std::string answers = rig.take();
    EXPECT_EQ(std::count(answers.begin(), answers.end(), 'x'), 100);
}

TEST(Pressure, IsIdleAfterAsManyRequestsAsOneTurnTakes)
{
    Rig rig;
    rig.route("/", [](auto *e, auto *r) { Echo::attach(e, r); }); // answers at the end of the body
    std::string requests;
    for (int i = 0; i < 32; ++i) requests += get("/");
    rig.feed(requests);
    EXPECT_EQ(rig.conn.timer, rig.loop.now + 60'000) << "the time of an idle connection";
}

TEST(Pressure, GivesAClientTimeAsLongAsItReads)
{
    Rig rig;
    rig.route("/", [](auto *e, auto *) { say(e, "x"); });
    rig.conn.write_result = HAWSER_FULL;
    rig.conn.queued_bytes = 1000;
    rig.feed(get("/"));
    EXPECT_EQ(rig.conn.timer, rig.loop.now + 30'000);
    rig.loop.now += 30'000;
    rig.conn.queued_bytes = 999;
    rig.timer();
    EXPECT_EQ(rig.conn.closed, 0U);
    EXPECT_EQ(rig.conn.timer, rig.loop.now + 30'000);
    rig.timer();
    EXPECT_EQ(rig.conn.closed, kAbort) << "nothing went since";
}

TEST(Pressure, GivesTheLastAnswerTheSameTimeAsAnyOther)
{
    for (const char *fields : {"Connection: close\r\n", ""}) {
        Rig rig;
        rig.route("/", [](auto *e, auto *) { say(e, "x"); });
        rig.conn.write_result = HAWSER_FULL;
        rig.conn.queued_bytes = 1000;
        rig.feed(*fields != '\0' ? get("/", fields) : "GET / HTTP/1.0\r\n\r\n");
        EXPECT_EQ(rig.conn.closed, 0U) << "closed by the host it would have the host's time";
        EXPECT_EQ(rig.conn.timer, rig.loop.now + 30'000);
        rig.loop.now += 30'000;
        rig.conn.queued_bytes = 10;
        rig.timer();
        EXPECT_EQ(rig.conn.closed, 0U);
        rig.drained();
        EXPECT_EQ(rig.conn.closed, kClose);
    }
}

TEST(Pressure, CutsTheLastAnswerOffWhenNobodyReadsIt)
{
    Rig rig;
    rig.route("/", [](auto *e, auto *) { say(e, "x"); });
    rig.conn.write_result = HAWSER_FULL;
    rig.conn.queued_bytes = 1000;
    rig.feed(get("/", "Connection: close\r\n"));
    rig.timer();
    EXPECT_EQ(rig.conn.closed, kAbort);
}

TEST(Pressure, ServesNothingThatComesBehindTheLastAnswer)
{
    Rig rig;
    hawser_http_exchange *exchange = nullptr;
    Heard heard;
    rig.route("/", [&](auto *e, auto *) {
        exchange = e;
        e->api->attach(e, &Heard::kTable, &heard);
    });
    rig.feed(get("/", "Connection: close\r\n"));
    rig.conn.write_result = HAWSER_FULL;
    say(exchange, "x");
    EXPECT_EQ(rig.conn.closed, 0U);
    rig.feed(get("/"));
    rig.drained();
    EXPECT_EQ(rig.conn.closed, kClose);
    EXPECT_EQ(statuses(rig.take()), "200");
}

TEST(Pressure, TellsAStreamWhenThereIsRoomAgain)
{
    Heard heard;
    Rig rig;
    rig.route("/", [&](auto *e, auto *) {
        e->api->attach(e, &Heard::kTable, &heard);
        e->api->begin(e, 200, nullptr, 0, HAWSER_HTTP_UNKNOWN);
        rig.conn.write_result = HAWSER_FULL;
        const hawser_piece piece{"x", 1, nullptr, nullptr};
        EXPECT_EQ(e->api->write(e, &piece, 1), HAWSER_FULL);
    });
    rig.feed(get("/"));
    EXPECT_EQ(rig.conn.timer, rig.loop.now + 30'000);
    rig.drained();
    EXPECT_EQ(heard.log, "end;drained;");
    EXPECT_EQ(rig.conn.timer, 0U) << "the resource may take its time";
}

TEST(Pressure, LetsAStreamEndFromInsideOfDrained)
{
    Rig rig;
    struct Ends {
        hawser_http_exchange *exchange;
        static void drained(void *self) noexcept
        {
            auto *e = static_cast<Ends *>(self)->exchange;
            e->api->end(e, nullptr, 0);
        }
    } ends{};
    static constexpr hawser_http_handler kTable = {
        sizeof(hawser_http_handler), 0, nullptr, nullptr, Ends::drained, nullptr};
    rig.route("/stream", [&](auto *e, auto *) {
        ends.exchange = e;
        e->api->attach(e, &kTable, &ends);
        e->api->begin(e, 200, nullptr, 0, HAWSER_HTTP_UNKNOWN);
    });
    rig.route("/next", [](auto *e, auto *) { say(e, "next"); });
    rig.feed(get("/stream") + get("/next"));
    EXPECT_EQ(rig.conn.paused, 1);
    rig.drained();
    EXPECT_EQ(rig.conn.paused, 0);
    rig.deliver();
    EXPECT_EQ(statuses(rig.take()), "200 200");
    EXPECT_EQ(rig.conn.timer, rig.loop.now + 60'000);
}

TEST(Pressure, ReadsNoBodyWhileTheResourcePauses)
{
    Heard heard;
    Rig rig;
    hawser_http_exchange *exchange = nullptr;
    rig.route("/", [&](auto *e, auto *) {
        exchange = e;
        e->api->attach(e, &Heard::kTable, &heard);
        e->api->pause(e, 1);
    });
    rig.feed(request("POST / HTTP/1.1", "Transfer-Encoding: chunked\r\n"));
    rig.feed("3\r\nabc\r\n0\r\n\r\n");
    EXPECT_EQ(heard.log, "");
    EXPECT_EQ(rig.conn.paused, 1);
    EXPECT_EQ(rig.conn.timer, 0U) << "the client is not to blame";
    exchange->api->pause(exchange, 0);
    EXPECT_EQ(rig.conn.timer, rig.loop.now + 20'000);
    rig.deliver();
    EXPECT_EQ(heard.log, "abc|end;");
}

TEST(Pressure, KeepsOneRequestInHandWhateverIsSentAhead)
{
    Rig rig;
    int begun = 0;
    Heard heard;
    rig.route("/", [&](auto *e, auto *) {
        ++begun;
        e->api->attach(e, &Heard::kTable, &heard);
    });
    std::string many;
    for (int i = 0; i < 1000; ++i) many += get("/");
    rig.feed(many);
    EXPECT_EQ(begun, 1);
    EXPECT_EQ(rig.left().size(), many.size() - get("/").size());
    EXPECT_EQ(rig.conn.pauses, 1);
}

TEST(Pressure, LimitsAChunkedBodyWhileItComes)
{
    Heard heard;
    Rig rig;
    rig.route(
        "/", [&](auto *e, auto *) { e->api->attach(e, &Heard::kTable, &heard); }, 4);
    rig.feed(request("POST / HTTP/1.1", "Transfer-Encoding: chunked\r\n", "3\r\nabc\r\n"));
    rig.feed("3\r\ndef\r\n");
    EXPECT_EQ(heard.log, "abc|close -6;");
    EXPECT_EQ(statuses(rig.take()), "413");
    EXPECT_EQ(rig.conn.closed, kLinger);
}

TEST(Pressure, SkipsAShortBodyThatNobodyWanted)
{
    for (const char *framing : {"Content-Length: 1000\r\n", "Transfer-Encoding: chunked\r\n"}) {
        Rig rig;
        rig.route("/", [](auto *e, auto *) { say(e, "x"); });
        const bool chunked = framing[0] == 'T';
        rig.feed(request("POST / HTTP/1.1", framing, (chunked ? "3e8\r\n" : "") + std::string(400, 'b')));
        EXPECT_EQ(statuses(rig.take()), "200");
        EXPECT_EQ(rig.conn.timer, rig.loop.now + 20'000) << "it must come, though";
        rig.feed(std::string(600, 'b') + (chunked ? "\r\n0\r\n\r\n" : "") + get("/"));
        EXPECT_EQ(statuses(rig.take()), "200");
        EXPECT_EQ(rig.conn.closed, 0U);
    }
}

TEST(Pressure, ClosesRatherThanReadALongBodyThatNobodyWanted)
{
    Rig rig;
    rig.route("/", [](auto *e, auto *) { say(e, "x"); });
    rig.feed(request("POST / HTTP/1.1", "Content-Length: 1000000\r\n", "b"));
    EXPECT_NE(rig.take().find("Connection: close\r\n"), std::string::npos);
    EXPECT_EQ(rig.conn.closed, kLinger) << "so that the client sees the answer";
}

TEST(Pressure, ClosesWhenASkippedChunkedBodyDoesNotEnd)
{
    Rig rig;
    rig.route("/", [](auto *e, auto *) { say(e, "x"); });
    rig.feed(request("POST / HTTP/1.1", "Transfer-Encoding: chunked\r\n"));
    EXPECT_EQ(statuses(rig.take()), "200");
    const std::string chunk = "4000\r\n" + std::string(0x4000, 'c') + "\r\n";
    int chunks = 0;
    while (rig.conn.closed == 0 && chunks < 100) {
        rig.feed(chunk);
        ++chunks;
    }
    EXPECT_EQ(rig.conn.closed, kLinger);
    EXPECT_EQ(chunks, 17) << "256 KiB are 16 of them";
}

TEST(Pressure, ReadsALongBodyWhileItsAnswerIsStreamed)
{
    Heard heard;
    Rig rig;
    rig.set("max_body", 10'000'000);
    hawser_http_exchange *exchange = nullptr;
    rig.route("/", [&](auto *e, auto *) {
        exchange = e;
        e->api->attach(e, &Heard::kTable, &heard);
        e->api->begin(e, 200, nullptr, 0, HAWSER_HTTP_UNKNOWN);
    });
    rig.feed(request("POST / HTTP/1.1", "Content-Length: 1000000\r\n"));
    EXPECT_EQ(rig.take().find("Connection: close"), std::string::npos);
    for (int i = 0; i < 10; ++i) rig.feed(std::string(100'000, 'b'));
    EXPECT_TRUE(heard.log.ends_with("|end;"));
    exchange->api->end(exchange, nullptr, 0);
    EXPECT_EQ(rig.conn.closed, 0U);
}

TEST(Pressure, TimesOutByWhatItWaitsFor)
{
    Heard heard;
    const auto with_route = [&](Rig &rig) {
        rig.route("/", [&](auto *e, auto *) { e->api->attach(e, &Heard::kTable, &heard); });
        rig.open();
    };
    Rig idle;
    with_route(idle);
    idle.timer();
    EXPECT_EQ(idle.take(), "");
    EXPECT_EQ(idle.conn.closed, kClose);
    Rig head;
    with_route(head);
    head.feed("GET / HT");
    EXPECT_EQ(head.conn.timer, head.loop.now + 10'000);
    head.loop.now += 5'000;
    head.feed("TP/1");
    EXPECT_EQ(head.conn.timer, head.loop.now + 5'000) << "absolute, from the first byte";
    head.timer();
    EXPECT_EQ(statuses(head.take()), "408");
    Rig body;
    with_route(body);
    body.feed(request("POST / HTTP/1.1", "Content-Length: 5\r\n", "ab"));
    EXPECT_EQ(body.conn.timer, body.loop.now + 20'000);
    body.loop.now += 1'000;
    body.feed("c");
    EXPECT_EQ(body.conn.timer, body.loop.now + 20'000) << "between two parts";
    body.timer();
    EXPECT_EQ(statuses(body.take()), "408");
    EXPECT_EQ(heard.log, "c|close -3;");
}

// With a byte a microsecond.
TEST(Pressure, WantsABodyToComeAtSomeRate)
{
    Heard heard;
    Rig rig;
    rig.set("body_rate", 1'000'000);
    rig.route("/", [&](auto *e, auto *) { e->api->attach(e, &Heard::kTable, &heard); });
    rig.feed(request("POST / HTTP/1.1", "Content-Length: 50\r\n", "ab"));
    const std::uint64_t began = rig.loop.now;
    EXPECT_EQ(rig.conn.timer, began + 20'000) << "the time between two parts comes first";
    rig.loop.now += 15'000;
    rig.feed("c");
    EXPECT_EQ(rig.conn.timer, began + 23'000) << "of three bytes";
    rig.loop.now += 7'000;
    rig.feed("0123456789");
    EXPECT_EQ(rig.conn.timer, began + 33'000) << "who sends gets time";
    rig.timer();
    EXPECT_EQ(statuses(rig.take()), "408");
}

TEST(Pressure, DoesNotCountTheTimeInWhichTheResourceReadsNothing)
{
    Heard heard;
    hawser_http_exchange *exchange = nullptr;
    Rig rig;
    rig.set("body_rate", 1'000'000);
    rig.route("/", [&](auto *e, auto *) {
        e->api->attach(e, &Heard::kTable, &heard);
        exchange = e;
    });
    rig.feed(request("POST / HTTP/1.1", "Content-Length: 50\r\n", "ab"));
    const std::uint64_t began = rig.loop.now;
    exchange->api->pause(exchange, 1);
    EXPECT_EQ(rig.conn.timer, 0U);
    rig.loop.now += 1'000'000;
    exchange->api->pause(exchange, 0);
    rig.loop.now += 10'000;
    rig.feed("c");
    EXPECT_EQ(rig.conn.timer, began + 1'000'000 + 23'000);
}

TEST(Pressure, HasARateOfItsOwnForARoute)
{
    Heard heard;
    Rig rig;
    rig.set("body_rate", 1);
    rig.route(
        "/", [&](auto *e, auto *) { e->api->attach(e, &Heard::kTable, &heard); }, 1'000'000, "body_rate");
    rig.feed(request("POST / HTTP/1.1", "Content-Length: 50\r\n", "ab"));
    rig.loop.now += 15'000;
    rig.feed("c");
    EXPECT_EQ(rig.conn.timer, rig.loop.now - 15'000 + 23'000);
}

TEST(Pressure, GivesAResourceAllTheTimeItWants)
{
    Heard heard;
    Rig rig;
    rig.route("/", [&](auto *e, auto *) { e->api->attach(e, &Heard::kTable, &heard); });
    rig.feed(get("/"));
    EXPECT_EQ(rig.conn.timer, 0U);
}

} // namespace
} // namespace http_engine::test
