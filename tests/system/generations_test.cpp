// Reloads, deaths and stops that meet each other, and workers that are stuck in a plugin.
#include "host_process.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <csignal>
#include <filesystem>
#include <fstream>

namespace hawser::test {
namespace {

namespace fs = std::filesystem;

std::string web(const std::string &body)
{
    return "[listeners.web]\naddress = \"127.0.0.1:0\"\nprotocol = \"http\"\n[listeners.web.routes]\n\"/\" = { "
           "resource "
           "= \"text\", body = \"" +
           body +
           "\" }\n\"/zeros\" = { resource = \"stream\", bytes = \"64MiB\" }\n\"/hang\" = { resource = \"hang\" }\n";
}
std::string extra(const std::string &name)
{
    return "[listeners." + name + "]\naddress = \"127.0.0.1:0\"\nprotocol = \"echo\"\n";
}
std::string moody(const std::string &mood, const std::string &file = {})
{
    return "[services.s]\nservice = \"moody\"\nmood = \"" + mood + "\"\n" +
           (file.empty() ? "" : "file = \"" + file + "\"\n");
}

// The address that the log names last for a listener.
std::string last_address(Host &host, const std::string &listener)
{
    const std::string &log = host.process().err();
    const std::size_t at = log.rfind(listener + '=');
    if (at == std::string::npos) return "none";
    const std::size_t from = at + listener.size() + 1;
    return log.substr(from, log.find_first_of(" \"", from) - from);
}

// A download that has begun and is read no further.
Client begin_download(const Host &host)
{
    Client client(host.address("web"), 4096);
    client.send("GET /zeros HTTP/1.1\r\nHost: a\r\n\r\n");
    EXPECT_EQ(client.receive(12), "HTTP/1.1 200");
    return client;
}

bool is_running(int pid)
{
    std::ifstream in("/proc/" + std::to_string(pid) + "/stat");
    std::string text;
    std::getline(in, text);
    const std::size_t end = text.rfind(')');
    return end != std::string::npos && text.size() > end + 2 && text[end + 2] != 'Z';
}

TEST(Generations, KeepTheSocketsOfAReloadInHandWhenAnOlderWorkerEnds)
{
    Host host(web("one"));
    ASSERT_TRUE(host.ready()) << host.process().err();
    Client download = begin_download(host);
    host.rewrite(web("two"));
    ASSERT_EQ(host.command({"reload"}).status, 0);
    const std::string file = host.directory() / "go";
    host.rewrite(web("three") + extra("late") + moody("wait_create", file));
    host.process().signal(SIGHUP);
    ASSERT_TRUE(host.log_has("moody_waits")) << host.process().err();
    ASSERT_EQ(host.workers().size(), 3U);
    download.reset(); // the first worker ends while the third starts
    ASSERT_TRUE(eventually([&] { return host.workers().size() == 2; }));
    host.directory().write("go", "");
    ASSERT_TRUE(host.log_has("\"generation\":\"3\",\"pid\"")) << host.process().err();
    Client late(last_address(host, "late"));
    ASSERT_TRUE(late.connected()) << host.process().err();
    late.send("x");
    EXPECT_EQ(late.receive(1), "x");
    late.reset();
    EXPECT_EQ(host.stop(), 0);
}

TEST(Generations, ServeWhoWaitsInTheQueueOfARemovedListener)
{
    const std::string gone = "[listeners.gone]\naddress = \"127.0.0.1:0\"\nprotocol = \"http\"\nroutes = { \"/\" = { "
                             "resource = \"text\", body = \"last\" } }\n";
    Host host(web("x") + gone, {"--set", "host.loops=2"});
    ASSERT_TRUE(host.ready()) << host.process().err();
    const int old = host.workers().at(0);
    ::kill(old, SIGSTOP);
    std::vector<Client> waiting;
    for (int i = 0; i < 20; ++i) {
        waiting.push_back(host.connect("gone"));
        ASSERT_TRUE(waiting.back().send("GET / HTTP/1.1\r\nHost: a\r\n\r\n"));
    }
    host.rewrite(web("y"));
    host.process().signal(SIGHUP);
    ASSERT_TRUE(eventually([&] { return host.workers().size() == 2; }));
    ::kill(old, SIGCONT);
    for (Client &client : waiting) EXPECT_EQ(client.answer().body, "last");
    EXPECT_TRUE(host.log_has("\"event\":\"reloaded\""));
    EXPECT_FALSE(host.connect("gone").connected()) << "closed once the reload is done";
    waiting.clear();
    EXPECT_EQ(host.stop(), 0);
}

TEST(Generations, ServeWhoWaitsInTheQueueWhenTheHostStopsAndRefuseWhoComesLater)
{
    Host host(web("last"));
    ASSERT_TRUE(host.ready()) << host.process().err();
    const int worker = host.workers().at(0);
    ::kill(worker, SIGSTOP);
    Client waiting = host.connect();
    ASSERT_TRUE(waiting.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n"));
    host.process().signal(SIGTERM);
    ASSERT_TRUE(host.log_has("\"event\":\"stopping\""));
    ::kill(worker, SIGCONT);
    EXPECT_EQ(waiting.answer().body, "last");
    EXPECT_EQ(host.process().wait(), 0);
    EXPECT_FALSE(host.connect().connected());
}

TEST(Generations, RefuseConnectionsWhileTheLastDownloadIsFinished)
{
    Host host(web("x"));
    ASSERT_TRUE(host.ready()) << host.process().err();
    Client download = begin_download(host);
    host.process().signal(SIGTERM);
    EXPECT_TRUE(eventually([&] { return !host.connect().connected(); }));
    EXPECT_GT(download.receive_all().size(), 64U << 20);
    EXPECT_EQ(host.process().wait(), 0);
}

TEST(Generations, EndWithStatus75WhenTheDrainDeadlineCutsADownload)
{
    Host host(web("x"), {"--set", "host.drain_timeout=\"200ms\""});
    ASSERT_TRUE(host.ready()) << host.process().err();
    const Client download = begin_download(host);
    EXPECT_EQ(host.stop(), 75);
}

TEST(Generations, EndWithStatus75WhenASecondSignalCutsADownloadAndWith0WithoutOne)
{
    for (const bool busy : {true, false}) {
        Host host(web("x"));
        ASSERT_TRUE(host.ready()) << host.process().err();
        const Client download = busy ? begin_download(host) : host.connect();
        host.process().signal(SIGTERM);
        if (busy) ASSERT_TRUE(host.log_has("\"event\":\"stopping\""));
        if (busy) host.process().signal(SIGTERM);
        EXPECT_EQ(host.process().wait(), busy ? 75 : 0);
    }
}

TEST(Generations, StopWithStatus0WhileTheFirstOneStarts)
{
    for (const int signal : {SIGTERM, SIGQUIT}) {
        const TempDir directory;
        const std::string config = directory.write(
            "a.toml", "[host]\nplugins = [\"" HAWSER_PLUGINS "\", \"" HAWSER_BUILD
                      "/test-plugins\"]\ncontrol = \"c.sock\"\n" +
                          moody("hang_create") + web("x") +
                          "[listeners.side]\naddress = \"127.0.0.1:0\"\nprotocol = \"echo\"\ncompartment = \"side\"\n"
                          "[compartments.side]\nloops = 1\n");
        Process host({HAWSER_PROGRAM, "run", config});
        ASSERT_TRUE(host.wait_for_error_text("moody_hangs")) << host.err();
        host.signal(signal);
        EXPECT_EQ(host.wait(), 0) << host.err();
        EXPECT_EQ(host.err().find("hawser: "), std::string::npos) << "nothing failed: " << host.err();
    }
}

TEST(Generations, AnswerAReloadThatAStopCutsOff)
{
    Host host(web("x"));
    ASSERT_TRUE(host.ready());
    host.rewrite(web("y") + moody("hang_create"));
    Process reload({HAWSER_PROGRAM, "reload", "--control", host.control()});
    ASSERT_TRUE(host.log_has("moody_hangs"));
    Process queued({HAWSER_PROGRAM, "reload", "--control", host.control()});
    EXPECT_EQ(host.command({"status"}).status, 0); // the host has heard of it
    EXPECT_EQ(host.stop(), 0);
    EXPECT_EQ(reload.wait(), 69);
    EXPECT_NE(reload.err().find("the host is stopping"), std::string::npos) << reload.err();
    EXPECT_EQ(queued.wait(), 69);
}

TEST(Generations, SurviveACandidateAndAWorkerThatDieTogether)
{
    Host host(web("old"));
    ASSERT_TRUE(host.ready());
    const int old = host.workers().at(0);
    host.rewrite(web("new") + moody("wait_create", host.directory() / "never"));
    Process reload({HAWSER_PROGRAM, "reload", "--control", host.control()});
    ASSERT_TRUE(host.log_has("moody_waits"));
    for (const int worker : host.workers()) ::kill(worker, SIGKILL);
    EXPECT_EQ(reload.wait(), 70);
    EXPECT_EQ(host.connect().get("/").body, "old");
    EXPECT_NE(host.workers().at(0), old);
    EXPECT_EQ(host.stop(), 0);
}

TEST(Generations, StartADeadWorkerAgainAtAReload)
{
    Host host(web("x"));
    ASSERT_TRUE(host.ready());
    // The waits between its deaths grow, to 1.6 s here.
    for (int i = 0; i < 7; ++i) {
        ASSERT_TRUE(eventually([&] { return host.workers().size() == 1; }));
        const int worker = host.workers().at(0);
        ::kill(worker, SIGKILL);
        ASSERT_TRUE(eventually([&] { return !fs::exists("/proc/" + std::to_string(worker)); }));
    }
    EXPECT_EQ(first_line(host.command({"reload"}).out), "generation 2 serves; replaced: main; untouched: none");
    EXPECT_EQ(host.connect().get("/").body, "x");
    EXPECT_EQ(host.workers().size(), 1U);
    EXPECT_EQ(host.stop(), 0);
}

TEST(Generations, LeaveNothingOfARefusedOneBehind)
{
    Host host(web("x"));
    ASSERT_TRUE(host.ready());
    const std::string path = host.directory() / "new.sock";
    host.rewrite(web("y") + "[listeners.new]\naddress = \"unix:" + path + "\"\nprotocol = \"echo\"\n" +
                 moody("refuse_start"));
    for (int i = 0; i < 5; ++i) {
        EXPECT_EQ(host.command({"reload"}).status, 70);
        EXPECT_EQ(host.workers().size(), 1U);
        EXPECT_FALSE(fs::exists(path));
    }
    EXPECT_EQ(host.stop(), 0);
}

TEST(Generations, AreGoneFiveSecondsAfterTheirSupervisorEvenWhenStuck)
{
    if (std::string(HAWSER_SANITIZER) != "") GTEST_SKIP() << "a sanitizer is slow to end";
    for (const bool starting : {false, true}) {
        Host host(web("x"), {"--set", "host.loops=1"});
        ASSERT_TRUE(host.ready());
        Client stuck = host.connect();
        stuck.send("GET /hang HTTP/1.1\r\nHost: a\r\n\r\n");
        ASSERT_TRUE(host.log_has("moody_hangs"));
        if (starting) {
            host.rewrite(web("y") + moody("wait_create", host.directory() / "never"));
            host.process().signal(SIGHUP);
            ASSERT_TRUE(host.log_has("moody_waits"));
        }
        const std::vector<int> workers = host.workers();
        ASSERT_EQ(workers.size(), starting ? 2U : 1U);
        host.process().signal(SIGKILL);
        EXPECT_EQ(host.process().wait(), 1000 + SIGKILL);
        for (const int worker : workers)
            EXPECT_TRUE(eventually([&] { return !is_running(worker); }, std::chrono::seconds(6)));
    }
}

TEST(Generations, EmptyTheirQueuesWhenTheirSupervisorIsKilled)
{
    Host host(web("last"));
    ASSERT_TRUE(host.ready());
    const int worker = host.workers().at(0);
    ::kill(worker, SIGSTOP);
    Client waiting = host.connect();
    ASSERT_TRUE(waiting.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n"));
    host.process().signal(SIGKILL);
    EXPECT_EQ(host.process().wait(), 1000 + SIGKILL);
    ::kill(worker, SIGCONT);
    EXPECT_EQ(waiting.answer().body, "last");
    EXPECT_TRUE(eventually([&] { return !is_running(worker); }, std::chrono::seconds(6)));
}

TEST(Generations, EndWithStatus75WhenAPluginHangsAtStop)
{
    if (std::string(HAWSER_SANITIZER) != "") GTEST_SKIP() << "a sanitizer is slow to end";
    Host host(web("x") + moody("hang_stop"), {"--set", "host.drain_timeout=\"100ms\""});
    ASSERT_TRUE(host.ready());
    EXPECT_EQ(host.stop(), 75);
}

TEST(Generations, AnswerStatusBesideAWorkerThatIsStopped)
{
    Host host(web("x"));
    ASSERT_TRUE(host.ready());
    const int worker = host.workers().at(0);
    ::kill(worker, SIGSTOP);
    for (int i = 0; i < 3; ++i) EXPECT_EQ(host.command({"status"}).status, 0);
    ::kill(worker, SIGCONT);
    EXPECT_TRUE(eventually([&] { return host.command({"tree"}).out.find("unknown") == std::string::npos; }));
    EXPECT_EQ(host.stop(), 0);
}

TEST(Generations, HoldNoMoreDescriptorsAfterManyReloads)
{
    Host host(web("0"));
    ASSERT_TRUE(host.ready());
    const auto descriptors = [&] {
        const fs::directory_iterator all("/proc/" + std::to_string(host.process().pid()) + "/fd");
        return std::distance(fs::begin(all), fs::end(all));
    };
    ASSERT_EQ(host.command({"reload"}).status, 0);
    const auto before = descriptors();
    for (int i = 1; i <= 20; ++i) {
        host.rewrite(web(std::to_string(i)) + extra("e" + std::to_string(i)));
        ASSERT_EQ(host.command({"reload"}).status, 0);
    }
    host.rewrite(web("0"));
    ASSERT_EQ(host.command({"reload"}).status, 0);
    EXPECT_TRUE(eventually([&] { return host.workers().size() == 1; }));
    // One more: the copy of a plugin that only the generation before had.
    EXPECT_TRUE(eventually([&] { return descriptors() <= before + 1; })) << descriptors() << " " << before;
    EXPECT_EQ(host.stop(), 0);
}

TEST(Generations, GiveTheirWorkersNoDescriptorOfTheConfigurationOrTheControlSocket)
{
    Host host(web("x"));
    ASSERT_TRUE(host.ready());
    const std::string worker = std::to_string(host.workers().at(0));
    const std::string held = run({"/bin/ls", "-l", "/proc/" + worker + "/fd"}).out;
    EXPECT_EQ(held.find("hawser-snapshot"), std::string::npos) << held;
    EXPECT_NE(held.find("hawser-status"), std::string::npos) << held;
    EXPECT_EQ(held.find(host.directory().path()), std::string::npos) << held;
    EXPECT_EQ(host.stop(), 0);
}

TEST(Generations, LoseNothingToAnotherHostThatWantsTheirPort)
{
    Host host(web("first"));
    ASSERT_TRUE(host.ready());
    Host other("[listeners.web]\naddress = \"" + host.address("web") + "\"\nprotocol = \"echo\"\n");
    EXPECT_EQ(other.process().wait(), 71);
    for (int i = 0; i < 20; ++i) EXPECT_EQ(host.connect().get("/").body, "first");
    EXPECT_EQ(host.stop(), 0);
}

} // namespace
} // namespace hawser::test
