// Tests: plugins/http/tests/parser_test.cpp
#include "target.hpp"

#include "characters.hpp"
#include "path.hpp"

#include <algorithm>

namespace http_engine {
namespace {

// Splits "/path?query". False: a fragment, malformed percent-encoding, or an encoded NUL in the path.
bool split_path(std::string_view text, char *scratch, Target &target)
{
    const char *end = text.data() + text.size();
    const std::size_t plain = static_cast<std::size_t>(end_of_canonical(text.data(), end) - text.data());
    const std::size_t size = plain + std::min(text.size() - plain, text.substr(plain).find_first_of("?#"));
    target.path = text.substr(0, size);
    if (size != plain) target.path = {scratch, canonical_path(target.path, scratch)};
    if (size != text.size()) target.query = text.substr(size + 1);
    return !target.path.empty() && (size == text.size() || text[size] == '?') &&
           target.query.find('#') == std::string_view::npos;
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
