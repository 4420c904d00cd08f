// The head of what a program prints.
#include "answer.hpp"

#include <gtest/gtest.h>

#include <initializer_list>
#include <string>

namespace cgi {
namespace {

// "200 text/plain 5 X-A=1;" or what is wrong.
std::string read(std::initializer_list<std::string_view> lines)
{
    Answer answer;
    for (const std::string_view line : lines)
        if (!answer.take(line)) return answer.error();
    if (!answer.finish()) return answer.error();
    std::string out = std::to_string(answer.head.status) + ' ' + answer.head.type + ' ' +
                      (answer.length ? std::to_string(*answer.length) : "-") + ' ';
    for (const auto &[name, value] : answer.head.fields) out += name + '=' + value + ';';
    return out;
}

TEST(CgiAnswer, IsWhatItsFieldsSay)
{
    EXPECT_EQ(read({"Content-Type: text/plain"}), "200 text/plain - ");
    EXPECT_EQ(read({"content-type:text/html ", "STATUS: 404 Not Found", "Content-Length: 5", "X-A: 1"}),
              "404 text/html 5 X-A=1;");
    EXPECT_EQ(read({"Status: 204"}), "204  - ");
    EXPECT_EQ(read({"Location: /other"}), "302  - Location=/other;");
    EXPECT_EQ(read({"Location: https://example.org/", "Status: 301"}), "301  - Location=https://example.org/;");
    EXPECT_EQ(read({"Content-Type: a/b", "Set-Cookie: a=1", "Set-Cookie: b=2"}),
              "200 a/b - Set-Cookie=a=1;Set-Cookie=b=2;");
}

TEST(CgiAnswer, SaysNothingAboutTheConnection)
{
    EXPECT_EQ(read({"Content-Type: a/b", "Transfer-Encoding: chunked", "Connection: close", "Upgrade: x"}),
              "200 a/b - ");
}

TEST(CgiAnswer, IsRefusedWithWhatIsWrong)
{
    EXPECT_EQ(read({}), "expected Content-Type, Location or Status, got none of them");
    EXPECT_EQ(read({"X-A: 1"}), "expected Content-Type, Location or Status, got none of them");
    EXPECT_EQ(read({"hello world"}), "expected a line \"Name: value\", got \"hello world\"");
    EXPECT_EQ(read({"Bad Name: x"}), "expected a line \"Name: value\", got \"Bad Name: x\"");
    EXPECT_EQ(read({": x"}), "expected a line \"Name: value\", got \": x\"");
    EXPECT_EQ(read({"X-A: a\x01"}), "expected X-A without control characters");
    for (const char *status : {"20", "99", "100", "600", "2000", "x", "200x", ""})
        EXPECT_EQ(read({"Status: " + std::string(status)}),
                  "expected a Status of three digits, 200 to 599, got \"" + std::string(status) + '"');
    EXPECT_EQ(read({"Status: 200", "Status: 404"}), "expected one Status, got two");
    EXPECT_EQ(read({"Content-Length: 5", "Content-Length: 6"}), "expected one Content-Length, a number, got \"6\"");
    EXPECT_EQ(read({"Content-Length: -1"}), "expected one Content-Length, a number, got \"-1\"");
    Answer many;
    int taken = 0;
    while (taken < 1000 && many.take("X-A: 1")) ++taken;
    EXPECT_EQ(taken, 100);
    Answer large;
    EXPECT_FALSE(large.take("X-A: " + std::string(70'000, 'x')));
    EXPECT_EQ(large.error(), "expected a shorter head");
}

} // namespace
} // namespace cgi
