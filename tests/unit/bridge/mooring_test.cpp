#include "bridge/mooring.hpp"

#include "sessions.hpp"

#include <fcntl.h>

namespace hawser::host::test {
namespace {

TEST(Mooring, CountsAConnectionOffThatNoLoopTakes)
{
    Rig rig;
    alignas(64) unsigned char memory[LoopFace::kMemory]{};
    hawser_loop *abi = LoopFace::place(memory, 1);
    LoopCounters counters;
    Loop ended(1, abi->now, abi->wall, counters);
    LoopFace peer(rig.host, ended, abi);
    ended.stop();
    ended.run();

    const CompartmentPlan plan;
    Instances instances(plan, rig.host);
    ListenerShare share;
    Server server;
    ::fcntl(server.fd.get(), F_SETFL, O_NONBLOCK);
    std::unique_ptr<Mooring> mooring;
    rig.in_loop([&] {
        mooring = std::make_unique<Mooring>(rig.face, std::move(server.fd), share, instances, 0, "listener.test",
                                            std::vector<LoopFace *>{&peer});
        EXPECT_TRUE(mooring->start().ok());
    });
    const Fd client(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_in to{};
    to.sin_family = AF_INET;
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    to.sin_port = htons(static_cast<std::uint16_t>(server.port));
    ASSERT_EQ(::connect(client.get(), reinterpret_cast<sockaddr *>(&to), sizeof to), 0);
    EXPECT_TRUE(rig.eventually([&] { return rig.counters.accepted.get() == 1; }));
    rig.in_loop([&] {
        EXPECT_EQ(share.open, 0U);
        EXPECT_EQ(rig.counters.open(), 0U);
        mooring.reset();
    });
}

} // namespace
} // namespace hawser::host::test
