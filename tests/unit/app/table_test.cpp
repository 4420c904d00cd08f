#include "app/table.hpp"

#include <gtest/gtest.h>

#include <sstream>

namespace hawser::host {
namespace {

TEST(Table, AlignsColumnsByCharactersAndLeavesEmptyOnesOut)
{
    Table table({"NAME", "EMPTY", "STATE"});
    table.row({"└─ ä", "", "up"});
    table.row({"longer name", "", ""});
    std::ostringstream out;
    table.print(out, "> ");
    EXPECT_EQ(out.str(), "> NAME         STATE\n> └─ ä         up\n> longer name\n");
}

TEST(Table, ShowsControlCharactersEscaped)
{
    Table table({"NAME"});
    table.row({"a\nb\x1b[2J"});
    std::ostringstream out;
    table.print(out, "");
    EXPECT_EQ(out.str(), "NAME\na\\x0ab\\x1b[2J\n");
}

} // namespace
} // namespace hawser::host
