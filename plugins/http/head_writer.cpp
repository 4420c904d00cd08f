// Tests: plugins/http/tests/head_writer_test.cpp
#include "head_writer.hpp"

#include "counts.hpp"

#include "characters.hpp"
#include "parser.hpp"
#include "statuses.hpp"

#include <cstdlib>
#include <cstring>
#include <ctime>

namespace http_engine {
namespace {

constexpr std::string_view kOk = "HTTP/1.1 200 OK\r\n";
constexpr std::string_view kDate = "Date: Thu, 01 Jan 1970 00:00:00 GMT\r\n";

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

void put_two(char *to, int number)
{
    to[0] = static_cast<char>('0' + number / 10 % 10);
    to[1] = static_cast<char>('0' + number % 10);
}

} // namespace

bool are_fields_valid(const hawser_field *fields, std::size_t count)
{
    for (std::size_t i = 0; i < count; ++i) {
        if (!is_token(view(fields[i].name)) || !is_field_value(view(fields[i].value))) return false;
    }
    return true;
}

HeadWriter::~HeadWriter() { std::free(buffer_); }

bool HeadWriter::set_server(std::string_view server)
{
    constexpr std::string_view kName = "Server: ";
    const std::size_t needed = kOk.size() + kName.size() + server.size() + 2 + kDate.size();
    if (needed > kMostCommon) return false;
    char *to = common_;
    const auto add = [&to](std::string_view text) {
        to = static_cast<char *>(std::memcpy(to, text.data(), text.size())) + text.size();
    };
    add(kOk);
    if (!server.empty()) {
        add(kName);
        add(server);
        add("\r\n");
    }
    date_at_ = static_cast<std::size_t>(to - common_);
    add(kDate);
    common_size_ = static_cast<std::size_t>(to - common_);
    second_ = -1;
    return reserve(nullptr, 0);
}

bool HeadWriter::reserve(const hawser_field *fields, std::size_t count)
{
    std::size_t needed = 256 + kMostCommon;
    for (std::size_t i = 0; i < count; ++i) needed += fields[i].name.n + fields[i].value.n + 4;
    if (room_ < needed) {
        const std::size_t room = needed < 2048 ? 2048 : needed;
        char *more = static_cast<char *>(std::realloc(buffer_, room));
        if (more == nullptr) return false;
        buffer_ = more;
        room_ = room;
    }
    p_ = buffer_;
    return true;
}

void HeadWriter::put(std::string_view text)
{
    if (!text.empty()) std::memcpy(p_, text.data(), text.size());
    p_ += text.size();
}

void HeadWriter::put_number(std::uint64_t number)
{
    char digits[20];
    char *first = digits + sizeof digits;
    do {
        *--first = static_cast<char>('0' + number % 10);
        number /= 10;
    } while (number != 0);
    while (first != digits + sizeof digits) *p_++ = *first++;
}

void HeadWriter::put_status(std::uint32_t status)
{
    put("HTTP/1.1 ");
    put_number(status);
    *p_++ = ' ';
    put(reason_phrase(status));
    put("\r\n");
}

// RFC 9110 § 5.6.7: "Sun, 06 Nov 1994 08:49:37 GMT".
void HeadWriter::refresh(std::int64_t second)
{
    second_ = second;
    const std::time_t time = second;
    std::tm tm{};
    gmtime_r(&time, &tm);
    char *to = common_ + date_at_ + 6;
    std::memcpy(to, &"SunMonTueWedThuFriSat"[tm.tm_wday * 3], 3);
    put_two(to + 5, tm.tm_mday);
    std::memcpy(to + 8, &"JanFebMarAprMayJunJulAugSepOctNovDec"[tm.tm_mon * 3], 3);
    put_two(to + 12, (tm.tm_year + 1900) / 100);
    put_two(to + 14, (tm.tm_year + 1900) % 100);
    put_two(to + 17, tm.tm_hour);
    put_two(to + 20, tm.tm_min);
    put_two(to + 23, tm.tm_sec);
}

bool HeadWriter::put_fields(const hawser_field *fields, std::size_t count, bool keeps_length)
{
    for (std::size_t i = 0; i < count; ++i) {
        const std::string_view name = view(fields[i].name), value = view(fields[i].value);
        if (!is_token(name) || !is_field_value(value)) return false;
        if (is_own(name, keeps_length)) continue;
        put(name);
        *p_++ = ':';
        *p_++ = ' ';
        put(value);
        *p_++ = '\r';
        *p_++ = '\n';
    }
    return true;
}

std::string_view HeadWriter::write(const AnswerHead &head, std::int64_t wall)
{
    if (const std::int64_t second = wall / 1'000'000'000; second != second_) refresh(second);
    if (!reserve(head.fields, head.count)) return {};
    if (head.status == 200) {
        put({common_, common_size_});
    } else {
        put_status(head.status);
        put({common_ + kOk.size(), common_size_ - kOk.size()});
    }
    if (!put_fields(head.fields, head.count, head.keeps_length)) return {};
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
    if (counts_ != nullptr) counts_->answered(head.status);
    return written();
}

std::string_view HeadWriter::write_interim(std::uint32_t status, const hawser_field *fields, std::size_t count)
{
    if (!reserve(fields, count)) return {};
    put_status(status);
    if (!put_fields(fields, count, false)) return {};
    if (status == 101) put("Connection: upgrade\r\n");
    put("\r\n");
    return written();
}

std::string_view HeadWriter::write_end(const hawser_field *trailers, std::size_t count)
{
    if (!reserve(trailers, count)) return {};
    put("0\r\n");
    if (!put_fields(trailers, count, false)) return {};
    put("\r\n");
    return written();
}

} // namespace http_engine
