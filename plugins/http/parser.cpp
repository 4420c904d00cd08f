// Tests: plugins/http/tests/parser_test.cpp
#include "parser.hpp"

#include "characters.hpp"

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

class HeadParser {
public:
    HeadParser(std::string_view bytes, const Limits &limits, hawser_field *fields, Head &head)
        : begin_(bytes.data())
        , p_(begin_)
        , end_(begin_ + bytes.size())
        , limits_(limits)
        , fields_(fields)
        , head_(head)
    {}

    Verdict run()
    {
        // One empty line before a request is passed over (RFC 9112 § 2.2).
        if (end_ - p_ >= 2 && p_[0] == '\r' && p_[1] == '\n') p_ += 2;
        Verdict verdict = request_line();
        while (verdict == Verdict::Complete && !ended_) verdict = field_line();
        if (verdict != Verdict::Complete) return verdict;
        head_.size = static_cast<std::uint32_t>(p_ - begin_);
        if (head_.size > limits_.max_header) return Verdict::HeaderTooLarge;
        return finish();
    }

private:
    // Nothing is wrong with what is here, but it is not all.
    Verdict cut_off() const { return Verdict::NeedMore; }

    Verdict request_line()
    {
        const char *start = p_;
        while (p_ != end_ && is_in(*p_, kTokenChar)) ++p_;
        if (p_ == end_) return cut_off();
        if (*p_ != ' ' || p_ == start) return Verdict::BadRequest;
        head_.method_name = {start, static_cast<std::size_t>(p_ - start)};
        head_.method = method_of(head_.method_name);
        start = ++p_;
        while (p_ != end_ && is_in(*p_, kTargetChar)) ++p_;
        if (static_cast<std::size_t>(p_ - start) > limits_.max_target) return Verdict::TargetTooLong;
        if (p_ == end_) return cut_off();
        if (*p_ != ' ' || p_ == start) return Verdict::BadRequest;
        head_.target = {start, static_cast<std::size_t>(p_ - start)};
        ++p_;
        return version();
    }

    Verdict version()
    {
        constexpr std::string_view kName = "HTTP/";
        const auto have = static_cast<std::size_t>(end_ - p_);
        if (std::memcmp(p_, kName.data(), have < kName.size() ? have : kName.size()) != 0) return Verdict::BadRequest;
        if (have < 10) return cut_off();
        const char major = p_[5], minor = p_[7];
        if (major < '0' || major > '9' || p_[6] != '.' || minor < '0' || minor > '9') return Verdict::BadRequest;
        if (p_[8] != '\r' || p_[9] != '\n') return Verdict::BadRequest;
        if (major != '1') return Verdict::VersionNotSupported;
        head_.version = minor == '0' ? 10 : 11;
        head_.keep_alive = head_.version == 11;
        p_ += 10;
        return Verdict::Complete;
    }

    Verdict field_line()
    {
        if (p_ == end_) return cut_off();
        if (*p_ == '\r') {
            if (end_ - p_ < 2) return cut_off();
            if (p_[1] != '\n') return Verdict::BadRequest;
            p_ += 2;
            ended_ = true;
            return Verdict::Complete;
        }
        const char *name = p_;
        while (p_ != end_ && is_in(*p_, kTokenChar)) ++p_;
        if (p_ == end_) return cut_off();
        // White space before the colon, an empty name, a folded line and a bare LF all end here.
        if (*p_ != ':' || p_ == name) return Verdict::BadRequest;
        const std::string_view field(name, static_cast<std::size_t>(p_ - name));
        ++p_;
        while (p_ != end_ && (*p_ == ' ' || *p_ == '\t')) ++p_;
        const char *value = p_;
        p_ = end_of_value(p_, end_);
        if (p_ == end_) return cut_off();
        const char *last = p_;
        if (*p_ != '\r') return Verdict::BadRequest;
        if (end_ - p_ < 2) return cut_off();
        if (p_[1] != '\n') return Verdict::BadRequest;
        p_ += 2;
        while (last != value && (last[-1] == ' ' || last[-1] == '\t')) --last;
        if (head_.field_count == limits_.max_fields) return Verdict::HeaderTooLarge;
        const std::string_view content(value, static_cast<std::size_t>(last - value));
        fields_[head_.field_count++] = {{field.data(), field.size()}, {content.data(), content.size()}};
        return notice(field, content);
    }

