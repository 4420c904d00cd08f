// Tests of hawser/lines.hpp: sessions that get whole messages.
#include "hawser/lines.hpp"
#include "hawser/protocol.hpp"
#include "hawser/testing.hpp"

#include <cstdint>
#include <gtest/gtest.h>
#include <string>
#include <string_view>
#include <utility>

namespace {

using hawser::testing::Host;
using hawser::testing::Instance;

struct Talk : hawser::LineReceiver<Talk> {
    using LineReceiver::LineReceiver;
    void line(std::string_view text)
    {
        if (text == "raw") return set_raw();
        if (text == "quit") return close();
        if (text == "pause") return pause(true);
        send_line("[" + std::string(text) + "]");
    }
    void raw(std::string_view bytes)
    {
        const std::size_t end = bytes.find('.');
        send_line("raw " + std::string(bytes.substr(0, end)));
        if (end != std::string_view::npos) set_lines(bytes.substr(end + 1));
    }
    void drain(std::uint64_t, std::uint32_t) { pause(false); } // for the tests
};

struct Lines : testing::Test {
    Host host;
    Instance protocol{host, hawser::protocol<Talk>("talk")};
};

TEST_F(Lines, ComeWholeHoweverTheirBytesCome)
{
    auto peer = protocol.connect();
    EXPECT_EQ(peer.ask("one\r\ntwo\n\nthr"), "[one]\r\n[two]\r\n[]\r\n");
    EXPECT_EQ(peer.ask("ee\r"), "");
    EXPECT_EQ(peer.ask("\n"), "[three]\r\n");
}

TEST_F(Lines, MayBeAsLongAsTheLimitAndNoLonger)
{
    auto peer = protocol.connect();
    EXPECT_EQ(peer.ask(std::string(16384, 'a') + "\r\n").size(), 16384U + 4);
    EXPECT_FALSE(peer.closed());
    peer.send(std::string(16385, 'a') + "\n");
    EXPECT_TRUE(peer.closed());
}

TEST_F(Lines, WithoutAnEndDoNotGrowBeyondTheLimit)
{
    auto peer = protocol.connect();
    peer.send(std::string(20'000, 'a'));
    EXPECT_TRUE(peer.closed());
}

TEST_F(Lines, GiveWayToRawBytesAndComeBack)
{
    auto peer = protocol.connect();
    peer.wire().largest_read = 1;
    const std::string answer = peer.ask("raw\nab.c\n");
    EXPECT_EQ(answer, "raw a\r\nraw b\r\nraw \r\n[c]\r\n");
}

TEST_F(Lines, StopAfterClose)
{
    auto peer = protocol.connect();
    EXPECT_EQ(peer.ask("a\nquit\nb\n"), "[a]\r\n");
    EXPECT_TRUE(peer.closed());
}

TEST_F(Lines, WaitWhilePaused)
{
    auto peer = protocol.connect();
    EXPECT_EQ(peer.ask("pause\nb\n"), "");
    protocol.drain();
    EXPECT_EQ(peer.receive(), "[b]\r\n");
}

struct Framed : hawser::LineReceiver<Framed> {
    explicit Framed(hawser::Connection connection)
        : LineReceiver(connection)
    {
        set_delimiter("--");
        set_limit(4);
    }
    void line(std::string_view text) { send_line(text); }
    void too_long(std::size_t bytes)
    {
        write("too long: " + std::to_string(bytes));
        close();
    }
};

TEST(OtherLines, HaveADelimiterOfTheirOwnAndSayWhatIsTooLong)
{
    Host host;
    Instance protocol(host, hawser::protocol<Framed>("framed"));
    auto peer = protocol.connect();
    EXPECT_EQ(peer.ask("ab-c-"), "");
    EXPECT_EQ(peer.ask("-"), "ab-c--");
    EXPECT_EQ(peer.ask("12345--").substr(0, 10), "too long: "); // how long depends on what came at once
    EXPECT_TRUE(peer.closed());
}

struct Patient : hawser::LineReceiver<Patient> {
    explicit Patient(hawser::Connection connection)
        : LineReceiver(connection)
    {
        set_delimiter("--");
        set_limit(4);
    }
    void line(std::string_view text) { write("[" + std::string(text) + "]"); }
    void too_long(std::size_t) { write("!"); }
};

TEST(OtherLines, LeaveOutTheRestOfOneThatIsTooLong)
{
    Host host;
    Instance protocol(host, hawser::protocol<Patient>("patient"));
    for (const std::size_t largest : {1U, 2U, 3U, 7U, 100U}) {
        auto peer = protocol.connect();
        peer.wire().largest_read = largest;
        EXPECT_EQ(peer.ask("ab--12345678901234567890-1-----cd--"), "[ab]![][-cd]") << largest;
        EXPECT_FALSE(peer.closed());
    }
}

template<typename Length>
struct Skipping : hawser::IntReceiver<Skipping<Length>, Length> {
    explicit Skipping(hawser::Connection connection)
        : hawser::IntReceiver<Skipping<Length>, Length>(connection)
    {
        this->set_limit(4);
    }
    void message(std::string_view text) { this->write("[" + std::string(text) + "]"); }
    void too_long(std::size_t bytes) { this->write("!" + std::to_string(bytes)); }
};

template<typename Length>
struct Message : hawser::IntReceiver<Message<Length>, Length> {
    using hawser::IntReceiver<Message<Length>, Length>::IntReceiver;
    void message(std::string_view text) { this->send(std::string(text) + "!"); }
};

TEST(LengthPrefixed, MessagesHaveTheirLengthInNetworkOrder)
{
    Host host;
    using namespace std::string_literals;
    Instance one(host, hawser::protocol<Message<std::uint8_t>>("int8"));
    EXPECT_EQ(one.connect().ask("\2ab\0\1c"s), "\3ab!\1!\2c!"s);
    Instance two(host, hawser::protocol<Message<std::uint16_t>>("int16"));
    EXPECT_EQ(two.connect().ask("\0\2ab"s), "\0\3ab!"s);
    Instance four(host, hawser::protocol<Message<std::uint32_t>>("int32"));
    EXPECT_EQ(four.connect().ask("\0\0\0\2ab"s), "\0\0\0\3ab!"s);
}

TEST(LengthPrefixed, ALengthAboveTheLimitEndsTheConnectionBeforeItsBytesCome)
{
    Host host;
    Instance protocol(host, hawser::protocol<Message<std::uint32_t>>("int32"));
    auto peer = protocol.connect();
    peer.send("\xff\xff\xff\xff");
    EXPECT_TRUE(peer.closed());
}

struct Net : hawser::NetstringReceiver<Net> {
    using NetstringReceiver::NetstringReceiver;
    void message(std::string_view text) { send(text); }
};

TEST(LengthPrefixed, OneThatIsTooLongIsLeftOut)
{
    Host host;
    using namespace std::string_literals;
    Instance protocol(host, hawser::protocol<Skipping<std::uint8_t>>("skipping"));
    for (const std::size_t largest : {1U, 2U, 3U, 7U, 100U}) {
        auto peer = protocol.connect();
        peer.wire().largest_read = largest;
        EXPECT_EQ(peer.ask("\2ab\x0b"
                           "\1c\1c\1c\1c\1c\1\2cd"s),
                  "[ab]!11[cd]")
            << largest;
    }
}

TEST(Netstrings, ComeWhole)
{
    Host host;
    Instance protocol(host, hawser::protocol<Net>("net"));
    EXPECT_EQ(protocol.connect().ask("5:hello,0:,3:a,b,"), "5:hello,0:,3:a,b,");
}

TEST(Netstrings, ThatAreNoneEndTheConnection)
{
    Host host;
    Instance protocol(host, hawser::protocol<Net>("net"));
    for (const char *wrong : {"05:hello,", "x", ":,", "5hello", "5:hello.", "99999999999999999999:"}) {
        auto peer = protocol.connect();
        peer.send(wrong);
        EXPECT_TRUE(peer.closed()) << wrong;
        EXPECT_EQ(peer.receive(), "") << wrong;
    }
}

struct Lenient : hawser::NetstringReceiver<Lenient> {
    explicit Lenient(hawser::Connection connection)
        : NetstringReceiver(connection)
    {
        set_limit(4);
    }
    void message(std::string_view text) { send(text); }
    void malformed() { write("malformed"); }
    void too_long(std::size_t) { write("too long"); }
};

TEST(Netstrings, EndTheConnectionAlsoOfOneWhoHasHadItsSay)
{
    Host host;
    Instance protocol(host, hawser::protocol<Lenient>("lenient"));
    for (const auto &[wrong, said] : {std::pair{"x3:abc,", "malformed"}, {"15:3:abc,3:abc,3:a,,", "too long"}}) {
        auto peer = protocol.connect();
        EXPECT_EQ(peer.ask(wrong), said);
        EXPECT_TRUE(peer.closed()) << wrong;
    }
}

} // namespace
