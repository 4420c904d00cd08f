#include "base/text.hpp"

#include <gtest/gtest.h>

namespace hawser::host {
namespace {

TEST(Text, ReplacesEachByteThatIsNotValidUtf8)
{
    EXPECT_EQ(valid_utf8("grün"), "grün");
    EXPECT_EQ(valid_utf8("a\xff-\xc3"), "a\xef\xbf\xbd-\xef\xbf\xbd");
    EXPECT_EQ(valid_utf8("\xc0\x80"), "\xef\xbf\xbd\xef\xbf\xbd");
}

TEST(Text, WritesControlCharactersSoThatATerminalShowsThem)
{
    EXPECT_EQ(printable("a\x1b[2J\n\tb\x7f"), "a\\x1b[2J\\x0a\tb\\x7f");
    EXPECT_EQ(printable("\xc2\x9b\xc2\xa0"), "\\x9b\xc2\xa0");
}

} // namespace
} // namespace hawser::host
