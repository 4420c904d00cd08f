// Where a running host writes: files that are moved away, disks that fill, daemons of the system.
#include "host_process.hpp"

#include <gtest/gtest.h>

#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <cstring>
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

// A service that logs, and what is asked for.
const std::string kServed = "[services.tick]\nservice = \"ticker\"\nevery = \"10ms\"\n[listeners.web]\naddress = "
                            "\"127.0.0.1:0\"\nprotocol = \"http\"\nroutes = { \"/\" = { resource = \"text\", body = "
                            "\"one\" } }\n";

// A host that writes to files: its log is not on standard error.
class Written {
public:
    explicit Written(const std::string &log, const std::vector<std::string> &wrapper = {}, const std::string &keys = {})
    {
        write(log, keys);
        ProcessOptions options;
        options.wrapper = wrapper;
        host = Process({HAWSER_PROGRAM, "run", directory / "hawser.toml", "--pidfile", directory / "pid"}, options);
    }
    void write(const std::string &log, const std::string &keys = {}) const
    {
        directory.write("hawser.toml", "[host]\nplugins = [\"" HAWSER_PLUGINS "\"]\ncontrol = \"control.sock\"\n" +
                                           keys + "[log]\n" + log + kServed);
    }
    Ended command(std::vector<std::string> words) const
    {
        words.push_back(directory / "hawser.toml");
        return hawser(words);
    }
    // Until the file has a text; false: it never had.
    static bool has(const std::string &file, const std::string &text)
    {
        for (int i = 0; i < 6000; ++i) {
            if (text_of(file).find(text) != std::string::npos) return true;
            ::poll(nullptr, 0, 10); // a file gives no event that a line was added to
        }
        return false;
    }
    bool log_has(const std::string &text, const std::string &name = "log") const { return has(directory / name, text); }
    std::string get() const
    {
        const std::string log = text_of(directory / "log");
        const std::size_t at = log.find("web=") + 4;
        return Client(log.substr(at, log.find('"', at) - at)).get("/").body;
    }
    int stop()
    {
        host.signal(SIGTERM);
        return host.wait();
    }
    TempDir directory;
    Process host;
};

const std::string kFiles = "output = \"log\"\nformat = \"json\"\naccess = { output = \"access\", format = \"json\" }\n";

void move_away(const Written &written)
{
    fs::rename(written.directory / "log", written.directory / "log.1");
    fs::rename(written.directory / "access", written.directory / "access.1");
}

TEST(Logs, AreWrittenToNewFilesByAllProcessesAfterUsr1)
{
    Written written(kFiles);
    ASSERT_TRUE(written.log_has("\"event\":\"ready\""));
    const std::string web = text_of(written.directory / "log");
    EXPECT_EQ(written.get(), "one");
    move_away(written);
    written.host.signal(SIGUSR1);
    EXPECT_TRUE(written.log_has("\"event\":\"logs_reopened\""));
    EXPECT_TRUE(written.log_has("\"event\":\"tick\"")) << "a worker's line";
    EXPECT_EQ(written.stop(), 0);
}

TEST(Logs, AreOpenedAgainByTheCommandWhichNamesThem)
{
    Written written(kFiles);
    ASSERT_TRUE(written.log_has("\"event\":\"ready\""));
    const std::string address = text_of(written.directory / "log");
    move_away(written);
    const Ended ended = written.command({"logs", "reopen"});
    EXPECT_EQ(ended.status, 0) << ended.err;
    EXPECT_EQ(ended.out, "reopened " + written.directory / "log" + "\nreopened " + written.directory / "access" + '\n');
    const std::size_t at = address.find("web=") + 4;
    EXPECT_EQ(Client(address.substr(at, address.find('"', at) - at)).get("/").body, "one");
    EXPECT_TRUE(written.log_has("\"target\":\"/\"", "access")) << text_of(written.directory / "access");
    EXPECT_EQ(text_of(written.directory / "access.1"), "");
    EXPECT_EQ(written.stop(), 0);
}

TEST(Logs, StayInTheOldFileWhereTheNewOneCannotBeOpened)
{
    Written written("output = \"logs/log\"\nformat = \"json\"\n");
    EXPECT_EQ(written.host.wait(), 71) << "no such directory";
    fs::create_directory(written.directory / "logs");
    written.host = Process({HAWSER_PROGRAM, "run", written.directory / "hawser.toml"});
    ASSERT_TRUE(written.log_has("\"event\":\"ready\"", "logs/log"));
    fs::rename(written.directory / "logs", written.directory / "moved");
    const Ended ended = written.command({"logs", "reopen"});
    EXPECT_EQ(ended.status, 71);
    EXPECT_NE(ended.err.find("[log]: output: cannot open " + written.directory / "logs/log" +
                             ": No such file or directory; the old file is written on\n"),
              std::string::npos)
        << ended.err;
    EXPECT_TRUE(written.log_has("\"event\":\"log_not_reopened\"", "moved/log"));
    EXPECT_EQ(written.stop(), 0);
}

