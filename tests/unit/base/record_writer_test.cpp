#include "base/record_writer.hpp"

#include "base/record_output.hpp"

#include <gtest/gtest.h>

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/resource.h>

#include <array>
#include <csignal>
#include <string>
#include <thread>
#include <vector>

namespace hawser::host {
namespace {

constexpr std::uint64_t kSoon = 5'000'000'000;

struct Pipe {
    Pipe()
    {
        std::array<int, 2> ends{};
        EXPECT_EQ(::pipe2(ends.data(), O_CLOEXEC), 0);
        from.reset(ends[0]);
        to.reset(ends[1]);
    }
    std::string read(std::size_t most = 65536) const // waits; "": the end
    {
        std::string bytes(most, '\0');
        const ssize_t n = ::read(from.get(), bytes.data(), bytes.size());
        bytes.resize(n > 0 ? static_cast<std::size_t>(n) : 0);
        return bytes;
    }
    Fd from, to;
};

Fd memory_file() { return Fd(::memfd_create("lines", MFD_CLOEXEC)); }

std::string content(const Fd &file)
{
    std::string all(static_cast<std::size_t>(::lseek(file.get(), 0, SEEK_END)), '\0');
    EXPECT_EQ(::pread(file.get(), all.data(), all.size(), 0), static_cast<ssize_t>(all.size()));
    return all;
}

Fd copy_of(const Fd &fd) { return Fd(::fcntl(fd.get(), F_DUPFD_CLOEXEC, 3)); }

class RecordWriterTest : public ::testing::Test {
protected:
    RecordWriterTest() { ::signal(SIGPIPE, SIG_IGN); }

    bool write(std::string_view line, unsigned loop = 0) { return RecordWriter::write(*writer_.ring(loop), line); }
    // All that the log of the writer says once it has ended.
    std::string told()
    {
        log_.flush();
        events_.to.reset();
        return events_.read();
    }

