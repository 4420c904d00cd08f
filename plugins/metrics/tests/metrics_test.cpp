// How the resource `metrics` writes; what the running host counts: tests/system/metrics_test.cpp.
#include "text_format.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <string>

namespace hawser::test {
namespace {

hawser_str str(std::string_view text) { return {text.data(), text.size()}; }

hawser_metric_sample sample(std::uint32_t type, std::string_view name, double value)
{
    hawser_metric_sample made{};
    made.struct_size = sizeof made;
    made.type = type;
    made.name = str(name);
    made.help = str("");
    made.value = value;
    return made;
}

TEST(TextFormat, EscapesHelpAndLabels)
{
    metrics::TextFormat format;
    hawser_metric_sample one = sample(HAWSER_GAUGE, "a", 1.5);
    one.help = str("a \\ \"quoted\"\nline");
    const hawser_field label{str("l"), str("x\\\"\ny")};
    one.labels = &label;
    one.label_count = 1;
    format.add(one);
    EXPECT_EQ(format.take(), "# HELP a a \\\\ \"quoted\"\\nline\n# TYPE a gauge\na{l=\"x\\\\\\\"\\ny\"} 1.5\n");
}

TEST(TextFormat, SaysTheTypeOfAFamilyOnce)
{
    metrics::TextFormat format;
    format.add(sample(HAWSER_COUNTER, "a_total", 1));
    format.add(sample(HAWSER_COUNTER, "a_total", 2));
    format.add(sample(HAWSER_GAUGE, "b", 3));
    EXPECT_EQ(format.take(), "# TYPE a_total counter\na_total 1\na_total 2\n# TYPE b gauge\nb 3\n");
}

TEST(TextFormat, AddsTheBucketsOfAHistogramUp)
{
    metrics::TextFormat format;
    hawser_metric_sample one = sample(HAWSER_HISTOGRAM, "h", 7.25);
    const double bounds[] = {0.1, 1};
    const std::uint64_t buckets[] = {2, 3, 4};
    one.bounds = bounds;
    one.buckets = buckets;
    one.bound_count = 2;
    format.add(one);
    EXPECT_EQ(format.take(),
              "# TYPE h histogram\nh_bucket{le=\"0.1\"} 2\nh_bucket{le=\"1\"} 5\nh_bucket{le=\"+Inf\"} 9\n"
              "h_sum 7.25\nh_count 9\n");
}

TEST(TextFormat, WritesNumbersAsTheyAreReadBack)
{
    EXPECT_EQ(metrics::number_text(12345678901234567.0), "12345678901234568");
    EXPECT_EQ(metrics::number_text(1e-9), "1e-09");
    EXPECT_EQ(metrics::number_text(INFINITY), "+Inf");
    EXPECT_EQ(metrics::number_text(NAN), "NaN");
}

} // namespace
} // namespace hawser::test