TEST(Logs, ThatAreOnStandardErrorAreNotOpenedAgain)
{
    Host host(kServed);
    ASSERT_TRUE(host.ready()) << host.process().err();
    const Ended ended = host.command({"logs", "reopen"});
    EXPECT_EQ(ended.status, 0) << ended.err;
    EXPECT_EQ(ended.out, "the host writes to no file\n");
    EXPECT_EQ(host.stop(), 0);
}

TEST(Logs, GoWhereAReloadSaysFromThenOn)
{
    Written written(kFiles);
    ASSERT_TRUE(written.log_has("\"event\":\"ready\""));
    written.write("output = \"other\"\nformat = \"text\"\n");
    EXPECT_EQ(written.command({"reload"}).status, 0);
    EXPECT_TRUE(written.log_has(" reloaded ", "other")) << text_of(written.directory / "other");
    EXPECT_TRUE(written.log_has(" tick ", "other")) << "a worker's line";
    EXPECT_EQ(text_of(written.directory / "log").find("\"event\":\"reloaded\""), std::string::npos);
    EXPECT_EQ(written.stop(), 0);
}

TEST(Logs, StayWhereTheyAreWhenTheOnesOfAReloadCannotBeOpened)
{
    Written written(kFiles);
    ASSERT_TRUE(written.log_has("\"event\":\"ready\""));
    written.write("output = \"nowhere/log\"\n");
    const Ended ended = written.command({"reload"});
    EXPECT_EQ(ended.status, 71);
    EXPECT_NE(ended.err.find("[log]: output: cannot open " + written.directory / "nowhere/log"), std::string::npos)
        << ended.err;
    EXPECT_TRUE(written.log_has("\"event\":\"reload_refused\""));
    EXPECT_EQ(written.stop(), 0);
}

TEST(Logs, ThatFindNoSpaceStopNobodyAndAreMissedInTheNextLine)
{
    if (!has_mount_namespaces()) GTEST_SKIP() << "needs a mount namespace";
    Written written("output = \"/mnt/log\"\nformat = \"json\"\n",
                    {"unshare", "--mount", "sh", "-c", "mount -t tmpfs -o size=64k full /mnt && exec \"$@\"", "sh"});
    // The file system of the test's own namespace is reached through the process.
    const std::string mnt = fs::path("/proc") / std::to_string(written.host.pid()) / "root" / "mnt" / "";
    ASSERT_TRUE(Written::has(mnt + "log", "\"event\":\"ready\""));
    std::ofstream(mnt + "filler") << std::string(1 << 20, 'x');
    const std::string log = text_of(mnt + "log");
    const std::size_t at = log.find("web=") + 4;
    const std::string address = log.substr(at, log.find('"', at) - at);
    for (int i = 0; i < 50; ++i) EXPECT_EQ(Client(address).get("/").body, "one");
    EXPECT_EQ(written.command({"status"}).status, 0);
    // The tick every 10 ms fills the rest of the page that the file had.
    std::uintmax_t size = 0;
    while (size != fs::file_size(mnt + "log")) {
        size = fs::file_size(mnt + "log");
        ::poll(nullptr, 0, 200);
    }
    fs::remove(mnt + "filler");
    EXPECT_TRUE(Written::has(mnt + "log", "\"event\":\"log_lines_lost\"")) << text_of(mnt + "log");
    EXPECT_EQ(written.stop(), 0);
}

