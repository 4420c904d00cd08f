// The one spelling of a path (RFC 3986 § 6.2.2), so that what is compared by routes is what a resource will take it
// for: what may stand bare in a path does, all else is percent-encoded in upper case, and there are no dot segments. An
// encoded slash stays encoded: it is no separator. Pure.
#pragma once

#include <cstddef>
#include <string_view>

namespace http_engine {

// The first character from which a path may not be in that spelling ("." only begins a segment then), or "?" or "#".
// REQUIRES: path[0] is "/".
const char *end_of_canonical(const char *path, const char *end);

// Writes the one spelling of `path`, which begins with "/", to `to` and returns its length. 0: malformed
// percent-encoding, or an encoded NUL. REQUIRES: `to` has room for 3 * path.size().
std::size_t canonical_path(std::string_view path, char *to);

} // namespace http_engine
