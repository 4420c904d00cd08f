// A span of time as people read it: "250 ms", "2.5 s", "90 s". Pure.
#pragma once

#include <cstdint>
#include <string>

namespace hawser::host {

inline std::string span_text(std::uint64_t ns)
{
    const std::uint64_t ms = (ns + 500'000) / 1'000'000;
    if (ms < 1000) return std::to_string(ms) + " ms";
    const std::uint64_t tenths = (ms + 50) / 100;
    return std::to_string(tenths / 10) + (tenths % 10 == 0 ? "" : '.' + std::to_string(tenths % 10)) + " s";
}

} // namespace hawser::host
