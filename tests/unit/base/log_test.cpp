#include "base/log.hpp"

#include "base/fd.hpp"

#include <gtest/gtest.h>

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <string>
#include <thread>
#include <vector>

namespace hawser::host {
namespace {

constexpr std::int64_t kTime = 1'795'514'400'123'456'789; // 2026-11-24 10:00:00.123456789 UTC

std::string text_line(std::string_view node, std::string_view event, std::vector<LogField> fields = {})
{
    return format_line(LogFormat::Text, kTime, Level::Info, node, event, fields);
}

std::string json_line(std::string_view node, std::string_view event, std::vector<LogField> fields = {})
{
    return format_line(LogFormat::Json, kTime, Level::Info, node, event, fields);
}

struct Pipe {
    Pipe()
    {
        std::array<int, 2> ends{};
        EXPECT_EQ(::pipe2(ends.data(), O_CLOEXEC), 0);
        read_end.reset(ends[0]);
        write_end.reset(ends[1]);
    }
    // Everything up to the end; closes the writing end of this process first.
    std::string read_all()
    {
        write_end.reset();
        std::string all;
        std::array<char, 4096> buffer{};
        for (ssize_t n; (n = ::read(read_end.get(), buffer.data(), buffer.size())) > 0;)
            all.append(buffer.data(), static_cast<std::size_t>(n));
        return all;
    }
    Fd read_end, write_end;
};

TEST(LogLine, AsTextIsTimeLevelNodeEventAndFields)
{
    EXPECT_EQ(text_line("listener.web", "listening", {{"address", "127.0.0.1:8080"}}),
              "2026-11-24T10:00:00.123Z info  listener.web listening address=127.0.0.1:8080\n");
}

TEST(LogLine, AsJsonIsOneObjectWithTheSameParts)
{
    EXPECT_EQ(json_line("listener.web", "listening", {{"address", "127.0.0.1:8080"}}),
              "{\"ts\":\"2026-11-24T10:00:00.123Z\",\"level\":\"info\",\"node\":\"listener.web\","
              "\"event\":\"listening\",\"address\":\"127.0.0.1:8080\"}\n");
}

TEST(LogLine, PadsTheLevelSoThatColumnsStandStill)
{
    EXPECT_NE(format_line(LogFormat::Text, kTime, Level::Error, "n", "e", {}).find("Z error n e"), std::string::npos);
    EXPECT_NE(format_line(LogFormat::Text, kTime, Level::Warning, "n", "e", {}).find("Z warn  n e"), std::string::npos);
}

TEST(LogLine, QuotesAValueThatIsNotOneWord)
{
    EXPECT_NE(text_line("n", "e", {{"error", "Too many open files"}}).find("error=\"Too many open files\""),
              std::string::npos);
    EXPECT_NE(text_line("n", "e", {{"empty", ""}}).find("empty=\"\"\n"), std::string::npos);
    EXPECT_NE(text_line("n", "e", {{"a", "b=c"}}).find("a=\"b=c\""), std::string::npos);
}

TEST(LogLine, LetsNoValueForgeALineOrAField)
{
    const std::string line = text_line("n", "e", {{"peer", "x\n2026 info forged \"y\" z=1"}});
    EXPECT_EQ(std::count(line.begin(), line.end(), '\n'), 1);
    EXPECT_NE(line.find("peer=\"x\\n2026 info forged \\\"y\\\" z=1\""), std::string::npos) << line;
}

TEST(LogLine, LetsNoNodeForgeAField)
{
    EXPECT_NE(text_line("listener.web/a b=c", "e").find(" \"listener.web/a b=c\" e\n"), std::string::npos);
}

TEST(LogLine, EscapesControlCharactersOfTerminals)
{
    EXPECT_NE(text_line("n", "e", {{"a", "\x1b[31m\x7f\t"}}).find("a=\"\\u001b[31m\\u007f\\u0009\""),
              std::string::npos);
    EXPECT_NE(text_line("n", "e", {{"a", "\xc2\x9b"}}).find("a=\\u009b\n"), std::string::npos);
}

TEST(LogLine, KeepsTextThatIsValidUtf8)
{
    const std::string text = "\xc2\xa0\xc3\xa9\xe2\x82\xac\xf0\x9f\x9a\xa2"; // 2, 2, 3 and 4 bytes
    EXPECT_NE(json_line("n", "e", {{"a", text}}).find("\"a\":\"" + text + "\""), std::string::npos);
}

TEST(LogLine, ReplacesWhatIsNotUtf8)
{
    const std::array<std::string_view, 6> bad{"\xff", "\xc3", "\xc0\xaf", "\xed\xa0\x80", "\xf4\x90\x80\x80", "\x80"};
    for (const std::string_view bytes : bad)
        for (const std::string &line : {json_line("n", "e", {{"a", bytes}}), text_line("n", "e", {{"a", bytes}})})
            EXPECT_NE(line.find("\xef\xbf\xbd"), std::string::npos) << line;
}

TEST(Level, IsReadFromTheWordsOfTheConfigurationOnly)
{
    Level level = Level::Info;
    EXPECT_TRUE(parse_level("warning", level));
    EXPECT_EQ(level, Level::Warning);
    EXPECT_TRUE(parse_level("debug", level));
    EXPECT_EQ(level, Level::Debug);
    EXPECT_FALSE(parse_level("warn", level));
    EXPECT_FALSE(parse_level("INFO", level));
    EXPECT_EQ(level, Level::Debug);
}

TEST(Log, WritesEventsOfItsLevelAndAboveInOrder)
{
    Pipe pipe;
    {
        Log log({.level = Level::Warning, .format = LogFormat::Json, .fd = pipe.write_end.get()});
        log.write(Level::Error, "n", "first");
        log.write(Level::Info, "n", "left_out");
        log.write(Level::Warning, "n", "second");
    }
    const std::string all = pipe.read_all();
    EXPECT_LT(all.find("first"), all.find("second"));
    EXPECT_EQ(all.find("left_out"), std::string::npos);
}

TEST(Log, FlushReturnsWhenEverythingQueuedHasBeenWritten)
{
    Pipe pipe;
    Log log({.level = Level::Info, .format = LogFormat::Text, .fd = pipe.write_end.get()});
    log.write(Level::Info, "n", "written");
    log.flush();
    std::array<char, 256> buffer{};
    ASSERT_EQ(::fcntl(pipe.read_end.get(), F_SETFL, O_NONBLOCK), 0);
    const ssize_t n = ::read(pipe.read_end.get(), buffer.data(), buffer.size());
    ASSERT_GT(n, 0);
    EXPECT_NE(std::string_view(buffer.data(), static_cast<std::size_t>(n)).find("written"), std::string::npos);
}

TEST(Log, WritesLinesOfSeveralThreadsWhole)
{
    constexpr int kLines = 500;
    Pipe pipe;
    std::string all;
    std::thread reader([&] {
        std::array<char, 4096> buffer{};
        for (ssize_t n; (n = ::read(pipe.read_end.get(), buffer.data(), buffer.size())) > 0;)
            all.append(buffer.data(), static_cast<std::size_t>(n));
    });
    {
        Log log({.level = Level::Info, .format = LogFormat::Json, .fd = pipe.write_end.get()});
        std::vector<std::thread> writers;
        for (int t = 0; t < 4; ++t)
            writers.emplace_back([&log] {
                for (int i = 0; i < kLines; ++i) log.write(Level::Info, "n", "event", {{"i", std::to_string(i)}});
            });
        for (auto &writer : writers) writer.join();
    }
    pipe.write_end.reset();
    reader.join();
    int lines = 0;
    for (std::size_t at = 0; at < all.size(); ++lines) {
        const std::size_t end = all.find('\n', at);
        ASSERT_NE(end, std::string::npos);
        ASSERT_EQ(all.substr(at, 7), "{\"ts\":\"") << "line " << lines;
        ASSERT_EQ(all.substr(end - 2, 2), "\"}") << "line " << lines;
        at = end + 1;
    }
    EXPECT_EQ(lines, 4 * kLines);
}

TEST(Log, DropsTheOldestLinesAndCountsThemInsteadOfBlocking)
{
    Pipe pipe; // nobody reads while the lines are written: the pipe fills, then the queue
    const std::string padding(200, 'x');
    auto log = std::make_unique<Log>(LogSettings{Level::Info, LogFormat::Text, pipe.write_end.get()});
    constexpr int kLines = 20'000;
    for (int i = 0; i < kLines; ++i)
        log->write(Level::Info, "n", "event", {{"i", std::to_string(i)}, {"padding", padding}});
    EXPECT_GT(log->dropped(), 0U);
    std::string all;
    std::thread reader([&] {
        std::array<char, 65536> buffer{};
        for (ssize_t n; (n = ::read(pipe.read_end.get(), buffer.data(), buffer.size())) > 0;)
            all.append(buffer.data(), static_cast<std::size_t>(n));
    });
    log.reset();
    pipe.write_end.reset();
    reader.join();
    EXPECT_NE(all.find("i=" + std::to_string(kLines - 1) + " "), std::string::npos) << "the newest line was dropped";
}

} // namespace
} // namespace hawser::host
