// Tests: plugins/http/tests/access_text_test.cpp
#include "access_text.hpp"

#include "characters.hpp"
#include "hawser/records.h"

#include <algorithm>
#include <cstring>
#include <ctime>

namespace http_engine {
namespace {

// Bytes that a text may take, as written.
constexpr std::size_t kName = 512, kShort = 1024, kField = 4096, kTarget = 16384;
constexpr std::size_t kFixed = 1024; // names of members, times, numbers
constexpr std::size_t kRoom = kFixed + 4 * kName + 2 * kShort + 3 * kField + kTarget;
static_assert(kRoom <= HAWSER_RECORD_MAX);

constexpr char kHex[] = "0123456789abcdef";

bool in(char c, unsigned from, unsigned to)
{
    const auto u = static_cast<unsigned char>(c);
    return u >= from && u <= to;
}

// How many bytes the character at `p` has in well-formed UTF-8 (Unicode table 3-7); 0: it is none.
std::size_t utf8_size(const char *p, const char *end)
{
    const auto first = static_cast<unsigned char>(*p);
    const std::size_t size = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;
    if (first < 0xc2 || first > 0xf4 || static_cast<std::size_t>(end - p) < size) return 0;
    const unsigned low = first == 0xe0 ? 0xa0 : first == 0xf0 ? 0x90 : 0x80;
    const unsigned high = first == 0xed ? 0x9f : first == 0xf4 ? 0x8f : 0xbf;
    if (!in(p[1], low, high)) return 0;
    for (std::size_t i = 2; i < size; ++i) {
        if (!in(p[i], 0x80, 0xbf)) return 0;
    }
    return size;
}

} // namespace

AccessText::AccessText()
    : line_(new char[kRoom])
{}

inline void AccessText::put(std::string_view text)
{
    if (!text.empty()) std::memcpy(p_, text.data(), text.size());
    p_ += text.size();
}

void AccessText::put_number(std::uint64_t number)
{
    char digits[20];
    char *first = digits + sizeof digits;
    do {
        *--first = static_cast<char>('0' + number % 10);
        number /= 10;
    } while (number != 0);
    put({first, static_cast<std::size_t>(digits + sizeof digits - first)});
}

// With leading zeros.
void AccessText::put_digits(std::uint64_t number, int digits)
{
    for (int i = digits; i-- > 0; number /= 10) p_[i] = static_cast<char>('0' + number % 10);
    p_ += digits;
}

void AccessText::put_hex(unsigned char byte)
{
    *p_++ = kHex[byte >> 4];
    *p_++ = kHex[byte & 15];
}

void AccessText::put_version(std::uint16_t version)
{
    put_number(version / 10U);
    *p_++ = '.';
    put_number(version % 10U);
}

// One character that does not stand for itself, at most 6 bytes. As Apache: \" \\ and \x0a.
template<>
void AccessText::put_odd<AccessText::Style::Combined>(const char *&from, const char *)
{
    const char c = *from++;
    *p_++ = '\\';
    if (c == '"' || c == '\\') {
        *p_++ = c;
    } else {
        *p_++ = 'x';
        put_hex(static_cast<unsigned char>(c));
    }
}

// Well-formed UTF-8 stays; other bytes become U+FFFD; control characters are escaped, those of U+0080 to U+009F too.
template<>
void AccessText::put_odd<AccessText::Style::Json>(const char *&from, const char *end)
{
    const auto byte = static_cast<unsigned char>(*from);
    if (byte == '"' || byte == '\\') {
        *p_++ = '\\';
        *p_++ = *from++;
    } else if (byte < 0x80) {
        put("\\u00");
        put_hex(byte);
        ++from;
    } else if (const std::size_t size = utf8_size(from, end); size == 0) {
        put("\\ufffd");
        ++from;
    } else if (byte == 0xc2 && in(from[1], 0x80, 0x9f)) {
        put("\\u00");
        put_hex(static_cast<unsigned char>(from[1]));
        from += 2;
    } else {
        put({from, size});
        from += size;
    }
}

template<AccessText::Style style>
void AccessText::put_escaped(std::string_view text, std::size_t most)
{
    constexpr std::string_view kCut = "...";
    constexpr std::size_t kLongest = 6; // of put_odd
    const char *from = text.data(), *const end = from + text.size();
    const char *const last = p_ + most - kLongest - kCut.size();
    while (from != end) {
        const char *const odd = end_of_plain(from, end);
        const auto n = static_cast<std::size_t>(std::min(odd - from, last - p_));
        put({from, n});
        from += n;
        if (from == end) return;
        if (p_ >= last) return put(kCut);
        put_odd<style>(from, end);
        if (p_ > last && from != end) return put(kCut);
    }
}

void AccessText::quoted(std::string_view text, std::size_t most)
{
    *p_++ = '"';
    if (text.empty())
        *p_++ = '-';
    else
        put_escaped<Style::Combined>(text, most);
    *p_++ = '"';
}

void AccessText::member(std::string_view name, std::string_view text, std::size_t most)
{
    if (text.data() == nullptr) return;
    put(",\"");
    put(name);
    put("\":\"");
    put_escaped<Style::Json>(text, most);
    *p_++ = '"';
}

void AccessText::refresh(std::int64_t second)
{
    second_ = second;
    const std::time_t time = second;
    std::tm tm{};
    gmtime_r(&time, &tm);
    clf_size_ = std::strftime(clf_, sizeof clf_, "%d/   /%Y:%H:%M:%S +0000", &tm);
    std::memcpy(clf_ + 3, &"JanFebMarAprMayJunJulAugSepOctNovDec"[tm.tm_mon * 3], 3); // in no locale's language
    iso_size_ = std::strftime(iso_, sizeof iso_, "%Y-%m-%dT%H:%M:%S", &tm);
}

void AccessText::begin(std::int64_t wall)
{
    p_ = line_.get();
    if (const std::int64_t second = wall / 1'000'000'000; second != second_) refresh(second);
}

std::string_view AccessText::end()
{
    *p_++ = '\n';
    return {line_.get(), static_cast<std::size_t>(p_ - line_.get())};
}

std::string_view AccessText::combined(const AccessEntry &entry)
{
    begin(entry.wall);
    if (entry.peer_host.empty())
        *p_++ = '-';
    else
        put_escaped<Style::Combined>(entry.peer_host, kName);
    put(" - - [");
    put({clf_, clf_size_});
    put("] ");
    if (entry.version == 0) {
        quoted(entry.line, kField);
    } else {
        *p_++ = '"';
        put_escaped<Style::Combined>(entry.method, kShort);
        *p_++ = ' ';
        put_escaped<Style::Combined>(entry.target, kTarget);
        put(" HTTP/");
        put_version(entry.version);
        *p_++ = '"';
    }
    *p_++ = ' ';
    put_number(entry.status);
    *p_++ = ' ';
    if (entry.bytes == 0)
        *p_++ = '-';
    else
        put_number(entry.bytes);
    *p_++ = ' ';
    quoted(entry.referer, kField);
    *p_++ = ' ';
    quoted(entry.agent, kField);
    return end();
}

std::string_view AccessText::json(const AccessEntry &entry)
{
    begin(entry.wall);
    put("{\"ts\":\"");
    put({iso_, iso_size_});
    *p_++ = '.';
    put_digits(static_cast<std::uint64_t>(entry.wall / 1'000'000 % 1000), 3);
    put("Z\",\"id\":\"");
    if (!entry.id.empty()) {
        put_escaped<Style::Json>(entry.id, kName);
    } else {
        for (int shift = 56; shift >= 0; shift -= 8) put_hex(static_cast<unsigned char>(entry.number >> shift));
    }
    *p_++ = '"';
    member("listener", entry.listener, kName);
    member("route", entry.route, kShort);
    member("peer", entry.peer, kName);
    if (entry.version != 0) {
        member("method", entry.method, kName);
        member("host", entry.authority, kShort);
        member("target", entry.target, kTarget);
        put(",\"version\":\"");
        put_version(entry.version);
        *p_++ = '"';
    } else {
        member("line", entry.line, kField);
    }
    put(",\"status\":");
    put_number(entry.status);
    put(",\"bytes\":");
    put_number(entry.bytes);
    put(",\"duration\":");
    put_number(entry.duration / 1'000'000'000);
    *p_++ = '.';
    put_digits(entry.duration / 1000 % 1'000'000, 6);
    put(entry.complete ? ",\"complete\":true" : ",\"complete\":false");
    member("referer", entry.referer, kField);
    member("user_agent", entry.agent, kField);
    *p_++ = '}';
    return end();
}

} // namespace http_engine
