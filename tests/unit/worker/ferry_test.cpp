// Idle connections of a worker that is replaced, with the test as the worker of the next generation.
#include "worker_rig.hpp"

#include "seam/parcel.hpp"

#include <sys/un.h>

#include <cstring>
#include <vector>

namespace hawser::host::test {
namespace {

struct Arrived {
    ParcelBatch batch;
    std::vector<Fd> sockets;
};

class FerryTest : public WorkerTest {
protected:
    // One connection that has had an answer; then the worker is told to give it away and to drain.
    void begin()
    {
        start(Fd(::open("/dev/null", O_WRONLY | O_CLOEXEC)));
        client_ = connect();
        EXPECT_EQ(ask(client_, "/").substr(9, 3), "404");
        int ends[2];
        ASSERT_EQ(::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ends), 0);
        way_.reset(ends[0]);
        Handoff give;
        give.ways.emplace_back(ends[1]);
        send(std::move(give));
        send(Drain{kReplaced, 20'000'000'000, {}});
        expect<Closed>();
    }
    Arrived receive()
    {
        std::vector<char> bytes(kParcelPacket);
        alignas(cmsghdr) std::array<char, CMSG_SPACE(kMostParcels * sizeof(int))> control{};
        iovec part{bytes.data(), bytes.size()};
        msghdr message{};
        message.msg_iov = &part;
        message.msg_iovlen = 1;
        message.msg_control = control.data();
        message.msg_controllen = control.size();
        const int flags = ::fcntl(way_.get(), F_GETFL);
        ::fcntl(way_.get(), F_SETFL, flags & ~O_NONBLOCK);
        const ssize_t n = ::recvmsg(way_.get(), &message, MSG_CMSG_CLOEXEC);
        Arrived arrived;
        const cmsghdr *rights = CMSG_FIRSTHDR(&message);
        for (std::size_t i = 0; rights != nullptr && i < (rights->cmsg_len - CMSG_LEN(0)) / sizeof(int); ++i) {
            int fd = -1;
            std::memcpy(&fd, CMSG_DATA(rights) + i * sizeof(int), sizeof fd);
            arrived.sockets.emplace_back(fd);
        }
        auto batch = decode_parcels({bytes.data(), n > 0 ? static_cast<std::size_t>(n) : 0}, arrived.sockets.size());
        EXPECT_TRUE(batch.ok());
        if (batch) arrived.batch = std::move(*batch);
        return arrived;
    }
    void answer(const ParcelBatch &batch, std::uint8_t accepted)
    {
        ParcelAnswer told{batch.number, std::vector<std::uint8_t>(batch.parcels.size(), accepted)};
        const std::string bytes = encode_parcel_answer(told);
        EXPECT_EQ(::send(way_.get(), bytes.data(), bytes.size(), 0), static_cast<ssize_t>(bytes.size()));
    }
    // It is the worker's own again: answered once more, and closed after that.
    void expect_it_stays()
    {
        std::string head;
        // Told to finish while this already asks: one more answer may come before the last.
        for (int i = 0; i < 3 && head.find("Connection: close") == std::string::npos; ++i) head = ask(client_, "/");
        EXPECT_NE(head.find("Connection: close"), std::string::npos) << head;
        EXPECT_EQ(expect<Drained>().moved, 0U);
    }

    Fd client_, way_;
};

TEST_F(FerryTest, SendsAnIdleConnectionWithItsListenerItsProtocolAndItsTimer)
{
    begin();
    const Arrived arrived = receive();
    ASSERT_EQ(arrived.batch.parcels.size(), 1U);
    const Parcel &parcel = arrived.batch.parcels.front();
    EXPECT_EQ(parcel.listener, "web");
    EXPECT_EQ(parcel.protocol, "http");
    EXPECT_FALSE(parcel.state.empty());
    EXPECT_EQ(parcel.input, "");
    EXPECT_FALSE(parcel.paused);
    answer(arrived.batch, 1);
    const Drained drained = expect<Drained>();
    EXPECT_EQ(drained.moved, 1U);
    EXPECT_EQ(drained.cut, 0U);
}

TEST_F(FerryTest, LeavesWhatWasAnsweredForToTheOtherSide)
{
    begin();
    const Arrived arrived = receive();
    answer(arrived.batch, 1);
    expect<Drained>();
    ASSERT_EQ(arrived.sockets.size(), 1U);
    EXPECT_EQ(::send(arrived.sockets.front().get(), "hello", 5, 0), 5);
    std::array<char, 5> came{};
    EXPECT_EQ(::recv(client_.get(), came.data(), came.size(), MSG_WAITALL), 5);
    EXPECT_EQ(std::string(came.data(), 5), "hello");
}

TEST_F(FerryTest, TakesBackWhatIsRefused)
{
    begin();
    {
        const Arrived arrived = receive();
        answer(arrived.batch, 0);
    }
    expect_it_stays();
}

TEST_F(FerryTest, TakesBackWhatTheOtherSideDiedWith)
{
    begin();
    static_cast<void>(receive());
    way_.reset();
    expect_it_stays();
}

TEST_F(FerryTest, TakesBackAllFromOneThatDoesNotUnderstand)
{
    begin();
    static_cast<void>(receive());
    EXPECT_EQ(::send(way_.get(), "?", 1, 0), 1);
    expect_it_stays();
}

TEST_F(FerryTest, CutsWhatWasNotAnsweredForAtTheDeadline)
{
    start(Fd(::open("/dev/null", O_WRONLY | O_CLOEXEC)));
    client_ = connect();
    EXPECT_EQ(ask(client_, "/").substr(9, 3), "404");
    int ends[2];
    ASSERT_EQ(::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ends), 0);
    way_.reset(ends[0]);
    Handoff give;
    give.ways.emplace_back(ends[1]);
    send(std::move(give));
    send(Drain{kReplaced, 200'000'000, {}});
    expect<Closed>();
    const Drained drained = expect<Drained>();
    EXPECT_EQ(drained.cut, 1U);
    EXPECT_EQ(drained.moved, 0U);
}

} // namespace
} // namespace hawser::host::test
