#include "access_text.hpp"

#include "hawser/records.h"

#include <gtest/gtest.h>

#include <string>

namespace http_engine::test {
namespace {

constexpr std::int64_t kTime = 1'795'514'400'123'456'789; // 2026-11-24 10:00:00.123456789 UTC

AccessEntry usual()
{
    AccessEntry entry;
    entry.wall = kTime;
    entry.duration = 1'000'002'345;
    entry.bytes = 13;
    entry.status = 200;
    entry.version = 11;
    entry.number = 0x0123456789abcdef;
    entry.listener = "web";
    entry.route = "GET /a";
    entry.peer = "192.0.2.1:5000";
    entry.peer_host = "192.0.2.1";
    entry.method = "GET";
    entry.target = "/a?b=c";
    entry.authority = "example.org";
    entry.referer = "http://example.org/";
    entry.agent = "curl/8";
    return entry;
}

std::string combined(const AccessEntry &entry) { return std::string(AccessText().combined(entry)); }
std::string json(const AccessEntry &entry) { return std::string(AccessText().json(entry)); }

bool has(const std::string &line, const std::string &part) { return line.find(part) != std::string::npos; }

TEST(AccessText, AsCombinedIsWhatApacheWrites)
{
    EXPECT_EQ(combined(usual()), "192.0.2.1 - - [24/Nov/2026:10:00:00 +0000] \"GET /a?b=c HTTP/1.1\" 200 13 "
                                 "\"http://example.org/\" \"curl/8\"\n");
}

TEST(AccessText, AsCombinedPutsADashForWhatIsAbsent)
{
    AccessEntry entry;
    entry.wall = kTime;
    entry.status = 400;
    EXPECT_EQ(combined(entry), "- - - [24/Nov/2026:10:00:00 +0000] \"-\" 400 - \"-\" \"-\"\n");
}

TEST(AccessText, AsJsonIsOneObjectWithAllThatIsKnown)
{
    EXPECT_EQ(json(usual()),
              "{\"ts\":\"2026-11-24T10:00:00.123Z\",\"id\":\"0123456789abcdef\",\"listener\":\"web\",\"route\":\"GET "
              "/a\",\"peer\":\"192.0.2.1:5000\",\"method\":\"GET\",\"host\":\"example.org\",\"target\":\"/a?b=c\","
              "\"version\":\"1.1\",\"status\":200,\"bytes\":13,\"duration\":1.000002,\"complete\":true,"
              "\"referer\":\"http://example.org/\",\"user_agent\":\"curl/8\"}\n");
}

TEST(AccessText, AsJsonLeavesOutWhatIsAbsent)
{
    AccessEntry entry;
    entry.wall = kTime;
    entry.status = 400;
    entry.complete = false;
    EXPECT_EQ(json(entry), "{\"ts\":\"2026-11-24T10:00:00.123Z\",\"id\":\"0000000000000000\",\"status\":400,"
                           "\"bytes\":0,\"duration\":0.000000,\"complete\":false}\n");
}

TEST(AccessText, TakesTheIdThatTheClientSent)
{
    AccessEntry entry = usual();
    entry.id = "a\"b";
    EXPECT_TRUE(has(json(entry), "\"id\":\"a\\\"b\","));
}

TEST(AccessText, ShowsTheBeginningOfWhatWasNoRequest)
{
    AccessEntry entry;
    entry.wall = kTime;
    entry.status = 400;
    entry.line = "\x16\x03\x01 \"x\"";
    EXPECT_TRUE(has(combined(entry), "] \"\\x16\\x03\\x01 \\\"x\\\"\" 400")) << combined(entry);
    EXPECT_TRUE(has(json(entry), "\"line\":\"\\u0016\\u0003\\u0001 \\\"x\\\"\"")) << json(entry);
}

// Every byte that could end a line, a quoted text or an escape, and those that terminals obey.
TEST(AccessText, IsNeverForgedByWhatAClientSends)
{
    for (int c = 0; c < 256; ++c) {
        const std::string text = std::string("long enough to be searched") + static_cast<char>(c) + "end";
        AccessEntry entry = usual();
        entry.peer_host = entry.peer = entry.method = entry.target = entry.authority = entry.referer = text;
        entry.agent = entry.id = entry.route = entry.listener = text;
        for (const std::string &line : {combined(entry), json(entry)}) {
            std::size_t quotes = 0;
            for (std::size_t i = 0; i < line.size(); ++i) {
                const auto byte = static_cast<unsigned char>(line[i]);
                EXPECT_TRUE((byte >= 0x20 && byte < 0x7f) || i + 1 == line.size()) << c << ": " << line;
                if (byte == '\\')
                    ++i;
                else
                    quotes += byte == '"' ? 1 : 0;
            }
            // Names and texts of JSON; request, Referer and User-Agent of combined.
            EXPECT_EQ(quotes, line[0] == '{' ? 2 * (15U + 11U) : 6U) << c << ": " << line;
        }
    }
}

TEST(AccessText, AsJsonKeepsWellFormedUtf8AndReplacesTheRest)
{
    AccessEntry entry = usual();
    entry.agent = "\xc3\xa9 \xe2\x82\xac \xf0\x9f\x98\x80"; // é € 😀
    EXPECT_TRUE(has(json(entry), "\"\xc3\xa9 \xe2\x82\xac \xf0\x9f\x98\x80\"}"));
    entry.agent = "\xc3";
    EXPECT_TRUE(has(json(entry), "\"user_agent\":\"\\ufffd\"}"));
    entry.agent = "\xc0\xaf|\xed\xa0\x80|\xf4\x90\x80\x80|\xe2\x82|\xc2\x9b"; // overlong, surrogate, too high, cut, CSI
    EXPECT_TRUE(has(json(entry), "\"\\ufffd\\ufffd|\\ufffd\\ufffd\\ufffd|\\ufffd\\ufffd\\ufffd\\ufffd|"
                                 "\\ufffd\\ufffd|\\u009b\"}"))
        << json(entry);
    EXPECT_TRUE(has(combined(entry), "\\xc0\\xaf|\\xed"));
}

TEST(AccessText, CutsWhatIsVeryLongAndStaysALine)
{
    for (const char c : {'x', '"', '\x01', '\xff'}) {
        const std::string endless(100'000, c);
        AccessEntry entry = usual();
        entry.peer_host = entry.peer = entry.method = entry.target = entry.authority = entry.referer = endless;
        entry.agent = entry.id = entry.route = entry.listener = endless;
        for (const std::string &line : {combined(entry), json(entry)}) {
            EXPECT_LE(line.size(), static_cast<std::size_t>(HAWSER_RECORD_MAX));
            EXPECT_GT(line.size(), 16384U + 2 * 4096U);
            EXPECT_TRUE(has(line, "...\"")) << line.substr(0, 100);
            EXPECT_EQ(line.find('\n'), line.size() - 1);
        }
    }
}

TEST(AccessText, KeepsATextThatJustFits)
{
    AccessEntry entry = usual();
    const std::string fits(4000, 'x');
    entry.agent = fits;
    EXPECT_TRUE(has(combined(entry), '"' + fits + "\"\n"));
}

TEST(AccessText, FollowsTheClock)
{
    AccessText text;
    AccessEntry entry = usual();
    EXPECT_TRUE(has(std::string(text.combined(entry)), ":10:00:00 "));
    entry.wall += 61'000'000'000;
    EXPECT_TRUE(has(std::string(text.combined(entry)), ":10:01:01 "));
    EXPECT_TRUE(has(std::string(text.json(entry)), "T10:01:01.123Z"));
}

} // namespace
} // namespace http_engine::test
