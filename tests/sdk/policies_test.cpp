// Tests of hawser/policies.hpp: what stands around sessions.
#include "hawser/hawser.hpp"
#include "hawser/lines.hpp"
#include "hawser/policies.hpp"
#include "hawser/testing.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <string>

namespace {

using hawser::Policies;
using hawser::testing::Host;
using hawser::testing::Instance;
using namespace std::chrono_literals;

struct Upper : hawser::LineReceiver<Upper> {
    using LineReceiver::LineReceiver;
    void line(std::string_view text) { send_line("<" + std::string(text) + ">"); }
};

Policies of_options(const hawser::Node &node)
{
    return {.total = node.option("total").integer(),
            .per_address = node.option("per_address").integer(),
            .bytes_per_second = node.option("rate").integer(),
            .traffic_log = node.option("log").boolean()};
}

struct PoliciesTest : testing::Test {
    Host host;
    static hawser::testing::Options options(std::int64_t total, std::int64_t per_address, std::int64_t rate, bool log)
    {
        return {{"total", total}, {"per_address", per_address}, {"rate", rate}, {"log", log}};
    }
};

TEST_F(PoliciesTest, LetAsManyInAsTheySay)
{
    Instance lines(host, hawser::guarded_protocol<Upper, of_options>("upper"), options(2, 0, 0, false));
    auto first = lines.connect(), second = lines.connect(), third = lines.connect();
    EXPECT_EQ(second.ask("a\n"), "<a>\r\n");
    EXPECT_TRUE(third.closed());
    EXPECT_EQ(host.logged("limited").size(), 1U);
    first.close();
    auto fourth = lines.connect();
    EXPECT_EQ(fourth.ask("b\n"), "<b>\r\n") << "a place was free again";
}

TEST_F(PoliciesTest, CountEachAddressForItself)
{
    Instance lines(host, hawser::guarded_protocol<Upper, of_options>("upper"), options(0, 1, 0, false));
    auto first = lines.connect(), second = lines.connect();
    EXPECT_FALSE(first.closed());
    EXPECT_TRUE(second.closed()) << "the kit's peers have one address";
    first.close();
    auto third = lines.connect();
    EXPECT_FALSE(third.closed());
}

TEST_F(PoliciesTest, LetNoMoreThroughThanASecondsWorth)
{
    Instance lines(host, hawser::guarded_protocol<Upper, of_options>("upper"), options(0, 0, 10, false));
    auto peer = lines.connect();
    peer.send("aaaa\nbbbb\ncccc\ndddd\n"); // twenty bytes
    EXPECT_EQ(peer.receive(), "<aaaa>\r\n<bbbb>\r\n");
    host.advance(1100ms);
    EXPECT_EQ(peer.receive(), "<cccc>\r\n<dddd>\r\n");
    EXPECT_FALSE(peer.closed());
}

TEST_F(PoliciesTest, LetThroughAsMuchAsTheySayHoweverSlowThatIs)
{
    Instance lines(host, hawser::guarded_protocol<Upper, of_options>("upper"), options(0, 0, 3, false));
    auto peer = lines.connect();
    peer.send("a\nb\nc\nd\n"); // eight bytes
    EXPECT_EQ(peer.receive(), "<a>\r\n");
    for (int i = 0; i < 20; ++i) host.advance(100ms);
    EXPECT_EQ(peer.receive(), "<b>\r\n<c>\r\n<d>\r\n");
}

TEST_F(PoliciesTest, LetThroughALineThatIsLongerThanASecondsWorth)
{
    Instance lines(host, hawser::guarded_protocol<Upper, of_options>("upper"), options(0, 0, 10, false));
    auto peer = lines.connect();
    peer.send(std::string(24, 'a') + "\nb\n");
    host.advance(1s);
    EXPECT_EQ(peer.receive(), "");
    host.advance(1s);
    EXPECT_EQ(peer.receive(), "<" + std::string(24, 'a') + ">\r\n<b>\r\n");
}

TEST_F(PoliciesTest, LogWhatGoesBothWays)
{
    Instance lines(host, hawser::guarded_protocol<Upper, of_options>("upper"), options(0, 0, 0, true));
    auto peer = lines.connect();
    peer.send("a\x01\n");
    EXPECT_EQ(peer.receive(), "<a\x01>\r\n");
    std::string received, sent;
    for (const auto &event : host.logged("received")) received += event.fields.at("data");
    for (const auto &event : host.logged("sent")) sent += event.fields.at("data");
    EXPECT_NE(received.find("a\\x01\\x0a"), std::string::npos) << received;
    EXPECT_EQ(sent, "<a\\x01>\\x0d\\x0a");
}

} // namespace
