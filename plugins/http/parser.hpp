// Parses one HTTP/1.1 request head in place (RFC 9112). Strict: what is ambiguous is refused, nothing is repaired.
// Pure; the result refers to the parsed bytes.
#pragma once

#include "hawser/http.h"

#include <cstdint>
#include <string_view>

namespace http_engine {

struct Limits {
    std::uint32_t max_header = 16384; // bytes of the head
    std::uint32_t max_fields = 100;
    std::uint32_t max_target = 8192; // bytes
};

enum class Verdict : std::uint16_t {
    Complete = 0,
    NeedMore = 1,
    // Statuses to answer with before closing.
    BadRequest = 400,
    TargetTooLong = 414,
    HeaderTooLarge = 431,
    NotImplemented = 501,
    VersionNotSupported = 505,
};

struct Head {
    std::uint32_t size = 0; // bytes of the head, with the empty line
    std::uint16_t version = 11;
    std::uint16_t method = 0; // HAWSER_HTTP_GET …; 0: another
    std::string_view method_name, target, host;
    std::size_t field_count = 0;
    std::int64_t length = 0; // of the body; HAWSER_HTTP_UNKNOWN: chunked
    bool has_length = false;
    bool keep_alive = true;
    bool asked_keep_alive = false; // "Connection: keep-alive"
    bool upgrade = false;          // "Connection: upgrade" and an Upgrade field
    bool expects_continue = false;
    bool expects_other = false; // answer 417
};

// `fields` has room for limits.max_fields.
Verdict parse_head(std::string_view bytes, const Limits &limits, hawser_field *fields, Head &head);

// Field lines without the empty one behind them (a trailer section). Complete or why not; `fields` has room for `most`.
Verdict parse_fields(std::string_view lines, hawser_field *fields, std::size_t most, std::size_t &count);

bool is_token(std::string_view text);       // a field name or a method (RFC 9110 § 5.6.2)
bool is_field_value(std::string_view text); // no control characters but HTAB (RFC 9110 § 5.5)
bool is_authority(std::string_view text);   // host and port, without userinfo (RFC 3986 § 3.2); not empty
bool equals_ignoring_case(std::string_view text, std::string_view lower);

} // namespace http_engine
