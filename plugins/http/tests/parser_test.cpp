#include "target.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace http_engine {
namespace {

struct Parsed {
    Verdict verdict;
    Head head;
    std::vector<hawser_field> fields;
};

Parsed parse(std::string_view text, const Limits &limits = {})
{
    Parsed parsed;
    parsed.fields.resize(limits.max_fields);
    parsed.verdict = parse_head(text, limits, parsed.fields.data(), parsed.head);
    return parsed;
}

std::string lines(const std::string &first, const std::string &fields) { return first + "\r\n" + fields + "\r\n"; }

TEST(Parser, AsksForMoreAtEveryCutOfAGoodHead)
{
    const std::string head =
        "POST /a/b?c=d HTTP/1.1\r\nHost: example:8080\r\nContent-Length: 3\r\nX-Long: some value\t\r\n\r\n";
    for (std::size_t n = 0; n < head.size(); ++n)
        EXPECT_EQ(parse(std::string_view(head).substr(0, n)).verdict, Verdict::NeedMore) << n;
    const std::string bytes = head + "abc";
    const Parsed whole = parse(bytes);
    EXPECT_EQ(whole.verdict, Verdict::Complete);
    EXPECT_EQ(whole.head.size, head.size());
    EXPECT_EQ(whole.head.length, 3);
    EXPECT_EQ(whole.head.method, HAWSER_HTTP_POST);
    ASSERT_EQ(whole.head.field_count, 3U);
    EXPECT_EQ(std::string(whole.fields[2].value.p, whole.fields[2].value.n), "some value");
}

TEST(Parser, FindsABadByteWhereverItStandsInAValue)
{
    for (std::size_t at = 0; at < 40; ++at) {
        std::string value(40, 'v');
        value[at] = '\x1f';
        EXPECT_EQ(parse(lines("GET / HTTP/1.1", "Host: a\r\nA: " + value + "\r\n")).verdict, Verdict::BadRequest) << at;
    }
}

TEST(Parser, FindsABadByteWhereverItStandsInANameOrATarget)
{
    for (std::size_t at = 0; at < 40; ++at) {
        std::string name(40, 'n');
        name[at] = '(';
        EXPECT_EQ(parse(lines("GET / HTTP/1.1", "Host: a\r\n" + name + ": v\r\n")).verdict, Verdict::BadRequest) << at;
        name[at] = '~';
        EXPECT_EQ(parse(lines("GET / HTTP/1.1", "Host: a\r\n" + name + ": v\r\n")).verdict, Verdict::Complete) << at;
        std::string target(40, 't');
        target[at] = '\x80';
        EXPECT_EQ(parse(lines("GET /" + target + " HTTP/1.1", "Host: a\r\n")).verdict, Verdict::BadRequest) << at;
    }
}

TEST(Parser, AgreesWithTheTableAboutEveryByteInEveryPlace)
{
    // The search for sixteen bytes at once has to agree with RFC 9110 § 5.6.2 and § 5.5.
    const std::string_view marks = "!#$%&'*+-.^_`|~";
    for (int c = 0; c < 256; ++c) {
        const char byte = static_cast<char>(c);
        const bool alnum = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
        const bool token = alnum || (c != 0 && marks.find(byte) != std::string_view::npos);
        const bool value = c == '\t' || (c >= 0x20 && c != 0x7f);
        for (const std::size_t size : {1U, 15U, 16U, 17U, 33U}) {
            for (const std::size_t at : {std::size_t{0}, size / 2, size - 1}) {
                std::string text(size, 'x');
                text[at] = byte;
                EXPECT_EQ(is_token(text), token) << c << " at " << at << " of " << size;
                EXPECT_EQ(is_field_value(text), value) << c << " at " << at << " of " << size;
            }
        }
    }
}

TEST(Parser, ReadsTrailers)
{
    hawser_field fields[2];
    std::size_t count = 0;
    EXPECT_EQ(parse_fields("", fields, 2, count), Verdict::Complete);
    EXPECT_EQ(count, 0U);
    EXPECT_EQ(parse_fields("A: b\r\nC:d\r\n", fields, 2, count), Verdict::Complete);
    EXPECT_EQ(count, 2U);
    EXPECT_EQ(parse_fields("A: b\r\nC:d\r\nE:f\r\n", fields, 2, count), Verdict::HeaderTooLarge);
    EXPECT_EQ(parse_fields("A: b\r\nC", fields, 2, count), Verdict::BadRequest);
}

TEST(Parser, HoldsItsLimits)
{
    Limits limits;
    limits.max_header = 200;
    limits.max_target = 20;
    limits.max_fields = 2;
    const std::string first = "GET / HTTP/1.1";
    EXPECT_EQ(parse(lines("GET /" + std::string(20, 'a') + " HTTP/1.1", "Host: a\r\n"), limits).verdict,
              Verdict::TargetTooLong);
    EXPECT_EQ(parse("GET /" + std::string(300, 'a'), limits).verdict, Verdict::TargetTooLong);
    EXPECT_EQ(parse(lines(first, "Host: a\r\nA: b\r\nC: d\r\n"), limits).verdict, Verdict::HeaderTooLarge);
    EXPECT_EQ(parse(lines(first, "Host: a\r\nA: " + std::string(300, 'a') + "\r\n"), limits).verdict,
              Verdict::HeaderTooLarge);
    EXPECT_EQ(parse(first + "\r\nA: " + std::string(300, 'a'), limits).verdict, Verdict::HeaderTooLarge);
}

TEST(Parser, KnowsWhoKeepsTheConnection)
{
    const auto keeps = [](const std::string &version, const std::string &fields) {
        return parse(lines("GET / HTTP/" + version, "Host: a\r\n" + fields)).head.keep_alive;
    };
    EXPECT_TRUE(keeps("1.1", ""));
    EXPECT_FALSE(keeps("1.1", "Connection: close\r\n"));
    EXPECT_FALSE(keeps("1.1", "Connection: foo, Close\r\n"));
    EXPECT_FALSE(keeps("1.1", "Connection: keep-alive\r\nConnection: close\r\n"));
    EXPECT_FALSE(keeps("1.0", ""));
    EXPECT_TRUE(keeps("1.0", "Connection: Keep-Alive\r\n"));
}

struct TargetRow {
    std::string method, target, path, query, authority;
    bool good;
};

TEST(Parser, SplitsTargetsAndRemovesDotSegments)
{
    const std::vector<TargetRow> rows = {
        {"GET", "/", "/", "", "", true},
        {"GET", "/a/b?c?d", "/a/b", "c?d", "", true},
        {"GET", "/a/./b", "/a/b", "", "", true},
        {"GET", "/a/../b", "/b", "", "", true},
        {"GET", "/a/b/..", "/a/", "", "", true},
        {"GET", "/a/b/.", "/a/b/", "", "", true},
        {"GET", "/../../x", "/x", "", "", true},
        {"GET", "/..", "/", "", "", true},
        {"GET", "/a/%2e%2E/b", "/b", "", "", true},
        {"GET", "/a/.%2e/b", "/b", "", "", true},
        {"GET", "/a/...", "/a/...", "", "", true},
        {"GET", "/a/.b", "/a/.b", "", "", true},
        {"GET", "/a//b", "/a//b", "", "", true},
        {"GET", "/a%2fb", "/a%2Fb", "", "", true},
        {"GET", "/a%zz", "", "", "", false},
        {"GET", "/a%2", "", "", "", false},
        {"GET", "/a%00", "", "", "", false},
        {"GET", "/a#b", "", "", "", false},
        {"GET", "/a?b#c", "", "", "", false},
        {"GET", "a", "", "", "", false},
        {"GET", "*", "", "", "", false},
        {"OPTIONS", "*", "*", "", "", true},
        {"GET", "http://h:1/p?q", "/p", "q", "h:1", true},
        {"GET", "http://h", "/", "", "h", true},
        {"GET", "HTTP://h?x", "/", "x", "h", true},
        {"GET", "http://u@h/", "", "", "", false},
        {"GET", "http:///p", "", "", "", false},
        {"GET", "ftp://h/", "", "", "", false},
        {"GET", "http://h/a/../b", "/b", "", "h", true},
        {"OPTIONS", "http://h", "*", "", "h", true},
        {"GET", "/%61%2F%7e?%61", "/a%2F~", "%61", "", true},
        {"GET", "/a|?b", "/a%7C", "b", "", true},
        {"GET", "/a|#b", "", "", "", false},
        {"GET", "/a.b/c.d/e", "/a.b/c.d/e", "", "", true},
        {"GET", "/?..", "/", "..", "", true},
        {"GET", "/%2e", "/", "", "", true},
        {"GET", "/%2E%2e/%2e", "/", "", "", true},
        {"GET", "/./././.", "/", "", "", true},
        {"GET", "/a/b/c/../../../d", "/d", "", "", true},
        {"GET", "//../a", "/a", "", "", true},
        {"GET", "/a/..b/...", "/a/..b/...", "", "", true},
        {"GET", "/a/.%2e", "/", "", "", true},
        {"GET", "/0123456789abcdef/../x", "/x", "", "", true},
        {"GET", "/0123456789abcde%", "", "", "", false},
        {"CONNECT", "h:443", "", "", "h:443", true},
        {"CONNECT", "/h", "", "", "", false},
    };
    char scratch[768];
    for (const TargetRow &row : rows) {
        const std::string text = lines(row.method + ' ' + row.target + " HTTP/1.1", "Host: a\r\n");
        const Parsed parsed = parse(text);
        ASSERT_EQ(parsed.verdict, Verdict::Complete) << row.target;
        Target target;
        EXPECT_EQ(split_target(parsed.head, scratch, target), row.good) << row.target;
        if (!row.good) continue;
        EXPECT_EQ(target.path, row.path) << row.target;
        EXPECT_EQ(target.query, row.query) << row.target;
        EXPECT_EQ(target.authority, row.authority) << row.target;
    }
}

TEST(Parser, SurvivesTwentyThousandMutants)
{
    const std::string good =
        lines("POST /a/../b?c HTTP/1.1", "Host: a\r\nContent-Length: 12\r\nX: y\r\nConnection: close\r\n");
    std::uint32_t seed = 12345;
    const auto next = [&seed] { return seed = seed * 1664525 + 1013904223; };
    char scratch[512];
    int complete = 0;
    for (int i = 0; i < 20000; ++i) {
        std::string mutant = good;
        for (unsigned k = next() >> 30; k < 4; ++k)
            mutant[(next() >> 8) % mutant.size()] = static_cast<char>(next() >> 13);
        const Parsed parsed = parse(mutant);
        Target target;
        if (parsed.verdict == Verdict::Complete && split_target(parsed.head, scratch, target)) ++complete;
    }
    EXPECT_GT(complete, 100) << "some mutations harm nothing";
}

} // namespace
} // namespace http_engine
