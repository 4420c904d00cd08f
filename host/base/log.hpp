// Log events: "snake_case event, then fields", as text, as one JSON object a line, or as datagrams for a log daemon.
// A Log is made once a process by whoever composes it and passed on by reference. write() is for any thread and never
// blocks: lines go through a bounded queue to a writer thread; when it is full the oldest are dropped and counted.
#pragma once

#include "base/fd.hpp"

#include <atomic>
#include <cstdint>
#include <functional>
#include <initializer_list>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace hawser::host {

enum class Level : std::uint8_t { Error = 1, Warning, Info, Debug };

// "error", "warning" → Level; false for anything else.
bool parse_level(std::string_view text, Level &level);
std::string_view level_name(Level level); // "error", "warn", "info", "debug"

struct LogField {
    std::string_view name;
    std::string_view value;
};

// Text and Json are lines. Syslog and Journal are one datagram an event, on a connected socket.
enum class LogFormat : std::uint8_t { Text, Json, Syslog, Journal };

inline bool is_datagram(LogFormat format) { return format == LogFormat::Syslog || format == LogFormat::Journal; }

struct LogSettings {
    Level level = Level::Info;
    LogFormat format = LogFormat::Text;
    int fd = 2; // lines are written to it whole; stays the caller's
};

struct LogEvent {
    std::int64_t wall_ns; // since 1970
    Level level;
    std::string_view node, event;
    std::span<const LogField> fields;
};

class Log {
public:
    // Keeps what is written until open(); if that never comes, its end writes it to standard error.
    Log();
    explicit Log(const LogSettings &settings); // and opens it
    ~Log();                                    // writes out what is queued; waits at most 2 s for who does not read
    Log(const Log &) = delete;
    Log &operator=(const Log &) = delete;

    // Once, before another thread knows of this: starts the writer thread, and writes what was kept.
    void open(const LogSettings &settings);
    // From here on. What was written before goes where it was meant to, unless that takes more than 2 s.
    void change(const LogSettings &settings);
    // Puts another file in the place of the descriptor it writes to: a reopened one, a socket that is connected anew.
    // [any-thread] False: it was not possible, the old one stays.
    bool replace(const Fd &file);

    bool enabled(Level level) const { return level <= level_.load(std::memory_order_relaxed); }
    void write(Level level, std::string_view node, std::string_view event, std::span<const LogField> fields);
    void write(Level level, std::string_view node, std::string_view event, std::initializer_list<LogField> fields = {})
    {
        write(level, node, event, std::span<const LogField>(fields.begin(), fields.size()));
    }
    // Who else hears what is written, on the thread that writes it; null: nobody. Before another thread knows of this.
    void on_event(std::function<void(const LogEvent &)> hear) { hear_ = std::move(hear); }
    std::uint64_t dropped() const; // since the queue was full
    void flush();                  // returns when everything queued so far has been written

private:
    class Writer;
    struct Early;
    void keep(std::int64_t wall_ns, Level level, std::string_view node, std::string_view event,
              std::span<const LogField> fields);
    std::atomic<Level> level_{Level::Debug};
    std::atomic<LogFormat> format_{LogFormat::Text};
    std::unique_ptr<Writer> writer_; // null until open()
    std::mutex keeping_;
    std::vector<Early> early_;
    std::function<void(const LogEvent &)> hear_;
};

// One line with its newline, or one datagram. Control characters and quotes are escaped, so that no value can forge a
// line or a field.
std::string format_record(LogFormat format, const LogEvent &said);
std::string format_line(LogFormat format, std::int64_t wall_ns, Level level, std::string_view node,
                        std::string_view event, std::span<const LogField> fields);

} // namespace hawser::host
