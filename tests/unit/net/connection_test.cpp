#include "net/connection.hpp"

#include <gtest/gtest.h>

#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <functional>
#include <future>
#include <string>
#include <thread>

namespace hawser::host {
namespace {

class Probe;

// A loop on its thread. What connections hear is written down; the test waits for it.
class Bench {
public:
    Bench()
        : thread_([this] { loop.run(); })
    {}
    ~Bench()
    {
        // Every peer has closed its end: their probes hear it first.
        bool all = false;
        for (int i = 0; i < 20000 && !all; ++i) in_loop([&] { all = transport.open() == 0; });
        EXPECT_TRUE(all) << "a connection was not closed";
        loop.stop();
        thread_.join();
    }
    void in_loop(const std::function<void()> &work)
    {
        std::promise<void> done;
        loop.submit([&] {
            work();
            done.set_value();
        });
        done.get_future().wait();
    }
    // Looks again in every turn until the log says so, at most 20,000 times.
    bool heard(const std::string &wanted)
    {
        bool found = false;
        for (int i = 0; i < 20000 && !found; ++i) in_loop([&] { found = log.find(wanted) != std::string::npos; });
        return found;
    }

    std::string heard_so_far()
    {
        std::string copy;
        in_loop([&] { copy = log; });
        return copy;
    }
    int released_so_far()
    {
        int count = 0;
        in_loop([&] { count = released; });
        return count;
    }

    std::uint64_t now = 0;
    std::int64_t wall = 0;
    LoopCounters counters;
    Loop loop{0, now, wall, counters};
    Transport transport{loop};
    std::string log;
    int released = 0;

private:
    std::thread thread_;
};

class Probe final : public Connection {
public:
    Probe(Bench &bench, Fd fd)
        : Connection(bench.transport, std::move(fd))
        , bench_(bench)
    {
        start();
    }

    std::function<std::size_t(std::string_view)> take = [](std::string_view data) { return data.size(); };
    std::function<void()> on_eof, on_drained;

    Outcome say(std::string_view text)
    {
        const Piece piece{text.data(), text.size(), nullptr, nullptr};
        return write(&piece, 1);
    }
    Outcome refer(std::string_view text)
    {
        const Piece piece{text.data(), text.size(), [](void *n) { ++*static_cast<int *>(n); }, &bench_.released};
        return write(&piece, 1);
    }

private:
    void opened() override { bench_.log += "opened;"; }
    std::size_t received(const char *data, std::size_t n) override { return take({data, n}); }
    void drained() override
    {
        bench_.log += "drained;";
        if (on_drained) on_drained();
    }
    void peer_ended() override
    {
        bench_.log += "eof;";
        if (on_eof)
            on_eof();
        else
            close(CloseHow::Close);
    }
    void timed_out() override { bench_.log += "timer;"; }
    void closed(Outcome reason, std::string_view) override
    {
        bench_.log += "closed " + std::to_string(static_cast<int>(reason)) + ';';
    }
    void destroy() override { delete this; }
    Bench &bench_;
};

// One end of a connection, the probe's being the other.
class Peer {
public:
    explicit Peer(Bench &bench)
    {
        int ends[2];
        EXPECT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), 0);
        fd_ = ends[0];
        EXPECT_EQ(::fcntl(ends[1], F_SETFL, O_NONBLOCK), 0);
        bench.in_loop([&] { probe = new Probe(bench, Fd(ends[1])); });
    }
    ~Peer() { end(); }
    void send(std::string_view text) const
    {
        EXPECT_EQ(::send(fd_, text.data(), text.size(), MSG_NOSIGNAL), static_cast<ssize_t>(text.size()));
    }
    // Up to n bytes; fewer if the probe ended.
    std::string receive(std::size_t n) const
    {
        std::string got;
        while (got.size() < n) {
            pollfd readable{fd_, POLLIN, 0};
            if (::poll(&readable, 1, 20000) <= 0) break;
            char buffer[65536];
            const ssize_t k = ::recv(fd_, buffer, std::min(sizeof buffer, n - got.size()), 0);
            if (k <= 0) break;
            got.append(buffer, static_cast<std::size_t>(k));
        }
        return got;
    }
    void shut_down() const { ::shutdown(fd_, SHUT_WR); }
    void end()
    {
        if (fd_ >= 0) ::close(fd_);
        fd_ = -1;
    }
    Probe *probe = nullptr; // for the loop's thread, until it is closed

private:
    int fd_ = -1;
};

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

TEST(Connection, TellsItsTimerOnceAndKeepsTheLastDeadline)
{
    Bench bench;
    Peer peer(bench);
    bench.in_loop([&] {
        peer.probe->set_timer(bench.now + 3600'000'000'000);
        peer.probe->set_timer(bench.now + 1);
    });
    std::promise<void> later; // a wheel tick is 100 ms: waited for by a timer of the loop
    TimerHeap::Place place = nullptr;
    bench.in_loop([&] {
        bench.loop.timers().start(
            bench.now + 300'000'000, [](void *p) { static_cast<std::promise<void> *>(p)->set_value(); }, &later,
            &place);
    });
    later.get_future().wait();
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
