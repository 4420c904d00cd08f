// The resource `redirect` in the running host.
#include "web.hpp"

namespace hawser::test {
namespace {

std::string to(const std::string &address, const std::string &more = {})
{
    return "\"/old\" = { resource = \"redirect\", to = \"" + address + '"' + more + " }";
}

TEST(Redirect, KeepsHostRestAndQuery)
{
    Host host(web_with(to("https://{host}/new{rest}{query}")));
    ASSERT_TRUE(host.ready()) << host.process().err();
    const Client::Answer answer = host.connect().get("/old/a%20b?x=1&y");
    EXPECT_EQ(answer.status, 308);
    EXPECT_EQ(field_of(answer, "Location"), "https://test/new/a%20b?x=1&y");
}

TEST(Redirect, LeavesOutAQueryThatIsNotThere)
{
    Host host(web_with(to("/{query}", ", status = 302")));
    ASSERT_TRUE(host.ready()) << host.process().err();
    const Client::Answer answer = host.connect().get("/old");
    EXPECT_EQ(answer.status, 302);
    EXPECT_EQ(field_of(answer, "Location"), "/");
}

TEST(Redirect, NeverLeadsToAnotherHostByThePath)
{
    Host host(web_with(to("{rest}") + "\n\"/p\" = { resource = \"redirect\", to = \"{path}\" }"));
    ASSERT_TRUE(host.ready()) << host.process().err();
    EXPECT_EQ(field_of(host.connect().get("/old//evil.example"), "Location"), "/evil.example");
    EXPECT_EQ(field_of(host.connect().get("/p//x"), "Location"), "/p//x");
}

TEST(Redirect, RefusesWhatIsNoAddress)
{
    EXPECT_TRUE(has(refusal_of(to("/{nonsense}")), "expected {host}, {path}, {rest} or {query}, got {nonsense}"));
    EXPECT_TRUE(has(refusal_of(to("/{path")), "got {path"));
    EXPECT_TRUE(has(refusal_of(to("/a b")), "expected an address without spaces"));
    EXPECT_TRUE(has(refusal_of(to("/", ", status = 304")), "expected 301, 302, 303, 307 or 308, got 304"));
}

} // namespace
} // namespace hawser::test
