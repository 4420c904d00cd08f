// However the bytes of a connection are cut, its requests and answers are the same.
#include "fake.hpp"

#include <gtest/gtest.h>

#include <random>

namespace http_engine::test {
namespace {

// What the resources saw and what the client got, in one text.
class Play {
public:
    Play()
    {
        rig.route("/echo", [this](auto *e, auto *r) {
            see(r);
            Echo::attach(e, r);
        });
        rig.route("/ignore", [this](auto *e, auto *r) {
            see(r);
            say(e, "ignored");
        });
        rig.route("/stream", [this](auto *e, auto *r) {
            see(r);
            e->api->begin(e, 200, nullptr, 0, HAWSER_HTTP_UNKNOWN);
            const hawser_piece piece{"streamed", 8, nullptr, nullptr};
            e->api->write(e, &piece, 1);
            e->api->end(e, nullptr, 0);
        });
    }
    std::string outcome() { return seen + "\n" + rig.conn.output + (rig.conn.closed != 0 ? "closed" : "open"); }

    Rig rig;

private:
    void see(const hawser_http_request *r)
    {
        seen += std::string(text(r->method_name)) + ' ' + std::string(text(r->path)) + ' ' +
                std::string(text(r->rest)) + '?' + std::string(text(r->query)) + ' ' + std::to_string(r->body_length);
        for (std::size_t i = 0; i < r->field_count; ++i)
            seen += ' ' + std::string(text(r->fields[i].name)) + '=' + std::string(text(r->fields[i].value));
        seen += '\n';
    }
    std::string seen;
};

const std::string kStream =
    get("/echo/a/../b?q=1") + request("POST /echo HTTP/1.1", "Content-Length: 5\r\n", "hello") + "\r\n" +
    request("POST /echo HTTP/1.1", "Transfer-Encoding: chunked\r\n",
            "3\r\nabc\r\n2;x=\"y\"\r\nde\r\n0\r\nTrailer: t\r\n\r\n") +
    request("POST /ignore HTTP/1.1", "Content-Length: 6\r\n", "ignore") +
    request("POST /ignore HTTP/1.1", "Transfer-Encoding: chunked\r\n", "3\r\nabc\r\n0\r\n\r\n") + get("/none") +
    request("BREW /stream HTTP/1.1", "A: b \r\nC:\t\r\n") + request("HEAD /echo HTTP/1.1") + get("/stream/x%20y") +
    request("GET /echo HTTP/1.1", "Connection: close\r\n");

std::string uncut()
{
    Play play;
    play.rig.feed(kStream);
    return play.outcome();
}

TEST(Cuts, OfAnyOneSizeChangeNothing)
{
    const std::string expected = uncut();
    EXPECT_NE(expected.find("hello"), std::string::npos);
    for (std::size_t step = 1; step < kStream.size(); ++step) {
        Play play;
        for (std::size_t at = 0; at < kStream.size(); at += step)
            play.rig.feed(std::string_view(kStream).substr(at, step));
        ASSERT_EQ(play.outcome(), expected) << "cut every " << step << " bytes";
    }
}

TEST(Cuts, InTwoAtAnyPlaceChangeNothing)
{
    const std::string expected = uncut();
    for (std::size_t at = 0; at <= kStream.size(); ++at) {
        Play play;
        play.rig.feed(std::string_view(kStream).substr(0, at));
        play.rig.feed(std::string_view(kStream).substr(at));
        ASSERT_EQ(play.outcome(), expected) << "cut at " << at;
    }
}

TEST(Cuts, AtRandomChangeNothing)
{
    const std::string expected = uncut();
    std::mt19937 random(7);
    for (int round = 0; round < 300; ++round) {
        Play play;
        for (std::size_t at = 0; at < kStream.size();) {
            const std::size_t n = 1 + random() % 40;
            play.rig.feed(std::string_view(kStream).substr(at, n));
            at += n;
        }
        ASSERT_EQ(play.outcome(), expected) << "round " << round;
    }
}

TEST(Cuts, OfAHeadThatComesByteByByteDoNotParseItEachTime)
{
    // 16 KiB one byte at a time: parsed whole each time that would be 134 million bytes.
    Rig rig;
    rig.route("/", [](auto *e, auto *) { say(e, "x"); });
    rig.open();
    std::string head = "GET / HTTP/1.1\r\nHost: a\r\nLong: " + std::string(15'000, 'l') + "\r\n\r\n";
    for (std::size_t n = 1; n < head.size(); ++n) ASSERT_EQ(rig.data(std::string_view(head).substr(0, n)), 0U);
    EXPECT_EQ(rig.data(head), head.size());
    EXPECT_EQ(statuses(rig.take()), "200");
}

} // namespace
} // namespace http_engine::test
