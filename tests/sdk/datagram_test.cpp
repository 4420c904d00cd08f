// Tests of hawser/datagram.hpp, over the network in memory of the test kit.
#include "hawser/datagram.hpp"
#include "hawser/scope.hpp"
#include "hawser/testing.hpp"

#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <vector>

namespace {

using hawser::Address;
using hawser::Datagrams;
using hawser::Scope;
using hawser::StatusError;
using hawser::Task;
using hawser::testing::DatagramNet;
using hawser::testing::Host;

struct DatagramPorts : testing::Test {
    Host host;
    hawser::Node node = host.node();
    Scope scope{node};
    DatagramNet::Peer peer{host.datagrams(), Address::parse("192.0.2.7:53")};
    std::string log;

    static Task<> answer(Datagrams &port, std::string &log)
    {
        try {
            while (auto question = co_await port.receive()) {
                log += question->data + ';';
                port.send("you said " + question->data, question->from);
            }
            log += "end;";
        } catch (const StatusError &error) {
            log += "failed " + std::to_string(error.status()) + ';';
        }
    }
};

TEST_F(DatagramPorts, ReceiveAndAnswerOneByOne)
{
    Datagrams port(node, "udp:127.0.0.1:5353");
    scope.spawn(answer(port, log));
    peer.send("hello", port.local());
    peer.send("", port.local());
    const auto heard = peer.receive();
    EXPECT_EQ(log, "hello;;");
    ASSERT_EQ(heard.size(), 2U);
    EXPECT_EQ(heard[0].first, "you said hello");
    EXPECT_EQ(heard[0].second.text(), "127.0.0.1:5353");
    scope.cancel();
}

TEST_F(DatagramPorts, SendToTheirPeerByName)
{
    host.datagrams().name("dns.test", "192.0.2.7");
    Datagrams port(node, "udp:", {.peer = "udp:dns.test:53"});
    EXPECT_TRUE(port.send("question"));
    const auto heard = peer.receive();
    ASSERT_EQ(heard.size(), 1U);
    EXPECT_EQ(heard[0].first, "question");
    EXPECT_EQ(port.peer().text(), "192.0.2.7:53");
}

TEST_F(DatagramPorts, ThrowOnceWhenTheirPeerIsNotThere)
{
    Datagrams port(node, "udp:", {.peer = "udp:192.0.2.99:53"});
    scope.spawn(answer(port, log));
    port.send("anybody");
    host.run();
    EXPECT_EQ(log, "failed -5;");
    scope.spawn(answer(port, log));
    host.run();
    EXPECT_EQ(log, "failed -5;") << "it may be asked again";
    scope.cancel();
}

TEST_F(DatagramPorts, ThrowWhenTheirPeersNameIsNone)
{
    Datagrams port(node, "udp:", {.peer = "udp:nowhere.test:53"});
    scope.spawn(answer(port, log));
    host.run();
    EXPECT_EQ(log, "failed -9;");
    EXPECT_THROW(port.send("x"), StatusError);
}

TEST_F(DatagramPorts, HoldTheNextBackWhenNobodyReceives)
{
    Datagrams port(node, "udp:127.0.0.1:5353", {.most_waiting = 2});
    for (const char *each : {"1", "2", "3", "4", "5"}) peer.send(each, port.local());
    scope.spawn(answer(port, log));
    host.run();
    EXPECT_EQ(log, "1;2;3;4;5;");
    scope.cancel();
}

TEST_F(DatagramPorts, CallBackInsteadIfTheyAreTold)
{
    Datagrams port(node, "udp:127.0.0.1:5353", {.heard = [this](std::string_view data, const Address &from) {
                       log += std::string(data) + " of " + from.text() + ';';
                       if (data == "bad") throw hawser::Error("it is bad");
                   }});
    peer.send("good", port.local());
    peer.send("bad", port.local());
    EXPECT_EQ(log, "good of 192.0.2.7:53;bad of 192.0.2.7:53;");
    ASSERT_EQ(host.logged("datagram_failed").size(), 1U);
    EXPECT_EQ(host.logged("datagram_failed")[0].fields.at("error"), "it is bad");
}

TEST_F(DatagramPorts, SayWhenToWaitAndWhenItIsOver)
{
    Datagrams port(node, "udp:127.0.0.1:5353");
    host.datagrams().full(true);
    EXPECT_FALSE(port.send("1", peer.address()));
    scope.spawn([](Datagrams &of, std::string &into) -> Task<> {
        co_await of.drained();
        into += "drained;";
    }(port, log));
    host.run();
    EXPECT_EQ(log, "");
    host.datagrams().full(false);
    host.run();
    EXPECT_EQ(log, "drained;");
}

TEST_F(DatagramPorts, HearTheirGroups)
{
    Datagrams one(node, "udp:0.0.0.0:5353", {.shared = true}), two(node, "udp:0.0.0.0:5353", {.shared = true});
    one.join(Address::parse("239.1.2.3:0"));
    two.join(Address::parse("239.1.2.3:0"));
    EXPECT_THROW(one.join(Address::parse("239.1.2.3:0")), StatusError);
    scope.spawn(answer(one, log));
    scope.spawn(answer(two, log));
    peer.send("all", Address::parse("239.1.2.3:5353"));
    EXPECT_EQ(log, "all;all;");
    two.leave(Address::parse("239.1.2.3:0"));
    peer.send("one", Address::parse("239.1.2.3:5353"));
    EXPECT_EQ(log, "all;all;one;");
    scope.cancel();
}

TEST_F(DatagramPorts, MayEndWhileSomebodyWaits)
{
    auto port = std::make_unique<Datagrams>(node, "udp:127.0.0.1:5353");
    scope.spawn(answer(*port, log));
    host.run();
    scope.cancel();
    port.reset();
    peer.send("late", Address::parse("127.0.0.1:5353"));
    EXPECT_EQ(log, "");
}

TEST_F(DatagramPorts, AreRefusedWithTheReason)
{
    const auto refusal = [this](const char *address, const char *with = "") {
        try {
            const Datagrams port(node, address, {.peer = with});
        } catch (const StatusError &error) {
            return std::to_string(error.status()) + ' ' + error.what();
        }
        return std::string();
    };
    const Datagrams port(node, "udp:127.0.0.1:5353");
    EXPECT_EQ(refusal("udp:127.0.0.1:5353"), "-10 udp:127.0.0.1:5353: Address already in use");
    EXPECT_EQ(refusal("udp:name:53"), "-7 expected \"udp:\" with a literal address and a port");
    EXPECT_EQ(refusal("tcp:127.0.0.1:53"), "-8 expected the scheme udp or unixgram");
    host.interface("hawser.datagram/1", nullptr);
    EXPECT_EQ(refusal("udp:"), "-8 the host has no hawser.datagram/1");
}

TEST(Addresses, AreReadAndShownAsPeopleWriteThem)
{
    for (const char *text : {"192.0.2.1:53", "[2001:db8::1]:53", "[::]:0", "unix:/run/x"})
        EXPECT_EQ(Address::parse(text).text(), text);
    EXPECT_EQ(Address::parse("192.0.2.1:53").port(), 53);
    EXPECT_EQ(Address::parse("192.0.2.1:53"), Address::parse("192.0.2.1:53"));
    EXPECT_FALSE(Address::parse("192.0.2.1:53") == Address::parse("192.0.2.1:54"));
    for (const char *text :
         {"", "192.0.2.1", "192.0.2.1:", "192.0.2.1:x", "192.0.2.1:70000", "name:53", "2001:db8::1:53"})
        EXPECT_THROW(Address::parse(text), hawser::Error) << text;
}

} // namespace
