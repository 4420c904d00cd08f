#include "fake.hpp"

#include <gtest/gtest.h>

#include <cstring>
#include <string>

namespace http_engine::test {
namespace {

// An engine whose access log is on.
class AccessTest : public ::testing::Test {
protected:
    AccessTest()
    {
        rig.log_access(HAWSER_RECORDS_JSON);
        rig.conn.peer.family = 4;
        std::strcpy(rig.conn.peer.text, "192.0.2.1:5000");
        rig.route("/", [](hawser_http_exchange *e, const hawser_http_request *) { say(e, "hello"); });
        rig.route("=/later", [this](hawser_http_exchange *e, const hawser_http_request *) {
            waiting = e;
            e->api->attach(e, &Heard::kTable, &heard);
        });
        rig.route("=/echo", Echo::attach);
        rig.route("=/nothing", [](hawser_http_exchange *, const hawser_http_request *) {});
        rig.route("=/parts", [this](hawser_http_exchange *e, const hawser_http_request *) {
            e->api->begin(e, 201, nullptr, 0, promised);
            const hawser_piece piece{"12345", 5, nullptr, nullptr};
            e->api->write(e, &piece, 1);
            e->api->send_file(e, 3, 0, 7, nullptr, nullptr);
            e->api->end(e, nullptr, 0);
        });
    }
    // "status bytes complete" of each line.
    std::string told() const
    {
        std::string all;
        const std::string &lines = rig.lines();
        for (std::size_t at = 0; at < lines.size(); at = lines.find('\n', at) + 1) {
            const std::string line = lines.substr(at, lines.find('\n', at) - at);
            all += (all.empty() ? "" : ", ") + number(line, "status") + ' ' + number(line, "bytes") + ' ' +
                   (line.find("\"complete\":true") != std::string::npos ? "whole" : "cut");
        }
        return all;
    }
    bool has(const std::string &part) const { return rig.lines().find(part) != std::string::npos; }

