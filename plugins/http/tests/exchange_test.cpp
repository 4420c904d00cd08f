// What a resource may do with its exchange; what it may not: misuse_test.cpp.
#include "fake.hpp"

#include <gtest/gtest.h>

namespace http_engine::test {
namespace {

using Strings = std::vector<std::string>;
constexpr auto kAbort = static_cast<std::uint32_t>(HAWSER_ABORT);
constexpr auto kClose = static_cast<std::uint32_t>(HAWSER_CLOSE);

hawser_piece piece(std::string_view bytes) { return {bytes.data(), bytes.size(), nullptr, nullptr}; }
hawser_piece counted(std::string_view bytes, int &released)
{
    return {bytes.data(), bytes.size(), [](void *n) { ++*static_cast<int *>(n); }, &released};
}

TEST(Exchange, AnswersWithHeadAndBodyInOneWrite)
{
    Rig rig;
    rig.route("/", [](auto *e, auto *) { say(e, "hi"); });
    rig.feed(get("/"));
    ASSERT_EQ(rig.conn.writes.size(), 1U);
    EXPECT_EQ(rig.take(),
              "HTTP/1.1 200 OK\r\nServer: test\r\nDate: Sun, 06 Nov 1994 08:49:37 GMT\r\nContent-Length: 2\r\n\r\nhi");
    EXPECT_EQ(rig.conn.timer, rig.loop.now + 60'000);
}

TEST(Exchange, AnswersWithAnyNumberOfPieces)
{
    for (const std::size_t count : {0U, 1U, 14U, 15U, 16U, 17U, 100U}) {
        Rig rig;
        int released = 0;
        rig.route("/", [&](auto *e, auto *r) {
            const std::vector<hawser_piece> pieces(count, counted("ab", released));
            if (r->query.n > 0) {
                e->api->begin(e, 200, nullptr, 0, HAWSER_HTTP_UNKNOWN);
                e->api->write(e, pieces.data(), count);
                e->api->end(e, nullptr, 0);
            } else {
                e->api->respond(e, 200, nullptr, 0, pieces.data(), count);
            }
        });
        rig.feed(get("/"));
        EXPECT_EQ(bodies(rig.take()).at(0).size(), 2 * count);
        rig.feed(get("/?chunked"));
        EXPECT_TRUE(rig.take().ends_with((count > 0 ? "ab\r\n" : "\r\n\r\n") + std::string("0\r\n\r\n"))) << count;
        EXPECT_EQ(released, static_cast<int>(2 * count));
    }
}

TEST(Exchange, SendsNoBodyWhereThereMustBeNone)
{
    Rig rig;
    int released = 0;
    rig.route("/", [&](auto *e, auto *r) {
        const hawser_piece body = counted("body", released);
        const std::uint32_t status =
            r->query.n > 0 ? static_cast<std::uint32_t>(std::stoul(std::string(text(r->query)))) : 200;
        e->api->respond(e, status, nullptr, 0, &body, 1);
    });
    rig.feed(request("HEAD / HTTP/1.1"));
    EXPECT_TRUE(rig.take().ends_with("Content-Length: 4\r\n\r\n"));
    for (const char *status : {"204", "304"}) {
        rig.feed(get(std::string("/?") + status));
        const std::string none = rig.take();
        EXPECT_EQ(none.find("Content-Length"), std::string::npos);
        EXPECT_TRUE(none.ends_with("\r\n\r\n"));
    }
    rig.feed(get("/?205"));
    EXPECT_TRUE(rig.take().ends_with("Content-Length: 0\r\n\r\n")) << "RFC 9110 15.3.6";
    EXPECT_EQ(released, 4);
}

TEST(Exchange, SendsNoBodyOfAStreamToHead)
{
    Rig rig;
    int released = 0;
    rig.route("/", [&](auto *e, auto *r) {
        e->api->begin(e, 200, nullptr, 0, r->query.n > 0 ? 4 : HAWSER_HTTP_UNKNOWN);
        const hawser_piece body = counted("body", released);
        EXPECT_EQ(e->api->write(e, &body, 1), HAWSER_OK);
        EXPECT_EQ(e->api->end(e, nullptr, 0), HAWSER_OK);
    });
    rig.feed(request("HEAD /?length HTTP/1.1"));
    EXPECT_TRUE(rig.take().ends_with("Content-Length: 4\r\n\r\n"));
    rig.feed(request("HEAD / HTTP/1.1"));
    const std::string head = rig.take();
    EXPECT_TRUE(head.ends_with("GMT\r\n\r\n")) << head;
    EXPECT_EQ(released, 2);
}

TEST(Exchange, LetsAnAnswerToHeadSayItsOwnLength)
{
    Rig rig;
    rig.route("/", [&](auto *e, auto *) {
        const hawser_field length{{"Content-Length", 14}, {"12345", 5}};
        e->api->respond(e, 200, &length, 1, nullptr, 0);
    });
    rig.feed(request("HEAD / HTTP/1.1"));
    EXPECT_TRUE(rig.take().ends_with("Content-Length: 12345\r\n\r\n"));
    rig.feed(get("/"));
    EXPECT_TRUE(rig.take().ends_with("Content-Length: 0\r\n\r\n")) << "else it is the engine's";
}

TEST(Exchange, SaysInvalidToASecondAnswerAndPutsNothingOnTheWire)
{
    Rig rig;
    int released = 0;
    rig.route("/", [&](auto *e, auto *) {
        say(e, "one");
        const hawser_piece two = counted("two", released);
        EXPECT_EQ(e->api->respond(e, 200, nullptr, 0, &two, 1), HAWSER_INVALID);
        EXPECT_EQ(e->api->begin(e, 200, nullptr, 0, 3), HAWSER_INVALID);
        EXPECT_EQ(e->api->write(e, &two, 1), HAWSER_INVALID);
        EXPECT_EQ(e->api->send_file(e, 3, 0, 1, two.release, two.ctx), HAWSER_INVALID);
        EXPECT_EQ(e->api->end(e, nullptr, 0), HAWSER_INVALID);
        EXPECT_EQ(e->api->inform(e, 103, nullptr, 0), HAWSER_INVALID);
        EXPECT_EQ(e->api->upgrade(e, nullptr, 0, nullptr, nullptr), HAWSER_INVALID);
        EXPECT_EQ(e->api->attach(e, &Heard::kTable, nullptr), nullptr);
        e->api->pause(e, 1);
        e->api->abort(e);
    });
    rig.feed(get("/"));
    EXPECT_EQ(released, 3);
    EXPECT_EQ(bodies(rig.take()), Strings{"one"});
    EXPECT_EQ(rig.conn.closed, 0U);
}

TEST(Exchange, Answers500ForAResourceThatReturnsWithoutAnything)
{
    Rig rig;
    rig.route("/", [](auto *, auto *) {});
    rig.feed(get("/") + request("HEAD / HTTP/1.1") + get("/"));
    EXPECT_EQ(statuses(rig.take()), "500 500 500") << "and the connection goes on";
}

TEST(Exchange, CutsOffAStreamThatEndsWithOnRequest)
{
    Rig rig;
    rig.route("/", [](auto *e, auto *) { e->api->begin(e, 200, nullptr, 0, HAWSER_HTTP_UNKNOWN); });
    rig.feed(get("/"));
    EXPECT_EQ(rig.conn.closed, kAbort);
}

TEST(Exchange, Answers500InsteadOfAnInjectedLine)
{
    const struct {
        hawser_field field;
        const char *what;
    } kRows[] = {{{{"X", 1}, {"a\r\nSet-Cookie: b", 16}}, "a line in the value"},
                 {{{"X", 1}, {"a\nSet-Cookie: b", 15}}, "a bare LF"},
                 {{{"X", 1}, {"a\0b", 3}}, "NUL"},
                 {{{"X: a\r\nSet-Cookie", 16}, {"b", 1}}, "a line in the name"},
                 {{{"", 0}, {"b", 1}}, "no name"},
                 {{{"X Y", 3}, {"b", 1}}, "a space in the name"}};
    for (const auto &row : kRows) {
        Rig rig;
        std::int32_t responded = 0, begun = 0;
        int released = 0;
        rig.route("/respond", [&](auto *e, auto *) {
            const hawser_piece body = counted("x", released);
            responded = e->api->respond(e, 200, &row.field, 1, &body, 1);
        });
        rig.route("/begin", [&](auto *e, auto *) {
            begun = e->api->begin(e, 200, &row.field, 1, HAWSER_HTTP_UNKNOWN);
            const hawser_piece body = counted("x", released);
            EXPECT_EQ(e->api->write(e, &body, 1), HAWSER_INVALID);
            EXPECT_EQ(e->api->end(e, nullptr, 0), HAWSER_INVALID);
        });
        rig.feed(get("/respond") + get("/begin"));
        EXPECT_EQ(responded, HAWSER_INVALID) << row.what;
        EXPECT_EQ(begun, HAWSER_INVALID) << row.what;
        EXPECT_EQ(released, 2);
        const std::string out = rig.take();
        EXPECT_EQ(statuses(out), "500 500") << row.what;
        EXPECT_EQ(out.find("Set-Cookie"), std::string::npos);
    }
}

TEST(Exchange, InjectsNothingByTrailersInterimAnswersOrUpgrades)
{
    Rig rig;
    const hawser_field bad{{"X", 1}, {"a\r\nB: c", 7}};
    rig.route("/trailer", [&](auto *e, auto *) {
        e->api->begin(e, 200, nullptr, 0, HAWSER_HTTP_UNKNOWN);
        EXPECT_EQ(e->api->end(e, &bad, 1), HAWSER_INVALID);
    });
    rig.route("/inform", [&](auto *e, auto *) {
        EXPECT_EQ(e->api->inform(e, 103, &bad, 1), HAWSER_INVALID);
        say(e, "x");
    });
    rig.route("/upgrade",
              [&](auto *e, auto *) { EXPECT_EQ(e->api->upgrade(e, &bad, 1, nullptr, nullptr), HAWSER_INVALID); });
    rig.feed(get("/inform"));
    rig.feed(get("/upgrade", "Connection: upgrade\r\nUpgrade: x\r\n"));
    EXPECT_EQ(statuses(rig.conn.output), "200 500");
    rig.feed(get("/trailer"));
    EXPECT_EQ(rig.conn.closed, kAbort);
    EXPECT_EQ(rig.take().find("B: c"), std::string::npos);
}

TEST(Exchange, RefusesStatusesThatAreNoAnswers)
{
    Rig rig;
    rig.route("/", [](auto *e, auto *r) {
        const auto status = static_cast<std::uint32_t>(std::stoul(std::string(text(r->query))));
        EXPECT_EQ(e->api->respond(e, status, nullptr, 0, nullptr, 0), HAWSER_INVALID);
    });
    for (const char *status : {"0", "99", "100", "101", "199", "1000"}) rig.feed(get(std::string("/?") + status));
    EXPECT_EQ(statuses(rig.take()), "500 500 500 500 500 500");
}

TEST(Exchange, StreamsWithALengthInChunksAndToTheEnd)
{
    Rig rig;
    rig.route("/", [](auto *e, auto *r) {
        e->api->begin(e, 200, nullptr, 0, r->query.n > 0 ? 6 : HAWSER_HTTP_UNKNOWN);
        const hawser_piece parts[] = {piece("abc"), piece("def")};
        e->api->write(e, parts, 2);
        e->api->end(e, nullptr, 0);
    });
    rig.feed(get("/?length"));
    EXPECT_TRUE(rig.take().ends_with("Content-Length: 6\r\n\r\nabcdef"));
    rig.feed(get("/"));
    EXPECT_TRUE(rig.take().ends_with("Transfer-Encoding: chunked\r\n\r\n6\r\nabcdef\r\n0\r\n\r\n"));
    EXPECT_EQ(rig.conn.closed, 0U);
    rig.feed("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
    EXPECT_TRUE(rig.take().ends_with("Connection: close\r\n\r\nabcdef"));
    EXPECT_EQ(rig.conn.closed, kClose);
}

TEST(Exchange, KeepsTheConnectionOfAnOldClientThatAskedForIt)
{
    Rig rig;
    rig.route("/", [](auto *e, auto *) { say(e, "x"); });
    rig.feed("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
    EXPECT_NE(rig.take().find("\r\nConnection: keep-alive\r\n"), std::string::npos);
    EXPECT_EQ(rig.conn.closed, 0U);
}

TEST(Exchange, SendsTrailersAndFiles)
{
    Rig rig;
    rig.route("/", [](auto *e, auto *) {
        e->api->begin(e, 200, nullptr, 0, HAWSER_HTTP_UNKNOWN);
        e->api->send_file(e, 3, 10, 31, nullptr, nullptr);
        const hawser_field trailers[] = {{{"X-Sum", 5}, {"1", 1}}, {{"Content-Length", 14}, {"9", 1}}};
        e->api->end(e, trailers, 2);
    });
    rig.feed(get("/"));
    EXPECT_TRUE(rig.take().ends_with("\r\n\r\n1f\r\n<file 10+31>\r\n0\r\nX-Sum: 1\r\n\r\n"));
}

TEST(Exchange, CutsOffABodyThatIsNotAsLongAsPromised)
{
    for (const std::string_view body : {"", "ab", "abcd"}) {
        Rig rig;
        std::int32_t result = 0;
        int released = 0;
        rig.route("/", [&](auto *e, auto *) {
            e->api->begin(e, 200, nullptr, 0, 3);
            const hawser_piece part = counted(body, released);
            result = e->api->write(e, &part, 1);
            if (result >= 0) result = e->api->end(e, nullptr, 0);
        });
        rig.feed(get("/"));
        EXPECT_EQ(result, HAWSER_INVALID);
        EXPECT_EQ(rig.conn.closed, kAbort);
        EXPECT_EQ(released, 1);
    }
    Rig rig;
    rig.route("/", [&](auto *e, auto *) {
        e->api->begin(e, 200, nullptr, 0, 3);
        EXPECT_EQ(e->api->send_file(e, 3, 0, 4, nullptr, nullptr), HAWSER_INVALID);
        e->api->abort(e);
    });
    rig.feed(get("/"));
    EXPECT_EQ(rig.conn.closed, kAbort);
}

TEST(Exchange, InformsBeforeItAnswersButNotAnOldClient)
{
    Rig rig;
    rig.route("/", [](auto *e, auto *) {
        const hawser_field link{{"Link", 4}, {"</a.css>", 8}};
        EXPECT_EQ(e->api->inform(e, 103, &link, 1), HAWSER_OK);
        EXPECT_EQ(e->api->inform(e, 101, nullptr, 0), HAWSER_INVALID);
        EXPECT_EQ(e->api->inform(e, 200, nullptr, 0), HAWSER_INVALID);
        say(e, "x");
    });
    rig.feed(get("/"));
    EXPECT_TRUE(rig.take().starts_with("HTTP/1.1 103 Early Hints\r\nLink: </a.css>\r\n\r\nHTTP/1.1 200 OK\r\n"));
    rig.feed("GET / HTTP/1.0\r\n\r\n");
    EXPECT_TRUE(rig.take().starts_with("HTTP/1.1 200 OK\r\n"));
}

} // namespace
} // namespace http_engine::test