    Pipe events_;
    Log log_{LogSettings{Level::Info, LogFormat::Text, events_.to.get()}};
    RecordWriter writer_{log_, "access", 2};
};

TEST_F(RecordWriterTest, WritesTheLinesOfEveryLoopWholeAndInOrder)
{
    constexpr int kLines = 5000;
    const Fd file = memory_file();
    writer_.set_output(copy_of(file));
    std::vector<std::thread> loops;
    for (unsigned loop = 0; loop < 2; ++loop) {
        loops.emplace_back([this, loop] {
            for (int i = 0; i < kLines; ++i) write(std::string(1, "ab"[loop]) + std::to_string(i) + '\n', loop);
        });
    }
    for (std::thread &loop : loops) loop.join();
    EXPECT_TRUE(writer_.stop(kSoon));
    std::array<int, 2> next{};
    const std::string all = content(file);
    for (std::size_t at = 0, end = 0; (end = all.find('\n', at)) != std::string::npos; at = end + 1) {
        const std::string line = all.substr(at, end - at);
        ASSERT_TRUE(line[0] == 'a' || line[0] == 'b') << line;
        ASSERT_EQ(line.substr(1), std::to_string(next[line[0] == 'b' ? 1 : 0]++));
    }
    EXPECT_EQ(next[0], kLines);
    EXPECT_EQ(next[1], kLines);
    EXPECT_EQ(writer_.written(), 2U * kLines);
    EXPECT_EQ(writer_.dropped(), 0U);
}

TEST_F(RecordWriterTest, WritesALineWithoutWaitingForMore)
{
    const Pipe lines;
    writer_.set_output(copy_of(lines.to));
    write("first\n");
    EXPECT_EQ(lines.read(), "first\n");
    write("second\n");
    EXPECT_EQ(lines.read(), "second\n");
}

TEST_F(RecordWriterTest, DropsAndCountsWhatFindsNoRoomAndNeverWaits)
{
    const Pipe nobody_reads;
    writer_.set_output(copy_of(nobody_reads.to));
    const std::string line = std::string(1023, 'x') + '\n';
    std::uint64_t refused = 0;
    constexpr std::uint64_t kLines = 3 * RecordWriter::kRing / 1024;
    for (std::uint64_t i = 0; i < kLines; ++i) refused += write(line) ? 0 : 1;
    EXPECT_GT(refused, 0U);
    EXPECT_TRUE(writer_.stop(100'000'000)); // nor does its end wait for the reader
    EXPECT_GE(writer_.dropped(), refused);
    EXPECT_EQ(writer_.dropped() + writer_.written(), kLines);
    EXPECT_NE(told().find("access lines_dropped lines="), std::string::npos);
}

TEST_F(RecordWriterTest, LosesLinesOnAFullDiskAndSaysSoOnceAndAtTheEnd)
{
    writer_.set_output(Fd(::open("/dev/full", O_WRONLY | O_CLOEXEC)));
    for (int i = 0; i < 10; ++i) EXPECT_TRUE(write("lost\n"));
    EXPECT_TRUE(writer_.stop(kSoon));
    EXPECT_EQ(writer_.dropped(), 10U);
    EXPECT_EQ(writer_.written(), 0U);
    const std::string log = told();
    EXPECT_NE(log.find("lines_dropped"), std::string::npos) << log;
    EXPECT_NE(log.find("No space left on device"), std::string::npos) << log;
    EXPECT_LE(std::count(log.begin(), log.end(), '\n'), 2) << log;
}

TEST_F(RecordWriterTest, LosesLinesWhoseReaderHasGone)
{
    Pipe lines;
    writer_.set_output(std::move(lines.to));
    lines.from.reset();
    write("lost\n");
    EXPECT_TRUE(writer_.stop(kSoon));
    EXPECT_EQ(writer_.dropped(), 1U);
}

TEST_F(RecordWriterTest, GoesOnInTheFileThatWasOpenedAgainAndClosesTheOldOne)
{
    Pipe old;
    const Pipe again;
    writer_.set_output(std::move(old.to));
    write("old\n");
    EXPECT_EQ(old.read(), "old\n");
    writer_.set_output(copy_of(again.to));
    write("new\n");
    EXPECT_EQ(again.read(), "new\n");
    EXPECT_EQ(old.read(), ""); // its end: nobody holds it any more
    EXPECT_EQ(writer_.dropped(), 0U);
}

TEST_F(RecordWriterTest, CountsWhatComesWithoutAnyFileOrAfterItsEnd)
{
    RecordWriter::Ring *ring = writer_.ring(1);
    EXPECT_TRUE(RecordWriter::write(*ring, "to nowhere\n"));
    EXPECT_TRUE(writer_.stop(kSoon));
    EXPECT_FALSE(RecordWriter::write(*ring, "too late\n"));
    EXPECT_EQ(writer_.dropped(), 2U);
    EXPECT_EQ(writer_.ring(0), nullptr);
}

TEST_F(RecordWriterTest, HasNoRingForALoopThatIsNotThere) { EXPECT_EQ(writer_.ring(2), nullptr); }

// Lines longer than a pipe takes whole arrive whole too.
TEST_F(RecordWriterTest, WritesTheLongestLineThroughAPipe)
{
    const Pipe lines;
    writer_.set_output(copy_of(lines.to));
    const std::string line = std::string(RecordWriter::kMostLine - 1, 'x') + '\n';
    write(line);
    std::string all;
    while (all.size() < line.size()) all += lines.read();
    EXPECT_EQ(all, line);
}

// The limit is the process's: raised again before anything else writes.
TEST(RecordOutput, BeginsANewLineAfterOneThatAFullDiskHasCut)
{
    ::signal(SIGXFSZ, SIG_IGN);
    const Fd file = memory_file();
    RecordOutput output(copy_of(file));
    const std::atomic<std::uint64_t> for_ever{0};
    rlimit was{};
    ::getrlimit(RLIMIT_FSIZE, &was);
    const rlimit ten{10, was.rlim_max};
    ::setrlimit(RLIMIT_FSIZE, &ten);
    const auto cut = output.write({"first\nsecond\n", "third\n"}, for_ever);
    const auto full = output.write({"fourth\n", {}}, for_ever);
    ::setrlimit(RLIMIT_FSIZE, &was);
    EXPECT_EQ(cut.written, 1U);
    EXPECT_EQ(cut.lost, 2U);
    EXPECT_EQ(cut.error, EFBIG);
    EXPECT_EQ(full.lost, 1U);
    EXPECT_EQ(output.write({"fifth\n", {}}, for_ever).written, 1U);
    EXPECT_EQ(content(file), "first\nseco\nfifth\n");
}

} // namespace
} // namespace hawser::host
