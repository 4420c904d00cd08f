// Tests: plugins/static/tests/conditions_test.cpp
#include "conditions.hpp"

#include "hawser/http_accept.hpp"

#include <ctime>
#include <string>

namespace static_files {
namespace {

std::string_view field(const hawser_http_request &request, std::string_view name)
{
    const hawser_field *found = hawser_http_find(&request, name.data(), name.size());
    return found != nullptr ? hawser::view(found->value) : std::string_view();
}

// Takes an entity tag off a list: a comma may stand in its quotes.
std::string_view next_tag(std::string_view &list)
{
    while (!list.empty() && (list.front() == ' ' || list.front() == '\t' || list.front() == ',')) list.remove_prefix(1);
    const std::size_t open = list.starts_with("W/\"") ? 2 : 0;
    std::size_t end = list.find(',');
    if (open < list.size() && list[open] == '"') {
        const std::size_t close = list.find('"', open + 1);
        end = close != std::string_view::npos ? close + 1 : list.size();
    }
    const std::string_view tag = list.substr(0, end);
    list.remove_prefix(tag.size());
    return hawser::http::detail::trimmed(tag);
}

} // namespace

bool names_etag(std::string_view list, std::string_view etag, bool weak)
{
    if (hawser::http::detail::trimmed(list) == "*") return true;
    while (!list.empty()) {
        std::string_view tag = next_tag(list);
        if (weak && tag.starts_with("W/")) tag.remove_prefix(2);
        if (tag == etag) return true;
    }
    return false;
}

std::int64_t parse_http_date(std::string_view text)
{
    const std::string copy(text);
    // The first is what everybody sends; the others are obsolete, but have to be understood.
    for (const char *form : {"%a, %d %b %Y %H:%M:%S GMT", "%A, %d-%b-%y %H:%M:%S GMT", "%a %b %e %H:%M:%S %Y"}) {
        std::tm tm{};
        const char *end = ::strptime(copy.c_str(), form, &tm);
        if (end != nullptr && *end == '\0') return static_cast<std::int64_t>(timegm(&tm));
    }
    return -1;
}

Verdict check_conditions(const hawser_http_request &request, const Validators &of)
{
    if (const std::string_view match = field(request, "if-match"); !match.empty()) {
        if (!names_etag(match, of.etag, false)) return Verdict::Failed;
    } else if (const std::string_view since = field(request, "if-unmodified-since"); !since.empty()) {
        const std::int64_t time = parse_http_date(since);
        if (time >= 0 && of.changed > time) return Verdict::Failed;
    }
    if (const std::string_view none = field(request, "if-none-match"); !none.empty())
        return names_etag(none, of.etag, true) ? Verdict::NotModified : Verdict::Send;
    const std::string_view since = field(request, "if-modified-since");
    const std::int64_t time = since.empty() ? -1 : parse_http_date(since);
    return time >= 0 && of.changed <= time ? Verdict::NotModified : Verdict::Send;
}

bool range_counts(const hawser_http_request &request, const Validators &of)
{
    const std::string_view value = field(request, "if-range");
    if (value.empty()) return true;
    if (value.front() == '"' || value.starts_with("W/")) return value == of.etag;
    return parse_http_date(value) == of.changed;
}

} // namespace static_files
