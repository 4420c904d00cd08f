// Tests: plugins/http/tests/parser_test.cpp
#include "target.hpp"

#include "characters.hpp"

#include <cstring>

namespace http_engine {
namespace {

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

// Splits "/path?query". False: a fragment, malformed percent-encoding, or an encoded NUL in the path.
bool split_path(std::string_view text, char *scratch, Target &target)
{
    const char *begin = text.data(), *end = begin + text.size();
    const char *p = begin;
    bool dotted = false;
    while ((p = next_path_sign(p, end)) != end && *p != '?') {
        if (*p == '#') return false;
        const bool first = p[-1] == '/'; // a path begins with one
        if (*p == '%') {
            if (end - p < 3 || !is_in(p[1], kHexDigit) || !is_in(p[2], kHexDigit)) return false;
            const int value = hex_value(p[1]) * 16 + hex_value(p[2]);
            if (value == 0) return false;
            dotted = dotted || (first && value == '.');
        } else {
            dotted = dotted || first;
        }
        ++p;
    }
    target.path = {begin, static_cast<std::size_t>(p - begin)};
    if (p != end) target.query = {p + 1, static_cast<std::size_t>(end - p - 1)};
    if (target.query.find('#') != std::string_view::npos) return false;
    if (dotted) target.path = {scratch, remove_dot_segments(target.path, scratch)};
    return true;
}

// "scheme://authority/path" (RFC 9112 § 3.2.2), up to the path. False: malformed.
bool take_authority(std::string_view &rest, Target &target)
{
    const std::size_t colon = rest.find("://");
    if (colon == std::string_view::npos) return false;
    const std::string_view scheme = rest.substr(0, colon);
    if (!equals_ignoring_case(scheme, "http") && !equals_ignoring_case(scheme, "https")) return false;
    rest.remove_prefix(colon + 3);
    const std::size_t end = rest.find_first_of("/?#");
    target.authority = rest.substr(0, end);
    rest.remove_prefix(target.authority.size());
    return is_authority(target.authority);
}

} // namespace

bool split_target(const Head &head, char *scratch, Target &target)
{
    std::string_view rest = head.target;
    if (head.method == HAWSER_HTTP_CONNECT) {
        // authority-form (RFC 9112 § 3.2.3): the port is a must
        target.authority = rest;
        return is_authority(rest) && rest.back() != ':' && rest.find_last_of(":]") != std::string_view::npos &&
               rest[rest.find_last_of(":]")] == ':';
    }
    if (rest == "*") {
        target.path = rest;
        return head.method == HAWSER_HTTP_OPTIONS;
    }
    if (rest.front() == '/') return split_path(rest, scratch, target);
    if (!take_authority(rest, target)) return false;
    if (rest.starts_with('/')) return split_path(rest, scratch, target);
    // No path: that is "/" (RFC 9110 § 4.2.3), or "*" of OPTIONS (RFC 9112 § 3.2.4).
    target.path = rest.empty() && head.method == HAWSER_HTTP_OPTIONS ? "*" : "/";
    if (rest.starts_with('?')) target.query = rest.substr(1);
    return rest.find('#') == std::string_view::npos;
}

} // namespace http_engine
