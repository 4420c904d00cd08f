// Log events: "snake_case event, then fields", as text or one JSON object a line.
// A Log is made once a process by whoever composes it and passed on by reference. write() is for any thread and never
// blocks: lines go through a bounded queue to a writer thread; when it is full the oldest are dropped and counted.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <memory>
#include <span>
#include <string>
#include <string_view>

namespace hawser::host {

enum class Level : std::uint8_t { Error = 1, Warning, Info, Debug };

// "error", "warning" → Level; false for anything else.
bool parse_level(std::string_view text, Level &level);
std::string_view level_name(Level level); // "error", "warn", "info", "debug"

struct LogField {
    std::string_view name;
    std::string_view value;
};

enum class LogFormat : std::uint8_t { Text, Json };

struct LogSettings {
    Level level = Level::Info;
    LogFormat format = LogFormat::Text;
    int fd = 2; // lines are written to it whole; stays the caller's
};

class Log {
public:
    explicit Log(const LogSettings &settings);
    ~Log(); // writes out what is queued
    Log(const Log &) = delete;
    Log &operator=(const Log &) = delete;

    bool enabled(Level level) const { return level <= level_; }
    void write(Level level, std::string_view node, std::string_view event, std::span<const LogField> fields);
    void write(Level level, std::string_view node, std::string_view event, std::initializer_list<LogField> fields = {})
    {
        write(level, node, event, std::span<const LogField>(fields.begin(), fields.size()));
    }
    std::uint64_t dropped() const;
    void flush(); // returns when everything queued so far has been written

private:
    class Writer;
    Level level_;
    LogFormat format_;
    std::unique_ptr<Writer> writer_;
};

// One line with its newline, as write() would print it at `wall_ns` nanoseconds since 1970. Control characters and
// quotes are escaped, so that no value can forge a line or a field.
std::string format_line(LogFormat format, std::int64_t wall_ns, Level level, std::string_view node,
                        std::string_view event, std::span<const LogField> fields);

} // namespace hawser::host
