// The resource `hosts` in the running host.
#include "web.hpp"

namespace hawser::test {
namespace {

std::string body_for(Host &host, const std::string &name)
{
    Client client = host.connect();
    client.send("GET / HTTP/1.1\r\nHost: " + name + "\r\n\r\n");
    return client.answer().body;
}

std::string with_hosts(const std::string &hosts, const std::string &more = {})
{
    return web_with("\"/\" = { resource = \"hosts\", hosts = { " + hosts + " }" + more + " }");
}

std::string text(const std::string &name)
{
    return '"' + name + "\" = { resource = \"text\", body = \"" + name + "\" }";
}

TEST(Hosts, AreToldApartByNameAndTheLongestPatternFirst)
{
    Host host(with_hosts(text("example.org") + ", " + text("*.example.org") + ", " + text("*.a.example.org") + ", " +
                         text("[::1]") + ", " + text("*")));
    ASSERT_TRUE(host.ready()) << host.process().err();
    EXPECT_EQ(body_for(host, "example.org"), "example.org");
    EXPECT_EQ(body_for(host, "Example.ORG:8080"), "example.org") << "in any case, with any port";
    EXPECT_EQ(body_for(host, "example.org."), "example.org") << "a name may end with its dot";
    EXPECT_EQ(body_for(host, "b.example.org"), "*.example.org");
    EXPECT_EQ(body_for(host, "c.b.example.org"), "*.example.org");
    EXPECT_EQ(body_for(host, "b.a.example.org"), "*.a.example.org");
    EXPECT_EQ(body_for(host, "[::1]:80"), "[::1]");
    EXPECT_EQ(body_for(host, "badexample.org"), "*");
}

TEST(Hosts, ThatNobodyServesAreMisdirected)
{
    Host host(with_hosts(text("example.org")));
    ASSERT_TRUE(host.ready()) << host.process().err();
    EXPECT_EQ(host.connect().get("/").status, 421);
}

TEST(Hosts, MayHaveAnotherStatusForOthers)
{
    Host host(with_hosts(text("example.org"), ", others = 404"));
    ASSERT_TRUE(host.ready()) << host.process().err();
    EXPECT_EQ(host.connect().get("/").status, 404);
}

TEST(Hosts, RefuseWhatIsNoName)
{
    const auto why = [](const std::string &name) {
        return refusal_of("\"/\" = { resource = \"hosts\", hosts = { " + text(name) + " } }");
    };
    for (const char *name : {"", "a:80", "a/b", "*.", "a.*", "http://a"})
        EXPECT_TRUE(has(why(name), "expected a host like \"example.org\"")) << name;
    EXPECT_TRUE(has(refusal_of("\"/\" = { resource = \"hosts\", hosts = { " + text("a") + ", " + text("A") + " } }"),
                    "this host stands here twice"));
}

} // namespace
} // namespace hawser::test
