// The field Range for bytes (RFC 9110 § 14). Pure.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

namespace static_files {

struct ByteRange {
    std::uint64_t first, length;
};

enum class RangeKind : std::uint8_t {
    Whole,         // no range, one that is not understood, or more of them than a client needs
    Parts,         // at least one
    Unsatisfiable, // none of them lies in the file
};

// Of a file of `size` bytes. At most `most` ranges, which may not overlap nor go back: what asks for more gets all.
RangeKind parse_ranges(std::string_view value, std::uint64_t size, std::size_t most, std::vector<ByteRange> &ranges);

} // namespace static_files
