// hawser/http_fields.hpp: whether a text may be a header field, for options that become one. What would be wrong in
// every answer is refused at the start.
#pragma once

#include "hawser/error.hpp"

#include <algorithm>
#include <cstring>
#include <string>
#include <string_view>

namespace hawser::http {

// In any case, as field names compare (RFC 9110 § 5.1).
inline bool same_name(std::string_view a, std::string_view b)
{
    const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c; };
    return std::equal(a.begin(), a.end(), b.begin(), b.end(), [&](char x, char y) { return lower(x) == lower(y); });
}

// RFC 9110 § 5.6.2
inline bool is_field_name(std::string_view name)
{
    return !name.empty() && std::all_of(name.begin(), name.end(), [](char c) {
        const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
        return letter || (c >= '0' && c <= '9') || (c != '\0' && std::strchr("!#$%&'*+-.^_`|~", c) != nullptr);
    });
}

// RFC 9110 § 5.5
inline bool is_field_value(std::string_view value)
{
    return std::all_of(value.begin(), value.end(), [](char c) {
        const auto byte = static_cast<unsigned char>(c);
        return (byte >= 0x20 && byte != 0x7f) || c == '\t';
    });
}

// One that the configuration names. Throws an Error for `option`, a table, if no answer could carry it, or if the
// engine has it for its own.
inline void check_own_field(const std::string &option, std::string_view name, std::string_view value)
{
    const std::string at = option + '.' + std::string(name);
    if (!is_field_name(name)) throw Error(at, "expected the name of a header field, got \"" + std::string(name) + '"');
    for (const char *own : {"connection", "content-length", "date", "server", "transfer-encoding"}) {
        if (same_name(name, own)) throw Error(at, "the server sets " + std::string(name) + " itself; leave it out");
    }
    if (!is_field_value(value)) throw Error(at, "expected a value without control characters");
}

} // namespace hawser::http
