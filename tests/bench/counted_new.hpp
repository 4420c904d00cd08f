// Counts what a program takes from the free store: the replacements of new and delete stand in counted_new.cpp.
#pragma once

#include <atomic>
#include <cstdint>

namespace hawser::bench {

extern std::atomic<std::uint64_t> allocations;

} // namespace hawser::bench
