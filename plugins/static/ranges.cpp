// Tests: plugins/static/tests/conditions_test.cpp
#include "ranges.hpp"

#include "hawser/http_accept.hpp"

#include <charconv>
#include <optional>

namespace static_files {
namespace {

std::optional<std::uint64_t> number(std::string_view text)
{
    std::uint64_t value = 0;
    const char *end = text.data() + text.size();
    const auto read = std::from_chars(text.data(), end, value);
    if (text.empty() || read.ec != std::errc() || read.ptr != end) return std::nullopt;
    return value;
}

// False: malformed. `length` 0: it lies outside.
bool parse_range(std::string_view text, std::uint64_t size, ByteRange &range)
{
    const std::size_t dash = text.find('-');
    if (dash == std::string_view::npos) return false;
    const std::string_view before = text.substr(0, dash), behind = text.substr(dash + 1);
    const auto first = number(before), last = number(behind);
    if ((!before.empty() && !first) || (!behind.empty() && !last)) return false;
    range = {0, 0};
    if (!first) { // the last bytes
        if (!last) return false;
        const std::uint64_t length = *last < size ? *last : size;
        range = {size - length, length};
        return true;
    }
    if (last && *last < *first) return false;
    if (*first >= size) return true;
    const std::uint64_t end = last && *last < size ? *last + 1 : size;
    range = {*first, end - *first};
    return true;
}

} // namespace

RangeKind parse_ranges(std::string_view value, std::uint64_t size, std::size_t most, std::vector<ByteRange> &ranges)
{
    ranges.clear();
    constexpr std::string_view kUnit = "bytes=";
    if (value.size() <= kUnit.size() || !hawser::http::same_name(value.substr(0, kUnit.size()), kUnit))
        return RangeKind::Whole;
    value.remove_prefix(kUnit.size());
    std::size_t asked = 0;
    for (std::uint64_t reached = 0; !value.empty();) {
        const std::string_view member = hawser::http::next_member(value);
        ByteRange range{};
        if (member.empty()) continue; // RFC 9110 § 5.6.1.2
        if (!parse_range(member, size, range) || ++asked > most) return RangeKind::Whole;
        if (range.length == 0) continue;
        if (range.first < reached) return RangeKind::Whole;
        reached = range.first + range.length;
        ranges.push_back(range);
    }
    if (asked == 0) return RangeKind::Whole;
    return ranges.empty() ? RangeKind::Unsatisfiable : RangeKind::Parts;
}

} // namespace static_files
