// run --daemon and --pidfile: what whoever starts a host in the background is told, and what is left behind.
#include "host_process.hpp"

#include <gtest/gtest.h>

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/file.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <fstream>

namespace hawser::test {
namespace {

namespace fs = std::filesystem;

std::string text_of(const std::string &path)
{
    std::ifstream in(path);
    return {std::istreambuf_iterator<char>(in), {}};
}

// One that was started with a pidfile and is ended with this, if it still runs.
class Daemon {
public:
    explicit Daemon(const std::string &more = {}, const std::string &log = "output = \"log\"")
    {
        directory.write("hawser.toml", "[host]\nplugins = [\"" HAWSER_PLUGINS "\", \"" HAWSER_BUILD
                                       "/test-plugins\"]\ncontrol = \"control.sock\"\n[log]\nformat = \"json\"\n" +
                                           log + "\n[listeners.echo]\naddress = \"unix:" + directory.path() +
                                           "/echo.sock\"\nprotocol = \"echo\"\n" + more);
    }
    ~Daemon()
    {
        // Only while it holds its file the number there is its own.
        const int file = ::open((directory / "pid").c_str(), O_RDONLY | O_CLOEXEC);
        if (file >= 0 && ::flock(file, LOCK_SH | LOCK_NB) != 0 && pid() > 1) ::kill(pid(), SIGKILL);
        if (file >= 0) ::close(file);
    }
    Ended start() { return hawser({"run", directory / "hawser.toml", "--daemon", "--pidfile", directory / "pid"}); }
    int pid() const { return std::atoi(text_of(directory / "pid").c_str()); }
    Ended command(std::vector<std::string> words) const
    {
        words.push_back(directory / "hawser.toml");
        return hawser(words);
    }
    TempDir directory;
};

bool waits_for_end(int pid)
{
    const int fd = static_cast<int>(::syscall(SYS_pidfd_open, pid, 0));
    if (fd < 0) return errno == ESRCH;
    pollfd end{fd, POLLIN, 0};
    const bool ended = ::poll(&end, 1, 60'000) == 1;
    ::close(fd);
    return ended;
}

TEST(Background, ServesOnceTheCommandHasReturned)
{
    Daemon daemon;
    const Ended ended = daemon.start();
    EXPECT_EQ(ended.status, 0) << ended.err;
    EXPECT_EQ(ended.out + ended.err, "");
    Client client("unix:" + daemon.directory / "echo.sock");
    client.send("x");
    EXPECT_EQ(client.receive(1), "x");
    EXPECT_NE(text_of(daemon.directory / "log").find("\"event\":\"ready\""), std::string::npos);
    EXPECT_EQ(daemon.command({"stop"}).status, 0);
}

TEST(Background, LeadsNoSessionAndHasNoTerminalNorFilesOfItsStarter)
{
    Daemon daemon;
    ASSERT_EQ(daemon.start().status, 0);
    const int pid = daemon.pid();
    EXPECT_NE(::getsid(pid), ::getsid(0));
    EXPECT_NE(::getsid(pid), pid);
    for (const char *fd : {"0", "1", "2"})
        EXPECT_EQ(fs::read_symlink("/proc/" + std::to_string(pid) + "/fd/" + fd), "/dev/null") << fd;
    EXPECT_EQ(daemon.command({"stop"}).status, 0);
}

TEST(Background, SaysWhyItDoesNotServeWithTheStatusOfTheForeground)
{
    Daemon daemon("[services.bad]\nservice = \"crew\"\nmood = \"refuse_start\"\n");
    const Ended ended = daemon.start();
    EXPECT_EQ(ended.status, 70);
    EXPECT_NE(ended.err.find("its database is from another time"), std::string::npos) << ended.err;
    EXPECT_FALSE(fs::exists(daemon.directory / "pid"));
}

TEST(Background, IsRefusedWithALogThatHasNoFile)
{
    Daemon daemon("", "output = \"stderr\"\naccess.output = \"stderr\"");
    const Ended ended = daemon.start();
    EXPECT_EQ(ended.status, 78);
    EXPECT_NE(ended.err.find("[log]: output: expected a file, \"syslog\" or \"journald\" with --daemon, got "
                             "\"stderr\"\n"),
              std::string::npos)
        << ended.err;
    EXPECT_NE(ended.err.find("[log]: access.output: expected a file with --daemon, got \"stderr\"\n"),
              std::string::npos)
        << ended.err;
}

TEST(Background, IsNotOneProcess)
{
    const Ended ended = hawser({"run", "any.toml", "--daemon", "--single"});
    EXPECT_EQ(ended.status, 64);
    EXPECT_EQ(ended.err, "hawser run: expected --daemon or --single, got both; see \"hawser help run\"\n");
}

TEST(Pidfile, HoldsTheNumberOfTheHostAndIsGoneAfterIt)
{
    const TempDir directory;
    Host host("", {"--pidfile", directory / "pid"});
    ASSERT_TRUE(host.ready()) << host.process().err();
    EXPECT_EQ(text_of(directory / "pid"), std::to_string(host.process().pid()) + '\n');
    EXPECT_EQ(host.stop(), 0);
    EXPECT_TRUE(fs::is_empty(directory.path()));
}

TEST(Pidfile, OfALiveHostIsLeftToIt)
{
    const TempDir directory;
    Host first("", {"--pidfile", directory / "pid"});
    ASSERT_TRUE(first.ready()) << first.process().err();
    Host second("", {"--pidfile", directory / "pid"});
    EXPECT_EQ(second.process().wait(), 71);
    EXPECT_NE(second.process().err().find("pidfile: " + directory / "pid is held by a running host with pid " +
                                          std::to_string(first.process().pid()) + "; stop it, or name another file\n"),
              std::string::npos)
        << second.process().err();
    EXPECT_EQ(text_of(directory / "pid"), std::to_string(first.process().pid()) + '\n');
    EXPECT_EQ(first.stop(), 0);
}

TEST(Pidfile, OfAHostThatWasKilledIsReplaced)
{
    Daemon daemon;
    ASSERT_EQ(daemon.start().status, 0);
    const int first = daemon.pid();
    ASSERT_GT(first, 1);
    ::kill(first, SIGKILL);
    ASSERT_TRUE(waits_for_end(first));
    EXPECT_EQ(text_of(daemon.directory / "pid"), std::to_string(first) + '\n');
    EXPECT_EQ(daemon.start().status, 0);
    EXPECT_NE(daemon.pid(), first);
    EXPECT_EQ(daemon.command({"stop"}).status, 0);
}

TEST(Pidfile, ThatIsNoFileIsLeftAlone)
{
    const TempDir directory;
    Host host("", {"--pidfile", "/dev/null"});
    EXPECT_EQ(host.process().wait(), 71);
    EXPECT_NE(host.process().err().find("pidfile: expected a regular file, got something else at /dev/null\n"),
              std::string::npos)
        << host.process().err();
}

} // namespace
} // namespace hawser::test
