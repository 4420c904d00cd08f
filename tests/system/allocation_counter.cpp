// Preloaded into a program: counts what it allocates, in the file that ALLOCATIONS names.
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <cstdlib>

namespace {

std::atomic<std::uint64_t> *counter = nullptr; // in the file

__attribute__((constructor)) void map_counter()
{
    const char *path = std::getenv("ALLOCATIONS");
    const int fd = path == nullptr ? -1 : ::open(path, O_RDWR | O_CLOEXEC);
    if (fd < 0) return;
    void *at = ::mmap(nullptr, sizeof *counter, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    ::close(fd);
    if (at != MAP_FAILED) counter = static_cast<std::atomic<std::uint64_t> *>(at);
}

void count()
{
    if (counter != nullptr) counter->fetch_add(1, std::memory_order_relaxed);
}

} // namespace

extern "C" {
void *__libc_malloc(std::size_t);
void *__libc_calloc(std::size_t, std::size_t);
void *__libc_realloc(void *, std::size_t);
void *__libc_memalign(std::size_t, std::size_t);

// Seen by the program, whatever the compiler makes of the flags that hide everything.
#pragma GCC visibility push(default)
void *malloc(std::size_t size)
{
    count();
    return __libc_malloc(size);
}
void *calloc(std::size_t number, std::size_t size)
{
    count();
    return __libc_calloc(number, size);
}
void *realloc(void *memory, std::size_t size)
{
    count();
    return __libc_realloc(memory, size);
}
void *aligned_alloc(std::size_t alignment, std::size_t size)
{
    count();
    return __libc_memalign(alignment, size);
}
int posix_memalign(void **to, std::size_t alignment, std::size_t size)
{
    count();
    *to = __libc_memalign(alignment, size);
    return *to == nullptr ? ENOMEM : 0;
}
#pragma GCC visibility pop
}
