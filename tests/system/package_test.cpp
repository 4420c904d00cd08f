// The Debian packages: what is in them is enough to run the host, and to make plugins for it: to build, test, change,
// reload, break and understand them.
#include "host_process.hpp"
#include "sdk_project.hpp"

#include <gtest/gtest.h>

#include <string>

namespace hawser::test {
namespace {

struct Packages : testing::Test {
    TempDir directory;

    // What the packages hold, as if they were installed, in tree.
    void SetUp() override
    {
        ASSERT_EQ(in_shell("cpack --config " HAWSER_BUILD "/CPackConfig.cmake -B packages"), "");
        ASSERT_EQ(in_shell("for deb in packages/*.deb; do dpkg-deb -x $deb tree; done"), "");
    }
    // Empty, or what failed.
    std::string in_shell(const std::string &commands) const
    {
        ProcessOptions options;
        options.directory = directory.path();
        options.variables = {{"CMAKE_PREFIX_PATH", directory / "tree/usr"}, {"CMAKE_GENERATOR", "Ninja"}};
        const Ended ended = run({"/bin/sh", "-ec", commands}, options);
        return ended.status == 0 ? "" : commands + ": " + ended.out + ended.err;
    }
    void edit(const std::string &file, const std::string &from, const std::string &to) const
    {
        std::string text = read(directory / file);
        const std::size_t at = text.find(from);
        ASSERT_NE(at, std::string::npos) << file << " has no " << from;
        directory.write(file, text.replace(at, from.size(), to));
    }
};

TEST_F(Packages, HoldAHostAndAnSdkAndSayWhatTheyNeed)
{
    EXPECT_EQ(in_shell("test $(ls packages/*.deb | wc -l) = 2"), "");
    EXPECT_EQ(in_shell("dpkg-deb -f packages/hawser_*.deb Provides | grep -x 'hawser-abi-1 (= 1.0)'"), "");
    EXPECT_EQ(in_shell("dpkg-deb -f packages/hawser_*.deb Depends | grep libc6"), "");
    EXPECT_EQ(in_shell("dpkg-deb -c packages/hawser-dev_*.deb | grep ./usr/include/hawser/testing/http.hpp"), "");
    EXPECT_EQ(in_shell("! dpkg-deb -c packages/hawser_*.deb | grep include/hawser"), "");
    EXPECT_EQ(in_shell("tree/usr/bin/hawser plugins --directory tree/usr/lib/hawser/plugins | grep sqlite"), "");
    ASSERT_EQ(in_shell("tree/usr/bin/hawser new resource demo --language c"), "");
    EXPECT_EQ(in_shell("cd demo && cmake -B build && cmake --build build"), "");
    EXPECT_EQ(in_shell("tree/usr/bin/hawser check demo/hawser.toml"), "");
}

// A resource on its way: made, served, changed, broken in several ways, each named, and mended.
TEST_F(Packages, ServeAnAuthorWhoChangesAndBreaksAPlugin)
{
    const std::string build = "cd demo && cmake --build build", source = "demo/demo.cpp";
    ASSERT_EQ(in_shell("tree/usr/bin/hawser new resource demo"), "");
    ASSERT_EQ(in_shell("cd demo && cmake -B build && cmake --build build && ctest --test-dir build"), "");
    ProcessOptions options;
    options.program = directory / "tree/usr/bin/hawser";
    Host host(
        "[host]\nplugins = [\"" + (directory / "demo/build") + "\", \"" + (directory / "tree/usr/lib/hawser/plugins") +
            "\"]\nwatch = true\ncontrol = \"control.sock\"\n[listeners.web]\naddress = \"127.0.0.1:0\"\nprotocol = "
            "\"http\"\nroutes = { \"/\" = { resource = \"demo\" } }\n",
        {}, options);
    ASSERT_TRUE(host.ready()) << host.process().err();
    const auto says = [&](const std::string &body) {
        return eventually([&] { return host.connect().get("/ada").body == body; });
    };
    EXPECT_TRUE(says("Hello, ada\n"));

    edit(source, "\", \" +", "\" and welcome, \" +");
    ASSERT_EQ(in_shell(build), "");
    EXPECT_TRUE(says("Hello and welcome, ada\n")) << host.process().err();

    edit(source, "return",
         "if (name == \"throw\") throw std::runtime_error(\"out of luck\");\n        "
         "if (name == \"crash\") *static_cast<volatile int *>(nullptr) = 1;\n        return");
    edit(source, "#include", "#include <stdexcept>\n#include");
    edit("demo/plugin.toml", "Hello", "Ahoy");
    ASSERT_EQ(in_shell(build), "");
    EXPECT_TRUE(says("Ahoy and welcome, ada\n")) << host.process().err();
    EXPECT_EQ(host.connect().get("/throw").status, 500);
    EXPECT_TRUE(host.log_has("out of luck")) << host.process().err();
    Client victim = host.connect();
    victim.send("GET /crash HTTP/1.1\r\nHost: a\r\n\r\n");
    EXPECT_TRUE(host.log_has("(demo of plugin demo): on_request")) << host.process().err();
    EXPECT_TRUE(says("Ahoy and welcome, ada\n")) << "it is back after the crash";

    edit("demo/plugin.toml", "default", "defualt");
    EXPECT_NE(in_shell(build).find("defualt"), std::string::npos) << "the build names the line of the manifest";
    EXPECT_TRUE(says("Ahoy and welcome, ada\n")) << "what was built before serves on";
    edit("demo/plugin.toml", "defualt", "default");
    edit(source, "if (name == \"crash\") *static_cast<volatile int *>(nullptr) = 1;\n", "");
    ASSERT_EQ(in_shell(build), "");
    EXPECT_TRUE(says("Ahoy and welcome, ada\n"));
    EXPECT_EQ(host.stop(), 0);
}

} // namespace
} // namespace hawser::test
