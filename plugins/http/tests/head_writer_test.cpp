#include "head_writer.hpp"
#include "statuses.hpp"

#include <gtest/gtest.h>

#include <ctime>
#include <string>

namespace http_engine {
namespace {

hawser_field field(const char *name, const char *value)
{
    return {{name, std::char_traits<char>::length(name)}, {value, std::char_traits<char>::length(value)}};
}

constexpr std::int64_t kWall = 784'111'777'000'000'000;

TEST(HeadWriter, WritesTheEnginesOwnFieldsAndNotTheResources)
{
    HeadWriter writer;
    ASSERT_TRUE(writer.set_server("hawser"));
    const hawser_field fields[] = {field("X-A", "b"),
                                   field("Date", "x"),
                                   field("SERVER", "x"),
                                   field("Connection", "x"),
                                   field("transfer-encoding", "x"),
                                   field("Content-Length", "9")};
    AnswerHead head;
    head.status = 404;
    head.fields = fields;
    head.count = 6;
    head.framing = AnswerHead::Framing::Length;
    head.length = 5;
    head.connection = AnswerHead::Connection::Close;
    EXPECT_EQ(writer.write(head, kWall),
              "HTTP/1.1 404 Not Found\r\nServer: hawser\r\nDate: Sun, 06 Nov 1994 08:49:37 GMT\r\n"
              "X-A: b\r\nContent-Length: 5\r\nConnection: close\r\n\r\n");
}

TEST(HeadWriter, MakesANewDateEachSecond)
{
    HeadWriter writer;
    ASSERT_TRUE(writer.set_server(""));
    const AnswerHead head;
    EXPECT_EQ(writer.write(head, kWall), "HTTP/1.1 200 OK\r\nDate: Sun, 06 Nov 1994 08:49:37 GMT\r\n\r\n");
    EXPECT_EQ(writer.write(head, kWall + 999'999'999),
              "HTTP/1.1 200 OK\r\nDate: Sun, 06 Nov 1994 08:49:37 GMT\r\n\r\n");
    EXPECT_EQ(writer.write(head, kWall + 1'000'000'000),
              "HTTP/1.1 200 OK\r\nDate: Sun, 06 Nov 1994 08:49:38 GMT\r\n\r\n");
}

TEST(HeadWriter, GrowsForLongFields)
{
    HeadWriter writer;
    ASSERT_TRUE(writer.set_server(""));
    const std::string value(100'000, 'v');
    const hawser_field long_field{{"X", 1}, {value.data(), value.size()}};
    AnswerHead head;
    head.fields = &long_field;
    head.count = 1;
    EXPECT_NE(writer.write(head, kWall).find(value), std::string_view::npos);
}

TEST(HeadWriter, WritesEveryDateOfFourYearsAsTheCLibraryDoes)
{
    HeadWriter writer;
    ASSERT_TRUE(writer.set_server(""));
    for (std::int64_t second = 1'700'000'000; second < 1'700'000'000 + 4 * 366 * 86400; second += 86400 - 61) {
        const std::time_t time = second;
        std::tm tm{};
        gmtime_r(&time, &tm);
        char date[64];
        std::strftime(date, sizeof date, "Date: %a, %d %b %Y %H:%M:%S GMT\r\n", &tm);
        ASSERT_NE(writer.write({}, second * 1'000'000'000).find(date), std::string_view::npos) << date;
    }
}

TEST(HeadWriter, RefusesAServerNameThatIsTooLong)
{
    HeadWriter writer;
    EXPECT_TRUE(writer.set_server(std::string(200, 's')));
    EXPECT_FALSE(writer.set_server(std::string(300, 's')));
}

TEST(HeadWriter, WritesNothingWithAFieldThatWouldInjectALine)
{
    HeadWriter writer;
    ASSERT_TRUE(writer.set_server(""));
    const hawser_field bad = field("X", "a\r\nSet-Cookie: b");
    AnswerHead head;
    head.fields = &bad;
    head.count = 1;
    EXPECT_EQ(writer.write(head, kWall), "");
    EXPECT_EQ(writer.write_interim(103, &bad, 1), "");
    EXPECT_EQ(writer.write_end(&bad, 1), "");
    EXPECT_NE(writer.write({}, kWall), "") << "the next answer is not spoilt";
}

TEST(HeadWriter, KnowsAPhraseForEveryStatusThatItHas)
{
    EXPECT_EQ(reason_phrase(200), "OK");
    EXPECT_EQ(reason_phrase(431), "Request Header Fields Too Large");
    EXPECT_EQ(reason_phrase(299), "Status");
}

TEST(HeadWriter, KnowsFieldsThatWouldInjectALine)
{
    for (int c = 0; c < 256; ++c) {
        const std::string value{'a', static_cast<char>(c), 'b'};
        const hawser_field in_value{{"X", 1}, {value.data(), value.size()}},
            in_name{{value.data(), value.size()}, {"x", 1}};
        const bool allowed = (c >= 0x20 && c != 0x7f) || c == '\t';
        EXPECT_EQ(are_fields_valid(&in_value, 1), allowed) << c;
        if (c <= 0x20 || c >= 0x7f || c == ':') {
            EXPECT_FALSE(are_fields_valid(&in_name, 1)) << c;
        }
    }
}

} // namespace
} // namespace http_engine
