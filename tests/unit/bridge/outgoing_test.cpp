#include "sessions.hpp"

#include "bridge/name_lookup.hpp"

#include <dlfcn.h>
#include <netdb.h>

#include <sys/resource.h>

#include <cstring>
#include <vector>

// The resolver of this program knows two names more: of one, nobody listens on the first of two addresses; of the
// other, the first leads nowhere without an interface.
extern "C" int getaddrinfo(const char *host, const char *port, const addrinfo *hints, addrinfo **found)
{
    using Resolver = int (*)(const char *, const char *, const addrinfo *, addrinfo **);
    static const auto real = reinterpret_cast<Resolver>(::dlsym(RTLD_NEXT, "getaddrinfo"));
    const bool mixed = std::strcmp(host, "mixed.test") == 0;
    if (!mixed && std::strcmp(host, "two.test") != 0) return real(host, port, hints, found);
    if ((hints->ai_flags & AI_NUMERICHOST) != 0) return EAI_NONAME;
    addrinfo plain = *hints;
    plain.ai_flags &= ~AI_ADDRCONFIG;
    if (mixed) hints = &plain;
    const int status = real(mixed ? "fe80::1" : "127.0.0.2", port, hints, found);
    return status != 0 ? status : real("127.0.0.1", port, hints, &(*found)->ai_next);
}

