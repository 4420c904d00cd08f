// Tests: tests/unit/base/log_test.cpp
#include "base/log.hpp"

#include "base/text.hpp"

#include <fmt/format.h>
#include <spdlog/async.h>
#include <spdlog/async_logger.h>
#include <spdlog/sinks/base_sink.h>

#include <poll.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <condition_variable>
#include <ctime>
#include <iterator>
#include <mutex>

namespace hawser::host {
namespace {

constexpr std::size_t kQueuedLines = 8192;
constexpr std::array<std::string_view, 5> kNames{"", "error", "warn", "info", "debug"};

using Buffer = fmt::memory_buffer;

void append(Buffer &out, std::string_view text) { out.append(text.data(), text.data() + text.size()); }

// Bytes that would end a line or a quoted value, and control characters, as JSON writes them: those of ASCII and,
// because terminals obey them too, those of U+0080 to U+009F. REQUIRES: valid UTF-8. Both formats use it.
void append_escaped(Buffer &out, std::string_view text)
{
    for (std::size_t i = 0; i < text.size(); ++i) {
        const char c = text[i];
        const auto u = static_cast<unsigned char>(c);
        if (u == 0xc2 && static_cast<unsigned char>(text[i + 1]) < 0xa0) {
            fmt::format_to(std::back_inserter(out), "\\u{:04x}", static_cast<unsigned char>(text[++i]));
        } else if (c == '"' || c == '\\') {
            out.push_back('\\');
            out.push_back(c);
        } else if (c == '\n') {
            append(out, "\\n");
        } else if (u < 0x20 || u == 0x7f) {
            fmt::format_to(std::back_inserter(out), "\\u{:04x}", u);
        } else {
            out.push_back(c);
        }
    }
}

void append_text(Buffer &out, std::string_view text) { append_escaped(out, valid_utf8(text)); }

bool needs_quotes(std::string_view value)
{
    if (value.empty()) return true;
    for (const char c : value) {
        const auto u = static_cast<unsigned char>(c);
        if (u <= 0x20 || c == '"' || c == '=' || c == '\\' || u == 0x7f) return true;
    }
    return false;
}

// A word of a text line: quoted where it would not be one word otherwise.
void append_word(Buffer &out, std::string_view value)
{
    const bool quoted = needs_quotes(value);
    if (quoted) out.push_back('"');
    append_text(out, value);
    if (quoted) out.push_back('"');
}

void append_time(Buffer &out, std::int64_t wall_ns)
{
    const std::time_t seconds = wall_ns / 1'000'000'000;
    std::tm tm{};
    gmtime_r(&seconds, &tm);
    fmt::format_to(std::back_inserter(out), "{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:03}Z", tm.tm_year + 1900,
                   tm.tm_mon + 1, tm.tm_mday, tm.tm_hour, tm.tm_min, tm.tm_sec, wall_ns / 1'000'000 % 1000);
}

void append_member(Buffer &out, std::string_view name, std::string_view value)
{
    append(out, ",\"");
    append_text(out, name);
    append(out, "\":\"");
    append_text(out, value);
    append(out, "\"");
}

// Writes whole lines to a descriptor that may be a slow pipe; a failing one loses lines, never the process.
class FdSink final : public spdlog::sinks::base_sink<std::mutex> {
public:
    explicit FdSink(int fd)
        : fd_(fd)
    {}

protected:
    void sink_it_(const spdlog::details::log_msg &message) override
    {
        const char *p = message.payload.data();
        std::size_t left = message.payload.size();
        while (left > 0) {
            const ssize_t n = ::write(fd_, p, left);
            if (n < 0 && errno == EINTR) continue;
            if (n < 0 && errno == EAGAIN) {
                pollfd waiting{fd_, POLLOUT, 0};
                ::poll(&waiting, 1, 1000);
                continue;
            }
            if (n <= 0) return;
            p += n;
            left -= static_cast<std::size_t>(n);
        }
    }
    void flush_() override
    {
        const std::lock_guard lock(flushed_mutex_);
        ++flushed_;
        flushed_changed_.notify_all();
    }

public:
    std::uint64_t flushed()
    {
        const std::lock_guard lock(flushed_mutex_);
        return flushed_;
    }
    void wait_past(std::uint64_t count)
    {
        std::unique_lock lock(flushed_mutex_);
        flushed_changed_.wait_for(lock, std::chrono::seconds(2), [&] { return flushed_ > count; });
    }

private:
    int fd_;
    std::mutex flushed_mutex_;
    std::condition_variable flushed_changed_;
    std::uint64_t flushed_ = 0;
};

} // namespace

bool parse_level(std::string_view text, Level &level)
{
    if (text == "error")
        level = Level::Error;
    else if (text == "warning")
        level = Level::Warning;
    else if (text == "info")
        level = Level::Info;
    else if (text == "debug")
        level = Level::Debug;
    else
        return false;
    return true;
}

std::string_view level_name(Level level) { return kNames[static_cast<std::size_t>(level)]; }

std::string format_line(LogFormat format, std::int64_t wall_ns, Level level, std::string_view node,
                        std::string_view event, std::span<const LogField> fields)
{
    Buffer out;
    if (format == LogFormat::Json) {
        append(out, "{\"ts\":\"");
        append_time(out, wall_ns);
        fmt::format_to(std::back_inserter(out), "\",\"level\":\"{}\"", level_name(level));
        append_member(out, "node", node);
        append_member(out, "event", event);
        for (const LogField &field : fields) append_member(out, field.name, field.value);
        append(out, "}\n");
        return fmt::to_string(out);
    }
    append_time(out, wall_ns);
    fmt::format_to(std::back_inserter(out), " {:<5} ", level_name(level));
    append_word(out, node);
    out.push_back(' ');
    append_word(out, event);
    for (const LogField &field : fields) {
        out.push_back(' ');
        append_word(out, field.name);
        out.push_back('=');
        append_word(out, field.value);
    }
    out.push_back('\n');
    return fmt::to_string(out);
}

class Log::Writer {
public:
    explicit Writer(int fd)
        : pool_(std::make_shared<spdlog::details::thread_pool>(kQueuedLines, 1))
        , sink_(std::make_shared<FdSink>(fd))
        , logger_(std::make_shared<spdlog::async_logger>("hawser", sink_, pool_,
                                                         spdlog::async_overflow_policy::overrun_oldest))
    {
        logger_->set_level(spdlog::level::trace);
    }

