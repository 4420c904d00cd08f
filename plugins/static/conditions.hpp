// The conditions of a request for a file that exists, in the order of RFC 9110 § 13.2.2. Pure.
#pragma once

#include "hawser/http.h"

#include <cstdint>
#include <string_view>

namespace static_files {

struct Validators {
    std::string_view etag;    // strong, with its quotes
    std::int64_t changed = 0; // seconds
};

enum class Verdict : std::uint8_t { Send, NotModified, Failed };

Verdict check_conditions(const hawser_http_request &request, const Validators &of);
// Whether a Range counts: there is no If-Range, or it names exactly this.
bool range_counts(const hawser_http_request &request, const Validators &of);

// Whether a list of entity tags names `etag`; `weak`: by weak comparison (RFC 9110 § 8.8.3.2).
bool names_etag(std::string_view list, std::string_view etag, bool weak);
// The seconds of a date in one of the three forms of RFC 9110 § 5.6.7, or -1.
std::int64_t parse_http_date(std::string_view text);

} // namespace static_files
