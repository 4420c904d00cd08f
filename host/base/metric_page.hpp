// Metrics as they lie in the status page: what each series is, and its cells on each loop, so that a supervisor reads
// them also after the worker's death. Memory of zeros is an empty page, and pages of it that nobody uses cost nothing.
// Written by base/metrics.hpp in the worker; read by anybody through read_series(), which trusts no number in it.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <string_view>
#include <vector>

namespace hawser::host {

inline constexpr unsigned kMaxLoops = 64;
inline constexpr std::size_t kMostSeries = 8192;
inline constexpr std::size_t kMostCells = 32768; // of a loop, over all series
inline constexpr std::size_t kMostBoundsKept = 8192;
inline constexpr std::size_t kMetricText = std::size_t{1} << 20; // bytes of names, helps and labels
inline constexpr std::size_t kMostLabels = 8, kMostBounds = 32;

enum class MetricType : std::uint32_t { Counter = 1, Gauge, Histogram };

struct MetricRow {
    std::uint32_t type = 0, cell = 0; // cell: its first one
    std::uint32_t label_count = 0, bound_count = 0, bounds_at = 0;
    std::uint32_t text_at = 0; // name, help, unit, then name and value of each label
    std::uint16_t name_size = 0, help_size = 0, unit_size = 0, reserved = 0;
    std::array<std::array<std::uint16_t, 2>, kMostLabels> label_sizes{};
    double scale = 1;

    std::size_t cell_count() const
    {
        return type == static_cast<std::uint32_t>(MetricType::Histogram) ? bound_count + 2 : 1;
    }
};

struct MetricPage {
    std::atomic<std::uint32_t> rows_used; // those before are whole and never change
    std::uint32_t loops;                  // rows of cells in use: that many, and the last, which no loop owns
    std::uint32_t cells_used, bounds_used, text_used; // the writer's own
    std::array<MetricRow, kMostSeries> rows;
    std::array<std::uint64_t, kMostBoundsKept> bounds;
    std::array<char, kMetricText> text;
    alignas(4096) std::array<std::array<std::uint64_t, kMostCells>, kMaxLoops + 1> cells;
};

struct MetricLabel {
    std::string_view name, value;
};

// One series, summed over the loops; views into the page and into whoever gives it.
struct MetricSample {
    MetricType type = MetricType::Gauge;
    std::string_view name, help, unit;
    std::span<const MetricLabel> labels;
    std::span<const double> bounds;         // Histogram
    std::span<const std::uint64_t> buckets; // Histogram: bounds.size() + 1, each range alone
    double value = 0;                       // Histogram: the sum
};
using MetricVisit = std::function<void(const MetricSample &)>;

// Every series of the page; those of one name one after the other, in the order of their first. Rows that contradict
// themselves are left out: the writer may have died in any state. [any-thread]
void read_series(const MetricPage &page, const MetricVisit &visit);

} // namespace hawser::host
