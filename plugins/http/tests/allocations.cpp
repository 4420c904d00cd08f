// Counts what is allocated, by new and by malloc alike: glibc lets a program have its own malloc.
#include <cstddef>
#include <cstdlib>

std::size_t allocations = 0;

// A sanitizer has its own: the count is the other builds'.
#if defined(__GLIBC__) && !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)

extern "C" {
void *__libc_malloc(std::size_t);
void *__libc_realloc(void *, std::size_t);
void *malloc(std::size_t size)
{
    ++allocations;
    return __libc_malloc(size);
}
void *realloc(void *memory, std::size_t size)
{
    ++allocations;
    return __libc_realloc(memory, size);
}
}

#endif
