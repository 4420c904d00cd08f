// What an author outside of the tree does wrong, and what the build, the compiler or the host says to it.
#include "host_process.hpp"
#include "sdk_project.hpp"

#include <gtest/gtest.h>

#include <memory>
#include <regex>

namespace hawser::test {
namespace {

constexpr const char *kProject = "cmake_minimum_required(VERSION 3.25)\nproject(wrong LANGUAGES CXX)\n"
                                 "find_package(Hawser REQUIRED)\n";
constexpr const char *kService =
    "#include \"hawser/hawser.hpp\"\nstruct S {};\nHAWSER_PLUGIN(hawser::service<S>(\"s\"))\n";

// With blanks made one: CMake wraps its messages.
std::string flat(const std::string &text) { return std::regex_replace(text, std::regex("\\s+"), " "); }

TEST(Build, SaysWhatIsMissingInAManifest)
{
    const TempDir directory;
    directory.write("s.cpp", kService);
    directory.write("plugin.toml", "nmae = \"s\"\nversion = 1\n# abi = \"1.0\"\n[options]\nname = \"s\"\n");
    directory.write("CMakeLists.txt", std::string(kProject) + "hawser_add_plugin(s SOURCES s.cpp)\n");
    const std::string said = flat(build(directory, directory.path(), "gcc", "g++"));
    for (const char *expected :
         {"plugin.toml", "expected name = \"…\" before the first table, got none", "expected version", "expected abi",
          "expected a table [protocol.NAME], [service.NAME] or [resource.NAME], got none"})
        EXPECT_NE(said.find(expected), std::string::npos) << expected << " in: " << said;
}

TEST(Build, RefusesArgumentsThatItDoesNotKnow)
{
    const TempDir directory;
    directory.write("s.cpp", kService);
    directory.write("CMakeLists.txt", std::string(kProject) + "hawser_add_plugin(s extra SOURCES s.cpp)\n");
    EXPECT_NE(flat(build(directory, directory.path(), "gcc", "g++"))
                  .find("hawser_add_plugin(s): expected SOURCES, MANIFEST and LIBRARIES with values, got extra"),
              std::string::npos);
}

// Whatever its length is, and where a linker puts another note behind it.
TEST(Build, ByHandEmbedsAManifestThatTheHostReads)
{
    for (const char *pad : {"x", "xx", "xxx", "xxxx"}) {
        const TempDir directory;
        const std::string source =
            directory.write("by_hand.c", "#include \"hawser/abi.h\"\n#include \"hawser/manifest.h\"\n"
                                         "HAWSER_MANIFEST(\"name = \\\"by_hand\\\"\\nversion = \\\"1.0.0\\\"\\n"
                                         "abi = \\\"1.0\\\"\\nsummary = \\\"" +
                                             std::string(pad) + "\\\"\\n[service.by_hand]\\n\")\n");
        for (const char *language : {"c", "c++"}) {
            for (const char *linker : {"bfd", "gold"}) {
                const Ended built =
                    run({"gcc", "-x", language, "-Wall", "-Wextra", "-Wpedantic", "-Werror", "-shared", "-fPIC",
                         "-Wl,--gc-sections", "-Wl,--build-id", std::string("-fuse-ld=") + linker,
                         "-I" HAWSER_SOURCE "/sdk/include", source, "-o", directory / "by_hand.so"});
                ASSERT_EQ(built.status, 0) << built.err;
                const Ended listed = hawser({"plugins", "--directory", directory.path()});
                EXPECT_EQ(count(listed.out, "service by_hand"), 1U) << language << linker << pad << listed.out;
                const Ended notes = run({"readelf", "-n", directory / "by_hand.so"});
                EXPECT_EQ(notes.err, "") << language << linker << pad;
            }
        }
    }
}

struct Mistake {
    const char *code, *said;
};

TEST(Compiler, RefusesFunctionsThatTheLayerWouldNotCall)
{
    const TempDir directory;
    for (const Mistake &mistake : {
             Mistake{"struct X { hawser::Connection c; void data(std::string) {} };\n"
                     "HAWSER_PLUGIN(hawser::protocol<X>(\"x\"))\n",
                     "data(std::string_view) of a session"},
             {"struct X { hawser::Connection c; void drain() {} };\nHAWSER_PLUGIN(hawser::protocol<X>(\"x\"))\n",
              "drain(std::uint64_t deadline, std::uint32_t why) of a session"},
             {"struct X { hawser::Connection c; void closed() {} };\nHAWSER_PLUGIN(hawser::protocol<X>(\"x\"))\n",
              "closed(std::int32_t reason) of a session"},
             {"struct X { void start(int) {} };\nHAWSER_PLUGIN(hawser::service<X>(\"x\"))\n",
              "start() of a service takes no argument"},
             {"struct X { std::string get() { return {}; } };\nHAWSER_PLUGIN(hawser::http::resource<X>(\"x\"))\n",
              "get, post, put, del, patch and options of a resource take a hawser::http::Request"},
             {"class X { std::string get(hawser::http::Request) { return {}; } };\n"
              "HAWSER_PLUGIN(hawser::http::resource<X>(\"x\"))\n",
              "a resource needs a public get"},
         }) {
        const std::string file = directory.write("x.cpp", std::string("#include \"hawser/http.hpp\"\n") + mistake.code);
        for (const char *compiler : {"g++", "clang++-16"}) {
            const Ended ended = run({compiler, "-std=c++20", "-fsyntax-only", "-I" HAWSER_SOURCE "/sdk/include", file});
            EXPECT_NE(ended.status, 0) << mistake.code;
            EXPECT_NE(ended.err.find(mistake.said), std::string::npos) << mistake.said << " in: " << ended.err;
        }
    }
}

TEST(Compiler, IsToldWhichStandardTheLayerNeeds)
{
    const TempDir directory;
    const std::string file = directory.write("x.cpp", kService);
    const Ended ended = run({"g++", "-std=c++17", "-fsyntax-only", "-I" HAWSER_SOURCE "/sdk/include", file});
    EXPECT_NE(ended.err.find("the C++ layer of Hawser needs C++20"), std::string::npos) << ended.err;
}

TEST(Compiler, NeedsNothingButTheStandardLibrary)
{
    const Ended ended =
        run({"g++", "-std=c++20", "-M", "-I" HAWSER_SOURCE "/sdk/include", HAWSER_SOURCE "/tests/abi/headers_20.cpp"});
    EXPECT_NE(ended.out.find("hawser/http.hpp"), std::string::npos);
    for (const char *other : {"boost", "toml", "fmt/", "spdlog"})
        EXPECT_EQ(ended.out.find(other), std::string::npos) << other;
}

// With a C++ runtime of its own, so that an exception which left the plugin would end the worker.
class Thrower : public testing::TestWithParam<const char *> {
protected:
    static void SetUpTestSuite()
    {
        directory_ = std::make_unique<TempDir>();
        ASSERT_EQ(build(*directory_, HAWSER_SOURCE "/tests/system/plugins/thrower", "gcc", "g++"), "");
    }
    static void TearDownTestSuite() { directory_.reset(); }
    static std::vector<std::string> mode()
    {
        return *GetParam() == '\0' ? std::vector<std::string>{} : std::vector<std::string>{GetParam()};
    }
    static std::string toml(const std::string &at)
    {
        const std::string listener = "]\naddress = \"127.0.0.1:0\"\nprotocol = ";
        return "[host]\nplugins = [\"" + (*directory_ / "build") + "\", \"" HAWSER_PLUGINS "\"]\n" +
               "[services.s]\nservice = \"thrower\"\nat = \"" + at + "\"\n" + "[listeners.once" + listener +
               "\"thrower\"\n[listeners.later" + listener + "\"thrower_later\"\n[listeners.web" + listener +
               "\"http\"\nroutes = { \"/\" = { resource = \"thrower\" } }\n";
    }
    static std::unique_ptr<TempDir> directory_;
};
std::unique_ptr<TempDir> Thrower::directory_;

TEST_P(Thrower, ThatThrowsWhereverItIsCalledServesOn)
{
    Host host(toml("run"), mode());
    ASSERT_TRUE(host.ready()) << host.process().err();
    for (const char *where : {"thrown by a timer", "thrown by work", "thrown by a post"})
        EXPECT_TRUE(host.log_has(where)) << where;
    EXPECT_TRUE(host.connect("once").ended());
    EXPECT_TRUE(host.log_has("thrown by a session's constructor"));
    Client later = host.connect("later");
    later.send("x");
    EXPECT_TRUE(later.ended());
    EXPECT_TRUE(host.log_has("thrown by data"));
    EXPECT_TRUE(host.log_has("thrown by a session's destructor"));
    EXPECT_EQ(host.connect().get("/").status, 500);
    EXPECT_TRUE(host.log_has("thrown by request"));
    Client web = host.connect();
    web.send("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\nExpect: 100-continue\r\n\r\n");
    EXPECT_EQ(web.receive_until("\r\n\r\n"), "HTTP/1.1 100 Continue\r\n\r\n");
    web.send("abc");
    EXPECT_EQ(web.answer().status, 500);
    EXPECT_TRUE(host.log_has("thrown by body"));
    EXPECT_EQ(host.stop(), 0);
    EXPECT_EQ(count(host.process().err(), "worker_"), 0U) << host.process().err();
    EXPECT_EQ(count(host.process().err(), "thrown by stop"), 1U);
    EXPECT_EQ(count(host.process().err(), "thrown by a service's destructor"), 1U);
}

TEST_P(Thrower, ThatThrowsBeforeItServesIsRefusedWithItsReason)
{
    const std::vector<Mistake> cases{{"constructor", "an exception that is no std::exception"},
                                     {"start", "thrown by start"},
                                     {"option", "at: thrown for an option"}};
    for (const Mistake &mistake : cases) {
        Host host(toml(mistake.code), mode());
        EXPECT_FALSE(host.ready());
        EXPECT_EQ(host.process().wait(), std::string(mistake.code) == "option" ? 78 : 70);
        EXPECT_NE(host.process().err().find(mistake.said), std::string::npos) << host.process().err();
    }
}

INSTANTIATE_TEST_SUITE_P(WithARuntimeOfItsOwn, Thrower, testing::Values("", "--single"),
                         [](const auto &mode) { return *mode.param == '\0' ? "Supervised" : "Single"; });

} // namespace
} // namespace hawser::test
