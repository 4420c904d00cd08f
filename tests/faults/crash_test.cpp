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

// How the plugin fails, and what the log gives as the reason.
struct Way {
    const char *how, *reason;
    bool reported = true; // a backtrace is left
    bool unwound = false; // with some compilers the plugin's frames are gone by then
    friend void PrintTo(const Way &way, std::ostream *out) { *out << way.how; }
};

class Crash : public ::testing::TestWithParam<Way> {
protected:
    void SetUp() override
    {
        if (sanitized()) GTEST_SKIP() << "a sanitizer reports by itself";
    }
    std::string configuration() const
    {
        return setup_.host("state = \"" + setup_.directory / "state\"") + web(GetParam().how) +
               "[compartments.main]\nloops = 2\nmemory = \"64MiB\"\n";
    }
    const Faulty setup_;
};

TEST_P(Crash, NamesThePluginAndLeavesAReport)
{
    Host host(configuration());
    ASSERT_TRUE(host.ready()) << host.process().err();
    EXPECT_EQ(host.connect().get("/crash").status, 0);
    ASSERT_TRUE(host.log_has("\"event\":\"worker_serving\"")) << host.process().err();
    EXPECT_EQ(host.connect().get("/").body, "one");
    const std::string &log = host.process().err();
    EXPECT_NE(log.find(std::string("\"reason\":\"") + GetParam().reason + '"'), std::string::npos) << log;
    EXPECT_NE(log.find("\"in\":\"listener.web/crash (fault of plugin fault): on_request\""), std::string::npos) << log;
    if (!GetParam().reported) return;
    EXPECT_NE(log.find(GetParam().unwound ? ".so+0x" : "\"at\":\"fault.so+0x"), std::string::npos) << log;
    const std::string report = report_in(setup_.directory / "state/crashes");
    EXPECT_NE(report.find("\nin             listener.web/crash (fault of plugin fault): on_request\n"),
              std::string::npos)
        << report;
    EXPECT_NE(report.find("\n  #0 "), std::string::npos) << report;
    EXPECT_NE(report.find("\n  fault 1.0.0  " + setup_.directory / "plugins/fault.so  sha256 "), std::string::npos)
        << report;
}

TEST_P(Crash, LeavesTheSupervisorAsItWas)
{
    Host host(configuration());
    ASSERT_TRUE(host.ready()) << host.process().err();
    EXPECT_EQ(host.connect().get("/crash").status, 0);
    ASSERT_TRUE(host.log_has("\"event\":\"worker_serving\"")) << host.process().err();
    const std::string status = host.command({"status"}).out;
    EXPECT_NE(status.find(", running, pid " + std::to_string(host.process().pid()) + ", generation 1,"),
              std::string::npos)
        << status;
    EXPECT_NE(host.command({"tree"}).out.find("last error: its worker ended with"), std::string::npos);
    EXPECT_EQ(host.stop(), 0);
}

constexpr const char *kAborted = "signal 6 (Aborted)";
INSTANTIATE_TEST_SUITE_P(
    InACallback, Crash,
    ::testing::Values(Way{"crash", "signal 11 (Segmentation fault)"}, Way{"segv", "signal 11 (Segmentation fault)"},
                      Way{"bus", "signal 7 (Bus error)"}, Way{"fpe", "signal 8 (Floating point exception)"},
                      Way{"trap", "signal 4 (Illegal instruction)"}, Way{"overflow", "signal 11 (Segmentation fault)"},
                      Way{"abort", kAborted}, Way{"throw", kAborted, true, true}, Way{"destructor", kAborted},
                      Way{"exit", "a call of exit"}, Way{"exit_now", "status 3", false},
                      Way{"thread_exit", kAborted, true, true}, Way{"double_free", kAborted},
                      Way{"memory", "no memory left of 64 MiB"}),
    [](const auto &each) { return each.param.how; });

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
    ::kill(host.workers().at(0), SIGKILL);
    ASSERT_TRUE(host.log_has("\"event\":\"worker_serving\"")) << host.process().err();
    EXPECT_NE(host.process().err().find("\"reason\":\"signal 9 (Killed)\",\"in\":\"no plugin\"}"), std::string::npos)
        << host.process().err();
    EXPECT_FALSE(fs::exists(setup.directory / "state/crashes"));
    EXPECT_EQ(host.stop(), 0);
}

TEST(CrashReports, BlameTheLoopThatCrashedWhateverOthersAreIn)
{
    if (sanitized()) GTEST_SKIP() << "a sanitizer reports by itself";
    const Faulty setup;
    Host host(setup.host() + "[listeners.web]\naddress = \"127.0.0.1:0\"\nprotocol = \"http\"\nroutes = { "
                             "\"/busy\" = { resource = \"fault\", at = \"on_request\", how = \"busy\" }, "
                             "\"/crash\" = { resource = \"fault\", at = \"on_request\", how = \"segv\" } }\n"
                             "[compartments.main]\nloops = 6\n");
    ASSERT_TRUE(host.ready()) << host.process().err();
    std::vector<Client> busy;
    for (int i = 0; i < 6; ++i) {
        busy.push_back(host.connect());
        busy.back().send("GET /busy HTTP/1.1\r\nHost: a\r\n\r\n");
    }
    host.connect().get("/crash");
    ASSERT_TRUE(host.log_has("\"event\":\"worker_died\"")) << host.process().err();
    EXPECT_NE(host.process().err().find("\"in\":\"listener.web/crash (fault of plugin fault): on_request\",\"at\""),
              std::string::npos)
        << host.process().err();
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
    EXPECT_NE(host.process().err().find("\"in\":\"a thread of plugin fault\""), std::string::npos)
        << host.process().err();
    EXPECT_EQ(host.stop(), 0);
}

} // namespace
} // namespace hawser::test
