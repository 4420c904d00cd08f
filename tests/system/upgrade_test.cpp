// The running program is replaced by the one that is on disk now: with its process id, its sockets and its clients.
#include "host_process.hpp"

#include <gtest/gtest.h>

#include <sys/stat.h>

#include <atomic>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <future>
#include <optional>
#include <string>
#include <vector>

namespace hawser::test {
namespace {

namespace fs = std::filesystem;

std::string web(const std::string &body)
{
    return "[listeners.web]\naddress = \"127.0.0.1:0\"\nprotocol = \"http\"\n[listeners.web.routes]\n\"/\" = { "
           "resource "
           "= \"text\", body = \"" +
           body + "\" }\n\"/zeros\" = { resource = \"stream\", bytes = \"64MiB\" }\n";
}

// A host whose program is a copy, which the test exchanges.
class Upgrade : public ::testing::Test {
protected:
    Upgrade() { fs::copy_file(HAWSER_PROGRAM, program_); }

    Host start(const std::string &toml, const std::vector<std::string> &arguments = {}) const
    {
        ProcessOptions options;
        options.program = program_;
        return Host(toml, arguments, options);
    }
    // As a package manager does it: the new file takes the old one's name.
    void install(const std::string &content, bool is_program = false) const
    {
        const std::string next = directory_ / "next";
        if (is_program)
            fs::copy_file(content, next, fs::copy_options::overwrite_existing);
        else
            directory_.write("next", content);
        ::chmod(next.c_str(), 0755);
        fs::rename(next, program_);
    }
    void expect_refused(const std::string &content, const std::string &why)
    {
        Host host = start("start_timeout = \"2s\"\n" + web("old"));
        ASSERT_TRUE(host.ready()) << host.process().err();
        Client client = host.connect();
        EXPECT_EQ(client.get("/").body, "old");
        const std::vector<int> workers = host.workers();
        install(content);
        const Ended ended = host.command({"upgrade"});
        EXPECT_EQ(ended.status, 70) << ended.err;
        EXPECT_NE(ended.err.find(why), std::string::npos) << ended.err;
        EXPECT_EQ(client.get("/").body, "old");
        EXPECT_EQ(host.workers(), workers);
        EXPECT_EQ(host.command({"reload"}).status, 0) << "it goes on as before";
        EXPECT_EQ(host.stop(), 0);
    }

