// What an engine says when its sessions are to go to another process, and what it makes of those that come.
#include "fake.hpp"

#include <gtest/gtest.h>

#include <string>

namespace http_engine::test {
namespace {

TEST(Park, TakesAnIdleSessionToAnotherEngine)
{
    Rig from, to;
    from.route("/", [](auto *e, auto *) { say(e, "old"); });
    to.route("/", [](auto *e, auto *) { say(e, "new"); });
    from.feed(get("/"));
    std::string state;
    ASSERT_GE(from.park(state), 0);
    ASSERT_TRUE(to.create());
    ASSERT_TRUE(to.open_with(state));
    to.feed(get("/"));
    EXPECT_NE(to.take().find("new"), std::string::npos);
}

TEST(Park, LetsRequestsCountOn)
{
    Rig from, to;
    for (Rig *rig : {&from, &to}) {
        rig->set("max_requests", 2);
        rig->route("/", [](auto *e, auto *) { say(e, "x"); });
    }
    from.feed(get("/"));
    std::string state;
    ASSERT_GE(from.park(state), 0);
    ASSERT_TRUE(to.create());
    ASSERT_TRUE(to.open_with(state));
    to.feed(get("/"));
    EXPECT_NE(to.take().find("Connection: close"), std::string::npos);
}

TEST(Park, GoesOnWithHalfAHeadAndItsTime)
{
    Rig from, to;
    for (Rig *rig : {&from, &to}) rig->route("/", [](auto *e, auto *) { say(e, "x"); });
    from.feed("GET / HT");
    std::string state;
    ASSERT_GE(from.park(state), 0);
    ASSERT_TRUE(to.create());
    ASSERT_TRUE(to.open_with(state));
    to.conn.timer = 42; // as the host sets it after open
    to.feed("GET / HTTP/1.1\r\nHo");
    EXPECT_EQ(to.conn.timer, 42U) << "the time for a head is counted from its first byte";
    to.feed("st: a\r\n\r\n");
    EXPECT_EQ(to.take().substr(9, 3), "200");
}

TEST(Park, IsBusyWhileARequestIsInHand)
{
    Heard heard;
    Rig rig;
    hawser_http_exchange *exchange = nullptr;
    rig.route("/", [&](auto *e, auto *) {
        exchange = e;
        e->api->attach(e, &Heard::kTable, &heard);
    });
    rig.feed(get("/"));
    std::string state;
    EXPECT_EQ(rig.park(state), HAWSER_BUSY);
    say(exchange, "late");
    EXPECT_GE(rig.park(state), 0);
}

TEST(Park, IsBusyOnceItsClientWasToldThatItCloses)
{
    Rig rig;
    rig.route("/", [](auto *e, auto *) { say(e, "x"); });
    rig.feed(get("/"));
    rig.drain(HAWSER_REPLACED);
    std::string state;
    EXPECT_EQ(rig.park(state), HAWSER_BUSY);
}

TEST(Park, TakesNoStateThatItDoesNotUnderstand)
{
    Rig rig;
    ASSERT_TRUE(rig.create());
    const std::string good("\1\0\0\0\0\0\0\0\0\0", 10);
    EXPECT_FALSE(rig.open_with("\2" + good.substr(1))) << "of another version";
    EXPECT_FALSE(rig.open_with(good.substr(0, 9))) << "cut off";
    EXPECT_FALSE(rig.open_with(good.substr(0, 5) + std::string(4, '\x7f') + good.substr(9))) << "more than was left";
}

} // namespace
} // namespace http_engine::test
