#include "app/usage_words.hpp"

#include <gtest/gtest.h>

#include <set>
#include <string_view>

namespace hawser::host {
namespace {

TEST(UsageWords, AreReadFromTheTextOfTheArguments)
{
    EXPECT_EQ(alternatives("[NAME] | why FILE"), (Alternatives{{"NAME"}, {"why", "FILE"}}));
    EXPECT_EQ(alternatives(""), (Alternatives{{}}));
}

TEST(UsageWords, OfferWhatMayComeNext)
{
    const Alternatives all = alternatives("[NAME] | why FILE");
    EXPECT_EQ(offered_at(all, 0).words, std::vector<std::string>{"why"});
    EXPECT_TRUE(offered_at(all, 0).values.empty());
    EXPECT_EQ(offered_at(all, 1).values, std::vector<Complete>{Complete::File});
    EXPECT_TRUE(offered_at(all, 2).words.empty());
}

// A value that the shells know nothing of would be offered as nothing, silently.
TEST(UsageWords, AreKnownForEveryValueOfTheTableThatNamesAFile)
{
    const std::set<std::string_view> kOfTheirOwn{"A", "KEY=VALUE", "KIND", "LANGUAGE", "OPTION=VALUE", "SHELL_COMMAND"};
    for (const Command &command : commands()) {
        for (const Option &option : command.options) {
            const std::string_view value = option.value;
            if (value.empty() || kOfTheirOwn.count(value) > 0) continue;
            EXPECT_NE(complete_as(value), Complete::Nothing) << command.name << ' ' << value;
        }
    }
}

} // namespace
} // namespace hawser::host
