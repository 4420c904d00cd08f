#include "config/scalars.hpp"

#include <gtest/gtest.h>

namespace hawser::host {
namespace {

TEST(Scalars, ReadDurations)
{
    EXPECT_EQ(parse_duration("0"), 0);
    EXPECT_EQ(parse_duration("250ms"), 250'000'000);
    EXPECT_EQ(parse_duration("2m"), 120'000'000'000);
    EXPECT_EQ(parse_duration("1d"), 86'400'000'000'000);
    EXPECT_EQ(parse_duration("7us"), 7'000);
    for (const char *bad :
         {"", "5", "s", "-1s", "1.5s", "1 s", "1S", "+1s", "1s ", "9999999999999h", "99999999999999999999s"})
        EXPECT_EQ(parse_duration(bad), std::nullopt) << bad;
}

TEST(Scalars, RefuseSigns)
{
    EXPECT_FALSE(parse_duration("-0s"));
    EXPECT_FALSE(parse_size("-0B"));
    EXPECT_FALSE(parse_size("+1B"));
}

TEST(Scalars, ReadSizes)
{
    EXPECT_EQ(parse_size("0"), 0);
    EXPECT_EQ(parse_size("12B"), 12);
    EXPECT_EQ(parse_size("64KiB"), 65536);
    EXPECT_EQ(parse_size("2TiB"), 2LL << 40);
    for (const char *bad : {"", "1", "1KB", "1kib", "KiB", "-1B", "99999999TiB"})
        EXPECT_EQ(parse_size(bad), std::nullopt) << bad;
}

TEST(Scalars, SubstituteVariablesOnce)
{
    const Environment environment = [](const std::string &name) -> std::optional<std::string> {
        if (name == "A") return "${B}";
        if (name == "EMPTY") return "";
        return std::nullopt;
    };
    EXPECT_EQ(*substitute("x${A}y$$z${NONE:-d:-e}${EMPTY:-f}", environment), "x${B}y$zd:-e");
    for (const char *bad : {"$", "$A", "${A", "${}", "${1A}", "${NONE}", "${A B}"})
        EXPECT_FALSE(substitute(bad, environment).ok()) << bad;
}

TEST(Scalars, FindTheNearestKnownWordIfItIsNear)
{
    const std::vector<std::string> known{"drain_timeout", "plugins", "loops"};
    EXPECT_EQ(nearest("drain_timout", known), "drain_timeout");
    EXPECT_EQ(nearest("lopos", known), "loops");
    EXPECT_EQ(nearest("zzz", known), std::nullopt);
    EXPECT_EQ(meant("plugin", known), "did you mean \"plugins\"");
}

} // namespace
} // namespace hawser::host
