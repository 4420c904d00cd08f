#include "seam/channel.hpp"

#include "seam/messages_wire.hpp"

#include <gtest/gtest.h>

#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <thread>

namespace hawser::host {
namespace {

struct Ends {
    Ends()
        : ends(*Channel::make_pair())
    {}
    std::pair<Channel, Channel> ends;
    Message pass(const Message &message)
    {
        EXPECT_TRUE(ends.first.send(message).ok());
        auto got = ends.second.receive();
        EXPECT_TRUE(got.ok() && *got) << (got.ok() ? "" : got.error().text);
        return std::move(**got);
    }
};

TEST(Channel, CarriesWaysForConnections)
{
    Ends e;
    Handoff sent{Handoff::Role::Take, {}};
    for (int i = 0; i < 3; ++i) sent.ways.emplace_back(::eventfd(0, EFD_CLOEXEC));
    const Message got = e.pass(Message(std::move(sent)));
    const auto *handoff = std::get_if<Handoff>(&got);
    ASSERT_NE(handoff, nullptr);
    EXPECT_EQ(handoff->role, Handoff::Role::Take);
    ASSERT_EQ(handoff->ways.size(), 3U);
    for (const Fd &way : handoff->ways) EXPECT_GE(way.get(), 0);
}

TEST(Channel, CarriesEveryMessage)
{
    Ends e;
    EXPECT_TRUE(std::holds_alternative<Start>(e.pass(Start{})));
    EXPECT_TRUE(std::holds_alternative<Serve>(e.pass(Serve{})));
    EXPECT_TRUE(std::holds_alternative<Stop>(e.pass(Stop{})));
    EXPECT_TRUE(std::holds_alternative<AskStatus>(e.pass(AskStatus{})));
    EXPECT_TRUE(std::holds_alternative<Ready>(e.pass(Ready{})));
    const Drain drain = std::get<Drain>(e.pass(Drain{2, 77, {{3, 1}, {4, 0}}}));
    EXPECT_EQ(drain.unserved, (std::vector<ListenerAddress>{{3, 1}, {4, 0}}));
    EXPECT_TRUE(std::holds_alternative<Serving>(e.pass(Serving{})));
    EXPECT_TRUE(std::holds_alternative<Closed>(e.pass(Closed{})));
    const EndHost asked = std::get<EndHost>(e.pass(EndHost{3, "service.db", "done"}));
    EXPECT_EQ(asked.status, 3);
    EXPECT_EQ(asked.node + ' ' + asked.why, "service.db done");
    EXPECT_EQ(drain.why, 2U);
    EXPECT_EQ(drain.timeout_ns, 77U);
    const Failed failed = std::get<Failed>(e.pass(Failed{78, "n", "o", "t"}));
    EXPECT_EQ(failed.status, 78);
    EXPECT_EQ(failed.node + failed.option + failed.text, "not");
    EXPECT_EQ(std::get<Drained>(e.pass(Drained{3, 4})).cut, 4U);
    const Output output = std::get<Output>(e.pass(Output{Output::Role::Access, Fd(::eventfd(0, EFD_CLOEXEC))}));
    EXPECT_EQ(output.role, Output::Role::Access);
    EXPECT_TRUE(output.fd);
}

TEST(Channel, PassesManyDescriptorsInBatches)
{
    Ends e;
    Sockets sockets;
    for (std::uint32_t i = 0; i < 300; ++i) {
        PassedSocket socket;
        socket.listener = i;
        socket.bound = "a" + std::to_string(i);
        socket.fd = Fd(::eventfd(i, EFD_CLOEXEC));
        sockets.sockets.push_back(std::move(socket));
    }
    const Message message(std::move(sockets));
    std::thread sender([&] { EXPECT_TRUE(e.ends.first.send(message).ok()); });
    std::uint32_t next = 0;
    while (next < 300) {
        auto got = e.ends.second.receive();
        ASSERT_TRUE(got.ok() && *got);
        for (const PassedSocket &socket : std::get<Sockets>(**got).sockets) {
            std::uint64_t count = 0;
            EXPECT_EQ(socket.listener, next);
            if (next > 0) EXPECT_EQ(::read(socket.fd.get(), &count, sizeof count), 8);
            EXPECT_EQ(count, next);
            ++next;
        }
    }
    sender.join();
}

TEST(Channel, PutsALongReportTogetherAgain)
{
    Ends e;
    StatusReport report;
    for (int i = 0; i < 5000; ++i)
        report.nodes.push_back({"node " + std::to_string(i), "k", "p", "running", std::string(300, 'd'), 5, 7, "e"});
    std::thread sender([&] { EXPECT_TRUE(e.ends.first.send(report).ok()); });
    auto got = e.ends.second.receive();
    sender.join();
    ASSERT_TRUE(got.ok() && *got);
    const StatusReport &read = std::get<StatusReport>(**got);
    ASSERT_EQ(read.nodes.size(), 5000U);
    EXPECT_EQ(read.nodes[4999].name, "node 4999");
    EXPECT_EQ(read.nodes[4999].restarts, 7U);
    EXPECT_EQ(read.nodes[4999].error, "e");
}

TEST(Channel, TellsTheEndOfTheOtherSideFromAnError)
{
    auto ends = *Channel::make_pair();
    {
        const Channel gone = std::move(ends.first);
    }
    auto got = ends.second.receive();
    ASSERT_TRUE(got.ok());
    EXPECT_FALSE(got->has_value());
    EXPECT_FALSE(ends.second.send(Ready{}).ok());
}

TEST(Channel, RefusesWhatIsMalformedOrOfAnotherVersion)
{
    Ends e;
    for (const std::string &bytes : {std::string("\x02\x00\x01\x00", 4), std::string("x"),
                                     std::string("\x01\x00\xff\x00", 4), std::string("\x01\x00\x04\x00\x01", 5)}) {
        ASSERT_GT(::send(e.ends.first.fd(), bytes.data(), bytes.size(), 0), 0);
        EXPECT_FALSE(e.ends.second.receive().ok()) << bytes.size();
    }
}

TEST(Channel, RefusesAStatusThatNoHostMayEndWith)
{
    for (const std::int32_t status : {-1, kMostEndStatus + 1}) {
        Ends e;
        EXPECT_TRUE(e.ends.first.send(EndHost{status, "service.db", "done"}).ok());
        EXPECT_FALSE(e.ends.second.receive().ok()) << status;
    }
    Ends e;
    EXPECT_EQ(std::get<EndHost>(e.pass(EndHost{kMostEndStatus, "service.db", "done"})).status, kMostEndStatus);
}

TEST(Messages, SurviveMutants)
{
    const std::string good = encode(Message(Failed{78, "node", "option", "text"}))[0].bytes;
    std::uint32_t seed = 3;
    const auto next = [&seed] { return seed = seed * 1664525 + 1013904223; };
    for (int i = 0; i < 10000; ++i) {
        std::string mutant = good.substr(0, (next() >> 8) % good.size());
        if (!mutant.empty()) mutant[(next() >> 8) % mutant.size()] = static_cast<char>(next() >> 13);
        const auto decoded = decode(mutant, {});
        if (!decoded) EXPECT_FALSE(decoded.error().text.empty());
    }
}

} // namespace
} // namespace hawser::host
