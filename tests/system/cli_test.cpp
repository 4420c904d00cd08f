// The command line as its users see it: commands, what they print, exit statuses.
#include "host_process.hpp"

#include <gtest/gtest.h>

#include <sys/stat.h>

#include <filesystem>
#include <fstream>

namespace hawser::test {
namespace {

namespace fs = std::filesystem;

constexpr const char *kEcho = "[listeners.echo]\naddress = \"127.0.0.1:0\"\nprotocol = \"echo\"\n";

TEST(CommandLine, WithoutACommandSaysWhatThereIsAndEndsWith64)
{
    const Ended ended = hawser({});
    EXPECT_EQ(ended.status, 64);
    EXPECT_NE(ended.err.find("usage: hawser COMMAND"), std::string::npos);
}

TEST(CommandLine, NamesTheNearestCommandForAWrongOne)
{
    const Ended ended = hawser({"chekc"});
    EXPECT_EQ(ended.status, 64);
    EXPECT_NE(ended.err.find("did you mean \"check\""), std::string::npos) << ended.err;
}

TEST(CommandLine, RefusesAnUnknownOptionWith64)
{
    EXPECT_EQ(hawser({"check", "--dep"}).status, 64);
    EXPECT_EQ(hawser({"run", "-x"}).status, 64);
}

TEST(CommandLine, NamesTheNearestOptionAndTheValueThatIsMissing)
{
    EXPECT_EQ(hawser({"check", "--deeep"}).err,
              "hawser check: unknown option \"--deeep\", did you mean \"--deep\"; see \"hawser help check\"\n");
    EXPECT_EQ(hawser({"run", "--set"}).err,
              "hawser run: --set: expected KEY=VALUE, got none; see \"hawser help run\"\n");
    EXPECT_EQ(hawser({"run", "--single=1"}).err,
              "hawser run: --single: expected no value, got one; see \"hawser help run\"\n");
    EXPECT_EQ(hawser({"help", "chek"}).err,
              "hawser help: unknown command \"chek\", did you mean \"check\"; see \"hawser help\"\n");
}

TEST(CommandLine, TellsMachinesOfWrongUsage)
{
    const Ended ended = hawser({"check", "a", "b", "--json"});
    EXPECT_EQ(ended.status, 64);
    EXPECT_EQ(ended.out,
              "{\"status\":64,\"problems\":[{\"text\":\"expected [CONFIG], got 2 arguments; see \\\"hawser help "
              "check\\\"\"}]}\n");
}

TEST(CommandLine, ShowsWhatAPluginProvidesAndNeeds)
{
    const std::string tally = hawser({"plugins", "tally", "--directory", HAWSER_BUILD "/test-plugins"}).out;
    EXPECT_NE(tally.find("  provides test.tally/1 on any loop\n"), std::string::npos) << tally;
    const std::string metrics = hawser({"plugins", "metrics", "--json", "--directory", HAWSER_PLUGINS}).out;
    EXPECT_NE(metrics.find("\"requires\":[\"hawser.metrics/1\"]"), std::string::npos) << metrics;
}

TEST(CommandLine, SaysWhichCommandsAreNotAvailableInThisBuild)
{
    const Ended ended = hawser({"top"});
    EXPECT_EQ(ended.status, 64);
    EXPECT_NE(ended.err.find("not available in this build"), std::string::npos);
}

TEST(CommandLine, ShowsHelpForEveryCommand)
{
    for (const char *name : {"run", "serve", "check", "plugins", "schema", "tree", "status", "reload", "stop", "logs",
                             "completion", "version", "help"}) {
        const Ended one = hawser({name, "--help"}), other = hawser({"help", name});
        EXPECT_EQ(one.status, 0) << name;
        EXPECT_EQ(one.out, other.out) << name;
        EXPECT_NE(one.out.find("usage: hawser " + std::string(name)), std::string::npos);
    }
}

TEST(CommandLine, PrintsItsVersionAsTextAndAsJson)
{
    EXPECT_EQ(hawser({"version"}).out.rfind("hawser 0.", 0), 0U);
    EXPECT_EQ(hawser({"version", "--json"}).out.rfind("{\"version\":\"0.", 0), 0U);
}

TEST(CommandLine, EndsWith66ForAFileThatDoesNotExist)
{
    EXPECT_EQ(hawser({"check", "/nowhere/x.toml"}).status, 66);
    EXPECT_EQ(hawser({"run", "/nowhere/x.toml"}).status, 66);
    const TempDir empty;
    EXPECT_EQ(hawser({"check"}, {empty.path(), {}, 0}).status, fs::exists("/etc/hawser/hawser.toml") ? 0 : 66);
}

TEST(CommandLine, EndsWith69WhereNoHostRuns)
{
    const TempDir directory;
    for (const char *name : {"status", "tree", "reload", "stop"})
        EXPECT_EQ(hawser({name, "--control", directory / "none.sock"}).status, 69) << name;
}

TEST(CommandLine, AnswersWithJsonAlsoWhereItFails)
{
    const Ended client = hawser({"status", "--json", "--control", "/nowhere/x.sock"});
    EXPECT_EQ(client.status, 69);
    EXPECT_EQ(client.out.rfind("{\"id\":1,\"status\":69,\"problems\":[", 0), 0U) << client.out;
    const TempDir directory;
    const Ended check = hawser({"check", "--json"}, {directory.path(), {}, 0});
    EXPECT_EQ(check.status, 66);
    EXPECT_EQ(check.out.rfind("{\"status\":66,\"problems\":[", 0), 0U) << check.out;
    const Ended plugin = hawser({"plugins", "nobody", "--json", "--directory", HAWSER_PLUGINS});
    EXPECT_EQ(plugin.status, 78);
    EXPECT_EQ(plugin.out.rfind("{\"name\":\"nobody\",\"usable\":false", 0), 0U) << plugin.out;
}

TEST(CommandLine, SaysThatAConfigurationWhichCannotBeReadDoesNotNameTheSocket)
{
    const TempDir directory;
    const Ended ended = hawser({"reload", directory.write("a.toml", "[host\ncontrol = \"/x\"\n")});
    EXPECT_EQ(ended.status, 69);
    EXPECT_NE(ended.err.find("name the socket with --control"), std::string::npos) << ended.err;
}

TEST(CommandLine, ServesADirectoryOfAnyName)
{
    const TempDir directory;
    const std::string root = directory / "a\n\"$\\b";
    fs::create_directory(root);
    Process host({HAWSER_PROGRAM, "serve", root, "--address", "127.0.0.1:0", "--control", directory / "c.sock"});
    EXPECT_TRUE(host.wait_for_error_text("ready"));
    host.signal(15);
    EXPECT_EQ(host.wait(), 0);
}

TEST(CommandLine, FindsItsPluginsWhereTheyAreInstalled)
{
    const TempDir prefix;
    const Ended installed = run({"cmake", "--install", HAWSER_BUILD, "--prefix", prefix.path()});
    ASSERT_EQ(installed.status, 0) << installed.err;
    const Ended found = run({prefix / "bin/hawser", "plugins"}, {prefix.path(), {}, 0});
    for (const char *plugin : {"echo", "http", "metrics", "static", "text", "ticker"})
        EXPECT_NE(found.out.find(prefix / "lib/hawser/plugins/" + plugin + ".so"), std::string::npos) << found.out;
    const std::string example = prefix / "share/doc/hawser/conf/reference.toml";
    EXPECT_EQ(run({prefix / "bin/hawser", "check", example}).status, 0);
}

TEST(CommandLine, FindsHawserTomlInItsDirectory)
{
    const TempDir directory;
    directory.write("hawser.toml", std::string("[host]\nplugins = [\"" HAWSER_PLUGINS "\"]\n") + kEcho);
    const Ended ended = hawser({"check"}, {directory.path(), {}, 0});
    EXPECT_EQ(ended.status, 0) << ended.err;
    EXPECT_EQ(ended.out, "hawser.toml: ok: 1 listener, 0 resources, 0 services in 1 compartment\n");
}

TEST(Check, PrintsTenProblemsWithCaretsForTenMistakes)
{
    const TempDir directory;
    const std::string file = directory.write("ten.toml", R"([host]
plugins = [")" HAWSER_PLUGINS R"("]
loops = 0
drain_timout = "3s"
user = "nobody-at-all"

[log]
level = "loud"

[listeners.web]
address = "localhost:80"
protocol = "htp"

[listeners.api]
address = "127.0.0.1:0"
protocol = "http"
limits = { connections = -1 }
[listeners.api.routes]
"/" = { resource = "text", stauts = 200 }
"/x" = { resource = "static" }

[services.tick]
service = "ticker"
every = 10
)");
    const Ended ended = hawser({"check", file});
    EXPECT_EQ(ended.status, 78);
    EXPECT_EQ(count(ended.err, "\n  "), 2 * 10 + count(ended.err, "hint:")) << ended.err; // source line, caret, hint
    EXPECT_NE(ended.err.find(": 10 problems\n"), std::string::npos) << ended.err;
    EXPECT_NE(ended.err.find("ten.toml:12:12: listener \"web\": no protocol \"htp\"\n"), std::string::npos)
        << ended.err;
    EXPECT_NE(ended.err.find("hint: did you mean \"http\""), std::string::npos) << ended.err;
}

TEST(Check, PrintsProblemsAsJsonToo)
{
    const TempDir directory;
    const std::string file = directory.write("a.toml", "[hots]\n");
    const Ended ended = hawser({"check", "--json", file});
    EXPECT_EQ(ended.status, 78);
    EXPECT_NE(ended.out.find("\"line\":1,\"column\":2"), std::string::npos) << ended.out;
}

TEST(Check, SurvivesKeysOfAnyDepth)
{
    const TempDir directory;
    std::string key;
    for (int i = 0; i < 200'000; ++i) key += "a.";
    for (const std::string &text : {key + "a = 1\n", '[' + key + "a]\n"})
        EXPECT_EQ(hawser({"check", directory.write("a.toml", text)}).status, 78);
}

TEST(Check, ReadsFragmentsBelowADirectoryWhoseNameLooksLikeAPattern)
{
    const TempDir directory;
    fs::create_directories(directory / "a[1]/conf.d");
    const std::string file = directory.write("a[1]/a.toml", "include = [\"conf.d/*.toml\"]\n");
    directory.write("a[1]/conf.d/wrong.toml", "[hots]\n");
    const Ended ended = hawser({"check", file});
    EXPECT_EQ(ended.status, 78);
    EXPECT_NE(ended.err.find("wrong.toml:1:2"), std::string::npos) << ended.err;
}

TEST(Check, RunsNoPluginCode)
{
    const TempDir directory;
    const std::string file =
        directory.write("a.toml", "[host]\nplugins = [\"" HAWSER_BUILD "/test-plugins\"]\n[services.m]\n"
                                  "service = \"marker\"\n");
    EXPECT_EQ(hawser({"check", file}, {"", {{"TMPDIR", directory.path()}}, 0}).status, 0);
    EXPECT_FALSE(fs::exists(directory / "marker-ran"));
}

TEST(Check, AcceptsEveryConfigurationOfTheProject)
{
    for (const auto &entry : fs::directory_iterator(HAWSER_SOURCE "/conf")) {
        if (entry.path().extension() != ".toml") continue;
        const Ended ended = hawser({"check", entry.path().string()});
        EXPECT_EQ(ended.status, 0) << ended.err;
    }
    for (const auto &entry : fs::directory_iterator(HAWSER_SOURCE "/plugins")) {
        const fs::path example = entry.path() / "example.toml";
        if (!entry.is_directory()) continue;
        EXPECT_TRUE(fs::exists(example)) << example;
        const Ended ended = hawser({"check", example.string()});
        EXPECT_EQ(ended.status, 0) << ended.err;
    }
}

TEST(Check, AcceptsWhatTheReadmeOfEachPluginShows)
{
    for (const auto &entry : fs::directory_iterator(HAWSER_SOURCE "/plugins")) {
        std::ifstream in(entry.path() / "README.md");
        const std::string readme{std::istreambuf_iterator<char>(in), {}};
        const std::string begin = "```toml\n";
        const std::size_t at = readme.find(begin);
        if (!entry.is_directory() || at == std::string::npos) continue;
        const std::string block = readme.substr(at + begin.size(), readme.find("```", at + 3) - at - begin.size());
        const TempDir directory;
        const Ended ended = hawser({"check", directory.write("hawser.toml", block)});
        EXPECT_EQ(ended.status, 0) << entry.path() << ended.err;
    }
}

TEST(CommandLine, PrintsTheSchemaOfWhatIsFoundInADirectory)
{
    const Ended ended = hawser({"schema", "--directory", HAWSER_PLUGINS});
    EXPECT_EQ(ended.status, 0) << ended.err;
    EXPECT_NE(ended.out.find("\"enum\": [\"ticker\",\"ticker.ticker\"]"), std::string::npos) << ended.out;
    EXPECT_EQ(hawser({"schema", "--directory", "/no/such/directory"}).status, 66);
    EXPECT_EQ(hawser({"schema", "a.toml", "--directory", "b"}).status, 64);
}

class BadPlugins : public ::testing::Test {
protected:
    void SetUp() override
    {
        fs::copy_file(HAWSER_PLUGINS "/echo.so", directory_ / "echo.so");
        fs::copy_file(HAWSER_BUILD "/test-plugins/marker.so", directory_ / "marker.so");
        directory_.write("text.so", "not a library");
        directory_.write("empty.so", "");
        directory_.write("cut.so", read(HAWSER_PLUGINS "/text.so").substr(0, 3000));
        std::string other = read(HAWSER_PLUGINS "/text.so");
        other[18] = '\xb7'; // AArch64
        other[19] = '\0';
        directory_.write("other.so", other);
        fs::create_directory(directory_ / "folder.so");
        fs::create_symlink(HAWSER_PLUGINS "/text.so", directory_ / "link.so");
        fs::copy_file(HAWSER_PLUGINS "/ticker.so", directory_ / "loose.so");
        ::chmod((directory_ / "loose.so").c_str(), 0777);
    }
    static std::string read(const std::string &path)
    {
        std::ifstream in(path, std::ios::binary);
        return {std::istreambuf_iterator<char>(in), {}};
    }
    TempDir directory_;
};

TEST_F(BadPlugins, AreEachRefusedWithTheirReasonAndHideNoGoodOne)
{
    const Ended ended = hawser({"plugins", "--directory", directory_.path()}, {"", {{"TMPDIR", directory_.path()}}, 0});
    EXPECT_EQ(ended.status, 0);
    EXPECT_NE(ended.out.find("echo    1.0.0    1.0  protocol echo, resource echo  " + directory_ / "echo.so"),
              std::string::npos)
        << ended.out;
    const std::pair<const char *, const char *> refused[] = {{"text.so", "not ELF"},
                                                             {"empty.so", "empty file"},
                                                             {"cut.so", "truncated"},
                                                             {"other.so", "another machine"},
                                                             {"folder.so", "a directory"},
                                                             {"link.so", "symbolic link"},
                                                             {"loose.so", "writable by its group or others"}};
    for (const auto &[file, why] : refused) {
        const std::size_t at = ended.out.find(directory_ / file);
        ASSERT_NE(at, std::string::npos) << file << '\n' << ended.out;
        EXPECT_NE(ended.out.find(why, at), std::string::npos) << file << '\n' << ended.out;
    }
    EXPECT_FALSE(fs::exists(directory_ / "marker-ran"));
}

TEST_F(BadPlugins, AreRefusedByNameWith78)
{
    EXPECT_EQ(hawser({"plugins", "cut", "--directory", directory_.path()}).status, 78);
    EXPECT_EQ(hawser({"plugins", "nobody", "--directory", directory_.path()}).status, 78);
    const Ended good = hawser({"plugins", "echo", "--directory", directory_.path()});
    EXPECT_EQ(good.status, 0);
    EXPECT_NE(good.out.find("protocol echo: Sends every byte back"), std::string::npos) << good.out;
}

TEST_F(BadPlugins, AreExplainedStepByStep)
{
    const Ended cut = hawser({"plugins", "why", directory_ / "cut.so", "--directory", directory_.path()});
    EXPECT_EQ(cut.status, 78);
    EXPECT_NE(cut.out.find("  failed   segments: truncated"), std::string::npos) << cut.out;
    EXPECT_NE(cut.out.find("  skipped  manifest"), std::string::npos) << cut.out;
    const Ended good = hawser({"plugins", "why", directory_ / "echo.so", "--directory", directory_.path()});
    EXPECT_EQ(good.status, 0);
    EXPECT_NE(good.out.find("  passed   usable: yes\n"), std::string::npos) << good.out;
    const Ended none = hawser({"plugins", "why", directory_ / "none.so", "--json", "--directory", directory_.path()});
    EXPECT_EQ(none.status, 66);
    EXPECT_EQ(none.out.rfind("{\"status\":66,\"path\":", 0), 0U) << none.out;
    EXPECT_EQ(hawser({"plugins", "why"}).status, 64);
    EXPECT_FALSE(fs::exists(directory_ / "marker-ran"));
}

TEST_F(BadPlugins, OfAnyNameGiveValidOutput)
{
    directory_.write("bad\xff\x1b[2J\n.so", "x");
    const Ended text = hawser({"plugins", "--directory", directory_.path()});
    EXPECT_NE(text.out.find("bad\xef\xbf\xbd\\x1b[2J\\x0a.so"), std::string::npos) << text.out;
    EXPECT_EQ(text.out.find('\x1b'), std::string::npos);
    EXPECT_EQ(hawser({"plugins", "--json", "--directory", directory_.path()}).out.find('\xff'), std::string::npos);
}

TEST(Plugins, AreNotSearchedForInTheWrongPlace)
{
    const TempDir directory;
    EXPECT_EQ(hawser({"plugins", "--directory", directory / "none"}).status, 66);
    EXPECT_EQ(hawser({"plugins", "--config", directory.write("a.toml", "[host\n")}).status, 78);
    EXPECT_EQ(hawser({"plugins", "--config", "a", "--directory", "b"}).status, 64);
}

TEST_F(BadPlugins, OfOneNameRefuseEachOther)
{
    fs::copy_file(HAWSER_PLUGINS "/echo.so", directory_ / "again.so");
    const Ended ended = hawser({"plugins", "--directory", directory_.path()});
    EXPECT_EQ(count(ended.out, "two plugins are named \"echo\""), 2U) << ended.out;
}

} // namespace
} // namespace hawser::test
