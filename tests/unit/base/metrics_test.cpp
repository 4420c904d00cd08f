// Series with cells for each loop, in a page that may be read while it is written, and after its writer died.
#include "base/metrics.hpp"

#include <gtest/gtest.h>

#include <memory>
#include <random>
#include <string>

namespace hawser::host {
namespace {

struct MetricsTest : ::testing::Test {
    std::unique_ptr<MetricPage> page = std::make_unique<MetricPage>();
    Metrics metrics{*page, 2};

    static MetricSpec counter(std::string_view name) { return {MetricType::Counter, name, "Help", "", {}, {}, 1}; }
    MetricCells open(const MetricSpec &spec, unsigned loop = 0)
    {
        MetricCells cells;
        std::string why;
        EXPECT_EQ(metrics.open(loop, spec, cells, why), Metrics::Opened::Ok) << why;
        return cells;
    }
    std::string refusal(const MetricSpec &spec)
    {
        MetricCells cells;
        std::string why;
        EXPECT_EQ(metrics.open(0, spec, cells, why), Metrics::Opened::Invalid) << spec.name;
        return why;
    }
    std::string shown() const
    {
        std::string all;
        metrics.collect([&](const MetricSample &sample) {
            all += std::string(sample.name);
            for (const MetricLabel &label : sample.labels)
                all += '{' + std::string(label.name) + '=' + std::string(label.value) + '}';
            all += '=' + std::to_string(static_cast<long long>(sample.value));
            for (const std::uint64_t bucket : sample.buckets) all += ',' + std::to_string(bucket);
            all += ';';
        });
        return all;
    }
};

TEST_F(MetricsTest, AddTheCellsOfAllLoopsUp)
{
    open(counter("a_total"), 0).add(2);
    open(counter("a_total"), 1).add(3);
    EXPECT_EQ(shown(), "a_total=5;");
}

TEST_F(MetricsTest, TellSeriesOfOneNameApartByLabelsInWhateverOrder)
{
    const MetricLabel one[] = {{"x", "1"}, {"y", "2"}}, same[] = {{"y", "2"}, {"x", "1"}}, other[] = {{"x", "2"}};
    MetricSpec spec = counter("a_total");
    spec.labels = one;
    open(spec).add(1);
    open(counter("b_total")).add(9);
    spec.labels = same;
    open(spec).add(1);
    spec.labels = other;
    open(spec).add(5);
    EXPECT_EQ(shown(), "a_total{x=1}{y=2}=2;a_total{x=2}=5;b_total=9;");
}

TEST_F(MetricsTest, KeepTheRangesOfAHistogramAndItsSum)
{
    const std::uint64_t bounds[] = {10, 20};
    const MetricCells cells = open({MetricType::Histogram, "h_seconds", "", "seconds", {}, bounds, 1});
    EXPECT_EQ(cells.bound_count, 2U);
    cells.cells[0] = 4;
    cells.cells[2] = 1;
    cells.cells[3] = 70;
    EXPECT_EQ(shown(), "h_seconds=70,4,0,1;");
}

TEST_F(MetricsTest, ShowAGaugeBelowZero)
{
    open({MetricType::Gauge, "g", "", "", {}, {}, 1}).add(static_cast<std::uint64_t>(-3));
    EXPECT_EQ(shown(), "g=-3;");
}

TEST_F(MetricsTest, RefuseNamesAndLabelsThatPrometheusDoesNotKnow)
{
    EXPECT_NE(refusal(counter("a-b_total")), "");
    EXPECT_NE(refusal(counter("1_total")), "");
    EXPECT_NE(refusal(counter("a")), "");
    EXPECT_NE(refusal({MetricType::Gauge, "a_total", "", "", {}, {}, 1}), "");
    EXPECT_NE(refusal({MetricType::Gauge, "a", "", "seconds", {}, {}, 1}), "");
    for (const MetricLabel &label : {MetricLabel{"le", "1"}, MetricLabel{"__x", "1"}, MetricLabel{"a b", "1"}}) {
        MetricSpec spec = counter("a_total");
        spec.labels = {&label, 1};
        EXPECT_NE(refusal(spec), "") << label.name;
    }
    const std::uint64_t descending[] = {2, 1};
    EXPECT_NE(refusal({MetricType::Histogram, "h", "", "", {}, descending, 1}), "");
    EXPECT_NE(refusal({MetricType::Histogram, "h", "", "", {}, {}, 1}), "");
    EXPECT_EQ(shown(), "");
}

TEST_F(MetricsTest, RefuseASecondTypeOfOneNameAndWhatAHistogramShowsBesideIt)
{
    const std::uint64_t bounds[] = {1};
    open({MetricType::Histogram, "h", "", "", {}, bounds, 1});
    EXPECT_NE(refusal({MetricType::Gauge, "h", "", "", {}, {}, 1}), "");
    EXPECT_NE(refusal({MetricType::Gauge, "h_sum", "", "", {}, {}, 1}), "");
}

TEST_F(MetricsTest, SayThatThereIsNoRoomAndCountOnNowhere)
{
    MetricCells cells;
    std::string why;
    std::size_t made = 0;
    while (metrics.open(0, counter("c" + std::to_string(made) + "_total"), cells, why) == Metrics::Opened::Ok) ++made;
    EXPECT_EQ(made, kMostSeries);
    cells.add(1);
    EXPECT_EQ(why, "there is no room for more metrics");
}

TEST_F(MetricsTest, AreReadWithoutTrustInWhatADeadWriterLeft)
{
    const std::uint64_t bounds[] = {1, 2, 3};
    open({MetricType::Histogram, "h", "help", "", {}, bounds, 1});
    open(counter("a_total")).add(1);
    std::mt19937 random(3);
    for (int i = 0; i < 20'000; ++i) {
        MetricRow &row = page->rows[random() % 2];
        const MetricRow before = row;
        auto *bytes = reinterpret_cast<unsigned char *>(&row);
        for (unsigned k = 1 + random() % 4; k-- > 0;)
            bytes[random() % sizeof row] = static_cast<unsigned char>(random());
        read_series(*page, [](const MetricSample &) {});
        row = before;
    }
    EXPECT_EQ(shown(), "h=0,0,0,0,0;a_total=1;");
}

} // namespace
} // namespace hawser::host
