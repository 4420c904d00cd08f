#include "net/output_queue.hpp"
#include "net/stage.hpp"

#include <gtest/gtest.h>

#include <fcntl.h>
#include <malloc.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include <memory>
#include <string>
#include <vector>

namespace hawser::host {
namespace {

struct Pair {
    Pair()
    {
        EXPECT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, ends), 0);
        const int small = 4096;
        ::setsockopt(ends[0], SOL_SOCKET, SO_SNDBUF, &small, sizeof small);
    }
    ~Pair()
    {
        ::close(ends[0]);
        ::close(ends[1]);
    }
    std::string read() const
    {
        char buffer[3000];
        const ssize_t n = ::recv(ends[1], buffer, sizeof buffer, 0);
        return n > 0 ? std::string(buffer, static_cast<std::size_t>(n)) : "";
    }
    int ends[2]{};
};

void count(void *n) { ++*static_cast<int *>(n); }

int file_of(const std::string &text)
{
    const int fd = ::memfd_create("test", 0);
    EXPECT_EQ(::write(fd, text.data(), text.size()), static_cast<ssize_t>(text.size()));
    return fd;
}

// Random pieces, copied, by reference and out of files, staged while the queue is empty, against a slow reader.
TEST(Output, LeavesInOrderAndReleasesEverythingOnce)
{
    std::uint32_t seed = 42;
    const auto next = [&seed](std::uint32_t below) { return ((seed = seed * 1664525 + 1013904223) >> 8) % below; };
    for (int round = 0; round < 20; ++round) {
        Pair pair;
        auto queue = std::make_unique<OutputQueue>();
        Stage stage;
        int released = 0, given = 0;
        std::string expected, got;
        std::vector<std::unique_ptr<std::string>> texts;
        std::uint64_t sent = 0;
        const int file = file_of(std::string(20000, 'f'));
        for (int i = 0; i < 60; ++i) {
            texts.push_back(
                std::make_unique<std::string>(1 + next(i % 7 == 0 ? 90000 : 3000), static_cast<char>('a' + i % 26)));
            const std::string &text = *texts.back();
            const std::uint32_t what = next(3);
            if (what == 2) {
                const std::uint64_t n = std::min<std::uint64_t>(text.size(), 20000);
                stage.flush(pair.ends[0], true, queue, &sent);
                ASSERT_TRUE(queue->push_file(file, 0, n, count, &released));
                ++given;
                expected.append(n, 'f');
            } else {
                const Piece piece{text.data(), text.size(), what == 1 ? count : nullptr, &released};
                given += what == 1 ? 1 : 0;
                bool staged = queue->empty() && stage.add(piece);
                if (!staged) {
                    stage.flush(pair.ends[0], false, queue, &sent);
                    staged = queue->empty() && stage.add(piece);
                }
                if (!staged) ASSERT_TRUE(queue->push(piece));
                if (stage.must_flush()) stage.flush(pair.ends[0], false, queue, &sent);
                expected += text;
            }
            got += pair.read();
        }
        stage.flush(pair.ends[0], false, queue, &sent);
        while (got.size() < expected.size()) {
            queue->flush(pair.ends[0], 10000, &sent);
            got += pair.read();
        }
        EXPECT_TRUE(got == expected);
        EXPECT_EQ(released, given);
        EXPECT_EQ(sent, expected.size());
        EXPECT_TRUE(queue->empty());
        EXPECT_EQ(queue->bytes(), 0U);
        EXPECT_EQ(queue->copied(), 0U);
        ::close(file);
    }
}

TEST(OutputQueue, ReleasesWhatIsDiscarded)
{
    int released = 0;
    {
        OutputQueue queue;
        queue.push({"abc", 3, count, &released});
        queue.push({"", 0, count, &released});
        queue.push_file(-1, 0, 0, count, &released);
        EXPECT_EQ(released, 2) << "what is empty needs no sending";
    }
    EXPECT_EQ(released, 3);
}

TEST(OutputQueue, HoldsManySmallWritesInLittleMemory)
{
    OutputQueue queue;
    const auto used = [] { return ::mallinfo2().uordblks; };
    const std::size_t before = used(); // 0 throughout where a sanitizer allocates
    constexpr std::size_t kWrites = 100'000;
    for (std::size_t i = 0; i < kWrites; ++i) EXPECT_TRUE(queue.push({"x", 1, nullptr, nullptr}));
    EXPECT_EQ(queue.bytes(), kWrites);
    EXPECT_LT(used() - before, 2 * kWrites);
}

TEST(OutputQueue, SaysThatAFileIsShorterThanPromised)
{
    Pair pair;
    OutputQueue queue;
    std::uint64_t sent = 0;
    const int file = file_of("short");
    queue.push_file(file, 0, 100, nullptr, nullptr);
    EXPECT_EQ(queue.flush(pair.ends[0], 1000, &sent), OutputQueue::Sent::ShortFile);
    EXPECT_EQ(sent, 5U);
    ::close(file);
}

TEST(OutputQueue, SaysThatThePeerHasGone)
{
    Pair pair;
    OutputQueue queue;
    std::uint64_t sent = 0;
    ::close(pair.ends[1]);
    pair.ends[1] = ::dup(0);
    queue.push({"abc", 3, nullptr, nullptr});
    EXPECT_EQ(queue.flush(pair.ends[0], 1000, &sent), OutputQueue::Sent::Broken);
}

TEST(Stage, MakesAQueueOnlyForWhatTheKernelRefuses)
{
    Pair pair;
    std::unique_ptr<OutputQueue> queue;
    Stage stage;
    std::uint64_t sent = 0;
    const std::string large(1'000'000, 'L');
    stage.add({"small", 5, nullptr, nullptr});
    EXPECT_EQ(stage.flush(pair.ends[0], false, queue, &sent), OutputQueue::Sent::All);
    EXPECT_EQ(queue, nullptr);
    stage.add({large.data(), large.size(), [](void *) {}, nullptr});
    EXPECT_EQ(stage.flush(pair.ends[0], false, queue, &sent), OutputQueue::Sent::Some);
    ASSERT_NE(queue, nullptr);
    EXPECT_EQ(queue->bytes() + sent, large.size() + 5);
}

TEST(Stage, CopiesSmallPiecesIntoOnePartAndRefersToLargeOnes)
{
    Pair pair;
    auto queue = std::make_unique<OutputQueue>();
    Stage stage;
    int released = 0;
    std::uint64_t sent = 0;
    const std::string large(2000, 'L');
    EXPECT_TRUE(stage.add({"head", 4, nullptr, nullptr}));
    EXPECT_TRUE(stage.add({"body", 4, count, &released}));
    EXPECT_EQ(released, 1) << "copied and released at once";
    EXPECT_TRUE(stage.add({large.data(), large.size(), count, &released}));
    EXPECT_EQ(released, 1);
    EXPECT_EQ(stage.flush(pair.ends[0], false, queue, &sent), OutputQueue::Sent::All);
    EXPECT_EQ(released, 2);
    EXPECT_EQ(pair.read(), "headbody" + large);
}

} // namespace
} // namespace hawser::host
