// The metrics of one worker: series by name and labels, with cells for each loop in a MetricPage; and what the host
// knows without cells (sources). open() and collect() are for any thread; add_source() is for the starting thread,
// before there is another.
#pragma once

#include "base/metric_page.hpp"

#include <cstdint>
#include <functional>
#include <mutex>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace hawser::host {

struct MetricSpec {
    MetricType type = MetricType::Counter;
    std::string_view name, help, unit;
    std::span<const MetricLabel> labels = {};
    std::span<const std::uint64_t> bounds = {};
    double scale = 1;
};

// What one loop counts into. Valid as long as the page.
struct MetricCells {
    std::uint64_t *cells = nullptr;
    const std::uint64_t *bounds = nullptr;
    std::uint32_t bound_count = 0;

    // One writer only, as Counter of base/counters.hpp.
    void add(std::uint64_t n) const
    {
        __atomic_store_n(cells, __atomic_load_n(cells, __ATOMIC_RELAXED) + n, __ATOMIC_RELAXED);
    }
};

class Metrics {
public:
    // `page` is of zeros and outlives this.
    Metrics(MetricPage &page, unsigned loops);
    Metrics(const Metrics &) = delete;
    Metrics &operator=(const Metrics &) = delete;

    enum class Opened { Ok, Invalid, Full };
    // The cells of a series on loop `loop` (kMaxLoops: of a thread that is none). `why` says what is wrong; then the
    // cells are such that nobody reads.
    Opened open(unsigned loop, const MetricSpec &spec, MetricCells &cells, std::string &why);

    // `give` shows series whose names are `names`, which nobody can open from now on.
    void add_source(const std::vector<std::string> &names, std::function<void(const MetricVisit &)> give);
    void collect(const MetricVisit &visit) const;

private:
    struct Family {
        MetricType type;
        std::string unit;
        double scale;
        std::vector<std::uint64_t> bounds;
        std::uint32_t bounds_at;
    };
    std::string conflict(const MetricSpec &spec) const;
    MetricRow *new_row(const MetricSpec &spec, std::size_t cells);
    std::uint32_t put(std::string_view text);
    MetricCells cells_of(unsigned loop, const MetricRow &row);
    MetricCells nowhere(unsigned loop);

    MetricPage &page_;
    mutable std::mutex mutex_;
    std::unordered_map<std::string, Family> families_;
    std::unordered_map<std::string, std::uint32_t> series_; // by name and labels: its row
    std::set<std::string, std::less<>> taken_; // names of sources, and what histograms show beside their own
    std::vector<std::function<void(const MetricVisit &)>> sources_;
};

// What may not be: the text of a refusal, or "".
std::string check_metric(const MetricSpec &spec);

} // namespace hawser::host
