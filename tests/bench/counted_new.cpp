// A file of its own: where the compiler sees through one of the two alone, it takes them for a pair that does not
// match.
#include "counted_new.hpp"

#include <cstdlib>
#include <new>

namespace hawser::bench {

std::atomic<std::uint64_t> allocations{0};

} // namespace hawser::bench

void *operator new(std::size_t size)
{
    ++hawser::bench::allocations;
    if (void *memory = std::malloc(size)) return memory;
    throw std::bad_alloc();
}
void operator delete(void *memory) noexcept { std::free(memory); }
void operator delete(void *memory, std::size_t) noexcept { std::free(memory); }
