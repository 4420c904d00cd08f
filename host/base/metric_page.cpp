// Tests: tests/unit/base/metrics_test.cpp
#include "base/metric_page.hpp"

#include <algorithm>
#include <map>

namespace hawser::host {
namespace {

// A row with its texts, checked against the page.
class SeriesReader {
public:
    SeriesReader(const MetricPage &page, const MetricRow &row)
        : page_(page)
        , row_(row)
        , at_(row.text_at)
    {
        good_ = row.type >= 1 && row.type <= 3 && row.label_count <= kMostLabels && row.bound_count <= kMostBounds &&
                row.bounds_at <= kMostBoundsKept - row.bound_count && row.cell <= kMostCells - row.cell_count();
        if (!good_) return;
        sample_.type = static_cast<MetricType>(row.type);
        sample_.name = text(row.name_size);
        sample_.help = text(row.help_size);
        sample_.unit = text(row.unit_size);
        for (std::uint32_t i = 0; i < row.label_count; ++i) {
            labels_[i].name = text(row.label_sizes[i][0]);
            labels_[i].value = text(row.label_sizes[i][1]);
        }
        sample_.labels = {labels_.data(), row.label_count};
    }

    bool good() const { return good_; }
    std::string_view name() const { return sample_.name; }

    void visit(const MetricVisit &visit)
    {
        std::array<std::uint64_t, kMostBounds + 2> sums{};
        const std::size_t loops = std::min<std::size_t>(page_.loops, kMaxLoops);
        for (std::size_t loop = 0; loop < loops; ++loop) add(page_.cells[loop], sums);
        add(page_.cells[kMaxLoops], sums);
        const std::uint64_t last = sums[row_.cell_count() - 1];
        const bool gauge = sample_.type == MetricType::Gauge;
        sample_.value =
            row_.scale * (gauge ? static_cast<double>(static_cast<std::int64_t>(last)) : static_cast<double>(last));
        std::array<double, kMostBounds> bounds{};
        if (sample_.type == MetricType::Histogram) {
            for (std::size_t i = 0; i < row_.bound_count; ++i)
                bounds[i] = row_.scale * static_cast<double>(page_.bounds[row_.bounds_at + i]);
            sample_.bounds = {bounds.data(), row_.bound_count};
            sample_.buckets = {sums.data(), row_.bound_count + std::size_t{1}};
        }
        visit(sample_);
    }

private:
    std::string_view text(std::size_t size)
    {
        good_ = good_ && at_ <= kMetricText && size <= kMetricText - at_;
        if (!good_) return {};
        const std::string_view found(page_.text.data() + at_, size);
        at_ += size;
        return found;
    }

    void add(const std::array<std::uint64_t, kMostCells> &cells, std::array<std::uint64_t, kMostBounds + 2> &sums) const
    {
        for (std::size_t i = 0; i < row_.cell_count(); ++i)
            sums[i] += __atomic_load_n(&cells[row_.cell + i], __ATOMIC_RELAXED);
    }

    const MetricPage &page_;
    MetricRow row_; // a copy: what was checked is what is used
    std::size_t at_;
    bool good_ = false;
    std::array<MetricLabel, kMostLabels> labels_;
    MetricSample sample_;
};

} // namespace

void read_series(const MetricPage &page, const MetricVisit &visit)
{
    const std::size_t count = std::min<std::size_t>(page.rows_used.load(std::memory_order_acquire), kMostSeries);
    std::map<std::string_view, std::size_t> families; // by name: its number
    std::vector<std::pair<std::size_t, std::size_t>> order;
    for (std::size_t i = 0; i < count; ++i) {
        const SeriesReader reader(page, page.rows[i]);
        if (!reader.good()) continue;
        const auto [family, fresh] = families.emplace(reader.name(), families.size());
        order.emplace_back(family->second, i);
    }
    std::sort(order.begin(), order.end());
    for (const auto &[family, row] : order) SeriesReader(page, page.rows[row]).visit(visit);
}

} // namespace hawser::host
