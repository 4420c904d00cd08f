// Tests: plugins/cgi/tests/answer_test.cpp
#include "answer.hpp"

#include "hawser/http_fields.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

namespace cgi {
namespace {

std::string_view trimmed(std::string_view text)
{
    while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
    while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
    return text;
}

bool is_token(std::string_view name)
{
    static constexpr std::string_view kMarks = "!#$%&'*+-.^_`|~";
    const auto good = [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
               kMarks.find(c) != std::string_view::npos;
    };
    return !name.empty() && std::all_of(name.begin(), name.end(), good);
}

bool is_value(std::string_view value)
{
    return std::none_of(value.begin(), value.end(),
                        [](char c) { return (static_cast<unsigned char>(c) < 0x20 && c != '\t') || c == 0x7f; });
}

// About the connection, which is the server's affair.
bool is_hop_by_hop(std::string_view name)
{
    constexpr std::array kNames{"connection", "keep-alive", "transfer-encoding", "upgrade", "te", "trailer"};
    return std::any_of(kNames.begin(), kNames.end(),
                       [name](const char *each) { return hawser::http::same_name(name, each); });
}

} // namespace

bool Answer::refuse(std::string why)
{
    error_ = std::move(why);
    return false;
}

bool Answer::take_status(std::string_view value)
{
    unsigned code = 0;
    const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), code);
    const bool ends = end == value.data() + value.size() || *end == ' ';
    if (error != std::errc() || !ends || end != value.data() + 3 || code < 200 || code > 599)
        return refuse("expected a Status of three digits, 200 to 599, got \"" + std::string(value) + '"');
    if (std::exchange(has_status_, true)) return refuse("expected one Status, got two");
    head.status = code;
    return true;
}

bool Answer::take_length(std::string_view value)
{
    std::uint64_t number = 0;
    const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), number);
    if (error != std::errc() || end != value.data() + value.size() || (length && *length != number))
        return refuse("expected one Content-Length, a number, got \"" + std::string(value) + '"');
    length = number;
    return true;
}

bool Answer::take(std::string_view line)
{
    bytes_ += line.size();
    const std::size_t colon = line.find(':');
    const std::string_view name = line.substr(0, colon);
    if (colon == std::string_view::npos || !is_token(name))
        return refuse("expected a line \"Name: value\", got \"" + std::string(line.substr(0, 80)) + '"');
    const std::string_view value = trimmed(line.substr(colon + 1));
    if (!is_value(value)) return refuse("expected " + std::string(name) + " without control characters");
    if (bytes_ > kLongestHead || head.fields.size() >= kMostFields) return refuse("expected a shorter head");
    if (hawser::http::same_name(name, "status")) return take_status(value);
    if (hawser::http::same_name(name, "content-length")) return take_length(value);
    if (is_hop_by_hop(name)) return true;
    if (hawser::http::same_name(name, "content-type")) {
        head.type = value;
        return true;
    }
    has_location_ = has_location_ || hawser::http::same_name(name, "location");
    head.fields.emplace_back(name, value);
    return true;
}

bool Answer::finish()
{
    if (has_location_ && !has_status_) head.status = 302;
    if (!has_location_ && !has_status_ && head.type.empty())
        return refuse("expected Content-Type, Location or Status, got none of them");
    return true;
}

} // namespace cgi
