#include "rig.hpp"

#include "hawser/datagram.h"

#include <gtest/gtest.h>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstring>
#include <string>
#include <vector>

namespace hawser::host::test {
namespace {

const hawser_datagrams &table(Rig &rig)
{
    return *static_cast<const hawser_datagrams *>(rig.host.abi()->get_interface(rig.host.abi(), HAWSER_DATAGRAM));
}

// Writes down what it hears.
struct Receiver {
    explicit Receiver(Rig *on)
        : rig(on)
    {}
    Receiver(const Receiver &) = delete;
    Receiver &operator=(const Receiver &) = delete;
    ~Receiver() { end(); }

    void end()
    {
        if (port == nullptr || over) return;
        rig->in_loop([&] { table(*rig).close(port); });
        EXPECT_TRUE(rig->eventually([&] { return over; }));
    }
    Rig *rig;
    bool over = false;
    std::string heard;
    hawser_port *port = nullptr;
    hawser_address last{};
    std::function<void(std::string_view)> on_datagram = [](std::string_view) {};

    static Receiver &of(void *self) { return *static_cast<Receiver *>(self); }
    static void opened(void *self, hawser_port *) { of(self).heard += "open;"; }
    static void datagram(void *self, hawser_bytes data, const hawser_address *from)
    {
        of(self).heard += std::string(data.p, data.n) + ';';
        of(self).last = *from;
        of(self).on_datagram({data.p, data.n});
    }
    static void error(void *self, std::int32_t reason, hawser_str)
    {
        of(self).heard += "error " + std::to_string(reason) + ';';
    }
    static void drained(void *self) { of(self).heard += "drained;"; }
    static void closed(void *self, std::int32_t reason, hawser_str)
    {
        of(self).heard += "close " + std::to_string(reason) + ';';
        of(self).over = true;
    }
    static constexpr hawser_receiver kTable{sizeof(hawser_receiver), 0, opened, datagram, error, drained, closed};

