#include "answers.hpp"

#include <strings.h>

#include <charconv>
#include <optional>

namespace bench {
namespace {

// The value of a field in a head, or nothing. Names are compared without case.
std::optional<std::string_view> field(std::string_view head, std::string_view name)
{
    for (std::size_t at = head.find("\r\n"); at != std::string_view::npos; at = head.find("\r\n", at)) {
        at += 2;
        if (head.size() - at <= name.size() || head[at + name.size()] != ':') continue;
        if (::strncasecmp(head.data() + at, name.data(), name.size()) != 0) continue;
        std::string_view value = head.substr(at + name.size() + 1);
        value = value.substr(0, value.find("\r\n"));
        value.remove_prefix(std::min(value.find_first_not_of(' '), value.size()));
        return value;
    }
    return std::nullopt;
}

} // namespace

Answers::Next Answers::take(std::size_t size)
{
    at_ += size;
    if (at_ == arrived_.size()) clear();
    return Next::Good;
}

Answers::Next Answers::next()
{
    const std::string_view text = unread();
    if (text.empty()) return Next::Incomplete;
    if (echo_.empty()) return next_http(text);
    if (text.size() < echo_.size()) return echo_.substr(0, text.size()) == text ? Next::Incomplete : Next::Bad;
    return text.substr(0, echo_.size()) == echo_ ? take(echo_.size()) : Next::Bad;
}

Answers::Next Answers::next_http(std::string_view text)
{
    // The same again: the same status line, and the head and the body end where those of the last one did.
    if (whole_ != 0 && text.size() >= whole_ && text.substr(0, start_.size()) == start_ &&
        text.substr(head_ - 4, 4) == "\r\n\r\n")
        return take(whole_);
    const std::size_t end = text.find("\r\n\r\n");
    if (end == std::string_view::npos) return text.size() > 65536 ? Next::Bad : Next::Incomplete;
    const std::string_view head = text.substr(0, end + 2);
    if (head.substr(0, 9) != "HTTP/1.1 " || head[9] != '2') return Next::Bad;
    const auto length = field(head, "content-length");
    std::size_t body = 0;
    if (!length || std::from_chars(length->data(), length->data() + length->size(), body).ec != std::errc())
        return Next::Bad;
    const std::size_t whole = end + 4 + body;
    if (text.size() < whole) return Next::Incomplete;
    const auto connection = field(head, "connection");
    closes_ = connection && connection->size() == 5 && ::strncasecmp(connection->data(), "close", 5) == 0;
    whole_ = closes_ ? 0 : whole;
    head_ = end + 4;
    start_ = head.substr(0, head.find("\r\n"));
    return take(whole);
}

} // namespace bench
