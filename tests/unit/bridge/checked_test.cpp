// What a plugin does wrong towards the host is refused and named, always or with abi_check.
#include "bridge/service_part.hpp"
#include "rig.hpp"

#include <gtest/gtest.h>

#include <sys/socket.h>

#include <algorithm>
#include <mutex>
#include <set>
#include <string>
#include <thread>
#include <vector>

namespace hawser::host::test {
namespace {

struct Talker {
    hawser_conn *conn = nullptr;
    std::string kept;
    const char *view = nullptr;
    std::size_t more = 0; // than there is
    bool closed = false;
    static Talker &of(void *self) { return *static_cast<Talker *>(self); }
    static void *open(void *self, hawser_conn *conn, hawser_bytes)
    {
        of(self).conn = conn;
        return self;
    }
    static std::size_t data(void *self, hawser_bytes bytes)
    {
        of(self).view = bytes.p;
        of(self).kept.append(bytes.p, bytes.n);
        return bytes.n + of(self).more;
    }
    static void close(void *self, std::int32_t, hawser_str) { of(self).closed = true; }
    static constexpr hawser_session kSession{
        sizeof(hawser_session), 0, nullptr, data, nullptr, nullptr, nullptr, nullptr, nullptr, close};
    static constexpr hawser_protocol kProtocol{{}, &kSession, open};
};

struct Connected {
    explicit Connected(Rig &on)
        : rig(on)
    {
        int ends[2];
        EXPECT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ends), 0);
        peer = Fd(ends[0]);
        rig.in_loop([&] {
            share.enter_moved();
            Conn *conn = rig.face.conns().create(rig.face, Fd(ends[1]), &share, 5U);
            conn->open(Talker::kProtocol, &talker);
        });
    }
    void say(std::string_view text) const
    {
        EXPECT_EQ(::send(peer.get(), text.data(), text.size(), 0), static_cast<ssize_t>(text.size()));
    }
    void end()
    {
        peer.reset();
        EXPECT_TRUE(rig.eventually([&] { return talker.closed; }));
        rig.in_loop([] {});
    }
    Rig &rig;
    ListenerShare share;
    Talker talker;
    Fd peer;
};

void elsewhere(const std::function<void()> &work) { std::thread(work).join(); }

TEST(Contract, CallsOfAnotherThreadAreRefusedAndNamed)
{
    Rig rig;
    Broken broken(rig);
    Connected here(rig);
    hawser_conn *conn = here.talker.conn;
    hawser_op op{};
    op.complete = [](hawser_op *, std::int64_t) {};
    int released = 0;
    const hawser_piece piece{"x", 1, [](void *count) { ++*static_cast<int *>(count); }, &released};
    elsewhere([&] {
        EXPECT_EQ(conn->api->write(conn, &piece, 1), HAWSER_INVALID);
        conn->api->pause(conn, 1);
        conn->api->set_timer(conn, 1);
        conn->api->close(conn, HAWSER_ABORT);
        EXPECT_EQ(rig.abi->api->timer(rig.abi, 0, &op), HAWSER_INVALID);
        EXPECT_EQ(rig.abi->api->cancel(rig.abi, &op), 0);
        EXPECT_EQ(rig.abi->api->track(rig.abi, &op), 0U);
    });
    EXPECT_EQ(released, 1);
    const std::string told = broken.take();
    for (const char *call : {"5/0 hawser_conn.write", "5/0 hawser_conn.pause", "5/0 hawser_conn.set_timer",
                             "5/0 hawser_conn.close", "hawser_loop.timer", "hawser_loop.cancel", "hawser_loop.track"})
        EXPECT_NE(
            told.find(std::string(call) + ": expected a call on the loop that owns it, got one on another thread"),
            std::string::npos)
            << call << '\n'
            << told;
    here.say("still there");
    EXPECT_TRUE(rig.eventually([&] { return here.talker.kept == "still there"; }));
    here.end();
}

