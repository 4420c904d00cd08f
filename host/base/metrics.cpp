// Tests: tests/unit/base/metrics_test.cpp
#include "base/metrics.hpp"

#include <algorithm>
#include <cstring>

namespace hawser::host {
namespace {

// The cells that nobody reads: as many as a metric without bounds can have.
constexpr std::uint32_t kNowhere = 2;

std::vector<MetricLabel> sorted(std::span<const MetricLabel> labels)
{
    std::vector<MetricLabel> list(labels.begin(), labels.end());
    std::sort(list.begin(), list.end(), [](const MetricLabel &a, const MetricLabel &b) { return a.name < b.name; });
    return list;
}

std::string key_of(const MetricSpec &spec)
{
    std::string key(spec.name);
    for (const MetricLabel &label : sorted(spec.labels)) {
        key += '\0';
        key += label.name;
        key += '\0';
        key += label.value;
    }
    return key;
}

} // namespace

Metrics::Metrics(MetricPage &page, unsigned loops)
    : page_(page)
{
    page_.loops = loops;
    page_.cells_used = kNowhere;
}

MetricCells Metrics::nowhere(unsigned loop) { return {page_.cells[loop].data(), nullptr, 0}; }

MetricCells Metrics::cells_of(unsigned loop, const MetricRow &row)
{
    return {page_.cells[loop].data() + row.cell, page_.bounds.data() + row.bounds_at, row.bound_count};
}

// The other metric that `spec` cannot stand beside, in words; "" if there is none.
std::string Metrics::conflict(const MetricSpec &spec) const
{
    const std::string name(spec.name);
    if (taken_.count(name) > 0) return "the name is taken by the host or by what a histogram shows";
    if (const auto found = families_.find(name); found != families_.end()) {
        const Family &family = found->second;
        const bool same =
            family.type == spec.type && family.unit == spec.unit && family.scale == spec.scale &&
            std::equal(family.bounds.begin(), family.bounds.end(), spec.bounds.begin(), spec.bounds.end());
        return same ? "" : "expected the type, unit, scale and bounds that it has already";
    }
    if (spec.type != MetricType::Histogram) return {};
    for (const char *end : {"_bucket", "_sum", "_count"}) {
        if (families_.count(name + end) > 0) return "there is a metric \"" + name + end + "\" already";
    }
    return {};
}

std::uint32_t Metrics::put(std::string_view text)
{
    const std::uint32_t at = page_.text_used;
    if (!text.empty()) std::memcpy(page_.text.data() + at, text.data(), text.size());
    page_.text_used += static_cast<std::uint32_t>(text.size());
    return at;
}

// Null: there is no room.
MetricRow *Metrics::new_row(const MetricSpec &spec, std::size_t cells)
{
    std::size_t text = spec.name.size() + spec.help.size() + spec.unit.size();
    for (const MetricLabel &label : spec.labels) text += label.name.size() + label.value.size();
    const std::uint32_t number = page_.rows_used.load(std::memory_order_relaxed);
    const bool fits = number < kMostSeries && cells <= kMostCells - page_.cells_used &&
                      text <= kMetricText - page_.text_used &&
                      spec.bounds.size() <= kMostBoundsKept - page_.bounds_used;
    if (!fits) return nullptr;
    const auto [family, fresh] = families_.try_emplace(
        std::string(spec.name),
        Family{spec.type, std::string(spec.unit), spec.scale,
               std::vector<std::uint64_t>(spec.bounds.begin(), spec.bounds.end()), page_.bounds_used});
    if (fresh) {
        std::copy(spec.bounds.begin(), spec.bounds.end(), page_.bounds.begin() + page_.bounds_used);
        page_.bounds_used += static_cast<std::uint32_t>(spec.bounds.size());
    }
    MetricRow &row = page_.rows[number];
    row.type = static_cast<std::uint32_t>(spec.type);
    row.cell = page_.cells_used;
    row.bounds_at = family->second.bounds_at;
    row.bound_count = static_cast<std::uint32_t>(spec.bounds.size());
    row.text_at = put(spec.name);
    put(spec.help);
    put(spec.unit);
    row.name_size = static_cast<std::uint16_t>(spec.name.size());
    row.help_size = static_cast<std::uint16_t>(spec.help.size());
    row.unit_size = static_cast<std::uint16_t>(spec.unit.size());
    row.scale = spec.scale;
    for (const MetricLabel &label : spec.labels) {
        put(label.name);
        put(label.value);
        row.label_sizes[row.label_count++] = {static_cast<std::uint16_t>(label.name.size()),
                                              static_cast<std::uint16_t>(label.value.size())};
    }
    page_.cells_used += static_cast<std::uint32_t>(cells);
    return &row;
}

Metrics::Opened Metrics::open(unsigned loop, const MetricSpec &spec, MetricCells &cells, std::string &why)
{
    const std::lock_guard lock(mutex_);
    cells = nowhere(loop);
    why = check_metric(spec);
    if (why.empty()) why = conflict(spec);
    if (!why.empty()) return Opened::Invalid;
    const std::string key = key_of(spec);
    if (const auto found = series_.find(key); found != series_.end()) {
        cells = cells_of(loop, page_.rows[found->second]);
        return Opened::Ok;
    }
    const MetricRow *row = new_row(spec, spec.type == MetricType::Histogram ? spec.bounds.size() + 2 : 1);
    if (row == nullptr) {
        why = "there is no room for more metrics";
        return Opened::Full;
    }
    if (spec.type == MetricType::Histogram) {
        for (const char *end : {"_bucket", "_sum", "_count"}) taken_.insert(std::string(spec.name) + end);
    }
    const std::uint32_t number = page_.rows_used.load(std::memory_order_relaxed);
    series_.emplace(key, number);
    page_.rows_used.store(number + 1, std::memory_order_release);
    cells = cells_of(loop, *row);
    return Opened::Ok;
}

void Metrics::add_source(const std::vector<std::string> &names, std::function<void(const MetricVisit &)> give)
{
    const std::lock_guard lock(mutex_);
    taken_.insert(names.begin(), names.end());
    sources_.push_back(std::move(give));
}

void Metrics::collect(const MetricVisit &visit) const
{
    for (const auto &give : sources_) give(visit);
    read_series(page_, visit);
}

} // namespace hawser::host
