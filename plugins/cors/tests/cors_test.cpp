// The resource `cors` in the running host.
#include "web.hpp"

namespace hawser::test {
namespace {

std::string cors(const std::string &options)
{
    return "\"/\" = { resource = \"cors\", " + options + ", inner = { resource = \"text\", body = \"one\" } }";
}

TEST(Cors, AllowsTheOriginsThatAreNamedAndNoOther)
{
    Host host(web_with(cors("origins = [\"https://a.example\", \"https://*.b.example\"]")));
    ASSERT_TRUE(host.ready()) << host.process().err();
    const auto allowed = [&](const std::string &origin) {
        return field_of(host.connect().get("/", "Origin: " + origin + "\r\n"), "Access-Control-Allow-Origin");
    };
    EXPECT_EQ(allowed("https://a.example"), "https://a.example");
    EXPECT_EQ(allowed("https://x.b.example"), "https://x.b.example");
    for (const char *other : {"http://a.example", "https://a.example:444", "https://b.example", "https://evil.example",
                              "https://a.example.evil", "https://x/.b.example", "https://evil:1.b.example", "null"})
        EXPECT_EQ(allowed(other), "") << other;
}

TEST(Cors, LetsTheResourceAnswerAndTellsCaches)
{
    Host host(web_with(cors("origins = [\"https://a.example\"], expose = [\"X-A\"], credentials = true")));
    ASSERT_TRUE(host.ready()) << host.process().err();
    const Client::Answer answer = host.connect().get("/", "Origin: https://a.example\r\n");
    EXPECT_EQ(answer.body, "one");
    EXPECT_EQ(field_of(answer, "Vary"), "Origin");
    EXPECT_EQ(field_of(answer, "Access-Control-Expose-Headers"), "X-A");
    EXPECT_EQ(field_of(answer, "Access-Control-Allow-Credentials"), "true");
    EXPECT_EQ(field_of(host.connect().get("/"), "Vary"), "Origin") << "also without an origin";
}

TEST(Cors, AnswersAPreflightItself)
{
    Host host(web_with(
        cors("origins = [\"https://a.example\"], methods = [\"PUT\"], headers = [\"X-A\"], max_age = \"1h\"")));
    ASSERT_TRUE(host.ready()) << host.process().err();
    Client client = host.connect();
    const Client::Answer answer =
        ask(client, "OPTIONS / HTTP/1.1\r\nOrigin: https://a.example\r\nAccess-Control-Request-Method: PUT\r\n");
    EXPECT_EQ(answer.status, 204);
    EXPECT_EQ(field_of(answer, "Access-Control-Allow-Methods"), "PUT");
    EXPECT_EQ(field_of(answer, "Access-Control-Allow-Headers"), "X-A");
    EXPECT_EQ(field_of(answer, "Access-Control-Max-Age"), "3600");
    EXPECT_EQ(ask(client, "OPTIONS / HTTP/1.1\r\n").body, "one") << "any other OPTIONS is the resource's";
}

TEST(Cors, RefusesWhatIsNoOrigin)
{
    for (const char *origin : {"a.example", "https://", "https://a.example/", "https://a*.example", "https://*.*.a"})
        EXPECT_TRUE(has(refusal_of(cors("origins = [\"" + std::string(origin) + "\"]")), "expected origins like"))
            << origin;
    EXPECT_TRUE(has(refusal_of(cors("origins = [\"*\"], credentials = true")), "browsers refuse credentials"));
}

} // namespace
} // namespace hawser::test
