// Shared memory that the supervisor maps for each worker from the start, so that what it says survives the worker's
// death: a cell for each loop (crumb, counters), the metrics, where it crashed. The worker writes, the supervisor only
// reads, all by relaxed atomics. Sized for kMaxLoops; what is never touched takes no memory. The worker's `hawser_loop`
// objects live in it, so that a crumb costs one store.
#pragma once

#include "base/counters.hpp"
#include "base/fd.hpp"
#include "base/metric_page.hpp"
#include "base/result.hpp"
#include "seam/crash_record.hpp"

#include <atomic>
#include <cstddef>
#include <cstdint>

namespace hawser::host {

struct alignas(64) LoopCell {
    // The bridge constructs the loop's hawser_loop here (32 bytes; its `crumb` lies at offset 24).
    std::byte loop[64];
    LoopCounters counters;
    std::atomic<std::int32_t> thread; // its kernel id; 0: none yet

    std::uint32_t crumb() const
    {
        return __atomic_load_n(reinterpret_cast<const std::uint32_t *>(loop + 24), __ATOMIC_RELAXED);
    }
};

// What a worker holds itself to, as the kernel has confirmed it; 0: not limited.
struct HeldLimits {
    std::uint64_t memory; // bytes
    std::uint32_t descriptors, processors;
};

struct StatusLayout {
    std::uint32_t magic, version, loops, reserved;
    alignas(64) LoopCell cells[kMaxLoops];
    CrashRecord crash;
    StallRecord stall;
    HeldLimits limits;
    alignas(4096) MetricPage metrics;
};

class StatusPage {
public:
    static Result<StatusPage> create(unsigned loops); // a new memfd, mapped
    static Result<StatusPage> open(Fd fd);            // maps one that was passed; magic, version and size are checked
    StatusPage(StatusPage &&other) noexcept;
    StatusPage &operator=(StatusPage &&other) noexcept;
    ~StatusPage();

    StatusLayout &operator*() const { return *layout_; }
    StatusLayout *operator->() const { return layout_; }
    int fd() const { return fd_.get(); }

private:
    StatusPage(Fd fd, StatusLayout *layout)
        : fd_(std::move(fd))
        , layout_(layout)
    {}
    Fd fd_;
    StatusLayout *layout_ = nullptr;
};

} // namespace hawser::host
