// The resource `inspect` in the running host.
#include "web.hpp"

namespace hawser::test {
namespace {

const std::string kRoutes = "\"/show\" = { resource = \"inspect\", show = \"1KiB\" }";

TEST(Inspect, ShowsTheRequestAsTheServerSeesIt)
{
    Host host(web_with(kRoutes));
    ASSERT_TRUE(host.ready()) << host.process().err();
    const Client::Answer answer = host.connect().get("/show/./a%20b?x=\"1\"", "X-A: b\r\n");
    EXPECT_EQ(field_of(answer, "Content-Type"), "application/json");
    for (const char *part :
         {"\"method\":\"GET\"", "\"version\":\"1.1\"", "\"path\":\"/show/a%20b\"", "\"query\":\"x=\\\"1\\\"\"",
          "\"rest\":\"/a%20b\"", "[\"X-A\",\"b\"]", "\"peer\":\"127.0.0.1:"})
        EXPECT_TRUE(has(answer.body, part)) << part << answer.body;
}

TEST(Inspect, ShowsTextAsTextAndBytesInBase64)
{
    Host host(web_with(kRoutes));
    ASSERT_TRUE(host.ready()) << host.process().err();
    Client client = host.connect();
    EXPECT_TRUE(has(ask(client, "POST /show HTTP/1.1\r\n", "h\xc3\xa4llo").body,
                    "\"length\":6,\"truncated\":false,\"text\":\"h\xc3\xa4llo\""));
    EXPECT_TRUE(has(ask(client, "POST /show HTTP/1.1\r\n", "\xff\xfe").body, "\"base64\":\"//4=\""));
}

TEST(Inspect, CountsWhatIsTooLongToShow)
{
    Host host(web_with(kRoutes));
    ASSERT_TRUE(host.ready()) << host.process().err();
    Client client = host.connect();
    const std::string seen = ask(client, "POST /show HTTP/1.1\r\n", std::string(300'000, 'x')).body;
    EXPECT_TRUE(has(seen, "\"length\":300000,\"truncated\":true")) << seen.substr(0, 500);
    EXPECT_LT(seen.size(), 2500U);
}

TEST(Inspect, SaysValidJsonOfFieldsThatAreNoText)
{
    Host host(web_with(kRoutes));
    ASSERT_TRUE(host.ready()) << host.process().err();
    const std::string seen = host.connect().get("/show", "X-A: \xff\"\r\n").body;
    EXPECT_TRUE(has(seen, "[\"X-A\",\"\xef\xbf\xbd\\\"\"]")) << seen;
}

} // namespace
} // namespace hawser::test
