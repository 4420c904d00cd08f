// What the worker of a compartment may use, and that it is told where it does not hold.
#include "host_process.hpp"

#include <gtest/gtest.h>

#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <fstream>
#include <sstream>

namespace hawser::test {
namespace {

bool sanitized() { return std::string(HAWSER_SANITIZER) != ""; }

std::string two(const std::string &keys)
{
    return "[listeners.echo]\naddress = \"127.0.0.1:0\"\nprotocol = \"echo\"\n"
           "[listeners.apart]\naddress = \"127.0.0.1:0\"\nprotocol = \"echo\"\ncompartment = \"apart\"\n"
           "[compartments.apart]\nloops = 1\n" +
           keys;
}

// Of a compartment, by the table of `hawser status`.
int worker_of(const Host &host, const std::string &compartment)
{
    std::istringstream lines(host.command({"status"}).out);
    for (std::string line; std::getline(lines, line);) {
        std::istringstream words(line);
        std::string name, state;
        int pid = -1;
        if (words >> name >> state >> pid && name == compartment) return pid;
    }
    return -1;
}

// The soft limit in /proc/PID/limits: "Max open files".
std::string limit_of(int pid, const std::string &name)
{
    std::ifstream in("/proc/" + std::to_string(pid) + "/limits");
    for (std::string line; std::getline(in, line);) {
        if (!line.starts_with(name)) continue;
        std::istringstream words(line.substr(name.size()));
        std::string soft;
        words >> soft;
        return soft;
    }
    return "none";
}

std::string status_of(int pid, const std::string &field)
{
    std::ifstream in("/proc/" + std::to_string(pid) + "/status");
    for (std::string line; std::getline(in, line);) {
        if (line.starts_with(field + ":\t")) return line.substr(field.size() + 2);
    }
    return "none";
}

TEST(CompartmentLimits, HoldForItsWorkerAndNoOther)
{
    if (sanitized()) GTEST_SKIP() << "a sanitizer needs more memory than any limit gives";
    Host host(two("memory = \"64MiB\"\ndescriptors = 100\ncpu = 1\n"));
    ASSERT_TRUE(host.ready()) << host.process().err();
    const int apart = worker_of(host, "apart"), main = worker_of(host, "main");
    EXPECT_NE(limit_of(apart, "Max data size"), "unlimited");
    EXPECT_EQ(limit_of(main, "Max data size"), "unlimited");
    EXPECT_EQ(limit_of(apart, "Max open files"), "100");
    EXPECT_NE(limit_of(main, "Max open files"), "100");
    EXPECT_EQ(status_of(apart, "Cpus_allowed_list").find_first_not_of("0123456789"), std::string::npos);
    const std::string told = host.command({"status"}).out;
    EXPECT_NE(told.find("memory 64 MiB, descriptors 100, cpu 1\n"), std::string::npos) << told;
    EXPECT_EQ(host.process().err().find("limits_not_enforced"), std::string::npos) << host.process().err();
    EXPECT_EQ(host.stop(), 0);
}

TEST(CompartmentLimits, AreToldWhereTheyAreNotEnforced)
{
    Host host(two("cpu = 0.5\n"));
    ASSERT_TRUE(host.ready()) << host.process().err();
    EXPECT_NE(host.process().err().find("\"node\":\"compartment.apart\",\"event\":\"limits_not_enforced\",\"reason\":"
                                        "\"cpu is limited to 1 processor\""),
              std::string::npos)
        << host.process().err();
    EXPECT_NE(host.command({"status"}).out.find("cpu 0.5 (not enforced)\n"), std::string::npos);
    EXPECT_NE(host.command({"tree"}).out.find("cpu is limited to 1 processor"), std::string::npos);
    EXPECT_EQ(host.stop(), 0);
}

TEST(CompartmentLimits, OfTheOnlyProcessAreToldNotToHold)
{
    Host host("[listeners.echo]\naddress = \"127.0.0.1:0\"\nprotocol = \"echo\"\n"
              "[compartments.main]\nmemory = \"64MiB\"\ndescriptors = 100\n",
              {"--single"});
    ASSERT_TRUE(host.ready()) << host.process().err();
    EXPECT_NE(host.process().err().find("\"reason\":\"memory is not limited; descriptors are not limited\""),
              std::string::npos)
        << host.process().err();
    EXPECT_EQ(host.stop(), 0);
}

TEST(CompartmentLimits, AreRefusedAboveWhatTheHostItselfMayHave)
{
    rlimit most{};
    ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &most), 0);
    ASSERT_LT(most.rlim_max, 1'000'000'000U);
    Host host(two("descriptors = 1000000000\n"));
    EXPECT_FALSE(host.ready());
    EXPECT_NE(host.process().err().find("hawser.toml:"), std::string::npos) << host.process().err();
    EXPECT_NE(host.process().err().find("compartment \"apart\": descriptors: expected at most " +
                                        std::to_string(most.rlim_max) + ", which the host itself may have open, got "),
              std::string::npos)
        << host.process().err();
    EXPECT_EQ(host.process().wait(), 78);
}

TEST(CompartmentLimits, AreAReasonToReplaceTheirWorkerOnly)
{
    Host host(two("descriptors = 100\n"));
    ASSERT_TRUE(host.ready()) << host.process().err();
    host.rewrite(two("descriptors = 200\n"));
    EXPECT_EQ(first_line(host.command({"reload"}).out), "generation 2 serves; replaced: apart; untouched: main");
    EXPECT_EQ(limit_of(worker_of(host, "apart"), "Max open files"), "200");
    EXPECT_EQ(host.stop(), 0);
}

TEST(CompartmentLimits, LetConnectionsWaitUntilOthersAreClosed)
{
    Host host(two("descriptors = 64\n"));
    ASSERT_TRUE(host.ready()) << host.process().err();
    std::vector<Client> clients;
    for (int i = 0; i < 100; ++i) clients.push_back(host.connect("apart"));
    for (Client &client : clients) client.send("x");
    EXPECT_EQ(clients.front().receive(1), "x");
    Client last = std::move(clients.back());
    clients.clear();
    EXPECT_EQ(last.receive(1), "x");
    EXPECT_EQ(host.process().err().find("worker_died"), std::string::npos) << host.process().err();
    EXPECT_EQ(host.stop(), 0);
}

TEST(CompartmentUser, IsThatOfItsWorkerAndNoOther)
{
    if (::geteuid() != 0) GTEST_SKIP() << "needs root";
    TempDir directory;
    ::chmod(directory.path().c_str(), 0755);
    Host host("[host]\nplugins = [\"" + open_copy(HAWSER_PLUGINS) + "\"]\ncontrol = \"" + directory / "control.sock" +
              "\"\n" + two("user = \"nobody\"\ngroup = \"nogroup\"\n"));
    ASSERT_TRUE(host.ready()) << host.process().err();
    std::vector<std::string> users;
    for (const int worker : host.workers()) users.push_back(status_of(worker, "Uid"));
    std::sort(users.begin(), users.end());
    EXPECT_EQ(users, (std::vector<std::string>{"0\t0\t0\t0", "65534\t65534\t65534\t65534"}));
    Client client = host.connect("apart");
    client.send("x");
    EXPECT_EQ(client.receive(1), "x");
    EXPECT_EQ(host.stop(), 0);
}

} // namespace
} // namespace hawser::test
