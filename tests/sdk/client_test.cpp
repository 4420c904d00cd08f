// Tests of hawser/client.hpp and client_service.hpp: connections that a plugin opens.
#include "hawser/client_service.hpp"
#include "hawser/testing.hpp"

#include <chrono>
#include <functional>
#include <gtest/gtest.h>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace {

using hawser::ClientService;
using hawser::ClientStream;
using hawser::connect;
using hawser::ConnectionPool;
using hawser::Scope;
using hawser::StatusError;
using hawser::Stream;
using hawser::Task;
using hawser::testing::Host;
using hawser::testing::Peer;
using namespace std::chrono_literals;

struct Clients : testing::Test {
    Host host;
    hawser::Node node = host.node();
    std::vector<Peer> peers; // whoever was connected to
    Scope scope{node};

    void listen()
    {
        host.listen("tcp:db:5432", [this](Peer peer) { peers.push_back(peer); });
    }
    // How connecting fails.
    std::int32_t status_of(std::string address, std::chrono::nanoseconds timeout = {})
    {
        std::int32_t status = 0;
        scope.spawn([&, address, timeout]() -> Task<> {
            try {
                const ClientStream stream = co_await connect(address, timeout);
            } catch (const StatusError &error) {
                status = error.status();
            }
        });
        host.run();
        return status;
    }
};

TEST_F(Clients, TalkLikeAnyStream)
{
    listen();
    std::string got;
    scope.spawn([&]() -> Task<> {
        ClientStream server = co_await connect("tcp:db:5432");
        co_await server->write("question\n");
        got = (co_await server->read_line()).value_or("");
    });
    host.run();
    ASSERT_EQ(peers.size(), 1U);
    EXPECT_EQ(peers[0].receive(), "question\n");
    peers[0].send("answer\r\n");
    EXPECT_EQ(got, "answer");
    EXPECT_TRUE(peers[0].closed());
}

TEST_F(Clients, AreToldWhyTheyCannotConnect)
{
    host.refuse("tcp:nobody:1", HAWSER_NOT_FOUND);
    EXPECT_EQ(status_of("tcp:closed:1"), HAWSER_REFUSED);
    EXPECT_EQ(status_of("tcp:nobody:1"), HAWSER_NOT_FOUND);
    EXPECT_EQ(status_of("smoke:signals"), HAWSER_UNSUPPORTED);
    EXPECT_EQ(status_of("nonsense"), HAWSER_INVALID);
}

TEST_F(Clients, GiveUpInTime)
{
    host.ignore("tcp:silent:1");
    std::int32_t status = 0;
    scope.spawn([&]() -> Task<> {
        try {
            co_await connect("tcp:silent:1", 2s);
        } catch (const StatusError &error) {
            status = error.status();
        }
    });
    host.advance(1999ms);
    EXPECT_EQ(status, 0);
    host.advance(1ms);
    EXPECT_EQ(status, HAWSER_TIMED_OUT);
}

TEST_F(Clients, ThatAreCancelledWhileConnectingLeaveNothing)
{
    host.ignore("tcp:silent:1");
    scope.spawn([]() -> Task<> { co_await connect("tcp:silent:1"); });
    scope.cancel();
    host.run();
    EXPECT_EQ(host.loop().pending(), 0U);
}

TEST_F(Clients, SeeTheEndOfTheOtherSide)
{
    listen();
    std::vector<std::string> ends;
    for (int i = 0; i < 2; ++i)
        scope.spawn([&]() -> Task<> {
            ClientStream server = co_await connect("tcp:db:5432");
            try {
                while (const auto line = co_await server->read_line()) static_cast<void>(line);
                ends.emplace_back("ended");
            } catch (const StatusError &) {
                ends.emplace_back("in the middle");
            }
        });
    host.run();
    peers[0].end();
    peers[1].send("half");
    peers[1].reset();
    EXPECT_EQ(ends, (std::vector<std::string>{"ended", "in the middle"}));
}

TEST_F(Clients, AServiceConnectsAgainAfterGrowingWaits)
{
    ClientService client(node, "tcp:db:5432", [](Stream &stream) -> Task<> {
        while (const auto line = co_await stream.read_line()) static_cast<void>(line);
    });
    client.start();
    host.advance(10s); // 0.1, 0.2, 0.4 … between half and all of it
    const std::size_t failures = host.logged("client_failed").size();
    EXPECT_GE(failures, 6U);
    EXPECT_LE(failures, 9U);
    listen();
    host.advance(20s);
    ASSERT_EQ(peers.size(), 1U);
    EXPECT_TRUE(client.connected());
    peers[0].end();
    EXPECT_FALSE(client.connected());
    host.advance(100ms);
    EXPECT_EQ(peers.size(), 2U);
}

TEST_F(Clients, ServicesDoNotAllComeBackAtOnce)
{
    const auto serve = [](Stream &) -> Task<> { co_return; };
    ClientService first(node, "tcp:first:1", serve), second(node, "tcp:second:1", serve);
    first.start();
    second.start();
    const auto failures = [&](const std::string &address) {
        std::size_t count = 0;
        for (const auto &event : host.logged("client_failed"))
            if (event.fields.at("address") == address) ++count;
        return count;
    };
    int apart = 0; // milliseconds in which one has tried once more than the other
    for (int i = 0; i < 1000; ++i) {
        host.advance(1ms);
        if (failures("tcp:first:1") != failures("tcp:second:1")) ++apart;
    }
    EXPECT_GE(apart, 10);
}

