// The resources `strip` and `rewrite` in the running host.
#include "web.hpp"

namespace hawser::test {
namespace {

const std::string kInner = ", inner = { resource = \"inspect\" } }";

std::string path_seen(Host &host, const std::string &path)
{
    const std::string seen = host.connect().get(path).body;
    const std::size_t at = seen.find("\"target\":\"") + 10;
    return seen.substr(at, seen.find('"', at) - at);
}

TEST(Strip, TakesOffWhatTheRouteHasMatched)
{
    Host host(web_with("\"/api/v1\" = { resource = \"strip\"" + kInner));
    ASSERT_TRUE(host.ready()) << host.process().err();
    EXPECT_EQ(path_seen(host, "/api/v1/users?id=1"), "/users?id=1");
    EXPECT_EQ(path_seen(host, "/api/v1"), "/");
}

TEST(Strip, TakesOffAPrefixOnlyAsAWhole)
{
    Host host(web_with("\"/\" = { resource = \"strip\", prefix = \"/api\"" + kInner));
    ASSERT_TRUE(host.ready()) << host.process().err();
    EXPECT_EQ(path_seen(host, "/api/x"), "/x");
    EXPECT_EQ(path_seen(host, "/apix"), "/apix");
}

TEST(Strip, ServesFilesFromTheRootForAnotherPath)
{
    TempDir site;
    site.write("a/b.txt", "below");
    Host host(
        web_with("\"/x\" = { resource = \"strip\", prefix = \"/x/y\", inner = { resource = \"static\", root = \"" +
                 site.path() + "\" } }"));
    ASSERT_TRUE(host.ready()) << host.process().err();
    EXPECT_EQ(host.connect().get("/x/y/a/b.txt").body, "below");
}

TEST(Rewrite, TakesTheFirstRuleThatMatchesTheWholePath)
{
    Host host(web_with("\"/\" = { resource = \"rewrite\", rules = [{ from = '/note/(\\d+)', to = '/notes?id=\\1' }, "
                       "{ from = '/note/.*', to = '/other' }]" +
                       kInner));
    ASSERT_TRUE(host.ready()) << host.process().err();
    EXPECT_EQ(path_seen(host, "/note/12?old=1"), "/notes?id=12");
    EXPECT_EQ(path_seen(host, "/note/x?old=1"), "/other?old=1") << "a rule without a query keeps it";
    EXPECT_EQ(path_seen(host, "/a/note/12"), "/a/note/12") << "none matches";
}

TEST(Rewrite, LeavesNoDotSegments)
{
    Host host(web_with("\"/\" = { resource = \"rewrite\", rules = [{ from = '/u/(.*)', to = '/files/\\1' }]" + kInner));
    ASSERT_TRUE(host.ready()) << host.process().err();
    EXPECT_EQ(path_seen(host, "/u/a"), "/files/a");
    Host up(web_with("\"/\" = { resource = \"rewrite\", rules = [{ from = '/u(.*)', to = '/files/../..\\1/./x/' }]" +
                     kInner));
    ASSERT_TRUE(up.ready()) << up.process().err();
    EXPECT_EQ(path_seen(up, "/u/a"), "/a/x/");
}

TEST(Rewrite, RefusesWhatIsNoExpression)
{
    const auto why = [](const std::string &rule) {
        return refusal_of("\"/\" = { resource = \"rewrite\", rules = [" + rule + "]" + kInner);
    };
    EXPECT_TRUE(
        has(why("{ from = '/(', to = '/' }"), "rules[0].from: rewrite: expected a regular expression: missing )"));
    EXPECT_TRUE(has(why("{ from = '/a', to = '/\\1' }"), "rules[0].to: rewrite: "));
    EXPECT_TRUE(has(why("{ from = '/a', to = 'b' }"), "expected a path that begins with \"/\""));
}

} // namespace
} // namespace hawser::test