    // The fields that frame the message or belong to the connection.
    Verdict notice(std::string_view name, std::string_view value)
    {
        switch (name.size()) {
        case 4:
            if (equals_ignoring_case(name, "host")) return host(value);
            break;
        case 6:
            if (equals_ignoring_case(name, "expect")) {
                if (equals_ignoring_case(value, "100-continue"))
                    head_.expects_continue = head_.version == 11;
                else
                    head_.expects_other = true;
            }
            break;
        case 7:
            if (equals_ignoring_case(name, "upgrade")) has_upgrade_ = !value.empty();
            break;
        case 10:
            if (equals_ignoring_case(name, "connection")) connection(value);
            break;
        case 14:
            if (equals_ignoring_case(name, "content-length")) return content_length(value);
            break;
        case 17:
            if (equals_ignoring_case(name, "transfer-encoding")) return transfer_encoding(value);
            break;
        default:
            break;
        }
        return Verdict::Complete;
    }

    // RFC 9112 § 3.2: exactly one, and a valid one. RFC 3986 § 3.2 without userinfo.
    Verdict host(std::string_view value)
    {
        if (has_host_) return Verdict::BadRequest;
        has_host_ = true;
        head_.host = value;
        constexpr std::string_view kAllowed = "-._~!$&'()*+,;=:[]%";
        for (const char c : value) {
            const bool alnum = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
            if (!alnum && kAllowed.find(c) == std::string_view::npos) return Verdict::BadRequest;
        }
        return Verdict::Complete;
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
        length_ = length;
        return Verdict::Complete;
    }

    // RFC 9112 § 6.1: only a single final "chunked" is understood.
    Verdict transfer_encoding(std::string_view value)
    {
        if (has_encoding_) return Verdict::BadRequest;
        has_encoding_ = true;
        chunked_ = equals_ignoring_case(value, "chunked");
        return Verdict::Complete;
    }

    Verdict finish()
    {
        if (head_.version == 11 && !has_host_) return Verdict::BadRequest;
        if (has_encoding_) {
            // With Content-Length, or from an HTTP/1.0 client, the framing is ambiguous (RFC 9112 § 6.1, § 6.3).
            if (head_.has_length || head_.version == 10) return Verdict::BadRequest;
            if (!chunked_) return Verdict::NotImplemented;
            head_.length = HAWSER_HTTP_UNKNOWN;
        } else {
            head_.length = length_;
        }
        if (head_.version == 10) head_.keep_alive = head_.asked_keep_alive;
        if (closes_) head_.keep_alive = false;
        head_.upgrade = wants_upgrade_ && has_upgrade_ && head_.version == 11;
        return Verdict::Complete;
    }

    const char *begin_, *p_, *end_;
    const Limits &limits_;
    hawser_field *fields_;
    Head &head_;
    std::int64_t length_ = 0;
    bool ended_ = false, has_host_ = false, has_encoding_ = false, chunked_ = false;
    bool closes_ = false, wants_upgrade_ = false, has_upgrade_ = false;
};

int hex_value(char c) { return c <= '9' ? c - '0' : (c | 0x20) - 'a' + 10; }

// "." or "..", also percent-encoded; 0: neither.
int dots_of(std::string_view segment)
{
    int dots = 0;
    for (std::size_t i = 0; i < segment.size();) {
        if (segment[i] == '.') {
            ++i;
        } else if (segment.size() - i >= 3 && segment[i] == '%' && segment[i + 1] == '2' &&
                   (segment[i + 2] | 0x20) == 'e') {
            i += 3;
        } else {
            return 0;
        }
        if (++dots > 2) return 0;
    }
    return dots;
}

