// Tests: tests/unit/base/processors_test.cpp
#include "base/processors.hpp"

#include <sched.h>

#include <cerrno>
#include <memory>

namespace hawser::host {
namespace {

constexpr std::size_t kMost = 8192; // of the kernel's own configuration

struct FreeSet {
    void operator()(cpu_set_t *set) const { CPU_FREE(set); }
};

using Set = std::unique_ptr<cpu_set_t, FreeSet>;

const std::size_t kSize = CPU_ALLOC_SIZE(kMost);

Set none()
{
    Set set(CPU_ALLOC(kMost));
    CPU_ZERO_S(kSize, set.get());
    return set;
}

} // namespace

Result<std::vector<std::size_t>> allowed_processors()
{
    const Set set = none();
    if (::sched_getaffinity(0, kSize, set.get()) != 0) return system_error("processors of this process", errno);
    std::vector<std::size_t> allowed;
    for (std::size_t each = 0; each < kMost; ++each) {
        if (CPU_ISSET_S(each, kSize, set.get())) allowed.push_back(each);
    }
    return allowed;
}

Result<void> keep_on_processors(const std::vector<std::size_t> &processors)
{
    const Set set = none();
    for (const std::size_t each : processors) CPU_SET_S(each, kSize, set.get());
    if (::sched_setaffinity(0, kSize, set.get()) != 0) return system_error("limit of processors", errno);
    return {};
}

} // namespace hawser::host