namespace hawser::host::test {
namespace {

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

TEST(Outgoing, TriesTheNextAddressOfANameWhenOneIsRefused)
{
    Rig rig;
    Server server;
    Session session{&rig};
    hawser_conn *conn = nullptr;
    EXPECT_EQ(connect(rig, "tcp:two.test:" + std::to_string(server.port), session, conn), HAWSER_OK);
    EXPECT_TRUE(rig.eventually([&] { return rig.heard == "open;"; })) << rig.heard;
    rig.in_loop([&] { conn->api->close(conn, HAWSER_CLOSE); });
    EXPECT_TRUE(rig.eventually([&] { return rig.heard == "open;close 0;"; })) << rig.heard;
}

TEST(Outgoing, TriesTheNextAddressOfANameWhenOneDoesNotAnswer)
{
    Rig rig;
    Server server;
    Session session{&rig};
    hawser_conn *conn = nullptr;
    // At the first address somebody listens whose queue is full: what comes is dropped.
    const Fd full(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_in second{};
    second.sin_family = AF_INET;
    second.sin_addr.s_addr = htonl(INADDR_LOOPBACK + 1);
    second.sin_port = htons(static_cast<std::uint16_t>(server.port));
    ASSERT_EQ(::bind(full.get(), reinterpret_cast<sockaddr *>(&second), sizeof second), 0);
    ::listen(full.get(), 0);
    const Fd first(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    ASSERT_EQ(::connect(first.get(), reinterpret_cast<sockaddr *>(&second), sizeof second), 0);
    EXPECT_EQ(connect(rig, "tcp:two.test:" + std::to_string(server.port), session, conn, 20'000'000'000), HAWSER_OK);
    const Fd peer(::accept(server.fd.get(), nullptr, nullptr));
    EXPECT_TRUE(rig.eventually([&] { return rig.heard == "open;"; })) << rig.heard;
}

TEST(Outgoing, TakesTheFamiliesOfANameInTurns)
{
    Addresses found(5);
    const int six = AF_INET6, four = AF_INET;
    const int families[] = {six, six, six, four, four};
    for (std::size_t i = 0; i < found.size(); ++i) {
        found[i].storage.ss_family = static_cast<sa_family_t>(families[i]);
        found[i].size = static_cast<socklen_t>(i); // which one it is
    }
    std::string order;
    for (const ResolvedAddress &each : take_turns(found)) order += std::to_string(each.size);
    EXPECT_EQ(order, "03142");
}

TEST(Outgoing, OpensADoorOfThisProcess)
{
    Rig rig;
    Session session{&rig};
    hawser_conn *conn = nullptr;
    Fd inside;
    rig.in_loop([&] {
        rig.face.on_door([&](std::string_view listener, Fd socket) {
            if (listener != "web") return false;
            inside = std::move(socket);
            return true;
        });
    });
    EXPECT_EQ(connect(rig, "service:web", session, conn), HAWSER_OK);
    EXPECT_TRUE(rig.eventually([&] { return rig.heard == "open;"; })) << rig.heard;
    EXPECT_EQ(::send(inside.get(), "reply", 5, 0), 5);
    EXPECT_TRUE(rig.eventually([&] { return rig.heard == "open;reply;"; })) << rig.heard;
    rig.in_loop([&] { conn->api->close(conn, HAWSER_CLOSE); });
    EXPECT_TRUE(rig.eventually([&] { return rig.heard == "open;reply;close 0;"; })) << rig.heard;
    rig.in_loop([&] { rig.heard.clear(); });
    EXPECT_EQ(connect(rig, "service:other", session, conn), HAWSER_OK);
    EXPECT_TRUE(rig.eventually([&] { return rig.heard == "close -9;"; })) << rig.heard;
}

TEST(Outgoing, SaysRefusedWhenEveryAddressIs)
{
    Rig rig;
    Session session{&rig};
    hawser_conn *conn = nullptr;
    unsigned port;
    {
        const Server gone;
        port = gone.port;
    }
    EXPECT_EQ(connect(rig, "tcp:two.test:" + std::to_string(port), session, conn), HAWSER_OK);
    EXPECT_TRUE(rig.eventually([&] { return rig.heard == "close -5;"; })) << rig.heard;
}

TEST(Outgoing, TellsATimerThatWasSetBeforeItWasUp)
{
    Rig rig;
    Server server;
    static constexpr hawser_session kTimed = {sizeof(hawser_session),
                                              0,
                                              Session::on_open,
                                              nullptr,
                                              nullptr,
                                              nullptr,
                                              [](void *self) { Session::of(self).rig->heard += "timer;"; },
                                              nullptr,
                                              nullptr,
                                              Session::on_close};
    Session session{&rig};
    rig.in_loop([&] {
        hawser_conn *conn = nullptr;
        const std::string address = "tcp:127.0.0.1:" + std::to_string(server.port);
        rig.abi->api->connect(rig.abi, &rig.node, str(address), nullptr, &kTimed, &session, &conn);
        conn->api->set_timer(conn, rig.abi->now + 1);
    });
    EXPECT_TRUE(rig.eventually([&] { return rig.heard == "open;timer;"; })) << rig.heard;
}

TEST(Outgoing, KeepsItsTimeoutWhenTheSessionSetsATimer)
{
    Rig rig;
    Session session{&rig};
    const Fd full(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)); // listens, but its queue is full
    sockaddr_in any{};
    any.sin_family = AF_INET;
    any.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof any;
    EXPECT_EQ(::bind(full.get(), reinterpret_cast<sockaddr *>(&any), size), 0);
    ::listen(full.get(), 0);
    ::getsockname(full.get(), reinterpret_cast<sockaddr *>(&any), &size);
    const Fd first(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    ASSERT_EQ(::connect(first.get(), reinterpret_cast<sockaddr *>(&any), size), 0);
    rig.in_loop([&] {
        hawser_conn *conn = nullptr;
        const std::string address = "tcp:127.0.0.1:" + std::to_string(ntohs(any.sin_port));
        const hawser_connect options{sizeof(hawser_connect), 0, 50'000'000, {}};
        rig.abi->api->connect(rig.abi, &rig.node, str(address), &options, &Session::kTable, &session, &conn);
        conn->api->set_timer(conn, 0);
    });
    EXPECT_TRUE(rig.eventually([&] { return rig.heard == "close -3;"; })) << rig.heard;
}

TEST(Outgoing, OpensOnlyTheLastSessionThatItWasAttachedToBefore)
{
    Rig rig;
    Server server;
    Session session{&rig}, other{&rig};
    rig.in_loop([&] {
        hawser_conn *conn = nullptr;
        const std::string address = "tcp:localhost:" + std::to_string(server.port);
        rig.abi->api->connect(rig.abi, &rig.node, str(address), nullptr, &Session::kTable, &session, &conn);
        conn->api->attach(conn, &Session::kTable, &other);
    });
    const Fd peer(::accept(server.fd.get(), nullptr, nullptr));
    EXPECT_EQ(::send(peer.get(), "data", 4, 0), 4);
    EXPECT_TRUE(rig.eventually([&] { return rig.heard == "open;data;"; })) << rig.heard;
    rig.in_loop([&] {
        EXPECT_EQ(session.conn, nullptr);
        EXPECT_NE(other.conn, nullptr);
    });
}

TEST(Outgoing, SaysLimitWhenNoDescriptorIsLeft)
{
    Rig rig;
    Session session{&rig};
    hawser_conn *conn = nullptr;
    std::vector<Fd> all;
    rlimit limit{};
    ::getrlimit(RLIMIT_NOFILE, &limit);
    const rlimit few{64, limit.rlim_max};
    ::setrlimit(RLIMIT_NOFILE, &few);
    for (Fd fd(::dup(0)); fd; fd = Fd(::dup(0))) all.push_back(std::move(fd));
    EXPECT_EQ(connect(rig, "tcp:127.0.0.1:9", session, conn), HAWSER_OK);
    EXPECT_TRUE(rig.eventually([&] { return rig.heard == "close -6;"; })) << rig.heard;
    ::setrlimit(RLIMIT_NOFILE, &limit);
}

TEST(Outgoing, OpensNothingAnyMoreWhenAllHasToEnd)
{
    Rig rig;
    Session session{&rig};
    hawser_conn *conn = nullptr;
    rig.in_loop([&] { rig.face.abort_connections(true); });
    EXPECT_EQ(connect(rig, "tcp:127.0.0.1:9", session, conn), HAWSER_CLOSED);
}

} // namespace
} // namespace hawser::host::test
