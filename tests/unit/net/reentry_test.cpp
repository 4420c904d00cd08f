// What sessions may do at the worst moment: in a release, in a callback of another connection, after an end.
#include "rig.hpp"

#include <dirent.h>

#include <fstream>
#include <string>

namespace hawser::host {
namespace {

using test::Bench;
using test::Peer;
using test::Probe;

// How many descriptors the epoll sets of this process watch.
int watched()
{
    int count = 0;
    DIR *all = ::opendir("/proc/self/fdinfo");
    while (const dirent *entry = ::readdir(all)) {
        std::ifstream info(std::string("/proc/self/fdinfo/") + entry->d_name);
        for (std::string line; std::getline(info, line);) count += line.starts_with("tfd:") ? 1 : 0;
    }
    ::closedir(all);
    return count;
}

TEST(ConnectionReentry, SendsWhatAReleaseWritesToTheConnectionThatItNamed)
{
    Bench bench;
    Peer a(bench), b(bench);
    bench.in_loop([&] {
        const auto release = [](void *other) { static_cast<Probe *>(other)->say("for b"); };
        const Piece piece{"for a", 5, release, b.probe};
        EXPECT_EQ(a.probe->write(&piece, 1), Outcome::Ok);
    });
    EXPECT_EQ(b.receive(5), "for b");
    a.shut_down();
    EXPECT_EQ(a.receive(100), "for a") << "and nothing of another connection";
}

TEST(ConnectionReentry, SendsWhatAReleaseWritesAfterAllThatWasWrittenBefore)
{
    Bench bench;
    Peer peer(bench);
    const std::string first(2000, '1'), second(3'000'000, '2');
    bench.in_loop([&] {
        const auto release = [](void *probe) { static_cast<Probe *>(probe)->say("last"); };
        const Piece pieces[] = {{first.data(), first.size(), release, peer.probe},
                                {second.data(), second.size(), [](void *) {}, nullptr}};
        EXPECT_EQ(peer.probe->write(pieces, 2), Outcome::Full);
    });
    EXPECT_TRUE(peer.receive(first.size() + second.size() + 4) == first + second + "last");
}

TEST(ConnectionReentry, ClosesWhenTheLastReleaseAsksForIt)
{
    Bench bench;
    Peer a(bench), b(bench);
    bench.in_loop([&] {
        b.probe->say("b has the stage, a queues");
        const auto release = [](void *probe) {
            static_cast<Probe *>(probe)->say("");
            static_cast<Probe *>(probe)->close(CloseHow::Close);
        };
        const Piece piece{"last", 4, release, a.probe};
        a.probe->write(&piece, 1);
    });
    EXPECT_EQ(a.receive(100), "last");
    EXPECT_TRUE(bench.heard("closed 0;"));
}

TEST(ConnectionReentry, ReadsNoMoreWhileUnconsumedInputIsToBeGivenAgain)
{
    Bench bench;
    Peer peer(bench);
    int calls = 0;
    std::size_t most = 0, all = 0;
    bench.in_loop([&] {
        peer.probe->take = [&](std::string_view data) {
            most = std::max(most, data.size());
            if (++calls > 50) {
                all += data.size();
                if (all == 210'000) bench.log += "all;";
                return data.size();
            }
            peer.probe->pause(true);
            peer.probe->pause(false);
            return std::size_t{0};
        };
    });
    std::thread sender([&] { peer.send(std::string(210'000, 'x')); });
    EXPECT_TRUE(bench.heard("all;"));
    sender.join();
    bench.in_loop([&] { EXPECT_LE(most, 2 * Transport::kReadSize); });
}

TEST(ConnectionReentry, DoesNotTellATimerThatWasTakenBackInTheTurnThatItCame)
{
    Bench bench;
    Peer a(bench), b(bench);
    bench.in_loop([&] {
        for (Peer *peer : {&a, &b}) {
            peer->probe->set_timer(bench.now + 1);
            peer->probe->on_timer = [&, peer] { (peer == &a ? b : a).probe->set_timer(0); };
        }
    });
    bench.wait(300'000'000); // a wheel tick is 100 ms
    EXPECT_EQ(bench.heard_so_far(), "timer;");
}

TEST(ConnectionReentry, TellsTheEndOfInputToASessionThatCameAfterIt)
{
    Bench bench;
    Peer peer(bench);
    bool handed = false;
    bench.in_loop([&] {
        peer.probe->on_eof = [&] {
            if (std::exchange(handed, true))
                peer.probe->close(CloseHow::Close);
            else
                peer.probe->reopen();
        };
    });
    peer.shut_down();
    EXPECT_TRUE(bench.heard("eof;opened;eof;closed 0;")) << bench.heard_so_far();
    bench.in_loop([&] {
        if (bench.transport.open() > 0) peer.probe->close(CloseHow::Abort);
    });
}

TEST(ConnectionReentry, LingersNoLongerAfterAShutdownThanWithoutOne)
{
    Bench bench;
    Peer peer(bench);
    bench.in_loop([&] { peer.probe->close(CloseHow::Shutdown); });
    EXPECT_EQ(peer.receive(1), "");
    bench.in_loop([&] { peer.probe->close(CloseHow::Linger); });
    bench.wait(Connection::kLingerTime + 300'000'000);
    EXPECT_EQ(bench.heard_so_far(), "closed 0;");
}

TEST(ConnectionReentry, DiscardsInputFromTheMomentThatItLingers)
{
    Bench bench;
    Peer peer(bench);
    const std::string block(3'000'000, 'b');
    bench.in_loop([&] { peer.probe->pause(true); });
    peer.send("unwanted");
    for (int i = 0; i < 200; ++i) bench.in_loop([] {}); // the loop has seen it
    bench.in_loop([&] {
        peer.probe->refer(block); // more than the kernel takes
        peer.probe->close(CloseHow::Linger);
    });
    peer.send(std::string(2'000'000, 'x')); // would wait for ever if nobody read it
    EXPECT_EQ(peer.receive(block.size()).size(), block.size());
    peer.end();
    EXPECT_TRUE(bench.heard("closed 0;")) << bench.heard_so_far();
}

TEST(ConnectionReentry, LeavesTheSetThoughItsFileLivesOnInAnotherProcess)
{
    Bench bench;
    const int before = watched();
    Peer peer(bench);
    Fd copy;
    bench.in_loop([&] {
        copy = Fd(::dup(peer.probe->socket())); // as a child has it between fork and exec
        peer.probe->close(CloseHow::Abort);
    });
    ASSERT_TRUE(bench.heard("closed -4;"));
    EXPECT_EQ(watched(), before);
}

TEST(ConnectionReentry, CountsWhatTheCallbackWroteAsQueued)
{
    Bench bench;
    Peer peer(bench);
    bench.in_loop([&] {
        peer.probe->say("five!");
        EXPECT_EQ(peer.probe->queued(), 5U);
    });
    EXPECT_EQ(peer.receive(5), "five!");
    bench.in_loop([&] { EXPECT_EQ(peer.probe->queued(), 0U); });
}

} // namespace
} // namespace hawser::host
