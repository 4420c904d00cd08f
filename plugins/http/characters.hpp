// Character classes of HTTP, as a table, and a fast search for the end of a field's value.
#pragma once

#include <array>
#include <cstdint>

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

namespace http_engine {

inline constexpr std::uint8_t kTokenChar = 1;  // RFC 9110 § 5.6.2
inline constexpr std::uint8_t kTargetChar = 2; // visible ASCII
inline constexpr std::uint8_t kValueChar = 4;  // visible, SP, HTAB, obs-text (RFC 9110 § 5.5)
inline constexpr std::uint8_t kHexDigit = 8;

constexpr std::array<std::uint8_t, 256> make_classes()
{
    std::array<std::uint8_t, 256> table{};
    for (unsigned c = 0; c < 256; ++c) {
        const bool alpha = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
        const bool digit = c >= '0' && c <= '9';
        bool token = alpha || digit;
        for (const char extra : {'!', '#', '$', '%', '&', '\'', '*', '+', '-', '.', '^', '_', '`', '|', '~'})
            token = token || c == static_cast<unsigned char>(extra);
        if (token) table[c] |= kTokenChar;
        if (c > 0x20 && c < 0x7f) table[c] |= kTargetChar;
        if ((c >= 0x20 && c != 0x7f) || c == '\t') table[c] |= kValueChar;
        if (digit || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F')) table[c] |= kHexDigit;
    }
    return table;
}
inline constexpr std::array<std::uint8_t, 256> kClasses = make_classes();

inline bool is_in(char c, std::uint8_t which) { return (kClasses[static_cast<unsigned char>(c)] & which) != 0; }

// The first byte of [p, end) that no field value may have, or `end`.
inline const char *end_of_value(const char *p, const char *end)
{
#if defined(__SSE2__)
    const __m128i space = _mm_set1_epi8(0x20), tab = _mm_set1_epi8('\t'), del = _mm_set1_epi8(0x7f);
    for (; end - p >= 16; p += 16) {
        const __m128i bytes = _mm_loadu_si128(reinterpret_cast<const __m128i *>(p));
        // Below 0x20 as unsigned: min(bytes, 0x1f) == bytes.
        const __m128i low = _mm_cmpeq_epi8(_mm_min_epu8(bytes, _mm_sub_epi8(space, _mm_set1_epi8(1))), bytes);
        const __m128i bad = _mm_or_si128(_mm_andnot_si128(_mm_cmpeq_epi8(bytes, tab), low), _mm_cmpeq_epi8(bytes, del));
        const int mask = _mm_movemask_epi8(bad);
        if (mask != 0) return p + __builtin_ctz(static_cast<unsigned>(mask));
    }
#endif
    while (p != end && is_in(*p, kValueChar)) ++p;
    return p;
}

} // namespace http_engine
