// What a service manager hears (sd_notify(3)): a socket of the test's own in its place.
#include "host_process.hpp"

#include <gtest/gtest.h>

#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <cstddef>
#include <cstring>
#include <fstream>

namespace hawser::test {
namespace {

class Manager {
public:
    // `name`: a path, or "@name" of an abstract socket.
    explicit Manager(const std::string &name)
        : fd_(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0))
    {
        sockaddr_un address{};
        address.sun_family = AF_UNIX;
        std::memcpy(address.sun_path, name.data(), name.size());
        const bool abstract = name[0] == '@';
        if (abstract) address.sun_path[0] = '\0';
        const auto size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + name.size() + (abstract ? 0 : 1));
        EXPECT_EQ(::bind(fd_, reinterpret_cast<const sockaddr *>(&address), size), 0);
    }
    ~Manager() { ::close(fd_); }
    // The next datagram; "nothing" if none comes.
    std::string next() const
    {
        pollfd ready{fd_, POLLIN, 0};
        std::array<char, 4096> text{};
        if (::poll(&ready, 1, 60'000) != 1) return "nothing";
        const ssize_t n = ::recv(fd_, text.data(), text.size(), 0);
        return {text.data(), n > 0 ? static_cast<std::size_t>(n) : 0};
    }

private:
    int fd_;
};

const std::string kEcho = "[listeners.echo]\naddress = \"127.0.0.1:0\"\nprotocol = \"echo\"\n";

ProcessOptions told(const std::string &socket, const std::string &watchdog = {})
{
    ProcessOptions options;
    options.variables = {{"NOTIFY_SOCKET", socket}};
    if (!watchdog.empty()) options.variables.emplace_back("WATCHDOG_USEC", watchdog);
    return options;
}

TEST(Notify, TellsOfTheStartAReloadAndTheEnd)
{
    const TempDir directory;
    const Manager manager(directory / "notify");
    Host host(kEcho, {}, told(directory / "notify"));
    ASSERT_TRUE(host.ready()) << host.process().err();
    EXPECT_EQ(manager.next(), "READY=1\nSTATUS=generation 1 serves: echo=" + host.address("echo"));
    EXPECT_EQ(host.command({"reload"}).status, 0);
    const std::string reloading = manager.next();
    EXPECT_TRUE(reloading.starts_with("RELOADING=1\nMONOTONIC_USEC=")) << reloading;
    EXPECT_EQ(manager.next(), "READY=1\nSTATUS=generation 2 serves: echo=" + host.address("echo"));
    host.process().signal(SIGTERM);
    EXPECT_EQ(manager.next(), "STOPPING=1\nSTATUS=finishing what is in flight");
    EXPECT_EQ(host.process().wait(), 0);
}

TEST(Notify, SaysThatItServesOnAfterAReloadThatWasRefused)
{
    const TempDir directory;
    const Manager manager(directory / "notify");
    Host host(kEcho, {}, told(directory / "notify"));
    ASSERT_TRUE(host.ready()) << host.process().err();
    manager.next();
    host.rewrite("[listeners.echo]\nprotocol = 7\n");
    EXPECT_EQ(host.command({"reload"}).status, 78);
    manager.next();
    EXPECT_EQ(manager.next(), "READY=1\nSTATUS=generation 1 serves on: the last reload was refused");
    EXPECT_EQ(host.stop(), 0);
}

TEST(Notify, ReachesAnAbstractSocketToo)
{
    const TempDir directory;
    const std::string name = "@hawser-test" + directory.path();
    const Manager manager(name);
    Host host(kEcho, {}, told(name));
    ASSERT_TRUE(host.ready()) << host.process().err();
    EXPECT_TRUE(manager.next().starts_with("READY=1\n"));
    EXPECT_EQ(host.stop(), 0);
}

TEST(Notify, FeedsTheWatchdogWhileItServes)
{
    const TempDir directory;
    const Manager manager(directory / "notify");
    Host host(kEcho, {}, told(directory / "notify", "200000"));
    ASSERT_TRUE(host.ready()) << host.process().err();
    EXPECT_TRUE(manager.next().starts_with("READY=1\n"));
    EXPECT_EQ(manager.next(), "WATCHDOG=1");
    EXPECT_EQ(manager.next(), "WATCHDOG=1");
    EXPECT_EQ(host.stop(), 0);
}

TEST(Notify, TellsWhichProcessWentToTheBackground)
{
    const TempDir directory;
    const Manager manager(directory / "notify");
    directory.write("hawser.toml", "[host]\nplugins = [\"" HAWSER_PLUGINS
                                   "\"]\ncontrol = \"control.sock\"\n[log]\noutput = \"log\"\n" +
                                       kEcho);
    const std::string file = directory / "hawser.toml";
    ASSERT_EQ(hawser({"run", file, "--daemon", "--pidfile", directory / "pid"}, told(directory / "notify")).status, 0);
    std::ifstream in(directory / "pid");
    std::string pid;
    in >> pid;
    EXPECT_NE(manager.next().find("\nMAINPID=" + pid), std::string::npos);
    EXPECT_EQ(hawser({"stop", file}).status, 0);
}

TEST(Notify, IsNotForWorkers)
{
    const TempDir directory;
    const Manager manager(directory / "notify");
    Host host(kEcho, {}, told(directory / "notify", "1000000"));
    ASSERT_TRUE(host.ready()) << host.process().err();
    ASSERT_FALSE(host.workers().empty());
    std::ifstream in("/proc/" + std::to_string(host.workers().at(0)) + "/environ");
    const std::string environment(std::istreambuf_iterator<char>(in), {});
    EXPECT_EQ(environment.find("NOTIFY_SOCKET"), std::string::npos);
    EXPECT_EQ(environment.find("WATCHDOG"), std::string::npos);
    EXPECT_EQ(host.stop(), 0);
}

TEST(Notify, IsAskedForByAUnitThatSystemdAccepts)
{
    std::ifstream in(HAWSER_SOURCE "/conf/systemd/hawser.service");
    std::string unit(std::istreambuf_iterator<char>(in), {});
    EXPECT_NE(unit.find("Type=notify\n"), std::string::npos);
    const std::string installed = "/usr/bin/hawser";
    for (std::size_t at = 0; (at = unit.find(installed, at)) != std::string::npos;)
        unit.replace(at, installed.size(), HAWSER_PROGRAM);
    const TempDir directory;
    const Ended ended = run({"systemd-analyze", "verify", "--man=no", directory.write("hawser.service", unit)});
    EXPECT_EQ(ended.status, 0) << ended.err;
    EXPECT_EQ(ended.err, "");
}

TEST(Unit, ExposesNoMoreThanOneAndAHalfBySystemdsReckoning)
{
    const Ended ended = run({"systemd-analyze", "security", "--offline=true", "--threshold=15", "--no-pager",
                             HAWSER_SOURCE "/conf/systemd/hawser.service"});
    EXPECT_EQ(ended.status, 0) << ended.out << ended.err;
    EXPECT_NE(ended.out.find("Overall exposure level for hawser.service: 1."), std::string::npos) << ended.out;
}

// What the unit gives the host: one ambient capability, and nothing that could give more.
TEST(Unit, GivesEnoughToServeALowPortAsAUser)
{
    if (::geteuid() != 0) GTEST_SKIP() << "needs root";
    const TempDir directory;
    ::chmod(directory.path().c_str(), 0777);
    ProcessOptions options;
    options.variables = {{"STATE_DIRECTORY", directory / "state"}};
    options.wrapper = {"setpriv",
                       "--reuid=nobody",
                       "--regid=nogroup",
                       "--clear-groups",
                       "--inh-caps=-all,+net_bind_service",
                       "--ambient-caps=-all,+net_bind_service",
                       "--bounding-set=-all,+net_bind_service",
                       "--no-new-privs"};
    directory.write("hawser.toml", "[host]\nplugins = [\"" + open_copy(HAWSER_PLUGINS) +
                                       "\"]\ncontrol = \"c.sock\"\n[listeners.web]\naddress = "
                                       "\"127.0.0.9:79\"\nprotocol = \"echo\"\n");
    Process host({HAWSER_PROGRAM, "run", directory / "hawser.toml"}, options);
    ASSERT_TRUE(host.wait_for_error_text("\"event\":\"ready\"")) << host.err();
    Client client("127.0.0.9:79");
    client.send("x");
    EXPECT_EQ(client.receive(1), "x");
    EXPECT_EQ(run({HAWSER_PROGRAM, "reload", "--control", directory / "c.sock"}).status, 0) << host.err();
    host.signal(SIGTERM);
    EXPECT_EQ(host.wait(), 0) << host.err();
}

TEST(Notify, IsComplainedOfOnceWhereNobodyListens)
{
    const TempDir directory;
    Host host(kEcho, {}, told(directory / "nobody"));
    ASSERT_TRUE(host.ready()) << host.process().err();
    EXPECT_EQ(host.stop(), 0);
    EXPECT_EQ(count(host.process().err(), "\"event\":\"notify_failed\""), 1U) << host.process().err();
}

} // namespace
} // namespace hawser::test
