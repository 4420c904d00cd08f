#include "base/log_output.hpp"

#include "base/fd.hpp"

#include <gtest/gtest.h>

#include <fcntl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <string>

namespace hawser::host {
namespace {

std::string read_all(int fd)
{
    std::string all;
    std::array<char, 65536> buffer{};
    for (ssize_t n; (n = ::read(fd, buffer.data(), buffer.size())) > 0;)
        all.append(buffer.data(), static_cast<std::size_t>(n));
    return all;
}

struct NonblockingPipe {
    NonblockingPipe()
    {
        std::array<int, 2> ends{};
        EXPECT_EQ(::pipe2(ends.data(), O_CLOEXEC | O_NONBLOCK), 0);
        in.reset(ends[0]);
        out.reset(ends[1]);
    }
    Fd in, out;
};

TEST(LogOutput, CountsWhatAFullDiskRefusesAndTellsOnceItWorksAgain)
{
    const Fd full(::open("/dev/full", O_WRONLY | O_CLOEXEC));
    NonblockingPipe pipe;
    LogOutput output(full.get(), LogFormat::Json);
    output.write("one\n");
    output.write("two\n");
    output.set(pipe.out.get(), LogFormat::Json);
    output.write("three\n");
    output.write("four\n");
    const std::string all = read_all(pipe.in.get());
    EXPECT_NE(all.find("\"event\":\"log_lines_lost\",\"count\":\"2\"}\nthree\nfour\n"), std::string::npos) << all;
}

TEST(LogOutput, TellsOfLinesThatNeverCameOutOfTheQueue)
{
    NonblockingPipe pipe;
    std::uint64_t overruns = 7;
    LogOutput output(pipe.out.get(), LogFormat::Text, [&] { return overruns; });
    output.write("a\n");
    output.write("b\n");
    const std::string all = read_all(pipe.in.get());
    EXPECT_NE(all.find("log_lines_lost count=7\na\nb\n"), std::string::npos) << all;
}

TEST(LogOutput, BeginsANewLineAfterOneThatWasCutOff)
{
    std::string name = "/tmp/hawser-log-XXXXXX";
    const Fd file(::mkstemp(name.data()));
    ::unlink(name.c_str());
    rlimit before{};
    ASSERT_EQ(::getrlimit(RLIMIT_FSIZE, &before), 0);
    const auto old = ::signal(SIGXFSZ, SIG_IGN);
    const rlimit small{4, before.rlim_max};
    ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &small), 0);
    LogOutput output(file.get(), LogFormat::Text);
    output.write("cut off\n");
    ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &before), 0);
    ::signal(SIGXFSZ, old);
    output.write("whole\n");
    ASSERT_EQ(::lseek(file.get(), 0, SEEK_SET), 0);
    const std::string all = read_all(file.get());
    EXPECT_TRUE(all.starts_with("cut \n")) << all;
    EXPECT_NE(all.find("log_lines_lost count=1\nwhole\n"), std::string::npos) << all;
}

TEST(LogOutput, SurvivesAPipeWithoutAReader)
{
    const auto old = ::signal(SIGPIPE, SIG_IGN);
    NonblockingPipe broken, pipe;
    broken.in.reset();
    LogOutput output(broken.out.get(), LogFormat::Text);
    output.write("a\n");
    output.set(pipe.out.get(), LogFormat::Text);
    output.write("b\n");
    ::signal(SIGPIPE, old);
    EXPECT_NE(read_all(pipe.in.get()).find("log_lines_lost count=1\nb\n"), std::string::npos);
}

TEST(LogOutput, GivesUpAPipeThatNobodyReadsOnceItIsTimeToEnd)
{
    NonblockingPipe pipe;
    const std::string much(1 << 16, 'x');
    while (::write(pipe.out.get(), much.data(), much.size()) > 0) {}
    LogOutput output(pipe.out.get(), LogFormat::Text);
    output.hurry(1); // long ago
    output.write("never\n");
    EXPECT_EQ(read_all(pipe.in.get()).find("never"), std::string::npos);
}

TEST(LogOutput, SendsADatagramForEachEventAndLosesNoneThatFits)
{
    std::array<int, 2> ends{};
    ASSERT_EQ(::socketpair(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0, ends.data()), 0);
    const Fd mine(ends[0]), daemon(ends[1]);
    LogOutput output(mine.get(), LogFormat::Syslog);
    output.write("first");
    output.write("second");
    std::array<char, 64> buffer{};
    EXPECT_EQ(::recv(daemon.get(), buffer.data(), buffer.size(), 0), 5);
    EXPECT_EQ(::recv(daemon.get(), buffer.data(), buffer.size(), 0), 6);
}

TEST(LogOutput, PassesAnEventThatIsTooLargeForADatagramAsAFileToTheJournal)
{
    std::array<int, 2> ends{};
    ASSERT_EQ(::socketpair(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0, ends.data()), 0);
    const Fd mine(ends[0]), daemon(ends[1]);
    LogOutput output(mine.get(), LogFormat::Journal);
    const std::string large(1 << 20, 'x');
    output.write(large);
    alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof(int))> control{};
    msghdr message{};
    message.msg_control = control.data();
    message.msg_controllen = control.size();
    ASSERT_EQ(::recvmsg(daemon.get(), &message, MSG_CMSG_CLOEXEC | MSG_DONTWAIT), 0);
    ASSERT_NE(CMSG_FIRSTHDR(&message), nullptr);
    int passed = -1;
    std::memcpy(&passed, CMSG_DATA(CMSG_FIRSTHDR(&message)), sizeof passed);
    const Fd file(passed);
    struct stat status {};
    ASSERT_EQ(::fstat(file.get(), &status), 0);
    EXPECT_EQ(status.st_size, 1 << 20);
    EXPECT_NE(::fcntl(file.get(), F_GET_SEALS) & F_SEAL_WRITE, 0) << "the journal takes sealed files only";
}

TEST(LogOutput, CountsWhatADaemonThatWentAwayDidNotTake)
{
    std::array<int, 2> first{}, second{};
    ASSERT_EQ(::socketpair(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0, first.data()), 0);
    ASSERT_EQ(::socketpair(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0, second.data()), 0);
    const Fd mine(first[0]), again(second[0]), restarted(second[1]);
    Fd daemon(first[1]);
    LogOutput output(mine.get(), LogFormat::Syslog);
    daemon.reset();
    output.write("lost");
    output.set(again.get(), LogFormat::Syslog);
    output.write("taken");
    std::array<char, 256> buffer{};
    const ssize_t n = ::recv(restarted.get(), buffer.data(), buffer.size(), 0);
    ASSERT_GT(n, 0);
    EXPECT_NE(std::string(buffer.data(), static_cast<std::size_t>(n)).find("log_lines_lost count=1"),
              std::string::npos);
    EXPECT_EQ(::recv(restarted.get(), buffer.data(), buffer.size(), 0), 5);
}

} // namespace
} // namespace hawser::host
