#include "chunks.hpp"

#include <gtest/gtest.h>

#include <string>

namespace http_engine {
namespace {

// The decoded body with what follows it behind '/', or "more" or "bad", when the input comes `step` bytes at a time.
std::string decode(std::string_view input, std::size_t step, std::size_t room_size = 8192)
{
    Chunks chunks;
    std::string room(room_size, '\0');
    std::string body;
    for (std::size_t at = 0; at < input.size(); at += step) {
        std::string_view part = input.substr(at, step), data;
        for (;;) {
            const Chunks::Step got = chunks.next(part, data, room);
            if (got == Chunks::Step::Data)
                body += data;
            else if (got == Chunks::Step::Bad)
                return "bad";
            else if (got == Chunks::Step::End)
                return body + '/' + std::string(part) + std::string(input.substr(std::min(at + step, input.size())));
            else
                break;
        }
    }
    return "more";
}

TEST(Chunks, GiveTheSameBodyHoweverTheyAreCut)
{
    const std::string body = "5\r\nhello\r\nA;ext=\"v\"\r\n, chunked \r\n0\r\nTrailer: x\r\n\r\nGET";
    for (std::size_t step = 1; step <= body.size(); ++step)
        for (const std::size_t room : {1, 2, 7, 16, 8192})
            EXPECT_EQ(decode(body, step, room), "hello, chunked /GET") << step << ' ' << room;
}

TEST(Chunks, AreGatheredWhileTheyAreTiny)
{
    std::string input;
    for (int i = 0; i < 1000; ++i) input += "1\r\nx\r\n";
    std::string room(800, '\0');
    std::string_view left = input, data;
    Chunks chunks;
    EXPECT_EQ(chunks.next(left, data, room), Chunks::Step::Data);
    EXPECT_EQ(data, std::string(800, 'x'));
    EXPECT_EQ(chunks.next(left, data, room), Chunks::Step::Data);
    EXPECT_EQ(data, std::string(200, 'x'));
    EXPECT_EQ(chunks.next(left, data, room), Chunks::Step::NeedMore);
}

TEST(Chunks, StayWhereTheyAreWhenTheyAreLong)
{
    const std::string input = "400\r\n" + std::string(1024, 'x') + "\r\n";
    std::string room(800, '\0');
    std::string_view left = input, data;
    Chunks chunks;
    EXPECT_EQ(chunks.next(left, data, room), Chunks::Step::Data);
    EXPECT_EQ(data.data(), input.data() + 5);
    EXPECT_EQ(data.size(), 1024U);
}

TEST(Chunks, BringWhatCameBeforeTheBadOne)
{
    std::string room(800, '\0');
    std::string_view left = "1\r\nx\r\n1\r\ny\r\nz", data;
    Chunks chunks;
    EXPECT_EQ(chunks.next(left, data, room), Chunks::Step::Data);
    EXPECT_EQ(data, "xy");
    EXPECT_EQ(chunks.next(left, data, room), Chunks::Step::Bad);
}

TEST(Chunks, RefuseWhatIsNotStrict)
{
    for (const char *bad :
         {"\r\n", "g\r\n", "-1\r\n", "+1\r\n", "0x1\r\n", " 1\r\n", "1 \r\n", "1\n", "1\ra", "1\r\nab\r\n", "1\r\na\n",
          "1111111111111111\r\n", "1;\x01\r\n", "0\r\n \r\n", "0\r\n:x\r\n\r\n", "0\r\nA: b\n", "0\r\n\rx"})
        for (const std::size_t step : {1UL, 100UL}) EXPECT_EQ(decode(bad, step), "bad") << bad;
}

TEST(Chunks, BoundExtensionsAndTrailers)
{
    EXPECT_EQ(decode("1;" + std::string(9000, 'x'), 100), "bad");
    EXPECT_EQ(decode("0\r\nA: " + std::string(9000, 'x'), 100), "bad");
}

} // namespace
} // namespace http_engine
