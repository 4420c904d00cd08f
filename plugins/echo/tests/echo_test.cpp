// The resource `echo` in the running host; the protocol: tests/system/serving_test.cpp.
#include "host_process.hpp"

#include <gtest/gtest.h>

#include <string>

namespace hawser::test {
namespace {

constexpr const char *kWeb = "[listeners.web]\naddress = \"127.0.0.1:0\"\nprotocol = \"http\"\n"
                             "routes = { \"/\" = { resource = \"echo\", max_body = \"64MiB\" } }\n";

std::string post(const std::string &fields, const std::string &body)
{
    return "POST / HTTP/1.1\r\nHost: a\r\n" + fields + "\r\n" + body;
}

TEST(EchoResource, AnswersWithTheTypeOfTheRequest)
{
    Host host(kWeb);
    ASSERT_TRUE(host.ready());
    Client client = host.connect();
    client.send(post("Content-Length: 2\r\nContent-Type: text/csv\r\n", "ab"));
    EXPECT_NE(client.answer().head.find("\r\nContent-Type: text/csv\r\n"), std::string::npos);
    client.send(post("Transfer-Encoding: chunked\r\nContent-Type: a/b\r\n", "1\r\na\r\n0\r\n\r\n"));
    EXPECT_NE(client.answer().head.find("\r\nContent-Type: a/b\r\n"), std::string::npos);
    client.send(post("Content-Length: 2\r\n", "ab"));
    EXPECT_NE(client.answer().head.find("\r\nContent-Type: application/octet-stream\r\n"), std::string::npos);
}

TEST(EchoResource, SendsAPartBackBeforeTheNextHasCome)
{
    Host host(kWeb);
    ASSERT_TRUE(host.ready());
    Client client = host.connect();
    client.send(post("Transfer-Encoding: chunked\r\n", "3\r\nabc\r\n"));
    EXPECT_NE(client.receive_until("3\r\nabc\r\n").find("Transfer-Encoding: chunked\r\n"), std::string::npos);
    client.send("2\r\nde\r\n0\r\n\r\n");
    EXPECT_EQ(client.receive_until("0\r\n\r\n"), "2\r\nde\r\n0\r\n\r\n");
}

TEST(EchoResource, SendsAPromisedLengthBack)
{
    Host host(kWeb);
    ASSERT_TRUE(host.ready());
    Client client = host.connect();
    client.send(post("Content-Length: 6\r\n", "abc"));
    EXPECT_NE(client.receive_until("abc").find("Content-Length: 6\r\n"), std::string::npos);
    client.send("def");
    EXPECT_EQ(client.receive(3), "def");
}

TEST(EchoResource, AnswersARequestWithoutABodyWithNone)
{
    Host host(kWeb);
    ASSERT_TRUE(host.ready());
    const Client::Answer answer = host.connect().get("/");
    EXPECT_EQ(answer.status, 200);
    EXPECT_EQ(answer.body, "");
    EXPECT_NE(answer.head.find("\r\nContent-Length: 0\r\n"), std::string::npos);
}

} // namespace
} // namespace hawser::test