// RFC 3986 § 5.2.4 on `path` into `to`; the length of the result.
std::size_t remove_dot_segments(std::string_view path, char *to)
{
    std::size_t n = 0;
    while (!path.empty()) {
        const std::size_t next = path.find('/', 1);
        const std::string_view part = path.substr(0, next); // "/segment"
        path.remove_prefix(part.size());
        const int dots = dots_of(part.substr(1));
        if (dots == 0) {
            std::memcpy(to + n, part.data(), part.size());
            n += part.size();
            continue;
        }
        if (dots == 2) {
            while (n > 0 && to[--n] != '/') {}
        }
        if (path.empty()) to[n++] = '/';
    }
    return n;
}

// True: well-formed percent-encoding, no NUL, no '#'. `dotted`: a dot segment may be inside.
bool check_path(std::string_view path, bool &dotted)
{
    for (std::size_t i = 0; i < path.size(); ++i) {
        const char c = path[i];
        if (c == '%') {
            if (path.size() - i < 3 || !is_in(path[i + 1], kHexDigit) || !is_in(path[i + 2], kHexDigit)) return false;
            const int value = hex_value(path[i + 1]) * 16 + hex_value(path[i + 2]);
            if (value == 0) return false;
            if (value == '.' && path[i - 1] == '/') dotted = true;
        } else if (c == '.' && i > 0 && path[i - 1] == '/') {
            dotted = true;
        } else if (c == '#') {
            return false;
        }
    }
    return true;
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
    for (const char c : text) {
        if (!is_in(c, kTokenChar)) return false;
    }
    return !text.empty();
}

bool is_field_value(std::string_view text)
{
    const char *end = text.data() + text.size();
    return end_of_value(text.data(), end) == end;
}

Verdict parse_head(std::string_view bytes, const Limits &limits, hawser_field *fields, Head &head)
{
    head = {};
    const Verdict verdict = HeadParser(bytes, limits, fields, head).run();
    if (verdict == Verdict::NeedMore && bytes.size() >= limits.max_header) {
        // Still in its first line: the target is what is too long.
        return bytes.find('\n') == std::string_view::npos ? Verdict::TargetTooLong : Verdict::HeaderTooLarge;
    }
    return verdict;
}

bool split_target(const Head &head, char *scratch, Target &target)
{
    std::string_view rest = head.target;
    if (head.method == HAWSER_HTTP_CONNECT) {
        // authority-form (RFC 9112 § 3.2.3)
        target.authority = rest;
        return rest.find('/') == std::string_view::npos && rest.find(':') != std::string_view::npos;
    }
    if (rest == "*") {
        target.path = rest;
        return head.method == HAWSER_HTTP_OPTIONS;
    }
    if (rest.front() != '/') {
        // absolute-form: scheme "://" authority path (RFC 9112 § 3.2.2)
        const std::size_t colon = rest.find("://");
        if (colon == std::string_view::npos) return false;
        const std::string_view scheme = rest.substr(0, colon);
        if (!equals_ignoring_case(scheme, "http") && !equals_ignoring_case(scheme, "https")) return false;
        rest.remove_prefix(colon + 3);
        const std::size_t end = rest.find_first_of("/?");
        target.authority = rest.substr(0, end);
        if (target.authority.empty() || target.authority.find('@') != std::string_view::npos) return false;
        rest = end == std::string_view::npos ? std::string_view("/") : rest.substr(end);
        if (rest.front() == '?') {
            target.path = "/";
            target.query = rest.substr(1);
            return rest.find('#') == std::string_view::npos;
        }
    }
    const std::size_t question = rest.find('?');
    target.path = rest.substr(0, question);
    if (question != std::string_view::npos) target.query = rest.substr(question + 1);
    bool dotted = false;
    if (!check_path(target.path, dotted) || target.query.find('#') != std::string_view::npos) return false;
    if (dotted) target.path = {scratch, remove_dot_segments(target.path, scratch)};
    return true;
}

} // namespace http_engine
