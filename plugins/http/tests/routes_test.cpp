#include "routes.hpp"

#include <gtest/gtest.h>

#include <deque>
#include <functional>
#include <vector>

namespace http_engine {
namespace {

class RoutesTest : public ::testing::Test {
protected:
    // The error's text, or "".
    std::string add(const std::string &pattern)
    {
        patterns_.push_back(pattern);
        objects_.emplace_back();
        objects_.back().name = {patterns_.back().data(), patterns_.back().size()};
        return routes_.add(patterns_.back(), &objects_.back(), 0);
    }
    // The pattern that is wrong, or "".
    std::string finish()
    {
        std::string_view wrong;
        const std::string text = routes_.finish(wrong);
        EXPECT_EQ(text.empty(), wrong.empty());
        return std::string(wrong);
    }
    // The pattern that serves, and its rest.
    std::string find(std::string_view path, std::string_view method = "GET")
    {
        const std::uint16_t number = method == "GET"    ? HAWSER_HTTP_GET
                                     : method == "HEAD" ? HAWSER_HTTP_HEAD
                                     : method == "POST" ? HAWSER_HTTP_POST
                                     : method == "PUT"  ? HAWSER_HTTP_PUT
                                                        : 0;
        const Routes::Found found = routes_.find(path, number, method);
        if (found.route == nullptr) return found.path_matches ? "405" : "404";
        const hawser_str name = found.route->object->name;
        return std::string(name.p, name.n) + " + " + std::string(found.rest);
    }
    Routes routes_;
    std::deque<std::string> patterns_;
    std::deque<hawser_object> objects_;
};

void expect_specific(const std::function<std::string(std::string_view, std::string_view)> &find)
{
    EXPECT_EQ(find("/", "GET"), "=/ + /");
    EXPECT_EQ(find("/x", "GET"), "/ + /x");
    EXPECT_EQ(find("/a", "GET"), "/a + ");
    EXPECT_EQ(find("/a/c", "GET"), "/a + /c");
    EXPECT_EQ(find("/ab", "GET"), "/ + /ab");
    EXPECT_EQ(find("/a/b", "GET"), "=/a/b + ");
    EXPECT_EQ(find("/a/b/", "GET"), "/a + /b/");
    EXPECT_EQ(find("/in", "POST"), "POST,PUT /in + ");
    EXPECT_EQ(find("/in", "GET"), "/ + /in");
    EXPECT_EQ(find("/only/x", "GET"), "GET /only + /x");
    EXPECT_EQ(find("/only/x", "HEAD"), "GET /only + /x");
}

TEST_F(RoutesTest, ServesHeadByTheRouteThatNamesIt)
{
    add("GET /a");
    add("HEAD /a");
    EXPECT_EQ(finish(), "");
    EXPECT_EQ(find("/a", "HEAD"), "HEAD /a + ");
    EXPECT_EQ(find("/a", "GET"), "GET /a + ");
}

TEST_F(RoutesTest, TakeTheMostSpecificThatMatches)
{
    for (const char *pattern : {"/", "=/", "/a", "=/a/b", "POST,PUT /in", "GET /only"}) ASSERT_EQ(add(pattern), "");
    ASSERT_EQ(finish(), "");
    expect_specific([this](std::string_view path, std::string_view method) { return find(path, method); });
}

TEST_F(RoutesTest, AreTheSameWhenTheyAreMany)
{
    for (const char *pattern : {"/", "=/", "/a", "=/a/b", "POST,PUT /in", "GET /only"}) ASSERT_EQ(add(pattern), "");
    for (int i = 0; i < 1000; ++i) ASSERT_EQ(add("/many/" + std::to_string(i)), "");
    ASSERT_EQ(finish(), "");
    expect_specific([this](std::string_view path, std::string_view method) { return find(path, method); });
    EXPECT_EQ(find("/many/77/x"), "/many/77 + /x");
    EXPECT_EQ(find("/many/1000"), "/ + /many/1000");
}

TEST_F(RoutesTest, SayWhichMethodsAPathHas)
{
    add("GET /a");
    add("POST,DELETE /a");
    add("GET /a/b");
    ASSERT_EQ(finish(), "");
    EXPECT_EQ(find("/a/b", "PUT"), "405");
    EXPECT_EQ(routes_.allowed("/a/b"), "GET, HEAD, POST, DELETE");
    EXPECT_EQ(find("/c"), "404");
}

TEST_F(RoutesTest, RefuseWrongPatterns)
{
    for (const char *bad :
         {"",         "a",       "=a", "get /a", "GET", "GET,/a", "G@T /a",    "/a b",   "/a?b",  "GET  /a", "=",
          "GET,, /a", "/a/../b", "/.", "/a\x01", "/a%", "/a%00",  "/a/%2e%2E", "/%2e/a", "/.%2e", "/a%2g"})
        EXPECT_NE(add(bad), "") << bad;
}

TEST_F(RoutesTest, MatchPathsHoweverTheirPatternIsSpelled)
{
    add("/%61b");
    add("/\xc3\xbc");
    add("/a|b");
    ASSERT_EQ(finish(), "");
    EXPECT_EQ(find("/ab/c"), "/%61b + /c");
    EXPECT_EQ(find("/%C3%BC"), "/\xc3\xbc + ");
    EXPECT_EQ(find("/a%7Cb"), "/a|b + ");
}

TEST_F(RoutesTest, NameTheLaterOfTwoThatMatchTheSameRequests)
{
    const struct {
        std::vector<const char *> patterns;
        const char *wrong;
    } kRows[] = {{{"/a", "/a/"}, "/a/"},
                 {{"/a", "/b", "/a"}, "/a"},
                 {{"POST,GET /a", "GET /a"}, "GET /a"},
                 {{"GET /a", "/a", "=/a", "PUT /a", "/a/b"}, ""},
                 {{"BREW /a", "BREW,GET /a"}, "BREW,GET /a"},
                 {{"=/a", "=/a/"}, ""},
                 {{"/a", "/%61"}, "/%61"},
                 {{"=/", "=/"}, "=/"}};
    for (const auto &row : kRows) {
        routes_ = {};
        for (const char *pattern : row.patterns) EXPECT_EQ(add(pattern), "");
        EXPECT_EQ(finish(), row.wrong);
    }
}

TEST_F(RoutesTest, FindMethodsWithoutANumber)
{
    add("BREW /pot");
    add("GET /pot");
    ASSERT_EQ(finish(), "");
    EXPECT_EQ(find("/pot", "BREW"), "BREW /pot + ");
    EXPECT_EQ(find("/pot", "BREWS"), "405");
    EXPECT_EQ(routes_.allowed("/pot"), "GET, HEAD, BREW");
}

TEST_F(RoutesTest, KeepTheLastSlashOfAnExactPath)
{
    add("=/a/");
    add("/a");
    for (int i = 0; i < 20; ++i) add("=/x" + std::to_string(i));
    ASSERT_EQ(finish(), "");
    EXPECT_EQ(find("/a/"), "=/a/ + ");
    EXPECT_EQ(find("/a"), "/a + ");
    EXPECT_EQ(find("/a/b"), "/a + /b");
}

} // namespace
} // namespace http_engine