    Heard heard;
    hawser_http_exchange *waiting = nullptr;
    std::int64_t promised = 12;
    Rig rig;

private:
    static std::string number(const std::string &line, const std::string &name)
    {
        const std::size_t at = line.find('"' + name + "\":") + name.size() + 3;
        return line.substr(at, line.find(',', at) - at);
    }
};

TEST_F(AccessTest, HasOneLineForARequestWithAllThatIsKnownOfIt)
{
    rig.feed(get("/a?b", "User-Agent: test\r\nReferer: r\r\nX-Request-Id: 77\r\n"));
    EXPECT_EQ(rig.lines(), "{\"ts\":\"1994-11-06T08:49:37.000Z\",\"id\":\"77\",\"listener\":\"web\",\"route\":\"/\","
                           "\"peer\":\"192.0.2.1:5000\",\"method\":\"GET\",\"host\":\"a\",\"target\":\"/a?b\","
                           "\"version\":\"1.1\",\"status\":200,\"bytes\":5,\"duration\":0.000001,\"complete\":true,"
                           "\"referer\":\"r\",\"user_agent\":\"test\"}\n");
}

TEST_F(AccessTest, IsInTheFormatThatTheOperatorChose)
{
    rig.log_access(HAWSER_RECORDS_COMBINED);
    rig.feed(get("/a"));
    EXPECT_EQ(rig.lines(), "192.0.2.1 - - [06/Nov/1994:08:49:37 +0000] \"GET /a HTTP/1.1\" 200 5 \"-\" \"-\"\n");
}

TEST_F(AccessTest, IsEmptyWhileTheOperatorHasItOff)
{
    rig.log_access(0);
    rig.feed(get("/a") + "spoiled\r\n\r\n");
    EXPECT_EQ(statuses(rig.take()), "200 400");
    EXPECT_EQ(rig.lines(), "");
}

TEST_F(AccessTest, HasALineForEachOfPipelinedRequests)
{
    rig.feed(get("/") + request("HEAD / HTTP/1.1") + get("/parts"));
    EXPECT_EQ(told(), "200 5 whole, 200 0 whole, 201 12 whole");
}

TEST_F(AccessTest, GivesEveryRequestAnIdOfItsOwn)
{
    rig.feed(get("/") + get("/"));
    const std::size_t first = rig.lines().find("\"id\":\"") + 6, second = rig.lines().find("\"id\":\"", first) + 6;
    EXPECT_NE(rig.lines().substr(first, 16), rig.lines().substr(second, 16));
}

TEST_F(AccessTest, TellsHowLongALaterAnswerTookAndWhenItsRequestCame)
{
    rig.feed(get("/later"));
    EXPECT_EQ(rig.lines(), "");
    rig.loop.now += 2'000'000'000;
    rig.loop.wall += 2'000'000'000;
    say(waiting, "late");
    EXPECT_EQ(told(), "200 4 whole");
    EXPECT_TRUE(has("\"ts\":\"1994-11-06T08:49:37.000Z\"")) << rig.lines();
    EXPECT_TRUE(has("\"duration\":2.000001")) << rig.lines();
}

TEST_F(AccessTest, HasTheAnswersOfTheEngineItself)
{
    rig.route("GET /only", [](hawser_http_exchange *e, const hawser_http_request *) { say(e, ""); });
    rig.feed(get("/nothing") + request("POST /only HTTP/1.1") + request("OPTIONS * HTTP/1.1"));
    EXPECT_EQ(told(), "500 26 whole, 200 5 whole, 204 0 whole");
}

TEST_F(AccessTest, HasRequestsThatWereRejected)
{
    rig.feed(request("POST / HTTP/1.1", "Content-Length: 99999999\r\n"));
    EXPECT_EQ(told(), "413 22 whole");
    EXPECT_TRUE(has("\"method\":\"POST\"")) << rig.lines();
}

TEST_F(AccessTest, ShowsTheBeginningOfWhatWasNoRequest)
{
    rig.feed("GET / HTTP/1.1\" 200 1 \"\x01\r\nHost: a\r\n\r\n");
    EXPECT_TRUE(told().rfind("400 ", 0) == 0 || told().rfind("505 ", 0) == 0) << told();
    EXPECT_TRUE(has("\"line\":\"GET / HTTP/1.1\\\" 200 1 \\\"\\u0001\"")) << rig.lines();
    EXPECT_TRUE(has("\"peer\":\"192.0.2.1:5000\"")) << rig.lines();
}

TEST_F(AccessTest, HasARequestThatNeverCameWhole)
{
    rig.feed("GET / HTT");
    rig.loop.now += 20'000;
    rig.timer();
    EXPECT_TRUE(told().rfind("408 ", 0) == 0) << told();
}

TEST_F(AccessTest, HasNoLineForAConnectionWithoutARequest)
{
    rig.open();
    rig.timer();
    EXPECT_EQ(rig.conn.closed, static_cast<std::uint32_t>(HAWSER_CLOSE));
    EXPECT_EQ(rig.lines(), "");
}

TEST_F(AccessTest, SaysThatNobodyWaitedForTheAnswer)
{
    rig.feed(get("/later"));
    rig.lose(HAWSER_RESET);
    EXPECT_EQ(told(), "499 0 cut");
    EXPECT_TRUE(has("\"target\":\"/later\"")) << rig.lines();
}

TEST_F(AccessTest, SaysThatAnAnswerWasCutOff)
{
    rig.feed(get("/later"));
    waiting->api->begin(waiting, 200, nullptr, 0, 100);
    const hawser_piece piece{"123", 3, nullptr, nullptr};
    waiting->api->write(waiting, &piece, 1);
    rig.lose(HAWSER_CLOSED);
    EXPECT_EQ(told(), "200 3 cut");
}

TEST_F(AccessTest, SaysThatAResourceBrokeItsPromise)
{
    promised = 100;
    rig.feed(get("/parts"));
    EXPECT_EQ(told(), "201 12 cut");
}

TEST_F(AccessTest, HasOneLineForABodyThatFailed)
{
    rig.feed(request("POST /echo HTTP/1.1", "Content-Length: 10\r\n", "12345"));
    rig.loop.now += 30'000;
    rig.timer();
    rig.lose(HAWSER_OK);
    EXPECT_EQ(told(), "408 20 whole");
}

TEST_F(AccessTest, HasOneLineForABodyThatFailedAfterItsAnswerHadBegun)
{
    rig.feed(request("POST /later HTTP/1.1", "Content-Length: 10\r\n", "12345"));
    waiting->api->begin(waiting, 200, nullptr, 0, 100);
    rig.eof();
    rig.lose(HAWSER_OK);
    EXPECT_EQ(told(), "200 0 cut");
}

TEST_F(AccessTest, HasAnUpgrade)
{
    rig.feed(get("/later", "Connection: upgrade\r\nUpgrade: x\r\n"));
    static constexpr hawser_session kOther{};
    const hawser_field field{{"Upgrade", 7}, {"x", 1}};
    EXPECT_EQ(waiting->api->upgrade(waiting, &field, 1, &kOther, nullptr), HAWSER_OK);
    EXPECT_EQ(told(), "101 0 whole");
}

TEST_F(AccessTest, CountsNothingThatWasWrittenToAConnectionThatHasEnded)
{
    rig.feed(get("/later"));
    rig.conn.write_result = HAWSER_CLOSED;
    say(waiting, "late");
    EXPECT_EQ(told(), "200 0 cut");
}

TEST_F(AccessTest, KnowsThePeersOfManyConnections)
{
    std::string peers;
    for (int round = 0; round < 2; ++round) {
        FakeConn six, path;
        six.peer.family = 6;
        std::strcpy(six.peer.text, "[2001:db8::1]:80");
        std::strcpy(path.peer.text, "unix:/run/\"\n");
        void *a = rig.open_on(six), *b = rig.open_on(path);
        const std::string bytes = get("/");
        rig.table()->on_data(b, {bytes.data(), bytes.size()});
        rig.table()->on_data(a, {bytes.data(), bytes.size()});
        rig.table()->on_close(a, HAWSER_OK, {});
        rig.table()->on_close(b, HAWSER_OK, {});
        for (const char *part : {"\"peer\":\"unix:/run/\\\"\\u000a\"", "\"peer\":\"[2001:db8::1]:80\""})
            EXPECT_TRUE(has(part)) << rig.lines();
    }
    EXPECT_EQ(told(), "200 5 whole, 200 5 whole, 200 5 whole, 200 5 whole");
}

TEST_F(AccessTest, ShowsTheHostOfAPeerAloneInCombined)
{
    rig.log_access(HAWSER_RECORDS_COMBINED);
    rig.conn.peer.family = 6;
    std::strcpy(rig.conn.peer.text, "[2001:db8::1]:80");
    rig.feed(get("/"));
    EXPECT_EQ(rig.lines().substr(0, 16), "2001:db8::1 - - ");
}

} // namespace
} // namespace http_engine::test
