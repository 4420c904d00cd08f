// Connections that leave for another process, and those that come from one.
#include "rig.hpp"

#include <memory>

namespace hawser::host::test {
namespace {

// Leaves at the first moment at which it may.
class Leaver final : public Connection {
public:
    Leaver(Bench &bench, Fd fd)
        : Connection(bench.transport, std::move(fd))
        , bench_(bench)
    {}
    std::size_t takes = 0; // of what comes
    std::unique_ptr<Transit> left;

    using Connection::move_in;
    using Connection::start;
    using Connection::start_moved;
    Outcome say(std::string_view text)
    {
        const Piece piece{text.data(), text.size(), nullptr, nullptr};
        return write(&piece, 1);
    }

private:
    void opened() override {}
    std::size_t received(const char *data, std::size_t n) override
    {
        bench_.log += "got " + std::string(data, n) + ';';
        return takes;
    }
    void drained() override {}
    void peer_ended() override { close(CloseHow::Close); }
    void timed_out() override { bench_.log += "timer;"; }
    void may_move() override
    {
        bench_.log += "may;";
        if (left == nullptr) return;
        *left = move_out();
    }
    void closed(Outcome reason, std::string_view) override
    {
        bench_.log += "closed " + std::to_string(static_cast<int>(reason)) + ';';
        if (left != nullptr) static_cast<void>(left.release()); // the test has it
    }
    void destroy() override { delete this; }
    Bench &bench_;
};

TEST(Moving, TakesTheSocketTheInputAndTheTimerOut)
{
    Bench bench;
    Leaver *connection = nullptr;
    const Peer peer(bench, [&](Fd fd) {
        connection = new Leaver(bench, std::move(fd));
        connection->start();
        connection->set_timer(bench.now + 60'000'000'000);
    });
    auto *transit = new Transit;
    const std::unique_ptr<Transit> mine(transit);
    peer.send("half");
    ASSERT_TRUE(bench.heard("got half;"));
    bench.in_loop([&] {
        connection->left.reset(transit);
        connection->offer_move();
    });
    ASSERT_TRUE(bench.heard("closed -11;"));
    EXPECT_EQ(transit->input, "half");
    EXPECT_GT(transit->timer, 0U);
    EXPECT_FALSE(transit->paused);
    EXPECT_GE(transit->socket.get(), 0);
    peer.send("later");
    bench.in_loop([] {});
    EXPECT_EQ(bench.heard_so_far().find("later"), std::string::npos) << "nobody reads it here any more";
}

TEST(Moving, IsAskedAgainAfterTheNextEvent)
{
    Bench bench;
    Leaver *connection = nullptr;
    const Peer peer(bench, [&](Fd fd) {
        connection = new Leaver(bench, std::move(fd));
        connection->takes = 4;
        connection->start();
        connection->offer_move();
    });
    ASSERT_TRUE(bench.heard("may;"));
    peer.send("more");
    EXPECT_TRUE(bench.heard("may;got more;may;"));
    bench.in_loop([&] { connection->close(CloseHow::Abort); });
    EXPECT_TRUE(bench.heard("closed"));
}

TEST(Moving, WaitsForWhatIsStillToBeSent)
{
    Bench bench;
    Leaver *connection = nullptr;
    const std::string much(4 << 20, 'x');
    const Peer peer(bench, [&](Fd fd) {
        connection = new Leaver(bench, std::move(fd));
        connection->start();
        connection->say(much);
        connection->offer_move();
    });
    bench.in_loop([] {});
    EXPECT_EQ(bench.heard_so_far(), "");
    EXPECT_EQ(peer.receive(much.size()).size(), much.size());
    EXPECT_TRUE(bench.heard("may;"));
    bench.in_loop([&] { connection->close(CloseHow::Abort); });
    EXPECT_TRUE(bench.heard("closed"));
}

TEST(Moving, HearsWhatCameAlongBeforeWhatIsNew)
{
    Bench bench;
    Leaver *connection = nullptr;
    const Peer peer(bench, [&](Fd fd) { connection = new Leaver(bench, std::move(fd)); });
    peer.send("new");
    bench.in_loop([&] {
        Transit transit;
        transit.input = "old";
        transit.timer = bench.now + 1;
        connection->move_in(transit);
        connection->start_moved();
    });
    EXPECT_TRUE(bench.heard("got old;"));
    EXPECT_TRUE(bench.heard("got oldnew;"));
    EXPECT_TRUE(bench.heard("timer;"));
}

} // namespace
} // namespace hawser::host::test
