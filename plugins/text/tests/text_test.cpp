// The resource `text` in the running host.
#include "host_process.hpp"

#include <gtest/gtest.h>

#include <string>

namespace hawser::test {
namespace {

std::string web(const std::string &options)
{
    return "[listeners.web]\naddress = \"127.0.0.1:0\"\nprotocol = \"http\"\n[listeners.web.routes]\n"
           "\"/\" = { resource = \"text\"" +
           options + " }\n";
}

bool has(const Client::Answer &answer, const std::string &line)
{
    return answer.head.find("\r\n" + line + "\r\n") != std::string::npos;
}

TEST(Text, AnswersWithStatusTypeHeadersAndBody)
{
    Host host(web(", status = 410, type = \"text/html\", body = \"gone\", headers = { X-Why = \"moved away\" }"));
    ASSERT_TRUE(host.ready()) << host.process().err();
    const Client::Answer answer = host.connect().get("/");
    EXPECT_EQ(answer.status, 410);
    EXPECT_EQ(answer.body, "gone");
    EXPECT_TRUE(has(answer, "Content-Type: text/html")) << answer.head;
    EXPECT_TRUE(has(answer, "X-Why: moved away")) << answer.head;
}

TEST(Text, SaysNoTypeIfThatIsEmpty)
{
    Host host(web(", type = \"\", body = \"x\""));
    ASSERT_TRUE(host.ready());
    const Client::Answer answer = host.connect().get("/");
    EXPECT_EQ(answer.body, "x");
    EXPECT_EQ(answer.head.find("Content-Type"), std::string::npos) << answer.head;
}

TEST(Text, SendsNoBodyWhereAStatusHasNone)
{
    Host host(web(", status = 204, body = \"x\""));
    ASSERT_TRUE(host.ready());
    Client client = host.connect();
    client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
    const std::string head = client.receive_until("\r\n\r\n");
    EXPECT_EQ(head.find("Content-Length"), std::string::npos) << head;
    client.send("GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
    EXPECT_TRUE(client.receive_all().starts_with("HTTP/1.1 204 ")) << "the next answer follows at once";
}

TEST(Text, RefusesHeadersThatNoAnswerCouldCarry)
{
    const struct {
        const char *option, *why;
    } cases[] = {
        {", headers = { \"X Y\" = \"1\" }", "text: expected the name of a header field, got \"X Y\""},
        {", headers = { \"\" = \"1\" }", "text: expected the name of a header field, got \"\""},
        {", headers = { X = \"a\\r\\nY: b\" }", "headers.X: text: expected a value without control characters"},
        {", headers = { Content-Length = \"1\" }",
         "headers.Content-Length: text: the server sets Content-Length itself"},
        {", headers = { date = \"now\" }", "headers.date: text: the server sets date itself; leave it out"},
        {", headers = { content-type = \"a/b\" }", "Content-Type has an option of its own; set `type`"},
        {", type = \"a/b\\n\"", "type: text: expected a content type without control characters"},
    };
    for (const auto &each : cases) {
        Host host(web(each.option));
        ASSERT_FALSE(host.ready()) << each.option;
        EXPECT_EQ(host.process().wait(), 78) << each.option;
        EXPECT_NE(host.process().err().find(each.why), std::string::npos) << host.process().err();
    }
}

} // namespace
} // namespace hawser::test
