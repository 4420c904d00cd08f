// A plugin that crashes again and again is taken out, and comes back with another file.
#include "setup.hpp"

#include <gtest/gtest.h>

#include <csignal>
#include <filesystem>

namespace hawser::test {
namespace {

namespace fs = std::filesystem;

std::string web()
{
    return "[listeners.web]\naddress = \"127.0.0.1:0\"\nprotocol = \"http\"\nroutes = { \"/\" = { resource = \"text\", "
           "body = \"one\" }, \"/crash\" = { resource = \"fault\", at = \"on_request\", how = \"abort\" } }\n";
}

class Quarantine : public ::testing::Test {
protected:
    void SetUp() override
    {
        if (sanitized()) GTEST_SKIP() << "a sanitizer takes its time for a crash";
    }
    // Asks until the plugin is taken out.
    static void crash_often(Host &host, int times = 5)
    {
        for (int i = 1; i <= times; ++i) {
            EXPECT_EQ(host.connect().get("/crash").status, 0);
            const auto serving = [&] {
                return count(host.process().err(), "\"event\":\"worker_serving\"") >= as_size(i);
            };
            EXPECT_TRUE(eventually([&] {
                host.log_has("never there", std::chrono::milliseconds(20)); // reads on
                return serving();
            })) << host.process().err();
        }
    }
    static std::size_t as_size(int n) { return static_cast<std::size_t>(n); }
    Faulty setup_;
};

TEST_F(Quarantine, AnswersForAResourceThatCrashedFiveTimes)
{
    Host host(setup_.host() + web() + neighbour());
    ASSERT_TRUE(host.ready()) << host.process().err();
    crash_often(host);
    ASSERT_TRUE(host.log_has("\"event\":\"quarantined\",\"plugin\":\"fault\"")) << host.process().err();
    const Client::Answer answer = host.connect().get("/crash");
    EXPECT_EQ(answer.status, 503);
    EXPECT_NE(answer.head.find("Retry-After: 60\r\n"), std::string::npos) << answer.head;
    EXPECT_NE(answer.body.find("plugin fault is in quarantine after repeated crashes"), std::string::npos);
    EXPECT_EQ(host.connect().get("/").body, "one") << "all else serves";
    EXPECT_TRUE(serves(host));
    EXPECT_NE(host.command({"tree"}).out.find("quarantined"), std::string::npos);
    EXPECT_EQ(host.stop(), 0);
}

TEST_F(Quarantine, StaysOverAReloadAndEndsWithAnotherFile)
{
    Host host(setup_.host() + web());
    ASSERT_TRUE(host.ready()) << host.process().err();
    crash_often(host);
    ASSERT_TRUE(host.log_has("\"event\":\"quarantined\"")) << host.process().err();
    EXPECT_EQ(first_line(host.command({"reload"}).out), "generation 2 serves; replaced: none; untouched: main");
    EXPECT_EQ(host.connect().get("/crash").status, 503);
    fs::copy_file(HAWSER_FAULTS "/fault_alone.so", setup_.directory / "plugins/fault.so",
                  fs::copy_options::overwrite_existing);
    EXPECT_EQ(host.command({"reload"}).status, 0) << host.process().err();
    EXPECT_TRUE(host.log_has("\"event\":\"quarantine_lifted\",\"plugin\":\"fault\"")) << host.process().err();
    EXPECT_EQ(host.connect().get("/crash").status, 0) << "it crashes again";
}

TEST_F(Quarantine, ClosesTheConnectionsOfAListenerWhoseProtocolIsTakenOut)
{
    Host host(setup_.host() + listener("a", "on_data", "abort") + web());
    ASSERT_TRUE(host.ready()) << host.process().err();
    for (int i = 1; i <= 5; ++i) {
        Client client = host.connect("a");
        client.send("x");
        EXPECT_TRUE(client.ended());
        EXPECT_TRUE(eventually([&] {
            host.log_has("never there", std::chrono::milliseconds(20));
            return count(host.process().err(), "\"event\":\"worker_serving\"") >= static_cast<std::size_t>(i);
        }));
    }
    ASSERT_TRUE(host.log_has("\"event\":\"quarantined\"")) << host.process().err();
    Client client = host.connect("a");
    EXPECT_TRUE(client.connected());
    EXPECT_TRUE(client.ended());
    EXPECT_EQ(host.connect().get("/").body, "one");
    EXPECT_EQ(host.connect().get("/crash").status, 503) << "of the same plugin";
    EXPECT_EQ(count(host.process().err(), "\"event\":\"worker_died\""), 5U);
    EXPECT_EQ(host.stop(), 0);
}

TEST_F(Quarantine, IsNotForThoseWhoAreKilled)
{
    Host host(setup_.host() + web());
    ASSERT_TRUE(host.ready()) << host.process().err();
    for (std::size_t i = 1; i <= 6; ++i) {
        ASSERT_TRUE(eventually([&] { return !host.workers().empty(); }));
        ::kill(host.workers().at(0), SIGKILL);
        EXPECT_TRUE(eventually([&] {
            host.log_has("never there", std::chrono::milliseconds(20));
            return count(host.process().err(), "\"event\":\"worker_serving\"") >= i;
        }));
    }
    EXPECT_EQ(host.process().err().find("quarantined"), std::string::npos);
    EXPECT_EQ(host.connect().get("/").body, "one");
    EXPECT_EQ(host.stop(), 0);
}

} // namespace
} // namespace hawser::test
