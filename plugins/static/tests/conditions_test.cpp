#include "conditions.hpp"
#include "listing.hpp"
#include "ranges.hpp"

#include "hawser/error.hpp"

#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

namespace static_files {
namespace {

TEST(StaticDates, AreReadInTheObsoleteFormsToo)
{
    EXPECT_EQ(parse_http_date("Sunday, 06-Nov-94 08:49:37 GMT"), 784111777);
    EXPECT_EQ(parse_http_date("Sun Nov  6 08:49:37 1994"), 784111777);
}

TEST(StaticDates, AreNothingWhenMalformed)
{
    for (const char *text :
         {"", "yesterday", "Sun, 06 Nov 1994 08:49:37", "Sun, 06 Nov 1994 08:49:37 GMT x", "784111777"})
        EXPECT_EQ(parse_http_date(text), -1) << text;
}

TEST(StaticTags, MatchByWeakComparison)
{
    for (const char *list : {"\"a\"", "W/\"a\"", "\"x\", \"a\"", "\"x\" ,\tW/\"a\" ", "*"})
        EXPECT_TRUE(names_etag(list, "\"a\"", true)) << list;
    for (const char *list : {"", "\"A\"", "a", "\"x\"", "w/\"a\"", ","})
        EXPECT_FALSE(names_etag(list, "\"a\"", true)) << list;
}

TEST(StaticTags, MatchStronglyOnlyAsTheyAre)
{
    EXPECT_TRUE(names_etag("\"x\", \"a\"", "\"a\"", false));
    EXPECT_TRUE(names_etag("*", "\"a\"", false));
    EXPECT_FALSE(names_etag("W/\"a\"", "\"a\"", false));
    EXPECT_TRUE(names_etag("\"a,b\", \"c\"", "\"a,b\"", false)) << "a comma may stand in a tag";
    EXPECT_FALSE(names_etag("\"a", "\"a\"", true)) << "unclosed";
}

using Fields = std::vector<std::pair<const char *, const char *>>;

Verdict verdict(const Fields &fields)
{
    std::vector<hawser_field> all;
    for (const auto &[name, value] : fields) all.push_back({hawser::str(name), hawser::str(value)});
    hawser_http_request request{};
    request.fields = all.data();
    request.field_count = all.size();
    return check_conditions(request, {"\"now\"", 784111777}); // Sun, 06 Nov 1994 08:49:37 GMT
}
constexpr const char *kThen = "Sun, 06 Nov 1994 08:49:37 GMT", *kBefore = "Sun, 06 Nov 1994 08:49:36 GMT",
                     *kLater = "Sun, 06 Nov 1994 08:49:38 GMT";

// RFC 9110 § 13.2.2, step by step.
TEST(StaticConditions, HaveThePrecedenceOfTheRfc)
{
    const struct {
        Fields fields;
        Verdict verdict;
    } cases[] = {
        {{}, Verdict::Send},
        {{{"If-Match", "\"now\""}}, Verdict::Send},
        {{{"If-Match", "*"}}, Verdict::Send},
        {{{"If-Match", "\"old\""}}, Verdict::Failed},
        {{{"If-Match", "W/\"now\""}}, Verdict::Failed},
        {{{"If-Match", "\"now\""}, {"If-Unmodified-Since", kBefore}}, Verdict::Send},
        {{{"If-Unmodified-Since", kThen}}, Verdict::Send},
        {{{"If-Unmodified-Since", kBefore}}, Verdict::Failed},
        {{{"If-Unmodified-Since", "nonsense"}}, Verdict::Send},
        {{{"If-None-Match", "\"now\""}}, Verdict::NotModified},
        {{{"If-None-Match", "W/\"now\""}}, Verdict::NotModified},
        {{{"If-None-Match", "*"}}, Verdict::NotModified},
        {{{"If-None-Match", "\"old\""}, {"If-Modified-Since", kLater}}, Verdict::Send},
        {{{"If-Modified-Since", kThen}}, Verdict::NotModified},
        {{{"If-Modified-Since", kLater}}, Verdict::NotModified},
        {{{"If-Modified-Since", kBefore}}, Verdict::Send},
        {{{"If-Modified-Since", "nonsense"}}, Verdict::Send},
        {{{"If-Match", "\"old\""}, {"If-None-Match", "\"now\""}}, Verdict::Failed},
        {{{"If-Match", "\"now\""}, {"If-None-Match", "\"now\""}}, Verdict::NotModified},
    };
    for (const auto &each : cases) {
        std::string told;
        for (const auto &[name, value] : each.fields) told += std::string(name) + ": " + value + "; ";
        EXPECT_EQ(verdict(each.fields), each.verdict) << told;
    }
}

TEST(StaticConditions, LetARangeCountOnlyForExactlyThis)
{
    const auto counts = [](const char *value) {
        const hawser_field field{hawser::str("If-Range"), hawser::str(value)};
        hawser_http_request request{};
        request.fields = &field;
        request.field_count = *value != '\0' ? 1 : 0;
        return range_counts(request, {"\"now\"", 784111777});
    };
    EXPECT_TRUE(counts(""));
    EXPECT_TRUE(counts("\"now\""));
    EXPECT_TRUE(counts(kThen));
    for (const char *other : {"\"old\"", "W/\"now\"", kLater, kBefore, "nonsense"})
        EXPECT_FALSE(counts(other)) << other;
}

std::string ranges_of(const char *value, std::uint64_t size = 100, std::size_t most = 4)
{
    std::vector<ByteRange> ranges;
    const RangeKind kind = parse_ranges(value, size, most, ranges);
    if (kind == RangeKind::Whole) return "whole";
    if (kind == RangeKind::Unsatisfiable) return "none";
    std::string text;
    for (const ByteRange each : ranges) text += std::to_string(each.first) + '+' + std::to_string(each.length) + ' ';
    return text;
}

TEST(StaticRanges, AreThoseOfTheRfc)
{
    EXPECT_EQ(ranges_of("bytes=0-0"), "0+1 ");
    EXPECT_EQ(ranges_of("Bytes=10-19"), "10+10 ");
    EXPECT_EQ(ranges_of("bytes=90-"), "90+10 ");
    EXPECT_EQ(ranges_of("bytes=90-1000"), "90+10 ");
    EXPECT_EQ(ranges_of("bytes=-10"), "90+10 ");
    EXPECT_EQ(ranges_of("bytes=-1000"), "0+100 ");
    EXPECT_EQ(ranges_of("bytes=0-9, 20-29 ,-5"), "0+10 20+10 95+5 ");
    EXPECT_EQ(ranges_of("bytes=,0-9,"), "0+10 ");
    EXPECT_EQ(ranges_of("bytes=100-, 5-6"), "5+2 ") << "one of them lies in the file";
}

TEST(StaticRanges, AreRefusedWhereNoneLiesInTheFile)
{
    EXPECT_EQ(ranges_of("bytes=100-"), "none");
    EXPECT_EQ(ranges_of("bytes=100-200,300-"), "none");
    EXPECT_EQ(ranges_of("bytes=-0"), "none");
    EXPECT_EQ(ranges_of("bytes=0-", 0), "none");
}

TEST(StaticRanges, AreLeftOutWhereTheyAreMalformedOrTooMuch)
{
    for (const char *value : {"", "bytes", "bytes=", "bytes=a-b", "bytes=5", "bytes=5-4", "bytes=-",
                              "bytes= ", "lines=1-2", "bytes=1-2-3", "bytes=0-1,2-x", "bytes=99999999999999999999-",
                              "bytes=+1-2", "bytes=0-9,5-15", "bytes=20-29,0-9", "bytes=0-0,2-2,4-4,6-6,8-8"})
        EXPECT_EQ(ranges_of(value), "whole") << value;
}

TEST(StaticListing, EscapesNamesInEachForm)
{
    const std::vector<Listed> all{{"<a>&\"'", true, 0, 0}, {"b c?#%.txt", false, 5, 0}, {"\xc3\xa4\t\\", false, 6, 0}};
    const std::string page = listing_html("/x/<script>/", "", all);
    EXPECT_EQ(page.find("<script>"), std::string::npos) << page;
    EXPECT_NE(page.find("<a href=\"%3Ca%3E%26%22%27/\">&lt;a&gt;&amp;&quot;&#39;/</a>"), std::string::npos) << page;
    EXPECT_NE(page.find("<a href=\"b%20c%3F%23%25.txt\">b c?#%.txt</a>"), std::string::npos) << page;
    const std::string json = listing_json(all);
    EXPECT_NE(json.find("{\"name\":\"\xc3\xa4\\u0009\\\\\",\"type\":\"file\",\"size\":6,"), std::string::npos) << json;
}

TEST(StaticListing, IsSortedAsTheQuerySays)
{
    std::vector<Listed> all{{"b", false, 1, 30}, {"a", false, 3, 20}, {"c", false, 2, 10}, {"z", true, 0, 0}};
    const auto order = [&](std::string_view query) {
        sort_by(query, all);
        std::string names;
        for (const Listed &each : all) names += each.name;
        return names;
    };
    EXPECT_EQ(order(""), "zabc");
    EXPECT_EQ(order("sort=size"), "zbca");
    EXPECT_EQ(order("sort=size&order=desc"), "zacb");
    EXPECT_EQ(order("sort=time"), "zcab");
    EXPECT_EQ(order("order=desc"), "zcba");
}

} // namespace
} // namespace static_files