TEST_F(Clients, AServiceTellsWhenItIsConnectedAndWhenItGivesUp)
{
    ClientService client(node, "tcp:db:5432", [](Stream &stream) -> Task<> {
        while (const auto line = co_await stream.read_line()) static_cast<void>(line);
    });
    Stream *connected = nullptr;
    std::string error;
    client.when_connected().add_callback([&](Stream *stream) { connected = stream; });
    client.when_connected(3).add_errback<StatusError>([&](const StatusError &thrown) -> Stream * {
        error = thrown.what();
        return nullptr;
    });
    client.start();
    host.advance(90ms);
    EXPECT_EQ(error, "");
    host.advance(1s);
    EXPECT_EQ(error, "cannot connect to tcp:db:5432");
    EXPECT_EQ(connected, nullptr);
    listen();
    host.advance(10s);
    EXPECT_NE(connected, nullptr);
}

// What the waiting ones heard, in turn: "connected " or why not.
void note(ClientService &client, std::string &heard, std::function<void()> then = {})
{
    client.when_connected(1)
        .add_callback([&heard, then](Stream *stream) {
            heard += stream != nullptr ? "connected " : "nothing ";
            if (then) then();
        })
        .add_errback<StatusError>([&heard, then](const StatusError &thrown) {
            heard += std::string(thrown.what()) + " ";
            if (then) then();
        });
}

TEST_F(Clients, AServiceMayGoInsideOfWhatItTells)
{
    for (const bool reached : {true, false}) {
        if (reached) listen();
        bool served = false;
        auto client =
            std::make_unique<ClientService>(node, reached ? "tcp:db:5432" : "tcp:away:1", [&](Stream &) -> Task<> {
                served = true;
                co_return;
            });
        std::string heard;
        note(*client, heard, [&] { client.reset(); });
        note(*client, heard);
        client->start();
        host.advance(1s);
        EXPECT_EQ(client, nullptr);
        EXPECT_EQ(heard, reached ? "connected the client was stopped "
                                 : "cannot connect to tcp:away:1 cannot connect to tcp:away:1 ");
        EXPECT_FALSE(served);
    }
}

TEST_F(Clients, AServiceMayGoInsideOfItsOwnServing)
{
    listen();
    std::unique_ptr<ClientService> client;
    std::string text = "long enough to be allocated by itself";
    client = std::make_unique<ClientService>(node, "tcp:db:5432", [&client, text](Stream &) -> Task<> {
        client.reset();
        EXPECT_EQ(text.size(), 37U);
        co_return;
    });
    client->start();
    host.advance(1s);
    EXPECT_EQ(client, nullptr);
    ASSERT_EQ(peers.size(), 1U);
    EXPECT_TRUE(peers[0].closed());
}

TEST_F(Clients, AServiceThatIsStoppedAndStartedInsideOfWhatItTellsConnectsAgain)
{
    listen();
    int served = 0;
    ClientService client(node, "tcp:db:5432", [&](Stream &stream) -> Task<> {
        ++served;
        while (const auto line = co_await stream.read_line()) static_cast<void>(line);
    });
    std::string heard;
    note(client, heard, [&] {
        client.stop();
        client.start();
    });
    client.start();
    host.advance(1s);
    EXPECT_EQ(served, 1);
    EXPECT_EQ(peers.size(), 2U);
    EXPECT_TRUE(client.connected());
}

TEST_F(Clients, AServiceOutlivesWhatIsThrownWhateverItIs)
{
    listen();
    int served = 0;
    ClientService client(node, "tcp:db:5432", [&](Stream &) -> Task<> {
        if (++served == 1) throw 7;
        co_return;
    });
    client.start();
    host.advance(1s);
    EXPECT_GT(served, 1);
    EXPECT_EQ(host.logged("client_failed").size(), 1U);
}

TEST_F(Clients, APoolKeepsConnectionsAndBoundsThem)
{
    listen();
    ConnectionPool pool(node, "tcp:db:5432", 2);
    int done = 0;
    for (int i = 0; i < 5; ++i)
        scope.spawn([&]() -> Task<> {
            auto lease = co_await pool.take();
            co_await lease->write("q\n");
            co_await lease->read_line();
            ++done;
        });
    host.run();
    for (int round = 0; round < 5; ++round)
        for (Peer &peer : peers)
            if (peer.receive() == "q\n") peer.send("a\n");
    EXPECT_EQ(done, 5);
    EXPECT_EQ(peers.size(), 2U);
    EXPECT_EQ(pool.idle(), 2U);
}

TEST_F(Clients, APoolDoesNotHandOutWhatHasEndedOrWasDiscarded)
{
    listen();
    ConnectionPool pool(node, "tcp:db:5432", 2);
    const auto use = [&pool](bool discard) -> Task<> {
        auto lease = co_await pool.take();
        if (discard) lease.discard();
    };
    scope.spawn(use(false));
    host.run();
    EXPECT_EQ(pool.idle(), 1U);
    peers[0].end();
    scope.spawn(use(true));
    host.run();
    EXPECT_EQ(peers.size(), 2U);
    EXPECT_EQ(pool.idle(), 0U);
}

} // namespace