TEST(Contract, OperationsThatArePendingOrHaveNoCompletionAreNotStarted)
{
    Rig rig;
    Broken broken(rig);
    hawser_op op{}, empty{};
    op.complete = [](hawser_op *, std::int64_t) {};
    rig.in_loop([&] {
        EXPECT_EQ(rig.abi->api->timer(rig.abi, rig.abi->now + 3600'000'000'000, &op), HAWSER_PENDING);
        EXPECT_EQ(rig.abi->api->timer(rig.abi, 0, &op), HAWSER_INVALID);
        EXPECT_EQ(rig.abi->api->offload(
                      rig.abi, [](void *) -> std::int64_t { return 0; }, nullptr, nullptr, &op),
                  HAWSER_INVALID);
        EXPECT_EQ(rig.abi->api->timer(rig.abi, 0, &empty), HAWSER_INVALID);
        EXPECT_EQ(rig.abi->api->cancel(rig.abi, &op), 1) << "the first is still pending";
        EXPECT_EQ(rig.abi->api->timer(rig.abi, rig.abi->now + 3600'000'000'000, &op), HAWSER_PENDING);
        EXPECT_EQ(rig.abi->api->cancel(rig.abi, &op), 1);
    });
    EXPECT_EQ(broken.take(),
              "0/0 hawser_loop.timer: expected an operation that is free, and zeroed once, got one that is pending\n"
              "0/0 hawser_loop.offload: expected an operation that is free, and zeroed once, got one that is pending\n"
              "0/0 hawser_loop.timer: expected an operation with a complete, got one without\n");
}

TEST(Contract, MoreBytesThanThereWereAreNotConsumed)
{
    Rig rig;
    Broken broken(rig);
    Connected here(rig);
    here.talker.more = 7;
    here.say("bytes");
    EXPECT_TRUE(rig.eventually([&] { return here.talker.kept == "bytes"; }));
    EXPECT_EQ(broken.take(), "5/66 hawser_session.on_data: expected at most as many bytes as came, got more\n");
    here.end();
}

TEST(Contract, NumbersThatNobodyGaveAreRefused)
{
    Rig rig;
    Broken broken(rig);
    rig.in_loop([&] { rig.abi->api->untrack(rig.abi, 12345); });
    EXPECT_EQ(rig.host.abi()->post(
                  rig.host.abi(), 0, [](void *, void *) {}, nullptr),
              HAWSER_INVALID);
    EXPECT_EQ(broken.take(),
              "0/0 hawser_loop.untrack: expected a number that track gave and that is tracked, got another\n"
              "0/0 hawser_host.post: expected a number that track gave and a function, got another\n");
}

// While the next one goes on, which it might be taken for.
void use_after_its_end(bool checks)
{
    Rig rig(checks);
    Broken broken(rig);
    Connected here(rig);
    here.say("hello");
    EXPECT_TRUE(rig.eventually([&] { return here.talker.kept == "hello"; }));
    here.end();
    Connected next(rig);
    next.say("hello");
    EXPECT_TRUE(rig.eventually([&] { return next.talker.kept == "hello"; }));
    hawser_conn *conn = here.talker.conn;
    int released = 0;
    const hawser_piece piece{"x", 1, [](void *count) { ++*static_cast<int *>(count); }, &released};
    hawser_address address{};
    address.struct_size = sizeof address;
    rig.in_loop([&] {
        EXPECT_EQ(conn->api->write(conn, &piece, 1), HAWSER_CLOSED);
        EXPECT_EQ(conn->api->send_file(conn, -1, 0, 1, piece.release, piece.ctx), HAWSER_CLOSED);
        conn->api->pause(conn, 1);
        conn->api->set_timer(conn, 1);
        conn->api->close(conn, HAWSER_ABORT);
        conn->api->attach(conn, &Talker::kSession, nullptr);
        EXPECT_EQ(conn->api->address(conn, HAWSER_PEER, &address), HAWSER_NOT_FOUND);
        EXPECT_EQ(conn->api->tls(conn, nullptr), HAWSER_NOT_FOUND);
        EXPECT_EQ(conn->api->queued(conn), 0U);
    });
    EXPECT_EQ(released, 2);
    std::string expected;
    for (const char *call : {"write", "send_file", "pause", "set_timer", "close", "attach", "address", "tls", "queued"})
        expected += std::string("5/0 hawser_conn.") + call +
                    ": expected a connection whose on_close has not returned, got one that has ended\n";
    EXPECT_EQ(broken.take(), expected);
    next.say(" again");
    EXPECT_TRUE(rig.eventually([&] { return next.talker.kept == "hello again"; }));
    char byte = 0;
    EXPECT_LT(::recv(next.peer.get(), &byte, 1, MSG_DONTWAIT), 0) << "nothing of it reached the next one";
    next.end();
}

TEST(Contract, ConnectionsThatHaveEndedAreNotUsed) { use_after_its_end(false); }

TEST(Checked, ConnectionsThatHaveEndedAreNotUsed) { use_after_its_end(true); }

TEST(Contract, TheMemoryOfAConnectionIsAnothersAfter64Others)
{
    Rig rig;
    std::vector<const void *> seen;
    for (int i = 0; i < 200; ++i) {
        Connected here(rig);
        here.say("hello");
        EXPECT_TRUE(rig.eventually([&] { return !here.talker.kept.empty(); }));
        seen.push_back(here.talker.conn);
        here.end();
    }
    for (std::size_t i = 1; i < seen.size(); ++i) {
        const auto at = seen.begin() + static_cast<std::ptrdiff_t>(i);
        EXPECT_EQ(std::count(at - static_cast<std::ptrdiff_t>(std::min<std::size_t>(i, 64)), at, *at), 0) << i;
    }
    EXPECT_LE(std::set<const void *>(seen.begin(), seen.end()).size(), 65U);
}

TEST(Checked, AnInstanceThatLeavesSomethingPendingIsNamed)
{
    Rig rig(true);
    Broken broken(rig);
    hawser_op op{};
    op.complete = [](hawser_op *, std::int64_t) {};
    rig.in_loop([&] {
        hawser_enter(rig.abi, HAWSER_CRUMB(5, 3));
        rig.abi->api->timer(rig.abi, rig.abi->now + 3600'000'000'000, &op);
        const hawser_ref ref = rig.abi->api->track(rig.abi, &op);
        rig.face.report_left(5);
        rig.face.report_left(6);
        rig.abi->api->untrack(rig.abi, ref);
        rig.abi->api->cancel(rig.abi, &op);
        rig.face.report_left(5);
        hawser_enter(rig.abi, 0);
    });
    EXPECT_EQ(broken.take(), "5/6 destroy: expected no operation pending, got 1\n"
                             "5/6 destroy: expected no object tracked, got 1\n");
}

} // namespace
} // namespace hawser::host::test