    void line(std::string_view text)
    {
        logger_->log(spdlog::level::info, spdlog::string_view_t(text.data(), text.size()));
    }
    std::uint64_t dropped() const { return pool_->overrun_counter(); }
    void flush()
    {
        const std::lock_guard lock(flushing_); // one at a time: the sink counts flushes, it does not tell them apart
        const std::uint64_t before = sink_->flushed();
        logger_->flush();
        sink_->wait_past(before);
    }

private:
    std::shared_ptr<spdlog::details::thread_pool> pool_; // its end joins the thread after the queue is empty
    std::shared_ptr<FdSink> sink_;
    std::shared_ptr<spdlog::async_logger> logger_;
    std::mutex flushing_;
};

Log::Log(const LogSettings &settings)
    : level_(settings.level)
    , format_(settings.format)
    , writer_(std::make_unique<Writer>(settings.fd))
{}

Log::~Log() = default;

void Log::write(Level level, std::string_view node, std::string_view event, std::span<const LogField> fields)
{
    if (!enabled(level)) return;
    const auto now = std::chrono::system_clock::now().time_since_epoch();
    const std::int64_t wall = std::chrono::duration_cast<std::chrono::nanoseconds>(now).count();
    writer_->line(format_line(format_, wall, level, node, event, fields));
}

std::uint64_t Log::dropped() const { return writer_->dropped(); }

void Log::flush() { writer_->flush(); }

} // namespace hawser::host
