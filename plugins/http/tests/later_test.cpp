// Answers that come after on_request has returned, and upgrades.
#include "fake.hpp"

#include <gtest/gtest.h>

#include <cstddef>

extern std::size_t allocations; // allocations.cpp

namespace http_engine::test {
namespace {

using Strings = std::vector<std::string>;
constexpr auto kAbort = static_cast<std::uint32_t>(HAWSER_ABORT);

hawser_piece piece(std::string_view bytes) { return {bytes.data(), bytes.size(), nullptr, nullptr}; }

TEST(Exchange, HandsTheStreamOverAtAnUpgrade)
{
    Rig rig;
    const hawser_session session{};
    int self = 0;
    std::int32_t refused = 0;
    rig.route("/", [&](auto *e, auto *) {
        const hawser_field upgrade{{"Upgrade", 7}, {"chat", 4}};
        refused = e->api->upgrade(e, &upgrade, 1, &session, &self);
        if (refused == HAWSER_UNSUPPORTED) say(e, "no");
    });
    rig.feed(get("/"));
    EXPECT_EQ(refused, HAWSER_UNSUPPORTED);
    EXPECT_EQ(bodies(rig.take()), Strings{"no"});
    rig.feed(get("/", "Connection: Upgrade\r\nUpgrade: chat\r\n") + "first words");
    EXPECT_EQ(rig.take(), "HTTP/1.1 101 Switching Protocols\r\nUpgrade: chat\r\nConnection: upgrade\r\n\r\n");
    EXPECT_EQ(rig.conn.attached_self, &self);
    EXPECT_EQ(rig.conn.timer, 0U);
    EXPECT_EQ(rig.left(), "first words") << "they are the new session's";
}

TEST(Exchange, HandsTheStreamOverLater)
{
    Heard heard;
    Rig rig;
    const hawser_session session{};
    int self = 0;
    hawser_http_exchange *later = nullptr;
    rig.route("/", [&](auto *e, auto *) {
        later = e;
        e->api->attach(e, &Heard::kTable, &heard);
    });
    rig.feed(get("/", "Connection: Upgrade\r\nUpgrade: chat\r\n") + "first words");
    EXPECT_EQ(rig.conn.paused, 1);
    EXPECT_EQ(later->api->upgrade(later, nullptr, 0, &session, &self), HAWSER_OK);
    EXPECT_EQ(rig.conn.attached, &session);
    EXPECT_EQ(rig.conn.paused, 0) << "what was held is the new session's";
    EXPECT_EQ(heard.log, "end;");
}

TEST(Exchange, AnswersLaterWithTheRequestStillThere)
{
    Heard heard;
    Rig rig;
    hawser_http_exchange *later = nullptr;
    const hawser_http_request *pinned = nullptr;
    rig.route("/a", [&](auto *e, auto *) {
        later = e;
        pinned = e->api->attach(e, &Heard::kTable, &heard);
    });
    // With a dot segment the path lies elsewhere than the head.
    for (const char *target : {"/a/b?c", "/x/../a/./b?c"}) {
        heard.log.clear();
        rig.feed(request(std::string("POST ") + target + " HTTP/1.1", "X-Y: z\r\nContent-Length: 5\r\n", "ab"));
        ASSERT_NE(pinned, nullptr);
        EXPECT_EQ(text(pinned->method_name), "POST");
        EXPECT_EQ(text(pinned->authority), "a");
        EXPECT_EQ(text(pinned->target), target);
        EXPECT_EQ(text(pinned->path), "/a/b");
        EXPECT_EQ(text(pinned->rest), "/b");
        EXPECT_EQ(text(pinned->query), "c");
        EXPECT_EQ(text(pinned->body), "ab");
        EXPECT_EQ(text(hawser_http_find(pinned, "x-y", 3)->value), "z");
        rig.feed("cde");
        EXPECT_EQ(heard.log, "cde|end;");
        say(later, "late");
        EXPECT_EQ(bodies(rig.take()), Strings{"late"});
    }
    rig.feed(get("/none"));
    EXPECT_EQ(statuses(rig.take()), "404");
    EXPECT_EQ(heard.log, "cde|end;") << "nothing after its own answer";
}

TEST(Exchange, AttachesOnceAndOnlyInsideOnRequest)
{
    Heard heard;
    Rig rig;
    hawser_http_exchange *later = nullptr;
    rig.route("/", [&](auto *e, auto *) {
        later = e;
        EXPECT_NE(e->api->attach(e, &Heard::kTable, &heard), nullptr);
        EXPECT_EQ(e->api->attach(e, &Heard::kTable, &heard), nullptr);
    });
    rig.feed(get("/"));
    EXPECT_EQ(later->api->attach(later, &Heard::kTable, &heard), nullptr);
    later->api->abort(later);
    EXPECT_EQ(statuses(rig.take()), "500");
    EXPECT_EQ(heard.log, "end;");
}

TEST(Exchange, MayBeAnsweredFromInsideOfOnBody)
{
    Rig rig;
    struct Early {
        hawser_http_exchange *exchange;
        static void body(void *self, hawser_bytes) noexcept { say(static_cast<Early *>(self)->exchange, "early"); }
    } early{};
    static constexpr hawser_http_handler kTable = {
        sizeof(hawser_http_handler), 0, Early::body, nullptr, nullptr, nullptr};
    rig.route("/", [&](auto *e, auto *) {
        early.exchange = e;
        e->api->attach(e, &kTable, &early);
    });
    rig.feed(request("POST / HTTP/1.1", "Content-Length: 3\r\n", "") + "a");
    EXPECT_EQ(bodies(rig.take()), std::vector<std::string>{});
    rig.feed("b");
    EXPECT_EQ(bodies(rig.take()), Strings{"early"});
    rig.feed("c" + request("POST / HTTP/1.1", "Transfer-Encoding: chunked\r\n", "1\r\na\r\n1\r\nb\r\n0\r\n\r\n"));
    EXPECT_EQ(bodies(rig.take()), Strings{"early"});
    EXPECT_EQ(rig.conn.closed, 0U);
}

TEST(Exchange, TellsItsHandlerOnceThatTheClientHasGone)
{
    Heard heard;
    Rig rig;
    rig.route("/", [&](auto *e, auto *) { e->api->attach(e, &Heard::kTable, &heard); });
    rig.feed(get("/"));
    rig.lose(HAWSER_RESET);
    EXPECT_EQ(heard.log, "end;close -2;");
}

TEST(Exchange, TellsTheResourceOfAStreamThatTheConnectionIsGone)
{
    Heard heard;
    Rig rig;
    hawser_http_exchange *later = nullptr;
    rig.route("/", [&](auto *e, auto *) {
        later = e;
        e->api->attach(e, &Heard::kTable, &heard);
        e->api->begin(e, 200, nullptr, 0, 10);
    });
    rig.feed(get("/"));
    const hawser_piece part = piece("12345678901");
    EXPECT_EQ(later->api->write(later, &part, 1), HAWSER_INVALID) << "one too many";
    EXPECT_EQ(rig.conn.closed, kAbort);
    rig.lose(HAWSER_OK);
    EXPECT_EQ(heard.log, "end;close -4;");
}

TEST(Exchange, AllocatesNothingForARequestInSteadyState)
{
    Heard heard;
    Rig rig;
    hawser_http_exchange *waiting = nullptr;
    rig.route("/", [](auto *e, auto *) { say(e, "x"); });
    rig.route("/later", [&](auto *e, auto *) {
        waiting = e;
        e->api->attach(e, &Heard::kTable, &heard);
    });
    rig.set("max_requests", 0);
    const std::string now = get("/", "User-Agent: test\r\nAccept: */*\r\n"), later = get("/later");
    const auto once = [&] {
        rig.data(now);
        rig.data(later);
        heard.log.clear();
        say(waiting, "x");
    };
    rig.open();
    rig.conn.quiet = true;                // the fake itself must not allocate
    for (int i = 0; i < 100; ++i) once(); // those that are over rest a while before they are used again
    const std::size_t before = allocations;
    for (int i = 0; i < 100; ++i) once();
    EXPECT_EQ(allocations, before);
}

} // namespace
} // namespace http_engine::test
