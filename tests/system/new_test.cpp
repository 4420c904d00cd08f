// hawser new, try and dev as a plugin's author uses them: outside the tree, with the installed SDK.
#include "host_process.hpp"
#include "sdk_project.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <regex>
#include <string>

namespace hawser::test {
namespace {

namespace fs = std::filesystem;

struct Choice {
    const char *language, *kind;
};

class NewPlugin : public testing::TestWithParam<Choice> {
protected:
    // Everything is done in it, and the SDK is installed there.
    std::string in_shell(const std::string &commands)
    {
        ProcessOptions options;
        options.directory = directory_.path();
        options.variables = {{"CMAKE_PREFIX_PATH", directory_ / "sdk"}, {"CMAKE_GENERATOR", "Ninja"}};
        const Ended ended = run({"/bin/sh", "-ec", commands}, options);
        return ended.status == 0 ? "" : commands + ": " + ended.out + ended.err;
    }
    // As hawser new says that it is built and tested.
    std::string build_and_test()
    {
        if (std::string(GetParam().language) == "rust")
            return in_shell("cd demo && cargo build --release --offline -q && cargo test --offline -q");
        return in_shell("cd demo && cmake -B build -DCMAKE_CXX_FLAGS='-Wall -Wextra -Wpedantic -Werror' "
                        "-DCMAKE_C_FLAGS='-Wall -Wextra -Wpedantic -Werror' && cmake --build build && "
                        "ctest --test-dir build --output-on-failure");
    }
    std::string made()
    {
        const std::string choice = std::string(GetParam().kind) + " demo --language " + GetParam().language;
        return in_shell("cmake --install " HAWSER_BUILD " --component sdk --prefix sdk && " HAWSER_PROGRAM " new " +
                        choice);
    }
    TempDir directory_;
};

TEST_P(NewPlugin, BuildsTestsLoadsAndServesAsItStands)
{
    ASSERT_EQ(made(), "");
    ASSERT_EQ(build_and_test(), "");
    ASSERT_EQ(in_shell(HAWSER_PROGRAM " check demo/hawser.toml"), "");
    std::string toml = read(directory_ / "demo/hawser.toml");
    toml = std::regex_replace(toml, std::regex("127.0.0.1:[0-9]+"), "127.0.0.1:0");
    toml = std::regex_replace(toml, std::regex("\"(build|target/release)\""), "\"" + (directory_ / "demo/$1") + "\"");
    Host host(toml);
    ASSERT_TRUE(host.ready()) << host.process().err();
    const std::string kind = GetParam().kind;
    if (kind == "protocol") {
        Client client = host.connect("demo");
        EXPECT_EQ(client.receive(16), "Hello from demo\n");
        client.send("over and back\n");
        EXPECT_EQ(client.receive(14), "over and back\n");
    } else if (kind == "resource") {
        EXPECT_EQ(host.connect().get("/ada").body, "Hello, ada\n");
    } else {
        EXPECT_TRUE(host.log_has("\"event\":\"tick\""));
    }
    EXPECT_EQ(host.stop(), 0);
}

INSTANTIATE_TEST_SUITE_P(InEveryLanguage, NewPlugin,
                         testing::Values(Choice{"cpp", "protocol"}, Choice{"cpp", "resource"}, Choice{"cpp", "service"},
                                         Choice{"c", "protocol"}, Choice{"c", "resource"}, Choice{"c", "service"},
                                         Choice{"rust", "protocol"}, Choice{"rust", "resource"},
                                         Choice{"rust", "service"}),
                         [](const auto &choice) {
                             return std::string(choice.param.language) + "_" + choice.param.kind;
                         });

// With line and caret, at build time, where the host is installed beside the SDK.
TEST(NewPluginWithAMistake, DoesNotBuildAndSaysWhereInItsManifest)
{
    const TempDir directory;
    ProcessOptions options;
    options.directory = directory.path();
    const std::string commands =
        "cmake --install " HAWSER_BUILD " --component sdk --prefix sdk\n" HAWSER_PROGRAM
        " new protocol demo --language c\nsed -i 's/\"string\"/\"strin\"/' demo/plugin.toml\n"
        "cmake -S demo -B demo/build -DCMAKE_PREFIX_PATH=$PWD/sdk -DHAWSER_PROGRAM=" HAWSER_PROGRAM
        "\n! cmake --build demo/build --target demo 2>&1";
    const Ended ended = run({"/bin/sh", "-ec", commands}, options);
    EXPECT_EQ(ended.status, 0) << ended.out << ended.err;
    EXPECT_NE(ended.out.find("plugin.toml:10:11: protocol.demo.options.greeting.type: unknown type \"strin\""),
              std::string::npos)
        << ended.out;
}

// What g++ 12 would make of it crashes.
TEST(NewPluginWithAMistake, DoesNotBuildWhereTheCompilerWouldGetItsCoroutineWrong)
{
    const TempDir directory;
    ProcessOptions options;
    options.directory = directory.path();
    const std::string commands = "cmake --install " HAWSER_BUILD " --component sdk --prefix sdk\n" HAWSER_PROGRAM
                                 " new protocol demo\nsed -i 's/while (const auto line = /while (/' demo/demo.cpp\n"
                                 "cmake -S demo -B demo/build -DCMAKE_PREFIX_PATH=$PWD/sdk -DCMAKE_CXX_COMPILER=g++\n"
                                 "! cmake --build demo/build --target demo 2>&1";
    const Ended ended = run({"/bin/sh", "-ec", commands}, options);
    EXPECT_EQ(ended.status, 0) << ended.out << ended.err;
    EXPECT_NE(ended.out.find("g++ before 12.3 makes what crashes of a co_await in a condition"), std::string::npos)
        << ended.out;
    EXPECT_NE(ended.out.find("demo.cpp:14:"), std::string::npos) << ended.out;
}

std::string first(const std::string &text, const std::string &pattern)
{
    std::smatch found;
    return std::regex_search(text, found, std::regex(pattern)) ? found[1].str() : "";
}

std::string get(const std::string &url) { return run({"curl", "-s", url}).out; }

TEST(Try, RunsOnePluginAndPrintsTheLineToCallIt)
{
    Process process({HAWSER_PROGRAM, "try", HAWSER_PLUGINS "/text.so", "--set", "body=\"moored\""});
    ASSERT_TRUE(process.wait_for_error_text("\"ready\"")) << process.err();
    ASSERT_TRUE(process.wait_for_output_text("curl -i ")) << process.out();
    EXPECT_EQ(get(first(process.out(), "curl -i (\\S+)")), "moored");
    process.signal(SIGTERM);
    EXPECT_EQ(process.wait(), 0);
}

TEST(Try, RefusesWhatIsNoPluginAndAnOptionThatItDoesNotHave)
{
    EXPECT_EQ(run({HAWSER_PROGRAM, "try", "/etc/passwd"}).status, 78);
    EXPECT_EQ(run({HAWSER_PROGRAM, "try", "/nowhere.so"}).status, 66);
    const Ended wrong = run({HAWSER_PROGRAM, "try", HAWSER_PLUGINS "/text.so", "--set", "bodi=\"x\""});
    EXPECT_EQ(wrong.status, 78);
    EXPECT_NE(wrong.err.find("bodi"), std::string::npos) << wrong.err;
}

// A build that needs no compiler: what it makes is a fragment of the configuration.
TEST(Dev, BuildsWhatIsSavedAndReloadsIt)
{
    const TempDir directory;
    fs::create_directory(directory / "build");
    directory.write("page.txt", "first");
    directory.write("build.sh",
                    "printf '[listeners.web]\\nprotocol = \"http\"\\naddress = \"127.0.0.1:0\"\\nroutes = { \"/\" "
                    "= { resource = \"text\", body = \"%s\" } }\\n' \"$(cat page.txt)\" > build/part.toml\n");
    directory.write("dev.toml", "include = [\"build/part.toml\"]\n[host]\nplugins = [\"" HAWSER_PLUGINS "\"]\n");
    ProcessOptions options;
    options.directory = directory.path();
    Process process({HAWSER_PROGRAM, "dev", "dev.toml", "--build", "sh build.sh"}, options);
    ASSERT_TRUE(process.wait_for_error_text("\"ready\"")) << process.err();
    const std::string url = "http://127.0.0.1:" + first(process.err(), "127\\.0\\.0\\.1:([1-9][0-9]*)") + "/";
    EXPECT_EQ(get(url), "first") << process.err();
    directory.write("page.txt", "second");
    EXPECT_TRUE(process.wait_for_error_text("\"reloaded\"")) << process.err();
    EXPECT_EQ(get(url), "second") << process.err();
    process.signal(SIGTERM);
    EXPECT_EQ(process.wait(), 0);
}

} // namespace
} // namespace hawser::test