    std::int32_t open(const std::string &address, const std::string &peer = {}, std::uint32_t flags = 0)
    {
        std::int32_t status = 0;
        hawser_port_options options{sizeof options, flags, str(peer)};
        why.struct_size = sizeof why;
        rig->in_loop([&] {
            status = table(*rig).open(rig->abi, &rig->node, str(address), &options, &kTable, this, &port, &why);
            EXPECT_EQ(heard, "") << "never from inside";
        });
        return status;
    }
    std::int32_t send(std::string_view data, const hawser_address *to = nullptr)
    {
        std::int32_t status = 0;
        rig->in_loop([&] { status = table(*rig).send(port, {data.data(), data.size()}, to); });
        return status;
    }
    hawser_address address(std::uint32_t which = HAWSER_LOCAL)
    {
        hawser_address found{};
        found.struct_size = sizeof found;
        rig->in_loop([&] { EXPECT_EQ(table(*rig).address(port, which, &found), HAWSER_OK); });
        return found;
    }
    std::string udp() { return std::string("udp:") + address().text; }
    bool eventually(const std::string &wanted)
    {
        return rig->eventually([&] { return heard == wanted; });
    }
    hawser_error why{};
};

TEST(Datagram, GoesToAnAddressAndComesBackFromThere)
{
    Rig rig;
    Receiver server{&rig}, client{&rig};
    ASSERT_EQ(server.open("udp:127.0.0.1:0"), HAWSER_OK) << server.why.text;
    ASSERT_EQ(client.open("udp:127.0.0.1:0"), HAWSER_OK);
    const hawser_address to = server.address();
    EXPECT_EQ(client.send("over", &to), HAWSER_OK);
    EXPECT_TRUE(server.eventually("open;over;")) << server.heard;
    EXPECT_EQ(server.last.port, client.address().port);
    EXPECT_EQ(server.send("back", &server.last), HAWSER_OK);
    EXPECT_TRUE(client.eventually("open;back;")) << client.heard;
}

TEST(Datagram, OfNothingIsOneToo)
{
    Rig rig;
    Receiver server{&rig}, client{&rig};
    ASSERT_EQ(server.open("udp:[::1]:0"), HAWSER_OK) << server.why.text;
    ASSERT_EQ(client.open("udp:", server.udp()), HAWSER_OK) << client.why.text;
    EXPECT_EQ(client.send(""), HAWSER_OK);
    EXPECT_TRUE(server.eventually("open;;")) << server.heard;
}

TEST(Datagram, WaitsUntilTheNameOfItsPeerIsFound)
{
    Rig rig;
    Receiver server{&rig}, client{&rig};
    ASSERT_EQ(server.open("udp:127.0.0.1:0"), HAWSER_OK);
    const std::string peer = "udp:localhost:" + std::to_string(server.address().port);
    ASSERT_EQ(client.open("udp:127.0.0.1:0", peer), HAWSER_OK) << client.why.text;
    EXPECT_EQ(client.send("early"), HAWSER_OK);
    EXPECT_TRUE(server.eventually("open;early;")) << server.heard;
    EXPECT_EQ(client.address(HAWSER_PEER).port, server.address().port);
}

TEST(Datagram, TakesTheAddressOfItsPeerThatLeadsSomewhere)
{
    Rig rig;
    Receiver server{&rig}, client{&rig}; // the name is known to outgoing_test.cpp
    ASSERT_EQ(server.open("udp:127.0.0.1:0"), HAWSER_OK);
    ASSERT_EQ(client.open("udp:", "udp:mixed.test:" + std::to_string(server.address().port)), HAWSER_OK);
    EXPECT_EQ(client.send("found"), HAWSER_OK);
    EXPECT_TRUE(server.eventually("open;found;")) << server.heard << client.heard;
}

TEST(Datagram, SaysWhenItsPeersNameIsNone)
{
    Rig rig;
    Receiver client{&rig};
    ASSERT_EQ(client.open("udp:", "udp:no-such-name.invalid:9"), HAWSER_OK);
    EXPECT_TRUE(client.eventually("close -9;")) << client.heard;
}

TEST(Datagram, TellsThatNobodyListensAtItsPeer)
{
    Rig rig;
    Receiver gone{&rig}, client{&rig};
    ASSERT_EQ(gone.open("udp:127.0.0.1:0"), HAWSER_OK);
    const std::string peer = gone.udp();
    gone.end();
    ASSERT_EQ(client.open("udp:", peer), HAWSER_OK);
    EXPECT_EQ(client.send("anybody"), HAWSER_OK);
    EXPECT_TRUE(client.eventually("open;error -5;")) << client.heard;
    EXPECT_EQ(client.send("again"), HAWSER_OK) << "the port is still open";
}

TEST(Datagram, HearsNobodyButItsPeer)
{
    Rig rig;
    Receiver server{&rig}, client{&rig}, stranger{&rig};
    ASSERT_EQ(server.open("udp:127.0.0.1:0"), HAWSER_OK);
    ASSERT_EQ(client.open("udp:", server.udp()), HAWSER_OK);
    ASSERT_EQ(stranger.open("udp:127.0.0.1:0"), HAWSER_OK);
    hawser_address to = client.address();
    EXPECT_EQ(stranger.send("psst", &to), HAWSER_OK);
    EXPECT_EQ(server.send("hello", &to), HAWSER_OK);
    EXPECT_TRUE(client.eventually("open;hello;")) << client.heard;
}

TEST(Datagram, OfAUnixSocketComesWithThePathOfWhoSentIt)
{
    Rig rig;
    char folder[] = "/tmp/hawser-datagram-XXXXXX";
    ASSERT_NE(::mkdtemp(folder), nullptr);
    const std::string path = std::string(folder) + "/server";
    {
        Receiver server{&rig}, client{&rig};
        ASSERT_EQ(server.open("unixgram:" + path), HAWSER_OK) << server.why.text;
        ASSERT_EQ(client.open("unixgram:" + path + ".client"), HAWSER_OK) << client.why.text;
        hawser_address to{};
        std::strcpy(to.text, ("unix:" + path).c_str());
        EXPECT_EQ(client.send("over", &to), HAWSER_OK);
        EXPECT_TRUE(server.eventually("open;over;")) << server.heard;
        EXPECT_EQ(std::string(server.last.text), "unix:" + path + ".client");
    }
    EXPECT_NE(::access(path.c_str(), F_OK), 0) << "its name goes with it";
    ::rmdir(folder);
}

TEST(Datagram, TakesAUnixNameThatNobodyHasOpenAndNoOther)
{
    Rig rig;
    char folder[] = "/tmp/hawser-datagram-XXXXXX";
    ASSERT_NE(::mkdtemp(folder), nullptr);
    const std::string path = std::string(folder) + "/left";
    sockaddr_un name{};
    name.sun_family = AF_UNIX;
    std::strcpy(name.sun_path, path.c_str());
    Fd before(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0));
    ASSERT_EQ(::bind(before.get(), reinterpret_cast<sockaddr *>(&name), sizeof name), 0);
    Receiver server{&rig};
    EXPECT_EQ(server.open("unixgram:" + path), HAWSER_BUSY);
    EXPECT_NE(std::string(server.why.text).find(path), std::string::npos) << server.why.text;
    before.reset();
    EXPECT_EQ(server.open("unixgram:" + path), HAWSER_OK) << server.why.text;
    server.end();
    ::rmdir(folder);
}

TEST(Datagram, OfAGroupReachesEveryMember)
{
    Rig rig;
    Receiver one{&rig}, two{&rig}, sender{&rig};
    ASSERT_EQ(one.open("udp:0.0.0.0:0", {}, HAWSER_PORT_SHARED), HAWSER_OK) << one.why.text;
    const std::string same = "udp:0.0.0.0:" + std::to_string(one.address().port);
    ASSERT_EQ(two.open(same, {}, HAWSER_PORT_SHARED), HAWSER_OK) << two.why.text;
    ASSERT_EQ(sender.open("udp:127.0.0.1:0"), HAWSER_OK);
    hawser_address group{};
    group.family = 4;
    group.port = one.address().port;
    ::inet_pton(AF_INET, "239.1.2.3", group.ip);
    rig.in_loop([&] {
        for (const Receiver *each : {&one, &two}) EXPECT_EQ(table(rig).member(each->port, &group, 1, 1), HAWSER_OK);
        EXPECT_EQ(table(rig).member(one.port, &group, 1, 1), HAWSER_INVALID) << "a member already";
        EXPECT_EQ(table(rig).set(sender.port, HAWSER_PORT_INTERFACE, 1), HAWSER_OK);
        EXPECT_EQ(table(rig).set(sender.port, HAWSER_PORT_HOPS, 256), HAWSER_INVALID);
        EXPECT_EQ(table(rig).set(sender.port, HAWSER_PORT_HOPS, 2), HAWSER_OK);
    });
    EXPECT_EQ(sender.send("all", &group), HAWSER_OK);
    EXPECT_TRUE(one.eventually("open;all;")) << one.heard;
    EXPECT_TRUE(two.eventually("open;all;")) << two.heard;
    rig.in_loop([&] {
        EXPECT_EQ(table(rig).member(one.port, &group, 1, 0), HAWSER_OK);
        EXPECT_EQ(table(rig).member(one.port, &group, 1, 0), HAWSER_NOT_FOUND) << "no member any more";
    });
    EXPECT_EQ(sender.send("fewer", &group), HAWSER_OK);
    EXPECT_TRUE(two.eventually("open;all;fewer;")) << two.heard;
    EXPECT_TRUE(one.eventually("open;all;")) << one.heard;
}

TEST(Datagram, RefusesAddressesThatItCannotUseAndSaysWhatItExpected)
{
    Rig rig;
    Receiver any{&rig};
    for (const char *bad : {"", "udp", "udp:localhost:80", "udp:127.0.0.1", "udp:127.0.0.1:70000"})
        EXPECT_EQ(any.open(bad), HAWSER_INVALID) << bad;
    EXPECT_EQ(std::string(any.why.text),
              "expected \"udp:\" with a literal address and a port, or alone, got \"udp:127.0.0.1:70000\"");
    EXPECT_EQ(any.open("tcp:127.0.0.1:80"), HAWSER_UNSUPPORTED);
    EXPECT_EQ(any.open("udp:", "tcp:127.0.0.1:80"), HAWSER_INVALID);
    EXPECT_EQ(any.open("udp:127.0.0.1:0", "udp:127.0.0.1:0"), HAWSER_INVALID);
    EXPECT_EQ(any.open("unixgram:" + std::string(200, 'x')), HAWSER_INVALID);
    EXPECT_EQ(any.heard, "");
}

TEST(Datagram, IsRefusedWhereTheAddressIsTaken)
{
    Rig rig;
    Receiver one{&rig}, two{&rig};
    ASSERT_EQ(one.open("udp:127.0.0.1:0"), HAWSER_OK);
    EXPECT_EQ(two.open(one.udp()), HAWSER_BUSY);
}

TEST(Datagram, IsRefusedWithoutAnAddressOrTooLarge)
{
    Rig rig;
    Receiver one{&rig};
    ASSERT_EQ(one.open("udp:127.0.0.1:0"), HAWSER_OK);
    EXPECT_EQ(one.send("to nobody"), HAWSER_INVALID);
    EXPECT_TRUE(one.eventually("open;"));
    const hawser_address to = one.address();
    EXPECT_EQ(one.send(std::string(HAWSER_DATAGRAM_MAX, 'x'), &to), HAWSER_OK);
    EXPECT_EQ(one.send(std::string(HAWSER_DATAGRAM_MAX + 1, 'x'), &to), HAWSER_INVALID);
    EXPECT_EQ(one.send(std::string(100000, 'x'), &to), HAWSER_INVALID);
    hawser_address unix_name{};
    std::strcpy(unix_name.text, "unix:/tmp/x");
    EXPECT_EQ(one.send("x", &unix_name), HAWSER_INVALID);
}

TEST(Datagram, KeepsWhatWasReadWhenItIsPausedAndGivesItInOrder)
{
    Rig rig;
    Receiver server{&rig}, client{&rig};
    ASSERT_EQ(server.open("udp:127.0.0.1:0"), HAWSER_OK);
    ASSERT_EQ(client.open("udp:", server.udp()), HAWSER_OK);
    server.on_datagram = [&](std::string_view data) {
        if (data == "1") table(rig).pause(server.port, 1);
    };
    EXPECT_TRUE(client.eventually("open;"));
    rig.in_loop([&] {
        for (const char *each : {"1", "2", "3"}) table(rig).send(client.port, str(each), nullptr);
    });
    EXPECT_TRUE(server.eventually("open;1;")) << server.heard;
    rig.in_loop([] {});
    EXPECT_TRUE(server.eventually("open;1;")) << server.heard;
    rig.in_loop([&] { table(rig).pause(server.port, 0); });
    EXPECT_TRUE(server.eventually("open;1;2;3;")) << server.heard;
}

TEST(Datagram, MayBeClosedFromInsideOfItsReceiver)
{
    Rig rig;
    Receiver server{&rig}, client{&rig};
    ASSERT_EQ(server.open("udp:127.0.0.1:0"), HAWSER_OK);
    ASSERT_EQ(client.open("udp:", server.udp()), HAWSER_OK);
    server.on_datagram = [&](std::string_view) {
        table(rig).close(server.port);
        EXPECT_EQ(table(rig).send(server.port, str("x"), nullptr), HAWSER_CLOSED);
    };
    EXPECT_TRUE(client.eventually("open;"));
    rig.in_loop([&] {
        for (int i = 0; i < 5; ++i) table(rig).send(client.port, str("go"), nullptr);
    });
    EXPECT_TRUE(server.eventually("open;go;close 0;")) << server.heard;
}

TEST(Datagram, QueuesWhatAUnixPeerDoesNotTakeAndTellsWhenItIsDrained)
{
    Rig rig;
    char folder[] = "/tmp/hawser-datagram-XXXXXX";
    ASSERT_NE(::mkdtemp(folder), nullptr);
    const std::string path = std::string(folder) + "/slow";
    sockaddr_un name{};
    name.sun_family = AF_UNIX;
    std::strcpy(name.sun_path, path.c_str());
    Fd slow(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0));
    ASSERT_EQ(::bind(slow.get(), reinterpret_cast<sockaddr *>(&name), sizeof name), 0);
    Receiver client{&rig};
    ASSERT_EQ(client.open("unixgram:", "unixgram:" + path), HAWSER_OK) << client.why.text;
    EXPECT_TRUE(client.eventually("open;"));
    const std::string much(8000, 'x');
    std::int32_t status = HAWSER_OK;
    unsigned sent = 0;
    for (; status == HAWSER_OK && sent < 1000; ++sent) status = client.send(much);
    EXPECT_EQ(status, HAWSER_FULL);
    for (; (status = client.send(much)) == HAWSER_FULL && sent < 1000; ++sent) {}
    EXPECT_EQ(status, HAWSER_LIMIT);
    std::vector<char> buffer(10000);
    for (unsigned i = 0; i < sent; ++i) ASSERT_EQ(::recv(slow.get(), buffer.data(), buffer.size(), 0), 8000) << i;
    EXPECT_TRUE(client.eventually("open;drained;")) << client.heard;
    client.end();
    ::unlink(path.c_str());
    ::rmdir(folder);
}

