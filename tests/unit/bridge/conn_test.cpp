#include "rig.hpp"

#include <gtest/gtest.h>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

namespace hawser::host::test {
namespace {

// A session that writes down what it hears.
struct Session {
    Rig *rig;
    hawser_conn *conn = nullptr;
    static Session &of(void *self) { return *static_cast<Session *>(self); }
    static void on_open(void *self, hawser_conn *conn)
    {
        of(self).conn = conn;
        of(self).rig->heard += "open;";
    }
    static std::size_t on_data(void *self, hawser_bytes data)
    {
        of(self).rig->heard += std::string(data.p, data.n) + ';';
        return data.n;
    }
    static void on_close(void *self, std::int32_t reason, hawser_str)
    {
        of(self).rig->heard += "close " + std::to_string(reason) + ';';
    }
    static constexpr hawser_session kTable = {
        sizeof(hawser_session), 0, on_open, on_data, nullptr, nullptr, nullptr, nullptr, nullptr, on_close};
};

// A listening socket of the test.
struct Server {
    Server()
    {
        fd = Fd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
        sockaddr_in any{};
        any.sin_family = AF_INET;
        any.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        ::bind(fd.get(), reinterpret_cast<sockaddr *>(&any), sizeof any);
        ::listen(fd.get(), 5);
        socklen_t size = sizeof any;
        ::getsockname(fd.get(), reinterpret_cast<sockaddr *>(&any), &size);
        port = ntohs(any.sin_port);
    }
    Fd fd;
    unsigned port = 0;
};

std::int32_t connect(Rig &rig, const std::string &address, Session &session, hawser_conn *&conn,
                     std::uint64_t timeout = 0)
{
    std::int32_t status = 0;
    const hawser_connect options{sizeof(hawser_connect), 0, timeout, {}};
    rig.in_loop([&] {
        status = rig.abi->api->connect(rig.abi, &rig.node, str(address), &options, &Session::kTable, &session, &conn);
        EXPECT_EQ(rig.heard, "") << "never from inside";
    });
    return status;
}

TEST(Outgoing, OpensSendsWhatWaitedAndReceives)
{
    for (const char *host : {"127.0.0.1", "localhost"}) {
        Rig rig;
        Server server;
        Session session{&rig};
        hawser_conn *conn = nullptr;
        rig.in_loop([&] {
            const std::string address = std::string("tcp:") + host + ':' + std::to_string(server.port);
            ASSERT_EQ(
                rig.abi->api->connect(rig.abi, &rig.node, str(address), nullptr, &Session::kTable, &session, &conn),
                HAWSER_OK);
            const hawser_piece piece{"early", 5, nullptr, nullptr};
            EXPECT_EQ(conn->api->write(conn, &piece, 1), HAWSER_OK);
        });
        const Fd peer(::accept(server.fd.get(), nullptr, nullptr));
        char buffer[16];
        EXPECT_EQ(::recv(peer.get(), buffer, 5, MSG_WAITALL), 5);
        EXPECT_EQ(::send(peer.get(), "reply", 5, 0), 5);
        EXPECT_TRUE(rig.eventually([&] { return rig.heard == "open;reply;"; })) << rig.heard;
        rig.in_loop([&] { conn->api->close(conn, HAWSER_CLOSE); });
        EXPECT_TRUE(rig.eventually([&] { return rig.heard == "open;reply;close 0;"; }));
    }
}

TEST(Outgoing, ClosesAloneWhereNobodyListens)
{
    Rig rig;
    Session session{&rig};
    hawser_conn *conn = nullptr;
    unsigned port;
    {
        const Server gone;
        port = gone.port;
    }
    EXPECT_EQ(connect(rig, "tcp:127.0.0.1:" + std::to_string(port), session, conn), HAWSER_OK);
    EXPECT_TRUE(rig.eventually([&] { return rig.heard == "close -5;"; })) << rig.heard;
    rig.in_loop([&] { rig.heard.clear(); });
    EXPECT_EQ(connect(rig, "unix:/nowhere/at/all.sock", session, conn), HAWSER_OK);
    EXPECT_TRUE(rig.eventually([&] { return rig.heard == "close -9;"; })) << rig.heard;
}

TEST(Outgoing, RefusesAddressesThatItCannotUse)
{
    Rig rig;
    Session session{&rig};
    hawser_conn *conn = nullptr;
    for (const char *bad : {"", "tcp", "tcp:host", "tcp::80", "tcp:host:0", "tcp:host:70000", "unix:"})
        EXPECT_EQ(connect(rig, bad, session, conn), HAWSER_INVALID) << bad;
    EXPECT_EQ(connect(rig, "tls:host:443", session, conn), HAWSER_UNSUPPORTED);
}

TEST(Outgoing, MayBeAbortedBeforeItIsMade)
{
    Rig rig;
    Session session{&rig};
    rig.in_loop([&] {
        hawser_conn *conn = nullptr;
        ASSERT_EQ(rig.abi->api->connect(rig.abi, &rig.node, str("tcp:localhost:9"), nullptr, &Session::kTable, &session,
                                        &conn),
                  HAWSER_OK);
        conn->api->close(conn, HAWSER_ABORT);
    });
    EXPECT_TRUE(rig.eventually([&] { return rig.heard == "close -4;"; })) << rig.heard;
}

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

TEST(Conn, IsSmallEnoughForManyIdleOnes) { EXPECT_LE(sizeof(Conn), 160U); }

} // namespace
} // namespace hawser::host::test
