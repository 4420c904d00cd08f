// Plugins built outside the tree against the installed SDK, dropped into a directory and named in TOML, serve: the
// examples by each compiler, and what the READMEs show.
#include "host_process.hpp"
#include "sdk_project.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <regex>

namespace hawser::test {
namespace {

namespace fs = std::filesystem;

struct Compiler {
    const char *name, *c, *cxx;
};

class Examples : public testing::TestWithParam<Compiler> {};

TEST_P(Examples, ServeInAWorkerAndInOneProcess)
{
    const TempDir directory;
    ASSERT_EQ(build(directory, HAWSER_SOURCE "/sdk/examples", GetParam().c, GetParam().cxx), "");
    std::string toml = read(HAWSER_SOURCE "/sdk/examples/hawser.toml");
    toml = std::regex_replace(toml, std::regex("\"127.0.0.1:[0-9]+\""), "\"127.0.0.1:0\"");
    toml = std::regex_replace(toml, std::regex("plugins = .*"),
                              "plugins = [\"" + directory.path() + "/build/plugins\", \"" HAWSER_PLUGINS "\"]");
    for (const std::vector<std::string> &arguments : {std::vector<std::string>{}, {"--single"}}) {
        Host host(toml, arguments);
        ASSERT_TRUE(host.ready()) << host.process().err();
        EXPECT_EQ(host.connect().get("/hello/ada").body, "Ahoy, ada\n");
        Client echo = host.connect("echo");
        echo.send("over and back");
        EXPECT_EQ(echo.receive(13), "over and back");
        Client shout = host.connect("shout");
        shout.send("first\nsec");
        EXPECT_EQ(shout.receive(6), "FIRST\n");
        shout.send("ond\n");
        EXPECT_EQ(shout.receive(7), "SECOND\n");
        EXPECT_EQ(host.stop(), 0);
    }
}

INSTANTIATE_TEST_SUITE_P(BuiltOutsideTheTree, Examples,
                         testing::Values(Compiler{"Gcc", "gcc", "g++"}, Compiler{"Clang", "clang-16", "clang++-16"}),
                         [](const auto &compiler) { return compiler.param.name; });

std::size_t lines_in(const std::string &code) { return count(code, "\n"); }

// Each kind of block has a test below; a block more than these would have none.
TEST(Readmes, HaveNoBlockThatNoTestReads)
{
    const std::string sdk = read(HAWSER_SOURCE "/sdk/README.md"), root = read(HAWSER_SOURCE "/README.md");
    EXPECT_EQ(languages(sdk), (std::vector<std::string>{"cpp", "cpp", "cpp", "toml", "sh", "cmake"}));
    EXPECT_EQ(languages(root), (std::vector<std::string>{"sh", "toml", "cpp", "toml"}));
}

TEST(Readmes, ShowPluginsAsShortAsTheySay)
{
    const std::string sdk = read(HAWSER_SOURCE "/sdk/README.md");
    EXPECT_LE(lines_in(block(sdk, "cpp", 0)), 15U);
    EXPECT_LE(lines_in(block(sdk, "cpp", 1)), 10U);
    EXPECT_LE(lines_in(block(sdk, "cpp", 2)), 15U);
    EXPECT_LE(lines_in(block(read(HAWSER_SOURCE "/README.md"), "cpp", 0)), 10U);
}

// The three kinds in one project that says no more than the README does, with a manifest as it describes.
TEST(SdkReadme, ShowsThreePluginsThatServe)
{
    const std::string readme = read(HAWSER_SOURCE "/sdk/README.md");
    const TempDir directory;
    const std::string head = "version = \"1.0.0\"\nabi = \"1.0\"\nsummary = \"from the README\"\n";
    directory.write("echo.cpp", block(readme, "cpp", 0));
    directory.write("echo.toml", "name = \"echo\"\n" + head + "[protocol.echo]\n");
    directory.write("length.cpp", block(readme, "cpp", 1));
    directory.write("length.toml",
                    "name = \"length\"\n" + head + "[resource.length]\nrole = \"hawser.http.resource/1\"\n");
    directory.write("beat.cpp", block(readme, "cpp", 2));
    directory.write("plugin.toml", block(readme, "toml", 0));
    directory.write("CMakeLists.txt", "cmake_minimum_required(VERSION 3.25)\nproject(readme LANGUAGES CXX)\n" +
                                          block(readme, "cmake", 0) +
                                          "hawser_add_plugin(echo SOURCES echo.cpp MANIFEST echo.toml)\n"
                                          "hawser_add_plugin(length SOURCES length.cpp MANIFEST length.toml)\n");
    ASSERT_EQ(build(directory, directory.path(), "gcc", "g++"), "");
    fs::copy(HAWSER_PLUGINS "/http.so", directory / "build/http.so"); // alone: there is another echo beside it
    Host host("[host]\nplugins = [\"" + directory.path() + "/build\"]\n" +
              "[services.beat]\nservice = \"beat\"\nevery = \"10ms\"\n"
              "[listeners.echo]\naddress = \"127.0.0.1:0\"\nprotocol = \"echo\"\n"
              "[listeners.web]\naddress = \"127.0.0.1:0\"\nprotocol = \"http\"\n"
              "routes = { \"/length\" = { resource = \"length\" } }\n");
    ASSERT_TRUE(host.ready()) << host.process().err();
    EXPECT_TRUE(host.log_has("\"event\":\"beat\""));
    Client echo = host.connect("echo");
    echo.send("over and back");
    EXPECT_EQ(echo.receive(13), "over and back");
    Client web = host.connect();
    web.send("POST /length HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nahoy\n");
    EXPECT_EQ(web.answer().body, "5\n");
    EXPECT_EQ(host.stop(), 0);
}

TEST(Coroutines, PageShowsAServiceThatWaits)
{
    const TempDir directory;
    directory.write("oracle.cpp", block(read(HAWSER_SOURCE "/sdk/COROUTINES.md"), "cpp", 0));
    directory.write("plugin.toml", "name = \"oracle\"\nversion = \"1.0.0\"\nabi = \"1.0\"\n[service.oracle]\n");
    directory.write("CMakeLists.txt", "cmake_minimum_required(VERSION 3.25)\nproject(page LANGUAGES CXX)\n"
                                      "find_package(Hawser REQUIRED)\nhawser_add_plugin(oracle SOURCES oracle.cpp)\n");
    ASSERT_EQ(build(directory, directory.path(), "gcc", "g++"), "");
    Host host("[host]\nplugins = [\"" + directory.path() + "/build\"]\n[services.oracle]\nservice = \"oracle\"\n");
    ASSERT_TRUE(host.ready()) << host.process().err();
    EXPECT_TRUE(host.log_has("Is it on? Yes."));
    EXPECT_EQ(host.stop(), 0);
}

// As they stand, but below a directory of the test and for this build; what they serve is the test of the examples.
TEST(SdkReadme, ShowsCommandsThatBuildTheExamples)
{
    const TempDir directory;
    std::string commands = block(read(HAWSER_SOURCE "/sdk/README.md"), "sh", 0);
    commands = std::regex_replace(commands, std::regex("/tmp/"), directory.path() + "/");
    commands = std::regex_replace(commands, std::regex("build/release"), HAWSER_BUILD);
    commands = std::regex_replace(commands, std::regex("\\S*hawser run"), HAWSER_PROGRAM " check");
    ProcessOptions options;
    options.directory = HAWSER_SOURCE;
    // The configuration finds the other plugins in the release build; here they are put beside the examples.
    const std::string toml = std::regex_replace(read(HAWSER_SOURCE "/sdk/examples/hawser.toml"),
                                                std::regex("\\.\\./\\.\\./build/release/plugins"), HAWSER_PLUGINS);
    const std::string file = directory.write("hawser.toml", toml);
    ASSERT_NE(commands.find(" sdk/examples/hawser.toml"), std::string::npos);
    commands = std::regex_replace(commands, std::regex(" sdk/examples/hawser.toml"), " " + file);
    options.variables = {{"EXAMPLES", directory / "examples/plugins"}};
    const Ended ended = run({"/bin/sh", "-ec", commands}, options);
    EXPECT_EQ(ended.status, 0) << commands << ended.out << ended.err;
}

TEST(Readme, ShowsAPluginThatServes)
{
    const std::string readme = read(HAWSER_SOURCE "/README.md");
    const TempDir directory;
    directory.write("hello.cpp", block(readme, "cpp", 0));
    directory.write("plugin.toml", block(readme, "toml", 1));
    std::smatch call;
    ASSERT_TRUE(std::regex_search(readme, call, std::regex("`(hawser_add_plugin\\(.*\\))`")));
    directory.write("CMakeLists.txt", "cmake_minimum_required(VERSION 3.25)\nproject(readme LANGUAGES CXX)\n"
                                      "find_package(Hawser REQUIRED)\n" +
                                          call[1].str() + "\n");
    ASSERT_EQ(build(directory, directory.path(), "gcc", "g++"), "");
    std::smatch route;
    ASSERT_TRUE(std::regex_search(readme, route, std::regex("`(\"/hello\" = \\{.*\\})`")));
    Host host("[host]\nplugins = [\"" + directory.path() + "/build\", \"" HAWSER_PLUGINS "\"]\n" +
              "[listeners.web]\naddress = \"127.0.0.1:0\"\nprotocol = \"http\"\n[listeners.web.routes]\n" +
              route[1].str() + "\n");
    ASSERT_TRUE(host.ready()) << host.process().err();
    EXPECT_EQ(host.connect().get("/hello/there").body, "Hello from /hello/there\n");
    EXPECT_EQ(host.stop(), 0);
}

TEST(Readme, ShowsTheRoutesOfTheConfigurationThatIsServed)
{
    const std::string conf = read(HAWSER_SOURCE "/conf/hawser.toml");
    EXPECT_NE(conf.find(block(read(HAWSER_SOURCE "/README.md"), "toml", 0)), std::string::npos);
}

// The request of the README's second command.
TEST(Readme, ShowsARequestThatTheServedConfigurationAnswers)
{
    const std::string commands = block(read(HAWSER_SOURCE "/README.md"), "sh", 0);
    EXPECT_TRUE(commands.starts_with("scripts/run "));
    std::smatch url;
    ASSERT_TRUE(std::regex_search(commands, url, std::regex("curl -i http://([0-9.:]+)(/\\w+)")));
    std::string toml = read(HAWSER_SOURCE "/conf/hawser.toml");
    EXPECT_NE(toml.find("\"" + url[1].str() + "\""), std::string::npos);
    toml = std::regex_replace(toml, std::regex("\"127.0.0.1:[0-9]+\""), "\"127.0.0.1:0\"");
    toml = std::regex_replace(toml, std::regex("\"site\""), "\"" HAWSER_SOURCE "/conf/site\"");
    toml = std::regex_replace(toml, std::regex("plugins *= .*"), "plugins = [\"" HAWSER_PLUGINS "\"]");
    Host host(toml);
    ASSERT_TRUE(host.ready()) << host.process().err();
    EXPECT_EQ(host.connect().get(url[2]).body, "Hello, world!\n");
    EXPECT_NE(host.connect().get("/").body.find("<html"), std::string::npos);
    EXPECT_EQ(host.stop(), 0);
}

TEST(StartPage, ShowsThePluginOfTheReadme)
{
    std::string plugin = block(read(HAWSER_SOURCE "/README.md"), "cpp", 0);
    plugin = std::regex_replace(plugin, std::regex("<Hello>"), "&lt;Hello&gt;");
    plugin.pop_back();
    EXPECT_NE(read(HAWSER_SOURCE "/conf/site/index.html").find(plugin), std::string::npos) << plugin;
}

} // namespace
} // namespace hawser::test
