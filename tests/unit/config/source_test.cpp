#include "config/source.hpp"

#include <gtest/gtest.h>

namespace hawser::host {
namespace {

TEST(Source, ShowsAProblemWithItsLineAndACaretBelowItsCharacter)
{
    Sources sources;
    const std::uint32_t file = sources.add("a.toml", "one\r\n\tä = \"ö\" # x\nthree");
    EXPECT_EQ(format_problem(sources, {{file, 2, 6}, "wrong", "do it right"}),
              "a.toml:2:6: wrong\n  \tä = \"ö\" # x\n  \t    ^\n  hint: do it right\n");
    EXPECT_EQ(format_problem(sources, {{file, 3, 99}, "wrong", ""}), "a.toml:3:99: wrong\n  three\n       ^\n");
    EXPECT_EQ(format_problem(sources, {{file, 0, 0}, "gone", ""}), "a.toml: gone\n");
}

TEST(Source, CutsALongLineAroundTheCaret)
{
    Sources sources;
    const std::uint32_t file = sources.add("a", std::string(1000, 'x') + '!' + std::string(1000, 'y'));
    const std::string shown = format_problem(sources, {{file, 1, 1001}, "w", ""});
    EXPECT_LT(shown.size(), 400U);
    EXPECT_NE(shown.find("x!y"), std::string::npos);
}

TEST(Source, DoesNotCountAByteOrderMark)
{
    Sources sources;
    const std::uint32_t file = sources.add("a", "\xef\xbb\xbfkey = 1\nnext");
    EXPECT_EQ(format_problem(sources, {{file, 1, 5}, "w", ""}), "a:1:5: w\n  key = 1\n      ^\n");
}

TEST(Source, HasAsterisksForWhatIsHidden)
{
    Sources sources;
    const std::uint32_t file = sources.add("a", "a = 'ö1', b\nsecond\nthird line");
    sources.hide({file, 1, 5}, {file, 1, 9});
    sources.hide({file, 2, 3}, {file, 3, 6});
    EXPECT_EQ(sources.shown_line({file, 1, 1}), "a = ****, b");
    EXPECT_EQ(sources.shown_line({file, 2, 1}), "se****");
    EXPECT_EQ(sources.shown_line({file, 3, 1}), "***** line");
}

TEST(Source, EscapesControlCharacters)
{
    Sources sources;
    const std::uint32_t file = sources.add("a", "\x1b[31mred");
    EXPECT_NE(format_problem(sources, {{file, 1, 1}, "w", ""}).find("\\x1b[31mred"), std::string::npos);
    EXPECT_EQ(format_problem(sources, {{}, "got \"\n\x1b\"", "h\x07"}).find_first_of("\x1b\x07"), std::string::npos);
}

TEST(Problems, AreSortedByPlaceAndShownOnce)
{
    Problems problems;
    problems.add({0, 5, 1}, "b");
    problems.add({0, 2, 9}, "a");
    problems.add({0, 5, 1}, "b");
    ASSERT_EQ(problems.sorted().size(), 2U);
    EXPECT_EQ(problems.sorted()[0].text, "a");
}

} // namespace
} // namespace hawser::host
