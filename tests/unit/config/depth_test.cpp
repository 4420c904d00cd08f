#include "config/depth.hpp"

#include "config/document.hpp"

#include <gtest/gtest.h>

#include <string>

namespace hawser::host {
namespace {

std::string repeated(const std::string &text, int n)
{
    std::string all;
    for (int i = 0; i < n; ++i) all += text;
    return all;
}

TEST(Depth, CountsDotsAndBracketsInEachOther)
{
    EXPECT_FALSE(too_deep(repeated("a.", 64) + "a = 1"));
    EXPECT_EQ(too_deep(repeated("a.", 65) + "a = 1"), 129U);
    EXPECT_EQ(too_deep("a = " + repeated("[", 65)), 4U + 64U);
    EXPECT_TRUE(too_deep("a = " + repeated("{ a.b.c = ", 30)));
    EXPECT_FALSE(too_deep(repeated("a.b = [ { c.d = 1.5 }, [] ]\n", 1000)));
}

TEST(Depth, SkipsStringsAndComments)
{
    const std::string dots = repeated("x.", 100);
    EXPECT_FALSE(too_deep("a = \"\\\"" + dots + "\" # " + dots + "\nb = '" + dots + "'"));
    EXPECT_FALSE(too_deep("a = \"\"\"\n" + dots + "\"\n" + dots + "\"\"\"\nb = '''\n" + dots + "'''"));
}

TEST(Depth, OfADocumentIsAProblemHoweverDeepItIs)
{
    for (const std::string &text :
         {repeated("a.", 200'000) + "a = 1", '[' + repeated("a.", 200'000) + "a]", "y = " + repeated("[", 200'000)}) {
        Sources sources;
        Problems problems;
        EXPECT_FALSE(parse_document(sources.add("a.toml", text), sources, problems));
        ASSERT_EQ(problems.sorted().size(), 1U);
        EXPECT_NE(problems.sorted()[0].text.find("at most 64 tables"), std::string::npos);
    }
}

} // namespace
} // namespace hawser::host
