// Tests: plugins/http/tests/head_writer_test.cpp
#include "head_writer.hpp"

#include "parser.hpp"

#include <algorithm>
#include <charconv>
#include <cstring>
#include <ctime>
#include <iterator>

namespace http_engine {
namespace {

std::string_view view(hawser_str text) { return {text.p, text.n}; }

// The engine's own fields: a resource that sets them is not listened to.
bool is_own(std::string_view name, bool keeps_length)
{
    switch (name.size()) {
    case 4:
        return equals_ignoring_case(name, "date");
    case 6:
        return equals_ignoring_case(name, "server");
    case 10:
        return equals_ignoring_case(name, "connection");
    case 14:
        return !keeps_length && equals_ignoring_case(name, "content-length");
    case 17:
        return equals_ignoring_case(name, "transfer-encoding");
    default:
        return false;
    }
}

struct Reason {
    std::uint32_t status;
    std::string_view phrase;
};

constexpr Reason kReasons[] = {
    {100, "Continue"},
    {101, "Switching Protocols"},
    {103, "Early Hints"},
    {200, "OK"},
    {201, "Created"},
    {202, "Accepted"},
    {204, "No Content"},
    {206, "Partial Content"},
    {301, "Moved Permanently"},
    {302, "Found"},
    {303, "See Other"},
    {304, "Not Modified"},
    {307, "Temporary Redirect"},
    {308, "Permanent Redirect"},
    {400, "Bad Request"},
    {401, "Unauthorized"},
    {403, "Forbidden"},
    {404, "Not Found"},
    {405, "Method Not Allowed"},
    {406, "Not Acceptable"},
    {408, "Request Timeout"},
    {409, "Conflict"},
    {410, "Gone"},
    {411, "Length Required"},
    {412, "Precondition Failed"},
    {413, "Content Too Large"},
    {414, "URI Too Long"},
    {415, "Unsupported Media Type"},
    {416, "Range Not Satisfiable"},
    {417, "Expectation Failed"},
    {421, "Misdirected Request"},
    {422, "Unprocessable Content"},
    {426, "Upgrade Required"},
    {429, "Too Many Requests"},
    {431, "Request Header Fields Too Large"},
    {500, "Internal Server Error"},
    {501, "Not Implemented"},
    {502, "Bad Gateway"},
    {503, "Service Unavailable"},
    {504, "Gateway Timeout"},
    {505, "HTTP Version Not Supported"},
};

} // namespace

HeadWriter::HeadWriter(std::string_view server)
    : buffer_(4096)
    , server_(server)
{}

bool are_fields_valid(const hawser_field *fields, std::size_t count)
{
    for (std::size_t i = 0; i < count; ++i) {
        if (!is_token(view(fields[i].name)) || !is_field_value(view(fields[i].value))) return false;
    }
    return true;
}

void HeadWriter::reserve(const hawser_field *fields, std::size_t count)
{
    std::size_t needed = 256 + common_.size();
    for (std::size_t i = 0; i < count; ++i) needed += fields[i].name.n + fields[i].value.n + 4;
    if (buffer_.size() < needed) buffer_.resize(needed);
    p_ = buffer_.data();
}

void HeadWriter::put(std::string_view text)
{
    if (!text.empty()) std::memcpy(p_, text.data(), text.size());
    p_ += text.size();
}

void HeadWriter::put_number(std::uint64_t number) { p_ = std::to_chars(p_, p_ + 20, number).ptr; }

void HeadWriter::put_status(std::uint32_t status)
{
    if (status == 200) {
        put("HTTP/1.1 200 OK\r\n");
        return;
    }
    put("HTTP/1.1 ");
    put_number(status);
    put(" ");
    put(reason_phrase(status));
    put("\r\n");
}

void HeadWriter::refresh(std::int64_t second)
{
    constexpr std::string_view kDays[] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
    constexpr std::string_view kMonths[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                            "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    second_ = second;
    const std::time_t time = second;
    std::tm tm{};
    gmtime_r(&time, &tm);
    const auto two = [](int n) {
        return std::string{static_cast<char>('0' + n / 10 % 10), static_cast<char>('0' + n % 10)};
    };
    common_ = server_.empty() ? "" : "Server: " + server_ + "\r\n";
    common_ += "Date: " + std::string(kDays[tm.tm_wday]) + ", " + two(tm.tm_mday) + ' ' +
               std::string(kMonths[tm.tm_mon]) + ' ' + std::to_string(tm.tm_year + 1900) + ' ' + two(tm.tm_hour) + ':' +
               two(tm.tm_min) + ':' + two(tm.tm_sec) + " GMT\r\n";
}

void HeadWriter::put_fields(const AnswerHead &head)
{
    for (std::size_t i = 0; i < head.count; ++i) {
        const std::string_view name = view(head.fields[i].name);
        if (is_own(name, head.keeps_length)) continue;
        put(name);
        put(": ");
        put(view(head.fields[i].value));
        put("\r\n");
    }
}

std::string_view HeadWriter::write(const AnswerHead &head, std::int64_t wall)
{
    if (const std::int64_t second = wall / 1'000'000'000; second != second_) refresh(second);
    reserve(head.fields, head.count);
    put_status(head.status);
    put(common_);
    put_fields(head);
    if (head.framing == AnswerHead::Framing::Length) {
        put("Content-Length: ");
        put_number(head.length);
        put("\r\n");
    } else if (head.framing == AnswerHead::Framing::Chunked) {
        put("Transfer-Encoding: chunked\r\n");
    }
    if (head.connection == AnswerHead::Connection::Close)
        put("Connection: close\r\n");
    else if (head.connection == AnswerHead::Connection::KeepAlive)
        put("Connection: keep-alive\r\n");
    put("\r\n");
    return {buffer_.data(), static_cast<std::size_t>(p_ - buffer_.data())};
}

std::string_view HeadWriter::write_interim(std::uint32_t status, const hawser_field *fields, std::size_t count)
{
    reserve(fields, count);
    put_status(status);
    AnswerHead head;
    head.fields = fields;
    head.count = count;
    put_fields(head);
    if (status == 101) put("Connection: upgrade\r\n");
    put("\r\n");
    return {buffer_.data(), static_cast<std::size_t>(p_ - buffer_.data())};
}

std::string_view reason_phrase(std::uint32_t status)
{
    const auto *found =
        std::lower_bound(std::begin(kReasons), std::end(kReasons), status,
                         [](const Reason &reason, std::uint32_t wanted) { return reason.status < wanted; });
    // RFC 9112 § 4: a client ignores it.
    return found != std::end(kReasons) && found->status == status ? found->phrase : "Status";
}

} // namespace http_engine
