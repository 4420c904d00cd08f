#include "rig.hpp"

#include <sys/ioctl.h>

#include <algorithm>
#include <memory>
#include <string>
#include <vector>

namespace hawser::host {
namespace {

using test::Bench;
using test::Peer;

TEST(Connection, GivesWhatWasNotConsumedAgainWithWhatFollows)
{
    Bench bench;
    Peer peer(bench);
    bench.in_loop([&] {
        peer.probe->take = [&](std::string_view data) {
            bench.log += std::string(data) + '|';
            return data.ends_with('.') ? data.size() : 1;
        };
    });
    peer.send("abc");
    ASSERT_TRUE(bench.heard("abc|"));
    peer.send("d.");
    EXPECT_TRUE(bench.heard("abc|bcd.|"));
    peer.end();
    EXPECT_TRUE(bench.heard("eof;closed 0;"));
}

TEST(Connection, SendsInOneCallWhatOneCallbackWrote)
{
    Bench bench;
    Peer peer(bench);
    bench.in_loop([&] {
        peer.probe->take = [&](std::string_view data) {
            for (int i = 0; i < 10; ++i) peer.probe->say("part ");
            EXPECT_EQ(bench.counters.bytes_out.get(), 0U) << "nothing leaves inside the callback";
            return data.size();
        };
    });
    peer.send("x");
    EXPECT_EQ(peer.receive(50).size(), 50U);
}

TEST(Connection, ReadsLittleOnceOthersHaveSentMuchInTheSameTurn)
{
    constexpr std::size_t kMuch = 60'000;
    Bench bench;
    Peer one(bench), other(bench);
    struct Part {
        std::uint64_t turn;
        std::size_t size;
    };
    std::vector<Part> parts;
    std::size_t total = 0;
    bench.in_loop([&] {
        for (Peer *peer : {&one, &other}) {
            peer->probe->take = [&](std::string_view data) {
                parts.push_back({bench.counters.turns.get(), data.size()});
                total += data.size();
                if (total == 2 * kMuch) bench.log += "all;";
                return data.size();
            };
            peer->send(std::string(kMuch, 'x')); // both wait for the next turn
        }
    });
    ASSERT_TRUE(bench.heard("all;"));
    EXPECT_EQ(parts[0].size, kMuch);
    EXPECT_EQ(parts[1].turn, parts[0].turn);
    EXPECT_EQ(parts[1].size, 8192U);
}

TEST(Connection, HearsOutOnlyAFewInATurnOfThoseThatLinger)
{
    constexpr std::size_t kMany = 12;
    Bench bench;
    std::vector<std::unique_ptr<Peer>> peers;
    for (std::size_t i = 0; i < kMany; ++i) peers.push_back(std::make_unique<Peer>(bench));
    Peer witness(bench);
    bench.in_loop([&] {
        for (const auto &peer : peers) peer->probe->close(CloseHow::Linger);
    });
    const auto unread = [&] {
        return std::count_if(peers.begin(), peers.end(), [](const auto &peer) {
            int bytes = 0;
            EXPECT_EQ(::ioctl(peer->probe->socket(), FIONREAD, &bytes), 0);
            return bytes > 0;
        });
    };
    long then = -1;
    bench.in_loop([&] {
        witness.probe->take = [&](std::string_view data) {
            then = unread();
            return data.size();
        };
        for (const auto &peer : peers) peer->send("more");
        witness.send("x"); // the last that is ready in the next turn
    });
    long left = -1;
    for (int i = 0; i < 20000 && left != 0; ++i) bench.in_loop([&] { left = unread(); });
    EXPECT_EQ(then, 4) << "more or fewer than eight of them were heard in one turn";
    EXPECT_EQ(left, 0);
}

TEST(Connection, SaysFullAboveItsMarkAndDrainedWhenThereIsRoom)
{
    Bench bench;
    Peer peer(bench);
    const std::string block(1'500'000, 'b');
    bench.in_loop([&] { EXPECT_EQ(peer.probe->refer(block), Outcome::Full); });
    EXPECT_EQ(bench.released_so_far(), 0);
    EXPECT_EQ(peer.receive(block.size()).size(), block.size());
    EXPECT_TRUE(bench.heard("drained;"));
    EXPECT_EQ(bench.released_so_far(), 1);
}

TEST(Connection, KeepsOrderOverStageQueueAndCallsFromOutside)
{
    Bench bench;
    Peer peer(bench);
    std::string expected;
    for (int i = 0; i < 200; ++i) {
        const std::string text(static_cast<std::size_t>(1 + (i * 7919) % 20000), static_cast<char>('a' + i % 26));
        expected += text;
        bench.in_loop([&] { static_cast<void>(peer.probe->say(text)); });
        if (i % 50 != 49) continue;
        const std::string wanted = std::exchange(expected, {});
        EXPECT_TRUE(peer.receive(wanted.size()) == wanted);
    }
}

TEST(Connection, WhenPausedHearsNothingAndThenAllOfIt)
{
    Bench bench;
    Peer peer(bench);
    bench.in_loop([&] {
        peer.probe->take = [&](std::string_view data) {
            bench.log += std::string(data) + '|';
            if (bench.log == "one|") {
                peer.probe->pause(true);
                return std::size_t{0};
            }
            return data.size();
        };
    });
    peer.send("one");
    ASSERT_TRUE(bench.heard("one|"));
    peer.send("two");
    peer.shut_down();
    bench.in_loop([&] {});
    const std::uint64_t turns = bench.counters.turns.get();
    for (int i = 0; i < 10; ++i) bench.in_loop([] {});
    EXPECT_LE(bench.counters.turns.get(), turns + 15) << "no spin on a socket that nobody reads";
    EXPECT_EQ(bench.heard_so_far(), "one|");
    bench.in_loop([&] { peer.probe->pause(false); });
    EXPECT_TRUE(bench.heard("one|one|two|eof;closed 0;")) << bench.heard_so_far();
}

TEST(Connection, EndsOneDirectionAfterWhatIsQueued)
{
    Bench bench;
    Peer peer(bench);
    bench.in_loop([&] {
        peer.probe->take = [&](std::string_view data) {
            bench.log += data;
            return data.size();
        };
        peer.probe->say("last");
        peer.probe->close(CloseHow::Shutdown);
        EXPECT_EQ(peer.probe->say("more"), Outcome::Closed);
    });
    EXPECT_EQ(peer.receive(100), "last") << "then the end";
    peer.send("reply");
    EXPECT_TRUE(bench.heard("reply")) << "reading goes on";
    peer.end();
    EXPECT_TRUE(bench.heard("closed 0;"));
}

TEST(Connection, ClosesAfterWhatIsQueuedAndReleasesAll)
{
    Bench bench;
    Peer peer(bench);
    const std::string block(3'000'000, 'b');
    bench.in_loop([&] {
        peer.probe->refer(block);
        peer.probe->close(CloseHow::Close);
    });
    EXPECT_EQ(peer.receive(block.size() + 1).size(), block.size());
    EXPECT_TRUE(bench.heard("closed 0;"));
    EXPECT_EQ(bench.released_so_far(), 1);
}

TEST(Connection, LingersUntilThePeerEndsToo)
{
    Bench bench;
    Peer peer(bench);
    bench.in_loop([&] {
        peer.probe->say("no");
        peer.probe->close(CloseHow::Linger);
    });
    EXPECT_EQ(peer.receive(10), "no");
    peer.send(std::string(10'000, 'x')); // is read and thrown away, so that no reset destroys the answer
    bench.in_loop([&] { EXPECT_EQ(bench.log, ""); });
    peer.end();
    EXPECT_TRUE(bench.heard("closed 0;"));
}

TEST(Connection, AbortsAtOnceAndReleasesAll)
{
    Bench bench;
    Peer peer(bench);
    const std::string block(3'000'000, 'b');
    bench.in_loop([&] {
        peer.probe->refer(block);
        peer.probe->close(CloseHow::Abort);
        EXPECT_EQ(peer.probe->refer(block), Outcome::Closed);
        EXPECT_EQ(bench.log, "") << "never from inside";
    });
    EXPECT_TRUE(bench.heard("closed -4;"));
    EXPECT_EQ(bench.released_so_far(), 2);
}

TEST(Connection, TellsThatThePeerBrokeIt)
{
    Bench bench;
    Peer peer(bench);
    bench.in_loop([&] { peer.probe->on_eof = [] {}; });
    const std::string block(3'000'000, 'b');
    bench.in_loop([&] { peer.probe->refer(block); });
    peer.end(); // with bytes unread
    EXPECT_TRUE(bench.heard("closed -2;")) << bench.heard_so_far();
    EXPECT_EQ(bench.released_so_far(), 1);
}

TEST(Connection, BoundsWhatASessionLeavesUnconsumed)
{
    Bench bench;
    Peer peer(bench);
    bench.in_loop([&] { peer.probe->take = [](std::string_view) { return std::size_t{0}; }; });
    peer.send(std::string(Connection::kMostUnconsumed, 'x'));
    EXPECT_TRUE(bench.heard("closed -6;"));
}

TEST(Connection, BoundsTheCopiesOfASessionThatIgnoresFull)
{
    Bench bench;
    Peer peer(bench);
    bench.in_loop([&] {
        const std::string block(1 << 20, 'b');
        Outcome outcome = Outcome::Ok;
        for (int i = 0; i < 40 && outcome != Outcome::Limit; ++i) outcome = peer.probe->say(block);
        EXPECT_EQ(outcome, Outcome::Limit);
    });
    EXPECT_TRUE(bench.heard("closed -6;"));
}

TEST(Connection, HandsUnconsumedBytesToANewSession)
{
    Bench bench;
    Peer peer(bench);
    bool handed = false;
    bench.in_loop([&] {
        peer.probe->take = [&](std::string_view data) {
            if (handed) {
                bench.log += data;
                return data.size();
            }
            handed = true;
            peer.probe->reopen();
            return std::size_t{4};
        };
    });
    peer.send("old new");
    EXPECT_TRUE(bench.heard("opened;new")) << bench.heard_so_far();
}

// More are readable than a turn looks at, and the loop was busy: the deadline of the last one is over before its input
// was seen.
TEST(Connection, HearsWhatHadComeBeforeItHearsThatItsTimeIsOver)
{
    Bench bench;
    std::vector<std::unique_ptr<Peer>> peers;
    for (int i = 0; i < 600; ++i) peers.push_back(std::make_unique<Peer>(bench));
    auto &last = *peers.back()->probe;
    bench.in_loop([&] {
        last.take = [&](std::string_view data) {
            bench.log += std::string(data) + ';';
            last.set_timer(0);
            return data.size();
        };
        last.set_timer(bench.now + 1);
        for (const auto &peer : peers) peer->send("in time");
        const auto until = std::chrono::steady_clock::now() + std::chrono::milliseconds(250);
        while (std::chrono::steady_clock::now() < until) {}
    });
    EXPECT_TRUE(bench.heard("in time;"));
    EXPECT_EQ(bench.heard_so_far(), "in time;");
}

TEST(Connection, TellsItsTimerOnceAndKeepsTheLastDeadline)
{
    Bench bench;
    Peer peer(bench);
    bench.in_loop([&] {
        peer.probe->set_timer(bench.now + 3600'000'000'000);
        peer.probe->set_timer(bench.now + 1);
    });
    bench.wait(300'000'000); // a wheel tick is 100 ms
    EXPECT_EQ(bench.heard_so_far(), "timer;");
}

TEST(Connection, LetsManyEndInOneTurn)
{
    Bench bench;
    std::vector<std::unique_ptr<Peer>> peers;
    for (int i = 0; i < 300; ++i) peers.push_back(std::make_unique<Peer>(bench));
    bench.in_loop([&] {
        for (auto &peer : peers) peer->probe->close(CloseHow::Abort);
    });
    bench.in_loop([&] { EXPECT_EQ(bench.transport.open(), 0U); });
}

} // namespace
} // namespace hawser::host
