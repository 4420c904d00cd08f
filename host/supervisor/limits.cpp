// Tests: tests/system/compartment_limits_test.cpp
#include "supervisor/limits.hpp"

#include "base/processors.hpp"

#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cmath>
#include <vector>

namespace hawser::host {
namespace {

// Threads of a worker that are not its loops': the first, the one that watches its supervisor, that of the access log.
constexpr std::uint64_t kOtherThreads = 3;
constexpr std::uint64_t kStackWithoutLimit = 8u << 20;

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr bool kShadowed = true; // a sanitizer maps more than any limit lets it
#else
constexpr bool kShadowed = false;
#endif

std::uint64_t stack_size()
{
    rlimit stack{};
    const bool known = ::getrlimit(RLIMIT_STACK, &stack) == 0 && stack.rlim_cur != RLIM_INFINITY;
    return known ? stack.rlim_cur : kStackWithoutLimit;
}

Result<void> hold_memory(std::uint64_t most, unsigned loops, HeldLimits &held)
{
    if (most == 0 || kShadowed) return {};
    const rlim_t all = most + (loops + kOtherThreads) * stack_size();
    const rlimit limit{all, all};
    if (::setrlimit(RLIMIT_DATA, &limit) != 0) return system_error("limit of memory", errno);
    held.memory = most;
    return {};
}

// Without a limit of its own a worker takes the hard one: the soft one is for programs that use select().
Result<void> hold_descriptors(std::uint32_t most, HeldLimits &held)
{
    rlimit limit{};
    if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return system_error("limit of open files", errno);
    if (most != 0) limit.rlim_max = most;
    limit.rlim_cur = limit.rlim_max;
    if (::setrlimit(RLIMIT_NOFILE, &limit) != 0)
        return system_error("limit of open files: " + std::to_string(limit.rlim_max), errno);
    held.descriptors = most;
    return {};
}

// Which ones: beginning at one that differs from worker to worker, so that not all are on the first.
Result<void> hold_cpu(double most, HeldLimits &held)
{
    if (most == 0) return {};
    const auto allowed = allowed_processors();
    if (!allowed) return allowed.error();
    const std::size_t wanted = std::min(allowed->size(), static_cast<std::size_t>(std::ceil(most)));
    std::vector<std::size_t> mine;
    for (std::size_t i = 0; i < wanted; ++i)
        mine.push_back((*allowed)[(static_cast<std::size_t>(::getpid()) + i) % allowed->size()]);
    if (const auto kept = keep_on_processors(mine); !kept) return kept.error();
    held.processors = static_cast<std::uint32_t>(wanted);
    return {};
}

Position place_of(const CompartmentPlan &plan, const char *key)
{
    const auto found = plan.origin.options.find(key);
    return found != plan.origin.options.end() ? found->second : Position();
}

} // namespace

std::vector<Problem> impossible_limits(const HostPlan &plan)
{
    std::vector<Problem> problems;
    rlimit limit{};
    if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return problems;
    for (const CompartmentPlan &compartment : plan.compartments) {
        const std::uint32_t wanted = compartment.limits.descriptors;
        if (wanted <= limit.rlim_max) continue;
        problems.push_back({place_of(compartment, "descriptors"),
                            "compartment \"" + compartment.name + "\": descriptors: expected at most " +
                                std::to_string(limit.rlim_max) + ", which the host itself may have open, got " +
                                std::to_string(wanted),
                            "raise the host's own limit: \"ulimit -Hn\", or LimitNOFILE= of its unit"});
    }
    return problems;
}

Result<void> hold_limits(const WorkerLimits &limits, unsigned loops, HeldLimits &held)
{
    if (auto done = hold_memory(limits.memory, loops, held); !done) return done;
    if (auto done = hold_descriptors(limits.descriptors, held); !done) return done;
    return hold_cpu(limits.cpu, held);
}

std::string not_held(const WorkerLimits &limits, const HeldLimits &held)
{
    std::string all;
    const auto add = [&all](const std::string &text) { all += (all.empty() ? "" : "; ") + text; };
    if (limits.memory != held.memory) add("memory is not limited");
    if (limits.descriptors != held.descriptors) add("descriptors are not limited");
    if (limits.cpu > 0 && held.processors == 0) add("cpu is not limited");
    if (held.processors > limits.cpu)
        add("cpu is limited to " + std::to_string(held.processors) +
            (held.processors == 1 ? " processor" : " processors"));
    return all;
}

} // namespace hawser::host
