// Plugins built outside the tree against the installed SDK, dropped into a directory and named in TOML, serve: the
// examples by each compiler, and the plugin of the README.
#include "host_process.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <regex>
#include <sstream>

namespace hawser::test {
namespace {

namespace fs = std::filesystem;

std::string read(const std::string &path)
{
    std::ifstream file(path);
    std::ostringstream text;
    text << file.rdbuf();
    return text.str();
}

// Installs the SDK below `directory` and builds the project `source` against it. Empty, or what failed.
std::string build(const TempDir &directory, const std::string &source, const std::string &c, const std::string &cxx)
{
    const std::string sdk = directory / "sdk", tree = directory / "build";
    const std::vector<std::vector<std::string>> steps{
        {"cmake", "--install", HAWSER_BUILD, "--component", "sdk", "--prefix", sdk},
        {"cmake", "-S", source, "-B", tree, "-G", "Ninja", "-DCMAKE_PREFIX_PATH=" + sdk, "-DCMAKE_C_COMPILER=" + c,
         "-DCMAKE_CXX_COMPILER=" + cxx, "-DCMAKE_CXX_FLAGS=-Wall -Wextra -Wpedantic -Werror"},
        {"cmake", "--build", tree},
    };
    for (const auto &step : steps) {
        const Ended ended = run(step);
        if (ended.status != 0) return step[1] + ": " + ended.out + ended.err;
    }
    return {};
}

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

// The n-th block of a language in a Markdown file.
std::string block(const std::string &markdown, const std::string &language, std::size_t n)
{
    std::size_t at = 0;
    for (;; --n) {
        at = markdown.find("```" + language + "\n", at);
        if (at == std::string::npos) return {};
        at += language.size() + 4;
        if (n == 0) return markdown.substr(at, markdown.find("```", at) - at);
    }
}

TEST(SdkReadme, ShowsCodeThatCompiles)
{
    const std::string readme = read(HAWSER_SOURCE "/sdk/README.md");
    const TempDir directory;
    std::size_t n = 0;
    for (std::string code; !(code = block(readme, "cpp", n)).empty(); ++n) {
        const std::string file = directory.write("block.cpp", code);
        const Ended ended = run({"g++", "-std=c++20", "-Wall", "-Wextra", "-Wpedantic", "-Werror", "-fsyntax-only",
                                 "-I" HAWSER_SOURCE "/sdk/include", file});
        EXPECT_EQ(ended.status, 0) << ended.err;
    }
    EXPECT_EQ(n, 3U);
}

TEST(SdkReadme, ShowsAProjectWhoseServiceRuns)
{
    const std::string readme = read(HAWSER_SOURCE "/sdk/README.md");
    const TempDir directory;
    directory.write("beat.cpp", block(readme, "cpp", 2));
    directory.write("plugin.toml", block(readme, "toml", 0));
    directory.write("CMakeLists.txt", "cmake_minimum_required(VERSION 3.25)\nproject(readme LANGUAGES C CXX)\n" +
                                          block(readme, "cmake", 0));
    ASSERT_EQ(build(directory, directory.path(), "gcc", "g++"), "");
    Host host("[host]\nplugins = [\"" + directory.path() + "/build\"]\n" +
              "[services.beat]\nservice = \"beat\"\nevery = \"10ms\"\n");
    ASSERT_TRUE(host.ready()) << host.process().err();
    EXPECT_TRUE(host.log_has("\"event\":\"beat\""));
    EXPECT_EQ(host.stop(), 0);
}

TEST(Readme, ShowsAPluginThatServes)
{
    const std::string readme = read(HAWSER_SOURCE "/README.md");
    const TempDir directory;
    directory.write("hello.cpp", block(readme, "cpp", 0));
    directory.write("plugin.toml", block(readme, "toml", 1));
    std::smatch call;
    ASSERT_TRUE(std::regex_search(readme, call, std::regex("`(hawser_add_plugin\\(.*\\))`")));
    directory.write("CMakeLists.txt", "cmake_minimum_required(VERSION 3.25)\nproject(readme LANGUAGES C CXX)\n"
                                      "find_package(Hawser REQUIRED)\nset(CMAKE_CXX_STANDARD 20)\n" +
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

TEST(StartPage, ShowsThePluginOfTheReadme)
{
    std::string plugin = block(read(HAWSER_SOURCE "/README.md"), "cpp", 0);
    plugin = std::regex_replace(plugin, std::regex("<Hello>"), "&lt;Hello&gt;");
    plugin.pop_back();
    EXPECT_NE(read(HAWSER_SOURCE "/conf/site/index.html").find(plugin), std::string::npos) << plugin;
}

} // namespace
} // namespace hawser::test
