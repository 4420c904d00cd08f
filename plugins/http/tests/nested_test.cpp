// The resource `routes` in the running host.
#include "web.hpp"

namespace hawser::test {
namespace {

std::string text(const std::string &pattern)
{
    return '"' + pattern + "\" = { resource = \"text\", body = \"" + pattern + "\" }";
}
std::string below(const std::string &pattern, const std::string &routes)
{
    return '"' + pattern + "\" = { resource = \"routes\", routes = { " + routes + " } }";
}

TEST(NestedRoutes, MatchWhatIsLeftBehindTheirOwnRoute)
{
    Host host(
        web_with(below("/api", text("/") + ", " + text("=/one") + ", " + text("/two") + ", " + text("POST /two"))));
    ASSERT_TRUE(host.ready()) << host.process().err();
    Client client = host.connect();
    EXPECT_EQ(client.get("/api").body, "/");
    EXPECT_EQ(client.get("/api/other").body, "/");
    EXPECT_EQ(client.get("/api/one").body, "=/one");
    EXPECT_EQ(client.get("/api/one/x").body, "/");
    EXPECT_EQ(client.get("/api/two/x").body, "/two");
    EXPECT_EQ(ask(client, "POST /api/two HTTP/1.1\r\n").body, "POST /two");
}

TEST(NestedRoutes, LeaveTheRestToTheResource)
{
    Host host(web_with(below("/a", below("/b", "\"/c\" = { resource = \"inspect\" }"))));
    ASSERT_TRUE(host.ready()) << host.process().err();
    const std::string seen = host.connect().get("/a/b/c/d/e?x").body;
    EXPECT_TRUE(has(seen, "\"path\":\"/a/b/c/d/e\",\"query\":\"x\",\"rest\":\"/d/e\"")) << seen;
}

TEST(NestedRoutes, AllowWhatTheirRoutesAllow)
{
    Host host(web_with(below("/api", text("GET /one") + ", " + text("PUT /one"))));
    ASSERT_TRUE(host.ready()) << host.process().err();
    Client client = host.connect();
    const Client::Answer answer = ask(client, "DELETE /api/one HTTP/1.1\r\n");
    EXPECT_EQ(answer.status, 405);
    EXPECT_EQ(field_of(answer, "Allow"), "GET, HEAD, PUT");
    EXPECT_EQ(client.get("/api/none").status, 404);
}

TEST(NestedRoutes, RefuseAPatternByItsName)
{
    EXPECT_TRUE(has(refusal_of(below("/api", text("one"))), "routes.one: routes: expected a pattern like"));
    EXPECT_TRUE(has(refusal_of(below("/api", text("/a") + ", " + text("/a/"))), "the same requests are matched by"));
}

} // namespace
} // namespace hawser::test
