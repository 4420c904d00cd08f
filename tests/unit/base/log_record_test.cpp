#include "base/log.hpp"

#include <gtest/gtest.h>

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <cstdlib>
#include <string>
#include <vector>

namespace hawser::host {
namespace {

constexpr std::int64_t kTime = 1'795'514'400'123'456'789; // 2026-11-24 10:00:00 UTC

std::string record(LogFormat format, Level level, std::vector<LogField> fields = {})
{
    return format_record(format, {kTime, level, "listener.web", "listening", fields});
}

TEST(SyslogRecord, IsFacilityDaemonWithLevelNameAndPid)
{
    const std::string line = record(LogFormat::Syslog, Level::Error, {{"address", "127.0.0.1:80"}});
    const std::string pid = std::to_string(::getpid());
    EXPECT_TRUE(line.starts_with("<27>Nov 24 ")) << line;
    EXPECT_TRUE(line.ends_with(" hawser[" + pid + "]: listener.web listening address=127.0.0.1:80")) << line;
}

TEST(SyslogRecord, MapsEachLevel)
{
    EXPECT_TRUE(record(LogFormat::Syslog, Level::Warning).starts_with("<28>"));
    EXPECT_TRUE(record(LogFormat::Syslog, Level::Info).starts_with("<30>"));
    EXPECT_TRUE(record(LogFormat::Syslog, Level::Debug).starts_with("<31>"));
}

TEST(JournalRecord, HasTheMessageAndEachFieldByName)
{
    EXPECT_EQ(record(LogFormat::Journal, Level::Info, {{"address", "a:1"}, {"start-ms", "5"}}),
              "MESSAGE=listener.web listening address=a:1 start-ms=5\nPRIORITY=6\nSYSLOG_IDENTIFIER=hawser\n"
              "SYSLOG_FACILITY=3\nHAWSER_NODE=listener.web\nHAWSER_EVENT=listening\nHAWSER_ADDRESS=a:1\n"
              "HAWSER_START_MS=5\n");
}

TEST(JournalRecord, LetsNoValueForgeAField)
{
    const std::string all = record(LogFormat::Journal, Level::Info, {{"reason", "x\nPRIORITY=0"}});
    EXPECT_TRUE(all.ends_with(std::string("HAWSER_REASON\n\x0c\0\0\0\0\0\0\0x\nPRIORITY=0\n", 35))) << all;
}

// Standard error of this process into a file while `work` runs.
template<typename Work>
std::string stderr_of(Work work)
{
    std::string name = "/tmp/hawser-log-XXXXXX";
    const Fd file(::mkstemp(name.data())), before(::fcntl(2, F_DUPFD_CLOEXEC, 3));
    ::unlink(name.c_str());
    ::dup2(file.get(), 2);
    work();
    ::dup2(before.get(), 2);
    std::array<char, 4096> buffer{};
    const ssize_t n = ::pread(file.get(), buffer.data(), buffer.size(), 0);
    return {buffer.data(), static_cast<std::size_t>(n)};
}

TEST(EarlyLog, IsWrittenOnceThereIsAnOutput)
{
    std::array<int, 2> ends{};
    ASSERT_EQ(::pipe2(ends.data(), O_CLOEXEC), 0);
    const Fd in(ends[0]), out(ends[1]);
    const std::string err = stderr_of([&] {
        Log log;
        log.write(Level::Info, "host", "early", {{"a", "b"}});
        log.write(Level::Debug, "host", "too_detailed");
        log.open({Level::Info, LogFormat::Json, out.get()});
        log.write(Level::Info, "host", "later");
    });
    EXPECT_EQ(err, "");
    std::array<char, 4096> buffer{};
    const std::string all(buffer.data(), static_cast<std::size_t>(::read(in.get(), buffer.data(), buffer.size())));
    EXPECT_NE(all.find("\"event\":\"early\",\"a\":\"b\"}\n"), std::string::npos) << all;
    EXPECT_EQ(all.find("too_detailed"), std::string::npos) << all;
    EXPECT_LT(all.find("early"), all.find("later")) << all;
}

TEST(EarlyLog, GoesToStandardErrorWhereNoOutputWasOpened)
{
    const std::string err = stderr_of([] {
        Log log;
        log.write(Level::Warning, "host", "early");
    });
    EXPECT_NE(err.find(" warn  host early\n"), std::string::npos) << err;
}

TEST(Log, ChangesLevelFormatAndFileWithoutLosingWhatWasWrittenBefore)
{
    std::array<int, 2> first{}, second{};
    ASSERT_EQ(::pipe2(first.data(), O_CLOEXEC), 0);
    ASSERT_EQ(::pipe2(second.data(), O_CLOEXEC), 0);
    const Fd old_in(first[0]), old_out(first[1]), new_in(second[0]), new_out(second[1]);
    {
        Log log({Level::Info, LogFormat::Json, old_out.get()});
        log.write(Level::Info, "n", "before");
        log.change({Level::Debug, LogFormat::Text, new_out.get()});
        log.write(Level::Debug, "n", "after");
    }
    std::array<char, 4096> buffer{};
    std::string all(buffer.data(), static_cast<std::size_t>(::read(old_in.get(), buffer.data(), buffer.size())));
    EXPECT_NE(all.find("\"event\":\"before\"}\n"), std::string::npos) << all;
    all.assign(buffer.data(), static_cast<std::size_t>(::read(new_in.get(), buffer.data(), buffer.size())));
    EXPECT_NE(all.find(" debug n after\n"), std::string::npos) << all;
}

} // namespace
} // namespace hawser::host
