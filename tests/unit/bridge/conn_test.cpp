#include "sessions.hpp"

namespace hawser::host::test {
namespace {

TEST(Conn, TellsItsAddressesAndThatItIsNotEncrypted)
{
    Rig rig;
    Server server;
    Session session{&rig};
    hawser_conn *conn = nullptr;
    connect(rig, "tcp:127.0.0.1:" + std::to_string(server.port), session, conn);
    EXPECT_TRUE(rig.eventually([&] { return rig.heard == "open;"; }));
    rig.in_loop([&] {
        hawser_address address{};
        address.struct_size = sizeof address;
        EXPECT_EQ(conn->api->address(conn, HAWSER_PEER, &address), HAWSER_OK);
        EXPECT_EQ(address.text, "127.0.0.1:" + std::to_string(server.port));
        EXPECT_EQ(address.family, 4);
        hawser_tls tls{};
        tls.struct_size = sizeof tls;
        EXPECT_EQ(conn->api->tls(conn, &tls), HAWSER_NOT_FOUND);
    });
}

TEST(Conn, HandsItselfToAnotherSessionWhichAloneHearsTheEnd)
{
    Rig rig;
    Server server;
    Session session{&rig};
    hawser_conn *conn = nullptr;
    connect(rig, "tcp:127.0.0.1:" + std::to_string(server.port), session, conn);
    EXPECT_TRUE(rig.eventually([&] { return rig.heard == "open;"; }));
    static constexpr hawser_session kOther = {
        sizeof(hawser_session),
        0,
        [](void *self, hawser_conn *) { static_cast<Rig *>(self)->heard += "new open;"; },
        nullptr,
        nullptr,
        nullptr,
        nullptr,
        nullptr,
        nullptr,
        [](void *self, std::int32_t, hawser_str) { static_cast<Rig *>(self)->heard += "new close;"; }};
    rig.in_loop([&] { conn->api->attach(conn, &kOther, &rig); });
    EXPECT_TRUE(rig.eventually([&] { return rig.heard == "open;new open;"; }));
    rig.in_loop([&] { conn->api->close(conn, HAWSER_ABORT); });
    EXPECT_TRUE(rig.eventually([&] { return rig.heard == "open;new open;new close;"; })) << rig.heard;
}

// A session that only says that it was opened and closed, as `name`.
struct Named {
    Rig *rig;
    std::string name;
    static void on_open(void *self, hawser_conn *)
    {
        auto *named = static_cast<Named *>(self);
        named->rig->heard += named->name + " open;";
    }
    static void on_close(void *self, std::int32_t, hawser_str)
    {
        auto *named = static_cast<Named *>(self);
        named->rig->heard += named->name + " close;";
    }
    static constexpr hawser_session kTable = {
        sizeof(hawser_session), 0, on_open, nullptr, nullptr, nullptr, nullptr, nullptr, nullptr, on_close};
};

TEST(Conn, StaysWithTheSessionToWhichItWasAttachedWhileItWasOpened)
{
    Rig rig;
    Named old{&rig, "old"}, other{&rig, "new"};
    static Named *attached;
    attached = &other;
    hawser_protocol protocol{};
    protocol.session = &Named::kTable;
    protocol.open = [](void *self, hawser_conn *conn, hawser_bytes) {
        conn->api->attach(conn, &Named::kTable, attached);
        return self;
    };
    int ends[2];
    ASSERT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends), 0);
    const Fd peer(ends[0]);
    ListenerShare share;
    share.open = 1;
    rig.in_loop([&] { rig.face.conns().create(rig.face, Fd(ends[1]), &share, 5)->open(protocol, &old); });
    EXPECT_TRUE(rig.eventually([&] { return rig.heard == "new open;"; })) << rig.heard;
    rig.in_loop([&] { rig.face.abort_connections(false); });
    EXPECT_TRUE(rig.eventually([&] { return rig.heard == "new open;new close;"; })) << rig.heard;
    rig.in_loop([&] { EXPECT_EQ(share.open, 0U); });
}

TEST(Conn, TellsTheEndAlsoToASessionThatIsAttachedInOnClose)
{
    Rig rig;
    Server server;
    Named other{&rig, "new"};
    struct Old {
        hawser_conn *conn;
        Named *other;
    } old{nullptr, &other};
    static constexpr hawser_session kOld = {sizeof(hawser_session),
                                            0,
                                            nullptr,
                                            nullptr,
                                            nullptr,
                                            nullptr,
                                            nullptr,
                                            nullptr,
                                            nullptr,
                                            [](void *self, std::int32_t, hawser_str) {
                                                const auto *mine = static_cast<Old *>(self);
                                                mine->conn->api->attach(mine->conn, &Named::kTable, mine->other);
                                            }};
    rig.in_loop([&] {
        const std::string address = "tcp:127.0.0.1:" + std::to_string(server.port);
        rig.abi->api->connect(rig.abi, &rig.node, str(address), nullptr, &kOld, &old, &old.conn);
        old.conn->api->close(old.conn, HAWSER_ABORT);
    });
    EXPECT_TRUE(rig.eventually([&] { return rig.heard == "new close;"; })) << rig.heard;
}

TEST(Conn, IsSmallEnoughForManyIdleOnes) { EXPECT_LE(sizeof(Conn), 160U); }

} // namespace
} // namespace hawser::host::test