    TempDir directory_;
    std::string program_ = directory_ / "hawser";
};

TEST_F(Upgrade, KeepsTheProcessAndItsClientsAndReplacesTheWorkers)
{
    Host host = start(web("same"));
    ASSERT_TRUE(host.ready()) << host.process().err();
    Client client = host.connect();
    EXPECT_EQ(client.get("/").body, "same");
    const std::vector<int> before = host.workers();
    install(HAWSER_PROGRAM, true);
    const Ended ended = host.command({"upgrade"});
    EXPECT_EQ(ended.status, 0) << ended.err << host.process().err();
    EXPECT_NE(ended.out.find("; generation 2, pid " + std::to_string(host.process().pid()) + '\n'), std::string::npos)
        << ended.out;
    EXPECT_TRUE(eventually([&] { return host.workers().size() == 1 && host.workers() != before; }));
    EXPECT_EQ(client.get("/").body, "same") << "on the same connection";
    EXPECT_EQ(host.connect().get("/").body, "same");
    EXPECT_EQ(fs::read_symlink("/proc/" + std::to_string(host.process().pid()) + "/exe"), program_);
    EXPECT_EQ(host.command({"status"}).status, 0) << "at the same control socket";
    EXPECT_EQ(host.stop(), 0) << host.process().err();
}

TEST_F(Upgrade, IsAsGoodAsAnyStartForTheNextReloadAndTheNextUpgrade)
{
    Host host = start(web("1"));
    ASSERT_TRUE(host.ready()) << host.process().err();
    for (int i = 2; i <= 6; i += 2) {
        EXPECT_EQ(host.command({"upgrade"}).status, 0) << host.process().err();
        host.rewrite(web(std::to_string(i + 1)));
        EXPECT_EQ(host.command({"reload"}).status, 0) << host.process().err();
        EXPECT_EQ(host.connect().get("/").body, std::to_string(i + 1));
    }
    EXPECT_NE(host.command({"status"}).out.find("generation 7"), std::string::npos);
    EXPECT_TRUE(eventually([&] { return host.workers().size() == 1; }));
    EXPECT_EQ(host.stop(), 0);
}

TEST_F(Upgrade, ComesWithASignalToo)
{
    Host host = start(web("one"));
    ASSERT_TRUE(host.ready()) << host.process().err();
    host.process().signal(SIGUSR2);
    EXPECT_TRUE(host.log_has("\"event\":\"upgraded\"")) << host.process().err();
    EXPECT_TRUE(host.log_has("\"generation\":\"2\",\"pid\"")) << host.process().err();
    EXPECT_EQ(host.stop(), 0);
}

TEST_F(Upgrade, FailsNoRequest)
{
    Host host = start(web("x"));
    ASSERT_TRUE(host.ready()) << host.process().err();
    std::atomic<bool> ends = false;
    std::atomic<int> passed = 0;
    std::vector<std::future<std::string>> clients;
    for (const bool keeps : {true, true, false}) {
        clients.push_back(std::async(std::launch::async, [&, keeps] {
            std::optional<Client> client(host.connect());
            while (!ends) {
                const Client::Answer answer = client->get("/");
                if (answer.status != 200 || answer.body != "x")
                    return "status " + std::to_string(answer.status) + (keeps ? " on a kept one, " : ", ") +
                           answer.head;
                if (answer.closes || !keeps) client.emplace(host.address("web")); // it has had its most requests
                ++passed;
            }
            return std::string();
        }));
    }
    for (int i = 0; i < 3; ++i) EXPECT_EQ(host.command({"upgrade"}).status, 0) << host.process().err();
    ends = true;
    for (auto &client : clients) EXPECT_EQ(client.get(), "") << host.process().err();
    EXPECT_GT(passed, 100);
    EXPECT_EQ(host.stop(), 0);
}

TEST_F(Upgrade, LeavesADownloadToTheWorkerThatHasIt)
{
    Host host = start(web("x"));
    ASSERT_TRUE(host.ready()) << host.process().err();
    Client download(host.address("web"), 4096);
    download.send("GET /zeros HTTP/1.1\r\nHost: a\r\n\r\n");
    EXPECT_EQ(download.receive(12), "HTTP/1.1 200");
    EXPECT_EQ(host.command({"upgrade"}).status, 0) << host.process().err();
    EXPECT_EQ(host.command({"upgrade"}).status, 0) << host.process().err();
    EXPECT_EQ(host.workers().size(), 3U) << "it was handed on twice, and may still send connections to the second";
    download.receive_until("\r\n\r\n");
    EXPECT_EQ(download.receive(64 << 20).size(), 64U << 20);
    EXPECT_TRUE(eventually([&] { return host.workers().size() == 1; }));
    EXPECT_EQ(host.stop(), 0);
}

TEST_F(Upgrade, ToWhatIsNoProgramIsRefused) { expect_refused("no program at all\n", "it cannot be executed"); }

TEST_F(Upgrade, ToWhatEndsAtOnceIsRefused)
{
    std::ifstream in("/bin/false", std::ios::binary);
    expect_refused({std::istreambuf_iterator<char>(in), {}}, "it ended with status 1");
}

TEST_F(Upgrade, ToWhatSaysNothingIsRefused)
{
    std::ifstream in("/bin/true", std::ios::binary);
    expect_refused({std::istreambuf_iterator<char>(in), {}}, "it ended with status 0");
}

TEST_F(Upgrade, ToWhatHangsIsRefusedInTime)
{
    // Without options: "yes run CONFIG" prints for ever.
    Host host = start("[host]\nplugins = [\"" HAWSER_PLUGINS "\"]\ncontrol = \"control.sock\"\nstate = \"state\"\n"
                      "start_timeout = \"1s\"\n" +
                      web("old").substr(0, web("old").find("\"/zeros\"")));
    ASSERT_TRUE(host.ready()) << host.process().err();
    std::ifstream in("/usr/bin/yes", std::ios::binary);
    install(std::string(std::istreambuf_iterator<char>(in), {}));
    const Ended ended = host.command({"upgrade"});
    EXPECT_EQ(ended.status, 70);
    EXPECT_NE(ended.err.find("it did not say in time whether it can"), std::string::npos) << ended.err.substr(0, 500);
    EXPECT_EQ(host.connect().get("/").body, "old");
    EXPECT_EQ(host.stop(), 0);
}

TEST_F(Upgrade, OfAConfigurationThatIsWrongIsRefusedWithItsLine)
{
    Host host = start(web("old"));
    ASSERT_TRUE(host.ready()) << host.process().err();
    host.rewrite(web("new") + "nonsense = 1\n");
    const Ended ended = host.command({"upgrade"});
    EXPECT_EQ(ended.status, 70);
    EXPECT_NE(ended.err.find("hawser.toml:"), std::string::npos) << ended.err;
    EXPECT_EQ(host.connect().get("/").body, "old");
    EXPECT_EQ(host.stop(), 0);
}

TEST_F(Upgrade, GoesBackToTheProgramBeforeIfItsWorkersDoNotStart)
{
    Host host = start(web("old"));
    ASSERT_TRUE(host.ready()) << host.process().err();
    Client client = host.connect();
    EXPECT_EQ(client.get("/").body, "old");
    const std::vector<int> workers = host.workers();
    // Services are not started when it is tried.
    host.rewrite(web("new") + "[services.s]\nservice = \"moody\"\nmood = \"refuse_start\"\n");
    install(HAWSER_PROGRAM, true);
    const Ended ended = host.command({"upgrade"});
    EXPECT_EQ(ended.status, 70) << ended.err;
    EXPECT_NE(ended.err.find("no will to start"), std::string::npos) << ended.err;
    EXPECT_TRUE(host.log_has("\"event\":\"upgrade_undone\"")) << host.process().err();
    EXPECT_EQ(host.workers(), workers);
    EXPECT_EQ(client.get("/").body, "old");
    host.rewrite(web("new"));
    EXPECT_EQ(host.command({"reload"}).status, 0) << host.process().err();
    EXPECT_EQ(client.get("/").body, "new");
    EXPECT_EQ(host.stop(), 0);
}

TEST_F(Upgrade, KeepsThePidfileLocked)
{
    const std::string pidfile = directory_ / "pid";
    Host host = start(web("one"), {"--pidfile", pidfile});
    ASSERT_TRUE(host.ready()) << host.process().err();
    EXPECT_EQ(host.command({"upgrade"}).status, 0) << host.process().err();
    const Ended second = hawser({"run", host.config(), "--pidfile", pidfile, "--control", directory_ / "other"});
    EXPECT_EQ(second.status, 71);
    EXPECT_NE(second.err.find("is held by a running host with pid " + std::to_string(host.process().pid())),
              std::string::npos)
        << second.err;
    EXPECT_EQ(host.stop(), 0);
    EXPECT_FALSE(fs::exists(pidfile));
}

TEST_F(Upgrade, EndsAWorkerThatDrainsTooLongAfterIt)
{
    Host host = start("drain_timeout = \"1s\"\n" + web("x"));
    ASSERT_TRUE(host.ready()) << host.process().err();
    Client download(host.address("web"), 4096);
    download.send("GET /zeros HTTP/1.1\r\nHost: a\r\n\r\n");
    EXPECT_EQ(download.receive(12), "HTTP/1.1 200");
    host.rewrite("drain_timeout = \"1s\"\n" + web("y"));
    EXPECT_EQ(host.command({"reload"}).status, 0);
    EXPECT_EQ(host.command({"upgrade"}).status, 0) << host.process().err();
    EXPECT_TRUE(eventually([&] { return host.workers().size() == 1; }));
    EXPECT_EQ(host.stop(), 0);
}

} // namespace
} // namespace hawser::test
