// The Debian packages: what is in them is enough to run the host, and to make a plugin for it.
#include "process.hpp"

#include <gtest/gtest.h>

#include <string>

namespace hawser::test {
namespace {

TEST(Packages, HoldAHostThatRunsAndAnSdkThatBuildsAPlugin)
{
    const TempDir directory;
    ProcessOptions options;
    options.directory = directory.path();
    const auto in_shell = [&options](const std::string &commands) -> std::string {
        const Ended ended = run({"/bin/sh", "-ec", commands}, options);
        return ended.status == 0 ? "" : commands + ": " + ended.out + ended.err;
    };
    ASSERT_EQ(in_shell("cpack --config " HAWSER_BUILD "/CPackConfig.cmake -B packages"), "");
    ASSERT_EQ(in_shell("for deb in packages/*.deb; do dpkg-deb -x $deb tree; done"), "");
    EXPECT_EQ(in_shell("test $(ls packages/*.deb | wc -l) = 2"), "");
    EXPECT_EQ(in_shell("dpkg-deb -f packages/hawser_*.deb Provides | grep -x 'hawser-abi-1 (= 1.0)'"), "");
    EXPECT_EQ(in_shell("dpkg-deb -f packages/hawser_*.deb Depends | grep libc6"), "");
    EXPECT_EQ(in_shell("dpkg-deb -c packages/hawser-dev_*.deb | grep ./usr/include/hawser/testing/http.hpp"), "");
    EXPECT_EQ(in_shell("! dpkg-deb -c packages/hawser_*.deb | grep include/hawser"), "");
    // What the packages hold, as if they were installed.
    EXPECT_EQ(in_shell("tree/usr/bin/hawser plugins --directory tree/usr/lib/hawser/plugins | grep sqlite"), "");
    ASSERT_EQ(in_shell("tree/usr/bin/hawser new resource demo --language c"), "");
    EXPECT_EQ(in_shell("cd demo && cmake -B build -DCMAKE_PREFIX_PATH=$PWD/../tree/usr && cmake --build build"), "");
    EXPECT_EQ(in_shell("tree/usr/bin/hawser check demo/hawser.toml"), "");
}

} // namespace
} // namespace hawser::test
