// Crashes of every kind: the plugin is named, by what it was called for and by where its code was, and a report stays.
#include "setup.hpp"

#include <gtest/gtest.h>

#include <csignal>
#include <filesystem>
#include <fstream>

namespace hawser::test {
namespace {

namespace fs = std::filesystem;

std::string web(const std::string &how)
{
    return "[listeners.web]\naddress = \"127.0.0.1:0\"\nprotocol = \"http\"\nroutes = { \"/\" = { resource = \"text\", "
           "body = \"one\" }, \"/crash\" = { resource = \"fault\", at = \"on_request\", how = \"" +
           how + "\" } }\n";
}

// The only report, or "".
std::string report_in(const std::string &directory)
{
    std::string text;
    for (const auto &each : fs::directory_iterator(directory)) {
        std::ifstream in(each.path());
        text += std::string(std::istreambuf_iterator<char>(in), {});
    }
    return text;
}

class Crash : public ::testing::TestWithParam<const char *> {};

TEST_P(Crash, NamesThePluginAndLeavesAReport)
{
    if (sanitized()) GTEST_SKIP() << "a sanitizer reports by itself";
    const Faulty setup;
    Host host(setup.host("state = \"" + setup.directory / "state\"") + web(GetParam()));
    ASSERT_TRUE(host.ready()) << host.process().err();
    EXPECT_EQ(host.connect().get("/crash").status, 0);
    ASSERT_TRUE(host.log_has("\"event\":\"worker_serving\"")) << host.process().err();
    EXPECT_EQ(host.connect().get("/").body, "one");
    const std::string &log = host.process().err();
    EXPECT_NE(log.find("\"in\":\"listener.web/crash (fault of plugin fault): on_request\""), std::string::npos) << log;
    EXPECT_NE(log.find("\"at\":\"fault.so+0x"), std::string::npos) << log;
    const std::string report = report_in(setup.directory / "state/crashes");
    EXPECT_NE(report.find("\nin             listener.web/crash (fault of plugin fault): on_request\n"),
              std::string::npos)
        << report;
    EXPECT_NE(report.find("\n  #0 "), std::string::npos) << report;
    EXPECT_NE(report.find("\n  fault 1.0.0  " + setup.directory / "plugins/fault.so  sha256 "), std::string::npos)
        << report;
    EXPECT_EQ(host.stop(), 0);
}

INSTANTIATE_TEST_SUITE_P(InACallback, Crash,
                         ::testing::Values("crash", "segv", "overflow", "abort", "fpe", "trap", "double_free"),
                         [](const auto &each) { return each.param; });

TEST(CrashReports, NameTheFunctionThatCrashed)
{
    if (sanitized()) GTEST_SKIP() << "a sanitizer reports by itself";
    const Faulty setup;
    Host host(setup.host("state = \"" + setup.directory / "state\"") + web("segv"));
    ASSERT_TRUE(host.ready()) << host.process().err();
    host.connect().get("/crash");
    ASSERT_TRUE(host.log_has("\"event\":\"worker_serving\"")) << host.process().err();
    const std::string report = report_in(setup.directory / "state/crashes");
    EXPECT_NE(report.find("address        0x0\n"), std::string::npos) << report;
    EXPECT_NE(report.find("\n  #0 fault.so+0x"), std::string::npos) << report;
    EXPECT_NE(report.find(" (fault::fail(std::basic_string_view<char, std::char_traits<char> >, char const*))\n"),
              std::string::npos)
        << report;
    EXPECT_NE(report.find("http_engine::Session::"), std::string::npos) << "the caller too: " << report;
    EXPECT_EQ(host.stop(), 0);
}

TEST(CrashReports, BlameNobodyForAWorkerThatWasKilled)
{
    const Faulty setup;
    Host host(setup.host("state = \"" + setup.directory / "state\"") + web("segv"));
    ASSERT_TRUE(host.ready()) << host.process().err();
    ::kill(host.workers().front(), SIGKILL);
    ASSERT_TRUE(host.log_has("\"event\":\"worker_serving\"")) << host.process().err();
    EXPECT_NE(host.process().err().find("\"reason\":\"signal 9 (Killed)\",\"in\":\"no plugin\"}"), std::string::npos)
        << host.process().err();
    EXPECT_FALSE(fs::exists(setup.directory / "state/crashes"));
    EXPECT_EQ(host.stop(), 0);
}

// The crumb of a loop says nothing of a thread that a plugin has made: its code does.
TEST(CrashReports, NameAPluginWhoseOwnThreadEndsTheWorker)
{
    if (sanitized()) GTEST_SKIP() << "a sanitizer reports by itself";
    const Faulty setup;
    Host host(setup.host("state = \"" + setup.directory / "state\"") + web("thread"));
    ASSERT_TRUE(host.ready()) << host.process().err();
    host.connect().get("/crash");
    ASSERT_TRUE(host.log_has("\"event\":\"worker_serving\"")) << host.process().err();
    EXPECT_NE(host.process().err().find("\"at\":\"fault.so+0x"), std::string::npos) << host.process().err();
    EXPECT_EQ(host.stop(), 0);
}

} // namespace
} // namespace hawser::test
