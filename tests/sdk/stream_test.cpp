// Tests of hawser/stream.hpp: protocols that are one coroutine a connection.
#include "hawser/combine.hpp"
#include "hawser/plugin.hpp"
#include "hawser/stream.hpp"
#include "hawser/testing.hpp"

#include <cctype>
#include <chrono>
#include <gtest/gtest.h>
#include <stdexcept>
#include <string>
#include <string_view>

namespace {

using hawser::Stream;
using hawser::Task;
using hawser::testing::Host;
using hawser::testing::Instance;
using namespace std::chrono_literals;

Task<> shout(Stream &stream)
{
    while (const auto line = co_await stream.read_line(20)) {
        std::string text(*line);
        for (char &c : text) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
        co_await stream.write(text + "!\n");
    }
}

TEST(Streams, AnswerLineByLineHoweverTheyCome)
{
    Host host;
    Instance protocol(host, hawser::stream_protocol<shout>("shout"));
    auto peer = protocol.connect();
    EXPECT_EQ(peer.ask("one\r\ntw"), "ONE!\n");
    EXPECT_EQ(peer.ask("o\n\nthree"), "TWO!\n!\n");
}

TEST(Streams, EndWhenThePeerEnds)
{
    Host host;
    Instance protocol(host, hawser::stream_protocol<shout>("shout"));
    auto peer = protocol.connect();
    peer.send("bye\n");
    peer.end();
    EXPECT_EQ(peer.receive(), "BYE!\n");
    EXPECT_TRUE(peer.closed());
    EXPECT_EQ(peer.reason(), HAWSER_OK);
}

TEST(Streams, AnEndInTheMiddleOfALineAbortsAndIsLogged)
{
    Host host;
    Instance protocol(host, hawser::stream_protocol<shout>("shout"));
    auto peer = protocol.connect();
    peer.send("by");
    peer.end();
    EXPECT_EQ(peer.reason(), HAWSER_CANCELLED);
    ASSERT_EQ(host.logged("session_failed").size(), 1U);
    EXPECT_EQ(host.logged("session_failed")[0].fields["error"], "the peer ended in the middle of what was to be read");
}

TEST(Streams, TwentyBytesAreALineAndTwentyOneAreTooMany)
{
    Host host;
    Instance protocol(host, hawser::stream_protocol<shout>("shout"));
    auto peer = protocol.connect();
    EXPECT_EQ(peer.ask(std::string(20, 'a') + "\r\n"), std::string(20, 'A') + "!\n");
    peer.send(std::string(21, 'a') + "\n");
    EXPECT_TRUE(peer.closed());
    auto endless = protocol.connect();
    endless.send(std::string(100, 'a'));
    EXPECT_TRUE(endless.closed());
}

TEST(Streams, EndWhatIsIdleWhenTheHostDrains)
{
    Host host;
    Instance protocol(host, hawser::stream_protocol<shout>("shout"));
    auto idle = protocol.connect(), busy = protocol.connect();
    busy.send("half a li");
    protocol.drain();
    EXPECT_TRUE(idle.closed());
    EXPECT_EQ(idle.reason(), HAWSER_OK);
    EXPECT_FALSE(busy.closed());
    EXPECT_EQ(busy.ask("ne\n"), "HALF A LINE!\n");
    EXPECT_TRUE(busy.closed());
}

TEST(Streams, AreCancelledWhereTheyWaitWhenTheConnectionEnds)
{
    Host host;
    Instance protocol(host, hawser::stream_protocol<shout>("shout"));
    auto peer = protocol.connect();
    peer.reset();
    EXPECT_TRUE(peer.closed());
    EXPECT_EQ(host.logged().size(), 0U);
}

Task<> impatient(Stream &stream)
{
    stream.set_idle_timeout(5s);
    try {
        while (const auto line = co_await stream.read_line()) co_await stream.write("ok\n");
    } catch (const hawser::StatusError &error) {
        if (error.status() != HAWSER_TIMED_OUT) throw;
    }
    co_await stream.write("too slow\n");
}

TEST(Streams, GiveUpOnAPeerThatSaysNothing)
{
    Host host;
    Instance protocol(host, hawser::stream_protocol<impatient>("impatient"));
    auto peer = protocol.connect();
    host.advance(4s);
    EXPECT_EQ(peer.ask("a\n"), "ok\n");
    host.advance(4s);
    EXPECT_FALSE(peer.closed());
    host.advance(1s);
    EXPECT_EQ(peer.receive(), "too slow\n");
    EXPECT_TRUE(peer.closed());
}

Task<> await_line(Stream &stream, std::string &log)
{
    try {
        co_await stream.read_line();
    } catch (const hawser::StatusError &error) {
        log += "read " + std::to_string(error.status()) + ';';
    }
}

Task<> write_much(Stream &stream, std::string &log)
{
    try {
        co_await stream.write(std::string(100'000, 'x'));
        log += "written;";
    } catch (const hawser::StatusError &error) {
        log += "write " + std::to_string(error.status()) + ';';
    }
}

struct BothWays {
    std::string log;
};

Task<> both_ways(Stream &stream, BothWays &both)
{
    stream.set_idle_timeout(5s);
    co_await hawser::when_all(await_line(stream, both.log), write_much(stream, both.log));
    co_await stream.write(both.log);
}

TEST(Streams, GiveUpOnAReadThoughAWriteHasEndedMeanwhile)
{
    Host host;
    Instance protocol(host, hawser::stream_protocol<both_ways, BothWays>("both"));
    auto peer = protocol.connect({}, false);
    host.advance(2s);
    peer.reads(true);
    host.advance(4s);
    EXPECT_EQ(peer.receive().substr(100'000), "written;read -3;");
}

TEST(Streams, GiveUpOnAReadAndOnAWriteThatBothWait)
{
    Host host;
    Instance protocol(host, hawser::stream_protocol<both_ways, BothWays>("both"));
    auto peer = protocol.connect({}, false);
    host.advance(6s);
    peer.reads(true);
    EXPECT_EQ(peer.receive().substr(100'000), "read -3;write -3;");
}

// Views hold until the next read, whatever is waited for in between.
Task<> slow_echo(Stream &stream)
{
    while (const auto block = co_await stream.read_exactly(4)) {
        co_await hawser::sleep(1s);
        co_await stream.write(*block);
    }
}

TEST(Streams, AViewOutlivesOtherWaits)
{
    Host host;
    Instance protocol(host, hawser::stream_protocol<slow_echo>("slow_echo"));
    auto peer = protocol.connect();
    peer.send("abcdefgh");
    host.advance(1s);
    EXPECT_EQ(peer.receive(), "abcd");
    host.advance(1s);
    EXPECT_EQ(peer.receive(), "efgh");
}

TEST(Streams, ReadNothingFromThePeerWhileNobodyAsks)
{
    Host host;
    Instance protocol(host, hawser::stream_protocol<slow_echo>("slow_echo"));
    auto peer = protocol.connect();
    peer.wire().largest_read = 4096;
    peer.send(std::string(1'000'000, 'x'));
    EXPECT_TRUE(peer.wire().paused());
}

Task<> pour(Stream &stream)
{
    for (int i = 0; i < 1000; ++i) co_await stream.write(std::string(1000, 'x'));
}

TEST(Streams, WaitForAPeerThatReadsSlowly)
{
    Host host;
    Instance protocol(host, hawser::stream_protocol<pour>("pour"));
    auto peer = protocol.connect({}, false);
    EXPECT_FALSE(peer.closed());
    peer.reads(true);
    std::size_t got = 0;
    for (int i = 0; i < 100 && !peer.closed(); ++i) got += peer.receive().size();
    EXPECT_EQ(got + peer.receive().size(), 1'000'000U);
    EXPECT_TRUE(peer.closed());
}

struct Count {
    int connections = 0;
};

Task<> counted(Stream &stream, Count &count) { co_await stream.write(std::to_string(++count.connections)); }

TEST(Streams, MayShareOneObjectALoop)
{
    Host host;
    Instance protocol(host, hawser::stream_protocol<counted, Count>("counted"));
    EXPECT_EQ(protocol.connect().receive(), "1");
    EXPECT_EQ(protocol.connect().receive(), "2");
}

Task<> until(Stream &stream)
{
    while (const auto part = co_await stream.read_until("<end>")) co_await stream.write(std::string(*part) + "|");
}

TEST(Streams, ReadUntilADelimiterThatComesInTwoReads)
{
    Host host;
    Instance protocol(host, hawser::stream_protocol<until>("until"));
    auto peer = protocol.connect();
    EXPECT_EQ(peer.ask("one<en"), "");
    EXPECT_EQ(peer.ask("d><e"), "one|");
    EXPECT_EQ(peer.ask("n><end>"), "<en>|");
}

} // namespace
