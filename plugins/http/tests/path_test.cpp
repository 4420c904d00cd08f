#include "path.hpp"

#include <gtest/gtest.h>

#include <string>

namespace http_engine {
namespace {

std::string canonical(const std::string &path)
{
    std::string to(path.size() * 3, '\0');
    to.resize(canonical_path(path, to.data()));
    return to;
}

TEST(Path, HasOneSpelling)
{
    const struct {
        const char *path, *expected;
    } rows[] = {
        {"/", "/"},
        {"/a/b.c", "/a/b.c"},
        {"/%61%2Dz%7e", "/a-z~"},
        {"/%41%21%24%27%28%29%2a%2c%3b%3d%3a%40%2b%26", "/A!$'()*,;=:@+&"},
        {"/a%2fb", "/a%2Fb"},
        {"/a%5cb", "/a%5Cb"},
        {"/a\\b", "/a%5Cb"},
        {"/a|b\"<>^`{}[]", "/a%7Cb%22%3C%3E%5E%60%7B%7D%5B%5D"},
        {"/\xc3\xbc", "/%C3%BC"},
        {"/%c3%bc", "/%C3%BC"},
        {"/a b", "/a%20b"},
        {"/%25%32%35", "/%2525"},
        {"/%3f%23", "/%3F%23"},
        {"/a/%2e%2E/b", "/b"},
        {"/a/.%2e", "/"},
        {"/%2e", "/"},
        {"/a/./b/..", "/a/"},
        {"//../a", "/a"},
        {"/../../a", "/a"},
        {"/a//b", "/a//b"},
        {"/..a/.b/...", "/..a/.b/..."},
    };
    for (const auto &row : rows) {
        EXPECT_EQ(canonical(row.path), row.expected) << row.path;
        EXPECT_EQ(canonical(row.expected), row.expected) << row.path;
    }
}

TEST(Path, IsRefusedWhenItsEncodingIsMalformed)
{
    for (const char *path : {"/%", "/%2", "/%2g", "/a%%", "/%00", "/a/%0"}) EXPECT_EQ(canonical(path), "") << path;
}

TEST(Path, IsTakenAsItIsWhenItCanBe)
{
    const auto end = [](const std::string &path) {
        return end_of_canonical(path.data(), path.data() + path.size()) - path.data();
    };
    for (const char *path : {"/", "/a.b/c-d_e~f/0123456789/!$&'()*+,;=:@/abcdefghijklmnopqrstuvwxyz.html"})
        EXPECT_EQ(end(path), static_cast<std::ptrdiff_t>(std::string(path).size())) << path;
    for (const char *sign : {"%", "?", "#", "\"", "<", ">", "[", "]", "^", "`", "{", "}", "|", "\\", "/."})
        for (std::size_t before = 0; before < 40; ++before) {
            const std::string path = '/' + std::string(before, 'a');
            const std::size_t at = path.size() + (sign[0] == '/' ? 1 : 0);
            EXPECT_EQ(end(path + sign + "bbbbbbbbbbbbbbbbb"), static_cast<std::ptrdiff_t>(at)) << sign << before;
        }
}

} // namespace
} // namespace http_engine
