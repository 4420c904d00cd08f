// The resource `headers` in the running host.
#include "web.hpp"

namespace hawser::test {
namespace {

std::string around(const std::string &options, const std::string &inner)
{
    return web_with("\"/\" = { resource = \"headers\", " + options + ", inner = " + inner + " }");
}
const std::string kText = "{ resource = \"text\", body = \"one\", headers = { X-Old = \"1\", X-Kept = \"2\" } }";

TEST(Headers, SetsFieldsInThePlaceOfThoseOfTheResource)
{
    Host host(around("set = { X-Old = \"new\", Content-Type = \"text/html\" }", kText));
    ASSERT_TRUE(host.ready()) << host.process().err();
    const Client::Answer answer = host.connect().get("/");
    EXPECT_EQ(field_of(answer, "X-Old"), "new");
    EXPECT_EQ(field_of(answer, "Content-Type"), "text/html");
    EXPECT_EQ(count(answer.head, "X-Old"), 1U) << answer.head;
    EXPECT_EQ(answer.body, "one");
}

TEST(Headers, AddsBesideThoseOfTheResource)
{
    Host host(around("add = { X-Old = \"more\" }", kText));
    ASSERT_TRUE(host.ready()) << host.process().err();
    const std::string head = host.connect().get("/").head;
    EXPECT_TRUE(has(head, "X-Old: 1\r\n") && has(head, "X-Old: more\r\n")) << head;
}

TEST(Headers, RemovesFieldsInAnyCase)
{
    Host host(around("remove = [\"x-old\"]", kText));
    ASSERT_TRUE(host.ready()) << host.process().err();
    const Client::Answer answer = host.connect().get("/");
    EXPECT_FALSE(has(answer.head, "X-Old")) << answer.head;
    EXPECT_EQ(field_of(answer, "X-Kept"), "2");
}

TEST(Headers, GivesDefaultsOnlyWhereThereIsNone)
{
    Host host(around("default = { X-Old = \"other\", X-New = \"3\" }", kText));
    ASSERT_TRUE(host.ready()) << host.process().err();
    const Client::Answer answer = host.connect().get("/");
    EXPECT_EQ(field_of(answer, "X-Old"), "1");
    EXPECT_EQ(field_of(answer, "X-New"), "3");
}

TEST(Headers, ShowsTheResourceAnotherRequest)
{
    Host host(around("request = { set = { X-In = \"in\" }, remove = [\"Cookie\"] }", "{ resource = \"inspect\" }"));
    ASSERT_TRUE(host.ready()) << host.process().err();
    Client client = host.connect();
    const std::string seen = ask(client, "GET / HTTP/1.1\r\nCookie: secret\r\nX-In: out\r\n").body;
    EXPECT_TRUE(has(seen, "[\"X-In\",\"in\"]")) << seen;
    EXPECT_FALSE(has(seen, "secret") || has(seen, "\"out\"")) << seen;
}

TEST(Headers, LetsABodyThroughBothWays)
{
    Host host(around("set = { X-A = \"1\" }", "{ resource = \"echo\" }"));
    ASSERT_TRUE(host.ready()) << host.process().err();
    const std::string body(600'000, 'b');
    Client client = host.connect();
    const Client::Answer answer = ask(client, "POST / HTTP/1.1\r\n", body);
    EXPECT_EQ(field_of(answer, "X-A"), "1");
    EXPECT_EQ(answer.body, body);
}

TEST(Headers, LetsAFileThrough)
{
    TempDir site;
    site.write("big", std::string(500'000, 'f'));
    Host host(around("set = { X-A = \"1\" }", "{ resource = \"static\", root = \"" + site.path() + "\" }"));
    ASSERT_TRUE(host.ready()) << host.process().err();
    const Client::Answer answer = host.connect().get("/big");
    EXPECT_EQ(field_of(answer, "X-A"), "1");
    EXPECT_EQ(answer.body.size(), 500'000U);
}

TEST(Headers, RefusesWhatNoAnswerCouldCarry)
{
    const std::string inner = ", inner = { resource = \"text\" } }";
    const auto why = [&](const std::string &options) {
        return refusal_of("\"/\" = { resource = \"headers\", " + options + inner);
    };
    EXPECT_TRUE(has(why("set = { \"X Y\" = \"1\" }"), "set.X Y: headers: expected the name of a header field"));
    EXPECT_TRUE(has(why("add = { Date = \"1\" }"), "the server sets Date itself"));
    EXPECT_TRUE(has(why("default = { X = \"a\\r\\nb\" }"), "expected a value without control characters"));
    EXPECT_TRUE(has(why("remove = [\"\"]"), "expected names of header fields"));
}

} // namespace
} // namespace hawser::test