TEST(Datagram, HearsThatTheLoopEnds)
{
    Rig rig;
    Receiver server{&rig};
    ASSERT_EQ(server.open("udp:127.0.0.1:0"), HAWSER_OK);
    EXPECT_TRUE(server.eventually("open;"));
    rig.end();
    EXPECT_EQ(server.heard, "open;close -4;");
}

TEST(Datagram, PortsThatHaveEndedAreNotUsed)
{
    Rig rig;
    Broken broken(rig);
    Receiver port{&rig};
    ASSERT_EQ(port.open("udp:127.0.0.1:0"), HAWSER_OK) << port.why.text;
    const hawser_address to = port.address();
    port.end();
    EXPECT_EQ(port.send("late", &to), HAWSER_INVALID);
    rig.in_loop([&] {
        hawser_address found{};
        found.struct_size = sizeof found;
        EXPECT_EQ(table(rig).address(port.port, HAWSER_LOCAL, &found), HAWSER_NOT_FOUND);
        EXPECT_EQ(table(rig).set(port.port, 1, 1), HAWSER_INVALID);
        table(rig).pause(port.port, 1);
        table(rig).close(port.port);
    });
    std::string expected;
    for (const char *call : {"send", "address", "set", "pause", "close"})
        expected += std::to_string(rig.node.tag) + "/0 hawser_datagrams." + call +
                    ": expected a port whose on_close has not returned, got one that has ended\n";
    EXPECT_EQ(broken.take(), expected);
    EXPECT_EQ(port.heard, "open;close 0;");
}

} // namespace
} // namespace hawser::host::test
