// A machine that does not give what a host asks for: one message, one status, nothing half done.
#include "host_process.hpp"

#include <gtest/gtest.h>

#include <sys/stat.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>

namespace hawser::test {
namespace {

namespace fs = std::filesystem;

const std::string kEcho = "[listeners.echo]\naddress = \"127.0.0.1:0\"\nprotocol = \"echo\"\n";

struct Trouble {
    std::string host, log, listeners; // keys of [host], of [log], and whole tables
    std::vector<std::string> arguments;
    std::string expected;
    int status = 71;
};

void expect_trouble(const Trouble &trouble, const std::vector<std::string> &wrapper = {})
{
    const TempDir directory;
    ::chmod(directory.path().c_str(), 0777);
    const std::string control = trouble.host.find("control") == std::string::npos ? "control = \"c.sock\"\n" : "";
    directory.write("hawser.toml", "[host]\nplugins = [\"" + open_copy(HAWSER_PLUGINS) + "\"]\n" + control +
                                       trouble.host + "\n[log]\n" + trouble.log + '\n' +
                                       (trouble.listeners.empty() ? kEcho : trouble.listeners));
    std::vector<std::string> words{"run", directory / "hawser.toml"};
    words.insert(words.end(), trouble.arguments.begin(), trouble.arguments.end());
    ProcessOptions options;
    options.wrapper = wrapper;
    options.variables = {{"STATE_DIRECTORY", directory / "state"}};
    const Ended ended = hawser(words, options);
    EXPECT_EQ(ended.status, trouble.status) << ended.err;
    EXPECT_NE(ended.err.find(trouble.expected), std::string::npos) << ended.err;
    EXPECT_FALSE(fs::exists(directory / "c.sock")) << "left behind";
}

TEST(Trouble, OfADirectoryThatIsMissingNamesThePath)
{
    expect_trouble({"control = \"/nowhere/c.sock\"", "", "", {}, "/nowhere/c.sock"});
    expect_trouble({"", "output = \"/nowhere/log\"", "", {}, "[log]: output: cannot open /nowhere/log: No such file"});
    expect_trouble({"",
                    "access = { output = \"/nowhere/access\", format = \"json\" }",
                    "",
                    {},
                    "[log]: access.output: cannot open /nowhere/access: No such file"});
    expect_trouble({"", "", "", {"--pidfile", "/nowhere/pid"}, "pidfile: cannot open /nowhere/pid: No such file"});
    expect_trouble({"", "", "[listeners.u]\naddress = \"unix:/nowhere/u.sock\"\nprotocol = \"echo\"\n", {}, "u.sock"});
}

const std::vector<std::string> kReadOnly{
    "unshare", "--mount", "sh", "-c", "mount -t tmpfs -o ro readonly /mnt && exec \"$@\"", "sh"};

TEST(Trouble, OfAFileSystemThatIsReadOnlyNamesThePath)
{
    if (!has_mount_namespaces()) GTEST_SKIP() << "needs a mount namespace";
    expect_trouble({"control = \"/mnt/c.sock\"", "", "", {}, "Read-only file system"}, kReadOnly);
    expect_trouble({"", "output = \"/mnt/log\"", "", {}, "[log]: output: cannot open /mnt/log: Read-only file system"},
                   kReadOnly);
    expect_trouble({"", "", "", {"--pidfile", "/mnt/pid"}, "pidfile: cannot open /mnt/pid: Read-only file system"},
                   kReadOnly);
    expect_trouble({"", "", "[listeners.u]\naddress = \"unix:/mnt/u.sock\"\nprotocol = \"echo\"\n", {}, "Read-only"},
                   kReadOnly);
}

const std::vector<std::string> kAsNobody{"setpriv", "--reuid=nobody", "--regid=nogroup", "--clear-groups"};

TEST(Trouble, OfAPermissionThatIsMissingNamesThePath)
{
    if (::geteuid() != 0) GTEST_SKIP() << "needs root";
    const TempDir closed; // of root, mode 0700
    const std::string &path = closed.path();
    expect_trouble({"control = \"" + path + "/c.sock\"", "", "", {}, "Permission denied", 77}, kAsNobody);
    expect_trouble({"", "output = \"" + path + "/log\"", "", {}, "cannot open " + path + "/log: Permission denied", 77},
                   kAsNobody);
    expect_trouble({"", "", "", {"--pidfile", path + "/pid"}, "cannot open " + path + "/pid: Permission denied", 77},
                   kAsNobody);
    expect_trouble(
        {"", "", "[listeners.u]\naddress = \"unix:" + path + "/u\"\nprotocol = \"echo\"\n", {}, "Permission", 77},
        kAsNobody);
}

TEST(Trouble, OfAPortThatASecondHawserHasCostsTheFirstNothing)
{
    Host first(kEcho);
    ASSERT_TRUE(first.ready()) << first.process().err();
    Client before = first.connect("echo");
    before.send("a");
    EXPECT_EQ(before.receive(1), "a");
    const std::string address = first.address("echo");
    expect_trouble({"",
                    "",
                    "[listeners.echo]\naddress = \"" + address + "\"\nprotocol = \"echo\"\n",
                    {},
                    address + ": cannot listen: Address already in use; another program has it, or another Hawser\n"});
    before.send("b");
    EXPECT_EQ(before.receive(1), "b");
    Client after = first.connect("echo");
    after.send("c");
    EXPECT_EQ(after.receive(1), "c");
    before.reset();
    after.reset();
    EXPECT_EQ(first.stop(), 0);
}

TEST(Trouble, OfAControlSocketThatASecondHawserHasCostsTheFirstNothing)
{
    Host first(kEcho);
    ASSERT_TRUE(first.ready()) << first.process().err();
    const Ended second = hawser({"run", first.config()});
    EXPECT_EQ(second.status, 71) << second.err;
    EXPECT_NE(second.err.find(first.control()), std::string::npos) << second.err;
    EXPECT_EQ(first.command({"status"}).status, 0);
    EXPECT_EQ(first.stop(), 0);
}

TEST(Trouble, OfADiskThatIsFullForLogsStopsNobody)
{
    const TempDir directory;
    for (const std::string key : {"output = \"/dev/full\"", "access = { output = \"/dev/full\", format = \"json\" }"}) {
        directory.write(
            "hawser.toml",
            "[host]\nplugins = [\"" HAWSER_PLUGINS "\"]\ncontrol = \"c.sock\"\n[log]\n" + key +
                "\n[listeners.web]\naddress = \"unix:" + directory.path() +
                "/web\"\nprotocol = \"http\"\nroutes = { \"/\" = { resource = \"text\", body = \"one\" } }\n");
        Process host({HAWSER_PROGRAM, "run", directory / "hawser.toml", "--pidfile", directory / "pid"});
        Ended status;
        do status = hawser({"status", directory / "hawser.toml"});
        while (status.out.find("serving") == std::string::npos && host.wait(std::chrono::milliseconds(20)) == -1);
        for (int i = 0; i < 100; ++i) EXPECT_EQ(Client("unix:" + directory / "web").get("/").body, "one") << key;
        host.signal(SIGTERM);
        EXPECT_EQ(host.wait(), 0) << host.err();
    }
}

TEST(Trouble, OfStandardStreamsThatAreClosedPutsNothingElseInTheirPlace)
{
    for (const std::vector<std::string> &mode : {std::vector<std::string>{}, {"--single"}}) {
        ProcessOptions options;
        options.wrapper = {"sh", "-c", "exec \"$@\" <&- >&-", "sh"};
        Host host(kEcho, mode, options);
        ASSERT_TRUE(host.ready()) << host.process().err();
        for (const char *stream : {"0", "1"}) {
            const std::string name = "/proc/" + std::to_string(host.process().pid()) + "/fd/" + stream;
            std::error_code error;
            EXPECT_EQ(fs::read_symlink(name, error), "/dev/null") << stream << ' ' << error.message();
        }
        EXPECT_EQ(host.stop(), 0);
    }
}

} // namespace
} // namespace hawser::test
