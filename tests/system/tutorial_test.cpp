// sdk/TUTORIAL.md and sdk/TESTING.md, as their readers follow them.
#include "host_process.hpp"
#include "sdk_project.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <regex>
#include <string>

namespace hawser::test {
namespace {

namespace fs = std::filesystem;

// The files that a step shows: a line that begins with a name in backticks, then the block.
class Tutorial {
public:
    Tutorial()
        : text_(read(HAWSER_SOURCE "/sdk/TUTORIAL.md"))
    {
        fs::create_directory(directory_ / "build");
        install_ =
            run({"cmake", "--install", HAWSER_BUILD, "--component", "sdk", "--prefix", directory_ / "sdk"}).status;
    }
    // Writes the files of step `n`, builds and tests; what went wrong, or "".
    std::string step(int n)
    {
        write(n);
        const std::string commands =
            "cmake -B build -G Ninja -DCMAKE_PREFIX_PATH=$PWD/sdk -DCMAKE_CXX_FLAGS='-Wall -Wextra "
            "-Werror' && cmake --build build && ctest --test-dir build";
        ProcessOptions options;
        options.directory = directory_.path();
        const Ended ended = run({"/bin/sh", "-ec", commands}, options);
        return install_ == 0 && ended.status == 0 ? "" : ended.out + ended.err;
    }
    std::string config() const
    {
        std::string toml = read(directory_ / "hawser.toml");
        toml = std::regex_replace(toml, std::regex("\"127.0.0.1:[0-9]+\""), "\"127.0.0.1:0\"");
        toml = std::regex_replace(toml, std::regex("/usr/lib/hawser/plugins"), HAWSER_PLUGINS);
        return std::regex_replace(toml, std::regex("\"build\""), "\"" + (directory_ / "build") + "\"");
    }

private:
    void write(int n)
    {
        const std::size_t from = text_.find("\n## " + std::to_string(n) + ". ");
        const std::string part = text_.substr(from, text_.find("\n## ", from + 1) - from);
        const std::regex shown("\n`([a-z_A-Z]+\\.[a-z]+)`[^`]*(?:`[^`\n]*`[^`]*)*\n```[a-z]+\n");
        std::size_t blocks = 0;
        for (std::sregex_iterator each(part.begin(), part.end(), shown), end; each != end; ++each, ++blocks)
            put((*each)[1], part, static_cast<std::size_t>(each->position() + each->length()));
        if (blocks == 0) put("greet.cpp", part, part.find("```cpp\n") + 7); // a step that is of one file
    }
    void put(const std::string &name, const std::string &part, std::size_t from)
    {
        directory_.write(name, part.substr(from, part.find("\n```", from) + 1 - from));
    }
    std::string text_;
    TempDir directory_;
    int install_ = 1;
};

// The host of step 1 runs through all of them.
TEST(Guide, GrowsAPluginThatIsReplacedWhileItServes)
{
    Tutorial tutorial;
    ASSERT_EQ(tutorial.step(1), "");
    std::string toml = tutorial.config();
    toml.replace(toml.find("[host]\n"), 7, "[host]\ncontrol = \"control.sock\"\n");
    Host host(toml);
    ASSERT_TRUE(host.ready()) << host.process().err();
    const auto says = [&host](const std::string &path, const std::string &text) {
        return eventually([&] { return host.connect().get(path).body == text; });
    };
    EXPECT_TRUE(says("/greet", "Hello\n"));
    ASSERT_EQ(tutorial.step(2), "");
    EXPECT_TRUE(says("/greet/ada", "Hello, ada\n")) << host.process().err();
    ASSERT_EQ(tutorial.step(3), "");
    EXPECT_TRUE(says("/greet/ada", "Hello, ada, you are number 1\n")) << host.process().err();
    ASSERT_EQ(tutorial.step(4), "");
    EXPECT_TRUE(eventually([&] { return host.connect().get("/greet/later/ada/61").status == 400; }));
    ASSERT_EQ(tutorial.step(5), "");
    EXPECT_EQ(host.stop(), 0);
}

TEST(Guide, EndsWithAServiceBesideTheResource)
{
    Tutorial tutorial;
    ASSERT_EQ(tutorial.step(1), "");
    ASSERT_EQ(tutorial.step(6), "");
    Host host(tutorial.config());
    ASSERT_TRUE(host.ready()) << host.process().err();
    EXPECT_EQ(host.connect().get("/greet/ada").body, "Ahoy, ada\n");
    EXPECT_TRUE(host.log_has("ready_to_greet"));
    EXPECT_EQ(host.stop(), 0);
}

TEST(Guide, ShowsATestThatRuns)
{
    const TempDir directory;
    directory.write("shown.cpp", block(read(HAWSER_SOURCE "/sdk/TESTING.md"), "cpp", 0));
    const Ended built = run({"g++", "-std=c++20", "-Wall", "-Wextra", "-Werror", "-I" HAWSER_SOURCE "/sdk/include",
                             directory / "shown.cpp", "-o", directory / "shown"});
    ASSERT_EQ(built.status, 0) << built.err;
    EXPECT_EQ(run({directory / "shown"}).status, 0);
}

} // namespace
} // namespace hawser::test
