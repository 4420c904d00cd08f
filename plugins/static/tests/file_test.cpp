#include "conditions.hpp"
#include "file.hpp"

#include "process.hpp"
#include "types.hpp"

#include <gtest/gtest.h>

#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstdio>
#include <filesystem>
#include <optional>
#include <string>
#include <thread>

namespace static_files {
namespace {

using hawser::test::TempDir;
namespace fs = std::filesystem;

std::optional<std::string> decoded(std::string_view path)
{
    std::string text;
    return decode_path(path, text) ? std::optional(text) : std::nullopt;
}

TEST(StaticPath, IsDecodedOnce)
{
    EXPECT_EQ(decoded("/a%20b/%C3%A4.txt"), "/a b/\xc3\xa4.txt");
    EXPECT_EQ(decoded("/%252e%252e/x"), "/%2e%2e/x") << "the name of a file, as strange as it is";
    EXPECT_EQ(decoded(""), "");
}

TEST(StaticPath, IsRefusedWhereDecodingWouldMakeItAnother)
{
    using namespace std::string_view_literals;
    for (const std::string_view path : {"/a%2fb"sv, "/a%2Fb"sv, "/a%5cb"sv, "/a%00"sv, "/a\0b"sv, "/%"sv, "/%4"sv,
                                        "/%zz"sv, "/.git"sv, "/%2egit"sv, "/a/.%2e/b"sv, "/.."sv, "/a/%2E%2e"sv})
        EXPECT_EQ(decoded(path), std::nullopt) << path;
}

// What find() opens: "file", "directory", or the name of the error.
std::string found(const Root &root, const std::string &path)
{
    const OpenFile file = root.find(path);
    if (file.fd < 0) return strerrorname_np(file.error);
    ::close(file.fd);
    return S_ISDIR(file.status.st_mode) ? "directory" : "file";
}

TEST(StaticRoot, OpensFilesAndDirectoriesBelowIt)
{
    const TempDir directory;
    directory.write("site/a/b", "b");
    fs::create_symlink("../site/a", directory / "site/out-and-in");
    fs::create_symlink("a/b", directory / "site/link");
    Root root;
    ASSERT_EQ(root.open(directory / "site"), 0);
    EXPECT_EQ(found(root, ""), "directory");
    EXPECT_EQ(found(root, "a"), "directory");
    EXPECT_EQ(found(root, "a/b"), "file");
    EXPECT_EQ(found(root, "link"), "file");
    EXPECT_EQ(found(root, "nothing"), "ENOENT");
    EXPECT_EQ(found(root, "out-and-in"), "EXDEV") << "though it leads back";
}

TEST(StaticRoot, OpensNothingBesideIt)
{
    const TempDir directory;
    directory.write("secret", "s");
    directory.write("site/a", "a");
    fs::create_symlink("../secret", directory / "site/relative");
    fs::create_symlink(directory / "secret", directory / "site/absolute");
    fs::create_symlink("..", directory / "site/up");
    fs::create_symlink("self", directory / "site/self");
    Root root;
    ASSERT_EQ(root.open(directory / "site"), 0);
    for (const char *path : {"relative", "absolute", "up/secret", "../secret", "/etc/passwd", ".."})
        EXPECT_EQ(found(root, path), "EXDEV") << path;
    EXPECT_EQ(found(root, "self"), "ELOOP");
}

TEST(StaticRoot, RefusesWhatIsNeitherAFileNorADirectory)
{
    const TempDir directory;
    ASSERT_EQ(::mkfifo((directory / "fifo").c_str(), 0600), 0);
    Root root;
    ASSERT_EQ(root.open(directory.path()), 0);
    EXPECT_EQ(found(root, "fifo"), "ENOENT");
}

// The kernel gives a resolution up whose ".." it cannot be sure of, because something was renamed meanwhile.
TEST(StaticRoot, FindsAFileThoughOthersAreRenamed)
{
    const TempDir directory;
    directory.write("a", "a");
    directory.write("sub/x", "x");
    directory.write("other", "o");
    fs::create_symlink("../a", directory / "sub/link");
    Root root;
    ASSERT_EQ(root.open(directory.path()), 0);
    std::atomic<int> renamed = 0;
    std::thread renames([&] {
        const std::string one = directory / "other", two = directory / "another";
        for (; renamed < 30'000; ++renamed) {
            std::rename(one.c_str(), two.c_str());
            std::rename(two.c_str(), one.c_str());
        }
    });
    int missed = 0;
    while (renamed < 30'000) missed += found(root, "sub/link") == "file" ? 0 : 1;
    renames.join();
    EXPECT_EQ(missed, 0);
}

TEST(StaticDates, AreWrittenAndReadInTheFormOfHttp)
{
    EXPECT_EQ(http_date(784111777), "Sun, 06 Nov 1994 08:49:37 GMT");
    EXPECT_EQ(parse_http_date("Sun, 06 Nov 1994 08:49:37 GMT"), 784111777);
    EXPECT_EQ(http_date(951782400), "Tue, 29 Feb 2000 00:00:00 GMT");
}

TEST(StaticTypes, AreKnownByExtension)
{
    EXPECT_EQ(type_of("7z"), "application/x-7z-compressed");
    EXPECT_EQ(type_of("html"), "text/html; charset=utf-8");
    EXPECT_EQ(type_of("zst"), "application/zstd");
    EXPECT_EQ(type_of(""), "application/octet-stream");
    EXPECT_EQ(type_of("unheard-of"), "application/octet-stream");
}

} // namespace
} // namespace static_files
