// As whom and where workers run, and what the kernel lets them do. Most of it needs root.
#include "host_process.hpp"

#include <gtest/gtest.h>

#include <sys/stat.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>
#include <fstream>

namespace hawser::test {
namespace {

namespace fs = std::filesystem;

const std::string kWeb = "[listeners.web]\naddress = \"127.0.0.1:0\"\nprotocol = \"http\"\n"
                         "routes = { \"/\" = { resource = \"text\", body = \"one\" } }\n";
const std::vector<std::string> kAsNobody{"setpriv", "--reuid=nobody", "--regid=nogroup", "--clear-groups"};

// A field of /proc/PID/status: "33\t33\t33\t33" of "Uid".
std::string status_of(int pid, const std::string &field)
{
    std::ifstream in("/proc/" + std::to_string(pid) + "/status");
    for (std::string line; std::getline(in, line);) {
        if (line.starts_with(field + ":\t")) return line.substr(field.size() + 2);
    }
    return "none";
}

std::string link_of(int pid, const std::string &name)
{
    std::error_code error;
    return fs::read_symlink("/proc/" + std::to_string(pid) + '/' + name, error).string();
}

class Privileges : public ::testing::Test {
protected:
    void SetUp() override
    {
        if (::geteuid() != 0) GTEST_SKIP() << "needs root";
        ::chmod(directory_.path().c_str(), 0755);
    }
    // [host] with `keys`, and `rest`.
    std::string toml(const std::string &keys, const std::string &rest = kWeb) const
    {
        return "[host]\nplugins = [\"" + open_copy(HAWSER_PLUGINS) + "\", \"" +
               open_copy(HAWSER_BUILD "/test-plugins") + "\"]\ncontrol = \"" + directory_.path() + "/control.sock\"\n" +
               keys + '\n' + rest;
    }
    Ended command(std::vector<std::string> words) const
    {
        words.push_back("--control");
        words.push_back(directory_ / "control.sock");
        return hawser(words);
    }
    static int worker(const Host &host)
    {
        const std::vector<int> all = host.workers();
        return all.empty() ? -1 : all.front();
    }
    TempDir directory_;
};

TEST_F(Privileges, LeaveAWorkerNothingButItsUser)
{
    Host host(toml("user = \"www-data\""));
    ASSERT_TRUE(host.ready()) << host.process().err();
    const int pid = worker(host);
    EXPECT_EQ(status_of(pid, "Uid"), "33\t33\t33\t33");
    EXPECT_EQ(status_of(pid, "Gid"), "33\t33\t33\t33");
    EXPECT_EQ(status_of(pid, "CapPrm"), "0000000000000000");
    EXPECT_EQ(status_of(pid, "CapBnd"), "0000000000000000");
    EXPECT_EQ(status_of(pid, "NoNewPrivs"), "1");
    EXPECT_EQ(host.connect().get("/").body, "one");
    EXPECT_EQ(host.stop(), 0);
}

TEST_F(Privileges, AreThoseOfTheGroupWhereOneIsNamed)
{
    Host host(toml("user = \"nobody\"\ngroup = \"users\""));
    ASSERT_TRUE(host.ready()) << host.process().err();
    EXPECT_EQ(status_of(worker(host), "Uid"), "65534\t65534\t65534\t65534");
    EXPECT_EQ(status_of(worker(host), "Gid"), "100\t100\t100\t100");
    EXPECT_EQ(host.stop(), 0);
}

TEST_F(Privileges, LeaveTheSupervisorOnlyWhatItsConfigurationCanNeed)
{
    Host host(toml("user = \"www-data\""));
    ASSERT_TRUE(host.ready()) << host.process().err();
    // chown, dac_override, dac_read_search, fowner, kill, setgid, setuid, setpcap, net_bind_service, sys_chroot
    EXPECT_EQ(status_of(host.process().pid(), "CapPrm"), "00000000000405ef");
    EXPECT_EQ(status_of(host.process().pid(), "CapBnd"), "00000000000405ef");
    EXPECT_EQ(host.stop(), 0);
}

TEST_F(Privileges, LeaveAWorkerOfRootOnlyTheReachOfFiles)
{
    Host host(toml(""));
    ASSERT_TRUE(host.ready()) << host.process().err();
    EXPECT_EQ(status_of(worker(host), "CapPrm"), "000000000000000f");
    EXPECT_EQ(host.stop(), 0);
}

TEST_F(Privileges, AreGivenUpInTheOnlyProcessToo)
{
    Host host(toml("user = \"www-data\""), {"--single"});
    ASSERT_TRUE(host.ready()) << host.process().err();
    EXPECT_EQ(status_of(host.process().pid(), "Uid"), "33\t33\t33\t33");
    EXPECT_EQ(status_of(host.process().pid(), "CapPrm"), "0000000000000000");
    EXPECT_EQ(host.connect().get("/").body, "one");
    EXPECT_EQ(host.stop(), 0);
}

TEST_F(Privileges, BindALowPortForAUserWhoCouldNot)
{
    Host host(toml("user = \"www-data\"",
                   "[listeners.web]\naddress = \"127.0.0.77:83\"\nprotocol = \"http\"\nroutes = { "
                   "\"/\" = { resource = \"text\", body = \"one\" } }\n"));
    ASSERT_TRUE(host.ready()) << host.process().err();
    EXPECT_EQ(host.connect().get("/").body, "one");
    EXPECT_EQ(host.stop(), 0);
}

TEST_F(Privileges, AreLookedForBeforeAnythingIsOpened)
{
    directory_.write("hawser.toml", toml("user = \"www-data\"\nchroot = \"/srv\"",
                                         "[log]\noutput = \"log\"\n[listeners.web]\naddress = \"127.0.0.1:81\"\n"
                                         "protocol = \"echo\"\n"));
    const Ended ended =
        hawser({"run", directory_ / "hawser.toml"}, {"", {{"STATE_DIRECTORY", directory_ / "state"}}, 0, kAsNobody});
    EXPECT_EQ(ended.status, 78);
    EXPECT_NE(ended.err.find("[host]: user: \"www-data\": expected a host that is started by root, or with CAP_SETUID "
                             "and CAP_SETGID\n"),
              std::string::npos)
        << ended.err;
    EXPECT_NE(ended.err.find("[host]: chroot: /srv: expected a host that is started by root, or with CAP_SYS_CHROOT\n"),
              std::string::npos)
        << ended.err;
    EXPECT_NE(ended.err.find("listener \"web\": address: 127.0.0.1:81: expected a host that is started by root, or "
                             "with CAP_NET_BIND_SERVICE\n"),
              std::string::npos)
        << ended.err;
    EXPECT_FALSE(fs::exists(directory_ / "log"));
}

TEST_F(Privileges, AreNotMissedByTheUserItself)
{
    ::chmod(directory_.path().c_str(), 0777); // for the control socket
    directory_.write("hawser.toml", toml("user = \"nobody\""));
    Process host({HAWSER_PROGRAM, "run", directory_ / "hawser.toml"},
                 {"", {{"STATE_DIRECTORY", directory_ / "state"}}, 0, kAsNobody});
    ASSERT_TRUE(host.wait_for_error_text("\"event\":\"ready\"")) << host.err();
    EXPECT_EQ(status_of(host.pid(), "Uid"), "65534\t65534\t65534\t65534");
    host.signal(SIGTERM);
    EXPECT_EQ(host.wait(), 0);
}

TEST_F(Privileges, SetTheMaskAndTheDirectoryOfAWorker)
{
    Host host(toml("umask = \"027\"\ndirectory = \"/usr\""));
    ASSERT_TRUE(host.ready()) << host.process().err();
    EXPECT_EQ(status_of(worker(host), "Umask"), "0027");
    EXPECT_EQ(link_of(worker(host), "cwd"), "/usr");
    EXPECT_EQ(host.stop(), 0);
}

TEST_F(Privileges, ShutAWorkerIntoItsRootOnceItsPluginsAreLoaded)
{
    fs::create_directories(directory_ / "jail/www");
    directory_.write("jail/www/page", "inside");
    directory_.write("outside", "outside");
    Host host(
        toml("user = \"www-data\"\nchroot = \"" + directory_ / "jail\"\ndirectory = \"" + directory_ / "jail/www\"",
             "[listeners.web]\naddress = \"127.0.0.1:0\"\nprotocol = \"http\"\nroutes = { \"/\" = { resource = "
             "\"static\", root = \"" +
                 directory_ / "jail/www\" } }\n"));
    ASSERT_TRUE(host.ready()) << host.process().err();
    EXPECT_EQ(link_of(worker(host), "root"), directory_ / "jail");
    EXPECT_EQ(link_of(worker(host), "cwd"), directory_ / "jail/www");
    EXPECT_EQ(status_of(worker(host), "CapPrm"), "0000000000000000");
    EXPECT_EQ(host.connect().get("/page").body, "inside");
    EXPECT_EQ(host.stop(), 0);
}

TEST_F(Privileges, ShutTheOnlyProcessIntoItsRootToo)
{
    fs::create_directories(directory_ / "jail");
    ProcessOptions options;
    options.variables = {{"ASAN_OPTIONS", "detect_leaks=0"}}; // that looks into /proc, which is not in the jail
    Host host(toml("user = \"www-data\"\nchroot = \"" + directory_ / "jail\""), {"--single"}, options);
    ASSERT_TRUE(host.ready()) << host.process().err();
    EXPECT_EQ(link_of(host.process().pid(), "root"), directory_ / "jail");
    EXPECT_EQ(host.connect().get("/").body, "one");
    EXPECT_EQ(host.stop(), 0);
}

TEST_F(Privileges, AreTheNewOnesAfterAReload)
{
    Host host(toml("user = \"www-data\""));
    ASSERT_TRUE(host.ready()) << host.process().err();
    host.rewrite(toml("user = \"nobody\"\numask = \"077\""));
    EXPECT_EQ(command({"reload"}).status, 0);
    ASSERT_TRUE(host.log_has("\"event\":\"reloaded\""));
    const std::vector<int> all = host.workers();
    ASSERT_FALSE(all.empty());
    EXPECT_EQ(status_of(all.back(), "Uid"), "65534\t65534\t65534\t65534");
    EXPECT_EQ(status_of(all.back(), "Umask"), "0077");
    EXPECT_EQ(host.stop(), 0);
}

TEST_F(Privileges, LetAWorkerThatCrashedComeBackWithNoMoreThanBefore)
{
    Host host(toml("user = \"www-data\""));
    ASSERT_TRUE(host.ready()) << host.process().err();
    ::kill(worker(host), SIGKILL);
    ASSERT_TRUE(host.log_has("\"event\":\"worker_serving\"")) << host.process().err();
    EXPECT_EQ(status_of(worker(host), "Uid"), "33\t33\t33\t33");
    EXPECT_EQ(host.connect().get("/").body, "one");
    EXPECT_EQ(host.stop(), 0);
}

} // namespace
} // namespace hawser::test
