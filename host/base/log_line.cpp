// Tests: tests/unit/base/log_test.cpp, tests/unit/base/log_record_test.cpp
#include "base/log.hpp"

#include "base/text.hpp"

#include <fmt/format.h>

#include <unistd.h>

#include <array>
#include <bit>
#include <cctype>
#include <cstring>
#include <ctime>
#include <iterator>

namespace hawser::host {
namespace {

constexpr std::array<std::string_view, 5> kNames{"", "error", "warn", "info", "debug"};
constexpr std::array<int, 5> kSeverities{0, 3, 4, 6, 7}; // of syslog: err, warning, info, debug
constexpr int kDaemon = 3;                               // the facility

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

// "node event name=value …"
void append_words(Buffer &out, std::string_view node, std::string_view event, std::span<const LogField> fields)
{
    append_word(out, node);
    out.push_back(' ');
    append_word(out, event);
    for (const LogField &field : fields) {
        out.push_back(' ');
        append_word(out, field.name);
        out.push_back('=');
        append_word(out, field.value);
    }
}

std::string as_json(const LogEvent &said)
{
    Buffer out;
    append(out, "{\"ts\":\"");
    append_time(out, said.wall_ns);
    fmt::format_to(std::back_inserter(out), "\",\"level\":\"{}\"", level_name(said.level));
    append_member(out, "node", said.node);
    append_member(out, "event", said.event);
    for (const LogField &field : said.fields) append_member(out, field.name, field.value);
    append(out, "}\n");
    return fmt::to_string(out);
}

std::string as_text(const LogEvent &said)
{
    Buffer out;
    append_time(out, said.wall_ns);
    fmt::format_to(std::back_inserter(out), " {:<5} ", level_name(said.level));
    append_words(out, said.node, said.event, said.fields);
    out.push_back('\n');
    return fmt::to_string(out);
}

// RFC 3164 as the C library writes it for the daemon of this machine: local time, no host name.
std::string as_syslog(const LogEvent &said)
{
    constexpr std::array<const char *, 12> kMonths{"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                   "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    const std::time_t seconds = said.wall_ns / 1'000'000'000;
    std::tm tm{};
    localtime_r(&seconds, &tm);
    Buffer out;
    fmt::format_to(
        std::back_inserter(out),
        "<{}>{} {:2} {:02}:{:02}:{:02} hawser[{}]: ", kDaemon * 8 + kSeverities[static_cast<std::size_t>(said.level)],
        kMonths[static_cast<std::size_t>(tm.tm_mon)], tm.tm_mday, tm.tm_hour, tm.tm_min, tm.tm_sec, ::getpid());
    append_words(out, said.node, said.event, said.fields);
    return fmt::to_string(out);
}

// "NAME=value\n"; a value with a newline has its length, 64 bits little-endian, between name and value.
void append_journal(Buffer &out, std::string_view name, std::string_view value)
{
    append(out, name);
    if (value.find('\n') == std::string_view::npos) {
        out.push_back('=');
    } else {
        out.push_back('\n');
        std::uint64_t length = value.size();
        for (int i = 0; i < 8; ++i, length >>= 8) out.push_back(static_cast<char>(length & 0xff));
    }
    append(out, value);
    out.push_back('\n');
}

// Names of the journal are of A-Z, 0-9 and "_"; those of fields begin with HAWSER_, so that none can forge another.
std::string journal_name(std::string_view name)
{
    std::string out = "HAWSER_";
    for (const char c : name) {
        const auto u = static_cast<unsigned char>(c);
        out += u < 0x80 && std::isalnum(u) != 0 ? static_cast<char>(std::toupper(u)) : '_';
    }
    return out.substr(0, 64);
}

std::string as_journal(const LogEvent &said)
{
    Buffer message, out;
    append_words(message, said.node, said.event, said.fields);
    append_journal(out, "MESSAGE", {message.data(), message.size()});
    append_journal(out, "PRIORITY", std::to_string(kSeverities[static_cast<std::size_t>(said.level)]));
    append_journal(out, "SYSLOG_IDENTIFIER", "hawser");
    append_journal(out, "SYSLOG_FACILITY", std::to_string(kDaemon));
    append_journal(out, "HAWSER_NODE", said.node);
    append_journal(out, "HAWSER_EVENT", said.event);
    for (const LogField &field : said.fields) append_journal(out, journal_name(field.name), field.value);
    return fmt::to_string(out);
}

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

std::string format_record(LogFormat format, const LogEvent &said)
{
    switch (format) {
    case LogFormat::Text:
        return as_text(said);
    case LogFormat::Json:
        return as_json(said);
    case LogFormat::Syslog:
        return as_syslog(said);
    case LogFormat::Journal:
        break;
    }
    return as_journal(said);
}

std::string format_line(LogFormat format, std::int64_t wall_ns, Level level, std::string_view node,
                        std::string_view event, std::span<const LogField> fields)
{
    return format_record(format, {wall_ns, level, node, event, fields});
}

} // namespace hawser::host