// A daemon of the system: a socket at its place in a file system of the host's own.
class LogDaemon {
public:
    explicit LogDaemon(const std::string &path)
        : path_(path)
    {
        open();
    }
    ~LogDaemon() { ::close(fd_); }
    void open()
    {
        fd_ = ::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
        sockaddr_un address{};
        address.sun_family = AF_UNIX;
        std::memcpy(address.sun_path, path_.data(), path_.size());
        EXPECT_EQ(::bind(fd_, reinterpret_cast<const sockaddr *>(&address), sizeof address), 0);
    }
    void restart()
    {
        ::close(fd_);
        ::unlink(path_.c_str());
        open();
    }
    // Reads until a datagram has `text`; "nothing" if none comes.
    std::string hear(const std::string &text) const
    {
        pollfd ready{fd_, POLLIN, 0};
        std::array<char, 16384> buffer{};
        while (::poll(&ready, 1, 60'000) == 1) {
            const ssize_t n = ::recv(fd_, buffer.data(), buffer.size(), 0);
            std::string datagram(buffer.data(), n > 0 ? static_cast<std::size_t>(n) : 0);
            if (datagram.find(text) != std::string::npos) return datagram;
        }
        return "nothing";
    }

private:
    std::string path_;
    int fd_ = -1;
};

// `daemon` is where the host finds /dev/log or the journal.
std::vector<std::string> with_daemon(const std::string &daemon, const std::string &place)
{
    const std::string name = fs::path(place).filename(), directory = fs::path(place).parent_path();
    const std::string in_dev = "mount -t tmpfs dev /mnt && for d in null zero urandom; do cp -a /dev/$d /mnt/$d; done "
                               "&& ln -s " +
                               daemon + " /mnt/log && mount --move /mnt /dev";
    const std::string in_run = "mount -t tmpfs run /run && mkdir -p " + directory + " && ln -s " + daemon + ' ' + place;
    return {"unshare", "--mount", "sh", "-c", (name == "log" ? in_dev : in_run) + " && exec \"$@\"", "sh"};
}

TEST(LogDaemons, OfSyslogHearAllProcesses)
{
    if (!has_mount_namespaces()) GTEST_SKIP() << "needs a mount namespace";
    const TempDir directory;
    const LogDaemon daemon(directory / "log");
    Written written("output = \"syslog\"\n", with_daemon(directory / "log", "/dev/log"));
    const std::string ready = daemon.hear(" ready ");
    EXPECT_TRUE(ready.starts_with("<30>")) << ready; // facility daemon, informational
    EXPECT_NE(ready.find("hawser[" + std::to_string(written.host.pid()) + "]: host ready "), std::string::npos)
        << ready;
    const std::string tick = daemon.hear(" tick ");
    EXPECT_NE(tick.find("]: service.tick tick "), std::string::npos) << tick;
    EXPECT_EQ(written.stop(), 0);
}

TEST(LogDaemons, OfTheJournalHearFieldsAlsoFromAUserWithoutPrivileges)
{
    if (!has_mount_namespaces()) GTEST_SKIP() << "needs a mount namespace";
    const TempDir directory;
    const LogDaemon daemon(directory / "journal");
    Written written("output = \"journald\"\n", with_daemon(directory / "journal", "/run/systemd/journal/socket"),
                    "user = \"www-data\"\n");
    const std::string ready = daemon.hear("HAWSER_EVENT=ready\n");
    EXPECT_NE(ready.find("SYSLOG_IDENTIFIER=hawser\n"), std::string::npos) << ready;
    EXPECT_NE(ready.find("PRIORITY=6\n"), std::string::npos) << ready;
    EXPECT_NE(daemon.hear("HAWSER_EVENT=tick\n").find("HAWSER_NODE=service.tick\n"), std::string::npos);
    EXPECT_EQ(written.stop(), 0);
}

TEST(LogDaemons, ThatStartAgainAreFoundAgain)
{
    if (!has_mount_namespaces()) GTEST_SKIP() << "needs a mount namespace";
    const TempDir directory;
    LogDaemon daemon(directory / "log");
    Written written("output = \"syslog\"\n", with_daemon(directory / "log", "/dev/log"));
    EXPECT_NE(daemon.hear(" ready "), "nothing");
    daemon.restart();
    EXPECT_NE(daemon.hear(" log_daemon_restarted"), "nothing");
    EXPECT_NE(daemon.hear(" tick "), "nothing") << "a worker's line";
    EXPECT_EQ(written.stop(), 0);
}

TEST(LogDaemons, ThatAreNotThereAreNamedAtTheStart)
{
    if (!has_mount_namespaces()) GTEST_SKIP() << "needs a mount namespace";
    const TempDir directory;
    Written written("output = \"syslog\"\n", with_daemon(directory / "log", "/dev/log"));
    EXPECT_EQ(written.host.wait(), 71);
    EXPECT_NE(written.host.err().find("[log]: output: syslog: cannot reach its daemon at /dev/log: No such file or "
                                      "directory; start it, or set another output\n"),
              std::string::npos)
        << written.host.err();
}

} // namespace
} // namespace hawser::test
