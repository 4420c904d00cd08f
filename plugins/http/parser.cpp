// Tests: plugins/http/tests/parser_test.cpp, plugins/http/tests/conformance_test.cpp
#include "parser.hpp"

#include "characters.hpp"

#include <algorithm>
#include <cstring>

namespace http_engine {
namespace {

std::uint16_t method_of(std::string_view name)
{
    switch (name.size()) {
    case 3:
        return name == "GET" ? HAWSER_HTTP_GET : name == "PUT" ? HAWSER_HTTP_PUT : 0;
    case 4:
        return name == "POST" ? HAWSER_HTTP_POST : name == "HEAD" ? HAWSER_HTTP_HEAD : 0;
    case 5:
        return name == "PATCH" ? HAWSER_HTTP_PATCH : 0;
    case 6:
        return name == "DELETE" ? HAWSER_HTTP_DELETE : 0;
    case 7:
        return name == "OPTIONS" ? HAWSER_HTTP_OPTIONS : name == "CONNECT" ? HAWSER_HTTP_CONNECT : 0;
    default:
        return 0;
    }
}

// Whether a token is `lower`, whose letters are lower case. In a token no other character becomes one of these by the
// bit that is set.
template<std::size_t N>
bool is_name(std::string_view token, const char (&lower)[N])
{
    constexpr std::size_t kLength = N - 1;
    if (token.size() != kLength) return false;
    unsigned different = 0;
    for (std::size_t i = 0; i < kLength; ++i) different |= static_cast<unsigned char>((token[i] | 0x20) ^ lower[i]);
    return different == 0;
}

// Calls each(element) for the elements of a comma-separated list, without white space around them.
template<typename Each>
void for_elements(std::string_view list, Each each)
{
    while (!list.empty()) {
        const std::size_t comma = list.find(',');
        std::string_view element = list.substr(0, comma);
        while (!element.empty() && (element.front() == ' ' || element.front() == '\t')) element.remove_prefix(1);
        while (!element.empty() && (element.back() == ' ' || element.back() == '\t')) element.remove_suffix(1);
        if (!element.empty()) each(element);
        if (comma == std::string_view::npos) break;
        list.remove_prefix(comma + 1);
    }
}

// One field line from `p` on, which is not at the empty line. Complete: `p` is behind it.
inline Verdict take_field(const char *&p, const char *end, hawser_field &field)
{
    const char *name = p;
    const char *at = end_of_token(name, end);
    if (at == end) return Verdict::NeedMore;
    // White space before the colon, an empty name, a folded line and a bare LF all end here.
    if (*at != ':' || at == name) return Verdict::BadRequest;
    field.name = {name, static_cast<std::size_t>(at - name)};
    ++at;
    while (at != end && (*at == ' ' || *at == '\t')) ++at;
    const char *value = at;
    at = end_of_value(at, end);
    if (at == end) return Verdict::NeedMore;
    const char *last = at;
    if (*at != '\r') return Verdict::BadRequest;
    if (end - at < 2) return Verdict::NeedMore;
    if (at[1] != '\n') return Verdict::BadRequest;
    p = at + 2;
    while (last != value && (last[-1] == ' ' || last[-1] == '\t')) --last;
    field.value = {value, static_cast<std::size_t>(last - value)};
    return Verdict::Complete;
}

class HeadParser {
public:
    HeadParser(std::string_view bytes, const Limits &limits, hawser_field *fields, Head &head)
        : begin_(bytes.data())
        , p_(begin_)
        , end_(begin_ + std::min<std::size_t>(bytes.size(), limits.max_header)) // what is behind is no head
        , limits_(limits)
        , fields_(fields)
        , head_(head)
    {}

    Verdict run()
    {
        // One empty line before a request is passed over (RFC 9112 § 2.2).
        if (p_ != end_ && *p_ == '\r') {
            if (end_ - p_ < 2) return Verdict::NeedMore;
            if (p_[1] != '\n') return Verdict::BadRequest;
            p_ += 2;
        }
        Verdict verdict = request_line();
        while (verdict == Verdict::Complete) {
            if (p_ == end_) return Verdict::NeedMore;
            if (*p_ == '\r') return end_of_head();
            verdict = field_line();
        }
        return verdict;
    }

private:
    Verdict request_line()
    {
        const char *start = p_;
        if (end_ - p_ >= 4 && std::memcmp(p_, "GET ", 4) == 0)
            p_ += 3;
        else
            p_ = end_of_token(p_, end_);
        if (p_ == end_) return Verdict::NeedMore;
        if (*p_ != ' ' || p_ == start) return Verdict::BadRequest;
        head_.method_name = {start, static_cast<std::size_t>(p_ - start)};
        head_.method = method_of(head_.method_name);
        start = ++p_;
        p_ = end_of_target(p_, end_);
        if (static_cast<std::size_t>(p_ - start) > limits_.max_target) return Verdict::TargetTooLong;
        if (p_ == end_) return Verdict::NeedMore;
        if (*p_ != ' ' || p_ == start) return Verdict::BadRequest;
        head_.target = {start, static_cast<std::size_t>(p_ - start)};
        ++p_;
        return version();
    }

