// Character classes of HTTP, as a table, and searches for the end of a run of one class: sixteen bytes at a time where
// the processor can, else by the table.
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
inline constexpr std::uint8_t kNameChar = 16;  // of a reg-name without "%" (RFC 3986 § 3.2.2)
inline constexpr std::uint8_t kPlainChar = 64; // of a quoted text in a log: printable ASCII but '"' and '\'
inline constexpr std::uint8_t kBareChar = 32;  // may stand in a path (RFC 3986 § 3.3, and "/"), but for "." and "%"

constexpr std::array<std::uint8_t, 256> make_classes()
{
    std::array<std::uint8_t, 256> table{};
    const auto mark = [&table](const char *characters, std::uint8_t which) {
        for (; *characters != '\0'; ++characters) table[static_cast<unsigned char>(*characters)] |= which;
    };
    for (unsigned c = 0; c < 256; ++c) {
        const bool alpha = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
        const bool digit = c >= '0' && c <= '9';
        if (alpha || digit) table[c] |= kTokenChar | kNameChar | kBareChar;
        if (c > 0x20 && c < 0x7f) table[c] |= kTargetChar;
        if (c >= 0x20 && c < 0x7f && c != '"' && c != '\\') table[c] |= kPlainChar;
        if ((c >= 0x20 && c != 0x7f) || c == '\t') table[c] |= kValueChar;
        if (digit || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F')) table[c] |= kHexDigit;
    }
    mark("!#$%&'*+-.^_`|~", kTokenChar);
    mark("-._~!$&'()*+,;=", kNameChar);
    mark("-_~!$&'()*+,;=:@/", kBareChar);
    return table;
}
inline constexpr std::array<std::uint8_t, 256> kClasses = make_classes();

inline bool is_in(char c, std::uint8_t which) { return (kClasses[static_cast<unsigned char>(c)] & which) != 0; }

inline int hex_value(char c) { return c <= '9' ? c - '0' : (c | 0x20) - 'a' + 10; }

// The end_of_ functions: the first byte of [p, end) that is not of the class, or `end`.

#if defined(__SSE2__)
namespace detail {

inline __m128i load(const char *p) { return _mm_loadu_si128(reinterpret_cast<const __m128i *>(p)); }
inline __m128i all(char c) { return _mm_set1_epi8(c); }
// Bytes in [low, low + n): moved down to the least signed numbers, where one comparison tells.
inline __m128i in_range(__m128i bytes, char low, int n)
{
    const __m128i moved = _mm_add_epi8(bytes, all(static_cast<char>(-128 - low)));
    return _mm_cmplt_epi8(moved, all(static_cast<char>(-128 + n)));
}
inline int first_of(int mask) { return __builtin_ctz(static_cast<unsigned>(mask)); }

// The first byte that is not of the class `all_of`; `usual` marks those of it that come often, sixteen at a time.
template<class Usual>
const char *end_of_mostly(const char *p, const char *end, std::uint8_t all_of, Usual usual)
{
    while (end - p >= 16) {
        const int mask = _mm_movemask_epi8(usual(load(p)));
        if (mask == 0xffff) {
            p += 16;
            continue;
        }
        p += first_of(~mask);
        if (!is_in(*p, all_of)) return p;
        ++p;
    }
    while (p != end && is_in(*p, all_of)) ++p;
    return p;
}

} // namespace detail
#endif

inline const char *end_of_value(const char *p, const char *end)
{
#if defined(__SSE2__)
    using namespace detail;
    for (; end - p >= 16; p += 16) {
        const __m128i bytes = load(p);
        const __m128i control = _mm_cmpeq_epi8(_mm_min_epu8(bytes, all(0x1f)), bytes);
        const __m128i bad =
            _mm_or_si128(_mm_andnot_si128(_mm_cmpeq_epi8(bytes, all('\t')), control), _mm_cmpeq_epi8(bytes, all(0x7f)));
        if (const int mask = _mm_movemask_epi8(bad); mask != 0) return p + first_of(mask);
    }
#endif
    while (p != end && is_in(*p, kValueChar)) ++p;
    return p;
}

inline const char *end_of_target(const char *p, const char *end)
{
#if defined(__SSE2__)
    using namespace detail;
    for (; end - p >= 16; p += 16) {
        const __m128i bytes = load(p);
        const __m128i visible = _mm_andnot_si128(_mm_cmpeq_epi8(bytes, all(0x7f)), _mm_cmpgt_epi8(bytes, all(0x20)));
        if (const int mask = _mm_movemask_epi8(visible); mask != 0xffff) return p + first_of(~mask);
    }
#endif
    while (p != end && is_in(*p, kTargetChar)) ++p;
    return p;
}

// Letters, digits and "-" are looked for at once; what else a token may have is rare.
inline const char *end_of_token(const char *p, const char *end)
{
#if defined(__SSE2__)
    using namespace detail;
    return end_of_mostly(p, end, kTokenChar, [](__m128i bytes) {
        return _mm_or_si128(in_range(_mm_or_si128(bytes, all(0x20)), 'a', 26),
                            _mm_or_si128(in_range(bytes, '0', 10), _mm_cmpeq_epi8(bytes, all('-'))));
    });
#else
    while (p != end && is_in(*p, kTokenChar)) ++p;
    return p;
#endif
}

inline const char *end_of_plain(const char *p, const char *end)
{
#if defined(__SSE2__)
    using namespace detail;
    for (; end - p >= 16; p += 16) {
        const __m128i bytes = load(p);
        const __m128i marks = _mm_or_si128(_mm_cmpeq_epi8(bytes, all('"')), _mm_cmpeq_epi8(bytes, all('\\')));
        const __m128i plain = _mm_andnot_si128(marks, in_range(bytes, 0x20, 0x7f - 0x20));
        if (const int mask = _mm_movemask_epi8(plain); mask != 0xffff) return p + first_of(~mask);
    }
#endif
    while (p != end && is_in(*p, kPlainChar)) ++p;
    return p;
}

inline const char *end_of_bare(const char *p, const char *end)
{
#if defined(__SSE2__)
    using namespace detail;
    // Letters, and of the others those from "'" to ";" without ".".
    return end_of_mostly(p, end, kBareChar, [](__m128i bytes) {
        return _mm_andnot_si128(
            _mm_cmpeq_epi8(bytes, all('.')),
            _mm_or_si128(in_range(_mm_or_si128(bytes, all(0x20)), 'a', 26), in_range(bytes, '\'', ';' - '\'' + 1)));
    });
#else
    while (p != end && is_in(*p, kBareChar)) ++p;
    return p;
#endif
}

} // namespace http_engine
