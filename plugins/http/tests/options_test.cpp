// What the plugin makes of its configuration, and its tables.
#include "fake.hpp"

#include <gtest/gtest.h>

extern "C" const hawser_plugin *hawser_plugin_v1(const hawser_host *, hawser_error *);

namespace http_engine::test {
namespace {

TEST(Options, RefuseAWrongPatternByItsName)
{
    Rig rig;
    rig.route("/", [](auto *, auto *) {});
    rig.route("post /a", [](auto *, auto *) {});
    EXPECT_FALSE(rig.create());
    EXPECT_STREQ(rig.error().option, "routes.post /a");
    EXPECT_STREQ(rig.error().text, "expected methods like \"GET\" or \"POST,PUT\", got \"post\"");
}

TEST(Options, RefuseTwoRoutesForTheSameRequests)
{
    Rig rig;
    for (const char *pattern : {"/a", "/b", "/a/"}) rig.route(pattern, [](auto *, auto *) {});
    EXPECT_FALSE(rig.create());
    EXPECT_STREQ(rig.error().option, "routes./a/");
    EXPECT_STREQ(rig.error().text, "the same requests are matched by the route \"/a\"");
}

TEST(Options, RefuseAServerNameThatWouldInjectALine)
{
    Rig rig;
    rig.set_server("a\r\nb");
    EXPECT_FALSE(rig.create());
    EXPECT_STREQ(rig.error().option, "server");
}

TEST(Options, ServeWithoutRoutes)
{
    Rig rig;
    rig.feed(get("/"));
    EXPECT_EQ(statuses(rig.take()), "404");
}

TEST(Options, OfARouteStandBeforeThoseOfTheProtocol)
{
    Rig rig;
    rig.set("max_body", 4);
    rig.route(
        "/more", [](auto *e, auto *r) { Echo::attach(e, r); }, 8);
    rig.route("/", [](auto *e, auto *r) { Echo::attach(e, r); });
    rig.feed(request("POST /more HTTP/1.1", "Content-Length: 8\r\n", "12345678"));
    EXPECT_EQ(statuses(rig.take()), "200");
    rig.feed(request("POST / HTTP/1.1", "Content-Length: 5\r\n", "12345"));
    EXPECT_EQ(statuses(rig.take()), "413");
}

TEST(Options, LeaveTheServerFieldOutWhenItIsEmpty)
{
    Rig rig;
    rig.set_server("");
    rig.feed(get("/"));
    EXPECT_EQ(rig.take().find("Server"), std::string::npos);
}

TEST(Options, WithoutTimesSetNoTimer)
{
    Rig rig;
    for (const char *time : {"header_timeout", "body_timeout", "keep_alive", "write_timeout"}) rig.set(time, 0);
    rig.route("/", [](auto *e, auto *r) { Echo::attach(e, r); });
    rig.feed(get("/"));
    EXPECT_EQ(rig.conn.timer, 0U);
    rig.feed("GET");
    EXPECT_EQ(rig.conn.timer, 0U);
}

TEST(Plugin, OffersTheProtocolHttp)
{
    const hawser_plugin *plugin = hawser_plugin_v1(nullptr, nullptr);
    ASSERT_EQ(plugin->kind_count, 3U);
    EXPECT_STREQ(plugin->kinds[0]->name, "http");
    EXPECT_STREQ(plugin->kinds[0]->role, HAWSER_PROTOCOL);
    EXPECT_EQ(plugin->kinds[0]->struct_size, sizeof(hawser_protocol));
}

TEST(Plugin, TakesNoConnectionWithAStateThatItNeverWrote)
{
    Rig rig;
    ASSERT_TRUE(rig.create());
    EXPECT_FALSE(rig.open_with("state"));
}

TEST(Plugin, SaysHttpsBehindTls)
{
    for (const bool tls : {false, true}) {
        Rig rig;
        rig.conn.tls_on = tls;
        std::string scheme;
        rig.route("/", [&](auto *e, auto *r) {
            scheme = text(r->scheme);
            say(e, "x");
        });
        rig.feed(get("/"));
        EXPECT_EQ(scheme, tls ? "https" : "http");
    }
}

} // namespace
} // namespace http_engine::test
