// Tests: tests/unit/base/text_test.cpp
#include "base/text.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdio>

namespace hawser::host {

std::string valid_utf8(std::string_view text)
{
    std::string out;
    for (std::size_t i = 0; i < text.size();) {
        const auto first = static_cast<unsigned char>(text[i]);
        const std::size_t length = first < 0x80       ? 1
                                   : first >> 5 == 6  ? 2
                                   : first >> 4 == 14 ? 3
                                   : first >> 3 == 30 ? 4
                                                      : 0;
        bool good = length != 0 && i + length <= text.size();
        std::uint32_t code = length == 1 ? first : first & (0xffU >> (length + 1));
        for (std::size_t k = 1; good && k < length; ++k) {
            const auto next = static_cast<unsigned char>(text[i + k]);
            good = next >> 6 == 2;
            code = code << 6 | (next & 0x3fU);
        }
        constexpr std::array<std::uint32_t, 5> kLeast{0, 0, 0x80, 0x800, 0x10000};
        good = good && code >= kLeast[length] && code <= 0x10ffff && (code < 0xd800 || code > 0xdfff);
        if (good) {
            out.append(text.substr(i, length));
            i += length;
        } else {
            out += "\xef\xbf\xbd";
            ++i;
        }
    }
    return out;
}

std::string printable(std::string_view text)
{
    const std::string valid = valid_utf8(text);
    std::string out;
    for (std::size_t i = 0; i < valid.size(); ++i) {
        const auto u = static_cast<unsigned char>(valid[i]);
        const bool c1 = u == 0xc2 && static_cast<unsigned char>(valid[i + 1]) < 0xa0;
        if ((u < 0x20 && u != '\t') || u == 0x7f || c1) {
            char escaped[8];
            std::snprintf(escaped, sizeof escaped, "\\x%02x", c1 ? static_cast<unsigned char>(valid[++i]) : u);
            out += escaped;
        } else {
            out += valid[i];
        }
    }
    return out;
}

std::string size_text(std::uint64_t bytes)
{
    constexpr std::array<std::string_view, 5> kUnits{"B", "KiB", "MiB", "GiB", "TiB"};
    std::size_t unit = 0;
    for (; unit + 1 < kUnits.size() && bytes >= 1024 && bytes % 1024 == 0; ++unit) bytes /= 1024;
    return std::to_string(bytes) + ' ' + std::string(kUnits[unit]);
}

} // namespace hawser::host