    Verdict version()
    {
        constexpr std::string_view kName = "HTTP/";
        const auto have = static_cast<std::size_t>(end_ - p_);
        if (have >= 10 && std::memcmp(p_, "HTTP/1.1\r\n", 10) == 0) {
            p_ += 10;
            return Verdict::Complete;
        }
        if (std::memcmp(p_, kName.data(), have < kName.size() ? have : kName.size()) != 0) return Verdict::BadRequest;
        if (have < 10) return Verdict::NeedMore;
        const char major = p_[5], minor = p_[7];
        if (major < '0' || major > '9' || p_[6] != '.' || minor < '0' || minor > '9') return Verdict::BadRequest;
        if (p_[8] != '\r' || p_[9] != '\n') return Verdict::BadRequest;
        if (major != '1') return Verdict::VersionNotSupported;
        head_.version = minor == '0' ? 10 : 11;
        p_ += 10;
        return Verdict::Complete;
    }

    Verdict field_line()
    {
        hawser_field field;
        const Verdict verdict = take_field(p_, end_, field);
        if (verdict != Verdict::Complete) return verdict;
        if (head_.field_count == limits_.max_fields) return Verdict::HeaderTooLarge;
        fields_[head_.field_count++] = field;
        return notice({field.name.p, field.name.n}, {field.value.p, field.value.n});
    }

    Verdict end_of_head()
    {
        if (end_ - p_ < 2) return Verdict::NeedMore;
        if (p_[1] != '\n') return Verdict::BadRequest;
        head_.size = static_cast<std::uint32_t>(p_ + 2 - begin_);
        return finish();
    }

    // The fields that frame the message or belong to the connection.
    Verdict notice(std::string_view name, std::string_view value)
    {
        switch (name.size()) {
        case 4:
            if (is_name(name, "host")) return host(value);
            break;
        case 6:
            if (is_name(name, "expect")) expect(value);
            break;
        case 7:
            if (is_name(name, "upgrade")) has_upgrade_ = !value.empty();
            break;
        case 10:
            if (is_name(name, "connection")) connection(value);
            break;
        case 14:
            if (is_name(name, "content-length")) return content_length(value);
            break;
        case 17:
            if (is_name(name, "transfer-encoding")) return transfer_encoding(value);
            break;
        default:
            break;
        }
        return Verdict::Complete;
    }

    // RFC 9112 § 3.2: exactly one, and a valid one; empty where the target has no authority.
    Verdict host(std::string_view value)
    {
        if (has_host_ || (!value.empty() && !is_authority(value))) return Verdict::BadRequest;
        has_host_ = true;
        head_.host = value;
        return Verdict::Complete;
    }

    // RFC 9110 § 10.1.1: an HTTP/1.0 client's wish for 100 (Continue) is passed over.
    void expect(std::string_view value)
    {
        for_elements(value, [this](std::string_view element) {
            if (equals_ignoring_case(element, "100-continue"))
                head_.expects_continue = head_.version == 11;
            else
                head_.expects_other = true;
        });
    }

    void connection(std::string_view value)
    {
        for_elements(value, [this](std::string_view element) {
            if (equals_ignoring_case(element, "close"))
                closes_ = true;
            else if (equals_ignoring_case(element, "keep-alive"))
                head_.asked_keep_alive = true;
            else if (equals_ignoring_case(element, "upgrade"))
                wants_upgrade_ = true;
        });
    }

    // RFC 9110 § 8.6: digits only; one value (a list of equal ones is refused too).
    Verdict content_length(std::string_view value)
    {
        if (head_.has_length || value.empty() || value.size() > 18) return Verdict::BadRequest;
        std::int64_t length = 0;
        for (const char c : value) {
            if (c < '0' || c > '9') return Verdict::BadRequest;
            length = length * 10 + (c - '0');
        }
        head_.has_length = true;
        head_.length = length;
        return Verdict::Complete;
    }

