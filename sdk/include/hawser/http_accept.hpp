// hawser/http_accept.hpp: what a client likes, of the lists in Accept-Encoding, Accept-Language and the like (RFC 9110
// § 12.4.2, § 12.5). Pure.
#pragma once

#include "hawser/http_fields.hpp"

#include <cstddef>
#include <string_view>

namespace hawser::http {
namespace detail {

inline std::string_view trimmed(std::string_view text)
{
    while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
    while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
    return text;
}

// A weight in thousandths. What is none counts as 0: the client did not say that it takes this.
inline int weight(std::string_view text)
{
    if (text.empty() || (text[0] != '0' && text[0] != '1')) return 0;
    int thousandths = (text[0] - '0') * 1000;
    if (text.size() == 1) return thousandths;
    if (text[1] != '.' || text.size() > 5) return 0;
    int unit = 100;
    for (const char c : text.substr(2)) {
        if (c < '0' || c > '9') return 0;
        thousandths += (c - '0') * unit;
        unit /= 10;
    }
    return thousandths <= 1000 ? thousandths : 0;
}

} // namespace detail

// Takes the first member off a list, without blanks around it.
inline std::string_view next_member(std::string_view &list, char separator = ',')
{
    const std::size_t end = list.find(separator);
    const std::string_view part = detail::trimmed(list.substr(0, end));
    list.remove_prefix(end == std::string_view::npos ? list.size() : end + 1);
    return part;
}

// How much the client likes `name`, in thousandths: its own weight, else that of "*", else 0.
inline int liking(std::string_view list, std::string_view name)
{
    int own = -1, any = 0;
    while (!list.empty()) {
        std::string_view member = next_member(list);
        const std::string_view is = next_member(member, ';');
        int weight = 1000;
        while (!member.empty()) {
            std::string_view parameter = next_member(member, ';');
            if (same_name(next_member(parameter, '='), "q")) weight = detail::weight(detail::trimmed(parameter));
        }
        if (same_name(is, name)) own = weight;
        if (is == "*") any = weight;
    }
    return own >= 0 ? own : any;
}

} // namespace hawser::http
