// Workers that die, reloads under load, refused generations: what the supervisor is for.
#include "host_process.hpp"

#include <gtest/gtest.h>

#include <csignal>
#include <filesystem>

namespace hawser::test {
namespace {

namespace fs = std::filesystem;

std::string web(const std::string &body)
{
    return "[listeners.web]\naddress = \"127.0.0.1:0\"\nprotocol = \"http\"\nroutes = { \"/\" = { resource = \"text\", "
           "body = \"" +
           body + "\" } }\n";
}

// A load of `requests` requests on 8 connections; `more`: further arguments of the client.
Process start_load(const std::string &address, const std::string &requests, std::vector<std::string> more = {})
{
    std::vector<std::string> words{HAWSER_BENCH "/lg", address, "--requests", requests, "--connections", "8"};
    words.insert(words.end(), more.begin(), more.end());
    return Process(words);
}

TEST(Supervision, BringsAKilledWorkerBackAndRefusesNoConnection)
{
    Host host(web("back"));
    ASSERT_TRUE(host.ready()) << host.process().err();
    const int worker = host.workers().at(0);
    for (int i = 0; i < 5; ++i) {
        const int victim = host.workers().empty() ? 0 : host.workers().at(0);
        if (victim > 0) ::kill(victim, SIGKILL);
        Client client = host.connect(); // waits in the queue that the supervisor keeps
        ASSERT_TRUE(client.connected()) << "refused";
        EXPECT_TRUE(eventually([&] { return host.connect().get("/").body == "back"; }));
    }
    EXPECT_NE(host.workers().at(0), worker);
    EXPECT_TRUE(host.log_has("\"event\":\"worker_died\""));
    EXPECT_NE(host.process().err().find("\"reason\":\"signal 9 (Killed)\""), std::string::npos);
    EXPECT_EQ(host.stop(), 0);
}

TEST(Supervision, NamesThePluginThatCrashed)
{
    if (std::string(HAWSER_SANITIZER) != "") GTEST_SKIP() << "a sanitizer turns the signal into an exit";
    Host host("[listeners.web]\naddress = \"127.0.0.1:0\"\nprotocol = \"http\"\n[listeners.web.routes]\n\"=/crash\" = "
              "{ resource "
              "= \"crash\" }\n\"/\" = { resource = \"text\", body = \"fine\" }\n");
    ASSERT_TRUE(host.ready()) << host.process().err();
    EXPECT_EQ(host.connect().get("/crash").status, 0);
    EXPECT_TRUE(host.log_has("listener.web/crash (crash of plugin moody): on_request")) << host.process().err();
    EXPECT_TRUE(eventually([&] { return host.connect().get("/").body == "fine"; }));
    EXPECT_EQ(host.stop(), 0);
}

TEST(Supervision, ReloadsUnderLoadWithoutAnError)
{
    Host host(web("same"));
    ASSERT_TRUE(host.ready());
    Process keep = start_load(host.address("web"), "40000"),
            fresh = start_load(host.address("web"), "1500", {"--fresh"});
    const std::string toml = web("same");
    for (int i = 0; i < 5; ++i) {
        host.rewrite(toml + "[services.t]\nservice = \"ticker\"\nevery = \"" + std::to_string(i + 1) + "h\"\n");
        const Ended reload = host.command({"reload"});
        EXPECT_EQ(reload.status, 0) << reload.err;
    }
    for (Process *load : {&keep, &fresh}) {
        EXPECT_EQ(load->wait(), 0) << load->out() << load->err();
        EXPECT_NE(load->out().find("\"errors\":0"), std::string::npos) << load->out();
    }
    EXPECT_TRUE(eventually([&] { return host.workers().size() == 1; })) << "old generations end";
    EXPECT_EQ(host.stop(), 0);
}

TEST(Supervision, ServesTheNewConfigurationOnceReloadReturns)
{
    Host host(web("old"));
    ASSERT_TRUE(host.ready());
    EXPECT_EQ(host.connect().get("/").body, "old");
    host.rewrite(web("new"));
    EXPECT_EQ(first_line(host.command({"reload"}).out), "generation 2 serves; replaced: main; untouched: none");
    EXPECT_EQ(host.connect().get("/").body, "new");
    host.process().signal(SIGHUP);
    EXPECT_TRUE(host.log_has("\"generation\":\"3\""));
    EXPECT_EQ(host.stop(), 0);
}

TEST(Supervision, RefusesAWrongEditWithCaretsAndServesOn)
{
    Host host(web("old"));
    ASSERT_TRUE(host.ready());
    host.rewrite(web("new") + "[listeners.x]\naddress = 5\n");
    const Ended reload = host.command({"reload"});
    EXPECT_EQ(reload.status, 78);
    EXPECT_NE(reload.err.find("hawser.toml:9:11: listener \"x\": address: expected an address"), std::string::npos)
        << reload.err;
    EXPECT_NE(reload.err.find("\n            ^\n"), std::string::npos) << reload.err;
    EXPECT_EQ(host.connect().get("/").body, "old");
    host.rewrite("[listeners.web\n");
    EXPECT_EQ(host.command({"reload"}).status, 78);
    EXPECT_EQ(host.connect().get("/").body, "old");
    EXPECT_EQ(host.stop(), 0);
}

TEST(Supervision, RefusesAGenerationThatCannotStartAndServesOn)
{
    Host host(web("old"));
    ASSERT_TRUE(host.ready());
    const struct {
        const char *mood;
        int status;
        const char *text;
    } kMoods[] = {{"refuse_create", 70, "today is not the day"},
                  {"blame_option", 78, ":10:8: mood: moody: not this mood"},
                  {"throw_create", 70, "an exception that is no std::exception"},
                  {"refuse_start", 70, "no will to start"}};
    for (const auto &mood : kMoods) {
        host.rewrite(web("new") + "[services.s]\nservice = \"moody\"\nmood = \"" + mood.mood + "\"\n");
        const Ended reload = host.command({"reload"});
        EXPECT_EQ(reload.status, mood.status) << mood.mood << reload.err;
        EXPECT_NE(reload.err.find(mood.text), std::string::npos) << reload.err;
        EXPECT_EQ(host.connect().get("/").body, "old");
    }
    EXPECT_TRUE(eventually([&] { return host.workers().size() == 1; }));
    EXPECT_EQ(host.stop(), 0);
}

TEST(Supervision, ReplacesOnlyTheCompartmentThatChanged)
{
    const std::string side =
        "[listeners.side]\naddress = \"127.0.0.1:0\"\nprotocol = \"echo\"\ncompartment = \"side\"\n"
        "[compartments.side]\nloops = 1\n";
    Host host(web("old") + side);
    ASSERT_TRUE(host.ready());
    Client untouched = host.connect("side");
    untouched.send("a");
    ASSERT_EQ(untouched.receive(1), "a");
    host.rewrite(web("new") + side);
    EXPECT_EQ(first_line(host.command({"reload"}).out), "generation 2 serves; replaced: main; untouched: side");
    untouched.send("b");
    EXPECT_EQ(untouched.receive(1), "b");
    untouched.reset();
    EXPECT_EQ(host.stop(), 0);
}

TEST(Supervision, ClosesTheSocketsOfARemovedListener)
{
    Host host(web("x") + "[listeners.gone]\naddress = \"127.0.0.1:0\"\nprotocol = \"echo\"\n");
    ASSERT_TRUE(host.ready());
    const std::string address = host.address("gone");
    host.rewrite(web("x"));
    ASSERT_EQ(host.command({"reload"}).status, 0);
    EXPECT_TRUE(eventually([&] { return !Client(address).connected(); }));
    EXPECT_EQ(host.connect().get("/").body, "x");
    EXPECT_EQ(host.stop(), 0);
}

TEST(Supervision, ShowsItsTreeAndStatus)
{
    Host host(web("x") + "[services.t]\nservice = \"ticker\"\n");
    ASSERT_TRUE(host.ready());
    const Ended tree = host.command({"tree"});
    EXPECT_EQ(tree.status, 0);
    for (const char *line :
         {"\nhost                    running", "\n└─ compartment.main     serving", "\n   ├─ service.t         running",
          "\n   └─ listener.web      running", "\n      └─ listener.web/  running"})
        EXPECT_NE(tree.out.find(line), std::string::npos) << line << '\n' << tree.out;
    const Ended status = host.command({"status"});
    EXPECT_NE(status.out.find("web       " + host.address("web") + "  http"), std::string::npos) << status.out;
    EXPECT_EQ(host.command({"tree", "--json"}).out.rfind("{\"id\":1,\"status\":0,\"result\":{", 0), 0U);
    EXPECT_EQ(host.stop(), 0);
}

TEST(Supervision, SaysThatAnotherControlSocketIsForTheNextStart)
{
    const std::string rest = "[listeners.echo]\naddress = \"127.0.0.1:0\"\nprotocol = \"echo\"\n";
    Host host(rest);
    ASSERT_TRUE(host.ready()) << host.process().err();
    host.rewrite("[host]\nplugins = [\"" HAWSER_PLUGINS "\"]\ncontrol = \"other.sock\"\n" + rest);
    const Ended ended = host.command({"reload"});
    EXPECT_EQ(ended.status, 0);
    EXPECT_EQ(ended.err,
              "[host]: control: takes effect at the next start; until then the socket is " + host.control() + '\n');
    EXPECT_EQ(host.command({"status"}).status, 0);
    EXPECT_EQ(host.stop(), 0);
}

TEST(Supervision, StopsByItsControlSocket)
{
    Host host(web("x"));
    ASSERT_TRUE(host.ready());
    EXPECT_EQ(host.command({"stop"}).status, 0);
    EXPECT_EQ(host.process().wait(), 0);
    EXPECT_FALSE(fs::exists(host.control()));
    EXPECT_EQ(host.command({"stop"}).status, 69);
}

TEST(Supervision, LeavesNoWorkerBehindWhenItIsKilled)
{
    Host host(web("x"));
    ASSERT_TRUE(host.ready());
    const int worker = host.workers().at(0);
    host.process().signal(SIGKILL);
    EXPECT_EQ(host.process().wait(), 1000 + SIGKILL);
    // It is another process's child now, so that its end is seen in /proc alone.
    EXPECT_TRUE(
        eventually([&] { return !fs::exists("/proc/" + std::to_string(worker) + "/fd/0"); }, std::chrono::seconds(15)));
}

TEST(Supervision, LoadsAPluginThatWasDroppedInAtAReload)
{
    Host host(web("x"));
    ASSERT_TRUE(host.ready());
    const std::string plugins = host.directory() / "plugins";
    fs::create_directory(plugins);
    host.rewrite("[host]\nplugins = [\"" HAWSER_PLUGINS "\", \"" + plugins + "\"]\ncontrol = \"" + host.control() +
                 "\"\n" + web("x") + "[services.m]\nservice = \"moody\"\n");
    EXPECT_EQ(host.command({"reload"}).status, 78);
    fs::copy_file(HAWSER_BUILD "/test-plugins/moody.so", plugins + "/moody.so");
    EXPECT_EQ(host.command({"reload"}).status, 0);
    EXPECT_TRUE(host.log_has("\"event\":\"moody_started\""));
    EXPECT_EQ(host.stop(), 0);
    EXPECT_NE(host.process().err().find("\"event\":\"moody_stopped\""), std::string::npos);
}

TEST(Supervision, GivesItsWorkersNothingOfTheConfigurationInArgumentsOrEnvironment)
{
    Host host(web("${SECRET_BODY}"), {}, {"", {{"SECRET_BODY", "very-secret"}}, 0});
    ASSERT_TRUE(host.ready()) << host.process().err();
    EXPECT_EQ(host.connect().get("/").body, "very-secret");
    const std::string proc = "/proc/" + std::to_string(host.workers().at(0));
    EXPECT_EQ(run({"cat", proc + "/cmdline"}).out, std::string("hawser\0worker\0", 14));
    EXPECT_EQ(run({"cat", proc + "/environ"}).out.find("very-secret"), std::string::npos);
    EXPECT_EQ(host.stop(), 0);
}

} // namespace
} // namespace hawser::test