    // RFC 9112 § 6.1 and 6.3: framed by a single, final "chunked", or not at all. In one field: a second one is
    // refused.
    Verdict transfer_encoding(std::string_view value)
    {
        if (has_encoding_) return Verdict::BadRequest;
        has_encoding_ = true;
        bool chunked_is_last = false;
        unsigned chunked = 0;
        for_elements(value, [&](std::string_view element) {
            ++codings_;
            chunked_is_last = equals_ignoring_case(element, "chunked");
            if (chunked_is_last) ++chunked;
        });
        return chunked == 1 && chunked_is_last ? Verdict::Complete : Verdict::BadRequest;
    }

    Verdict finish()
    {
        if (head_.version == 11 && !has_host_) return Verdict::BadRequest;
        if (has_encoding_) {
            // With Content-Length, or from an HTTP/1.0 client, the framing is ambiguous (RFC 9112 § 6.1, § 6.3).
            if (head_.has_length || head_.version == 10) return Verdict::BadRequest;
            if (codings_ > 1) return Verdict::NotImplemented;
            head_.length = HAWSER_HTTP_UNKNOWN;
        }
        head_.keep_alive = !closes_ && (head_.version == 11 || head_.asked_keep_alive);
        head_.upgrade = wants_upgrade_ && has_upgrade_ && head_.version == 11;
        return Verdict::Complete;
    }

    const char *begin_, *p_, *end_;
    const Limits &limits_;
    hawser_field *fields_;
    Head &head_;
    unsigned codings_ = 0;
    bool has_host_ = false, has_encoding_ = false, closes_ = false, wants_upgrade_ = false, has_upgrade_ = false;
};

bool are_digits(std::string_view text)
{
    for (const char c : text) {
        if (c < '0' || c > '9') return false;
    }
    return true;
}

// What may stand between the brackets of "[::1]"; what it means is for whoever uses the address.
bool is_ip_literal(std::string_view text)
{
    for (const char c : text) {
        if (!is_in(c, kHexDigit) && c != ':' && c != '.') return false;
    }
    return text.find(':') != std::string_view::npos;
}

} // namespace

bool equals_ignoring_case(std::string_view text, std::string_view lower)
{
    if (text.size() != lower.size()) return false;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const char c = text[i];
        if ((c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c) != lower[i]) return false;
    }
    return true;
}

bool is_token(std::string_view text)
{
    const char *end = text.data() + text.size();
    return !text.empty() && end_of_token(text.data(), end) == end;
}

bool is_field_value(std::string_view text)
{
    const char *end = text.data() + text.size();
    return end_of_value(text.data(), end) == end;
}

bool is_authority(std::string_view text)
{
    std::size_t end = 0;
    if (text.starts_with('[')) {
        end = text.find(']');
        if (end == std::string_view::npos || !is_ip_literal(text.substr(1, end - 1))) return false;
        ++end;
    } else {
        for (; end < text.size() && text[end] != ':'; ++end) {
            if (is_in(text[end], kNameChar)) continue;
            const bool encoded = text[end] == '%' && text.size() - end > 2 && is_in(text[end + 1], kHexDigit) &&
                                 is_in(text[end + 2], kHexDigit);
            if (!encoded) return false;
            end += 2;
        }
    }
    if (end == 0) return false;
    if (end == text.size()) return true;
    return text[end] == ':' && are_digits(text.substr(end + 1));
}

Verdict parse_head(std::string_view bytes, const Limits &limits, hawser_field *fields, Head &head)
{
    head = {};
    const Verdict verdict = HeadParser(bytes, limits, fields, head).run();
    if (verdict == Verdict::NeedMore && bytes.size() >= limits.max_header) {
        // Still in its first line: the target is what is too long, or before it the method (RFC 9112 § 3).
        const std::string_view head_bytes = bytes.substr(0, limits.max_header);
        if (head.method_name.empty()) return Verdict::NotImplemented;
        return head_bytes.find('\n', 2) == std::string_view::npos ? Verdict::TargetTooLong : Verdict::HeaderTooLarge;
    }
    return verdict;
}

Verdict parse_fields(std::string_view lines, hawser_field *fields, std::size_t most, std::size_t &count)
{
    const char *p = lines.data(), *end = p + lines.size();
    for (count = 0; p != end; ++count) {
        if (count == most) return Verdict::HeaderTooLarge;
        const Verdict verdict = take_field(p, end, fields[count]);
        if (verdict != Verdict::Complete) return Verdict::BadRequest;
    }
    return Verdict::Complete;
}

} // namespace http_engine
