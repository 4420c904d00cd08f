#include "bridge/metric_face.hpp"

#include "base/metrics.hpp"
#include "rig.hpp"

#include <gtest/gtest.h>

#include <memory>
#include <string>

namespace hawser::host::test {
namespace {

class MetricFace : public ::testing::Test {
protected:
    MetricFace()
        : page(std::make_unique<MetricPage>())
        , metrics(*page, 1)
    {
        rig.host.set_metrics(&metrics);
        face = static_cast<const hawser_metrics *>(rig.host.abi()->get_interface(rig.host.abi(), HAWSER_METRICS));
    }
    std::int32_t open(const std::string &name, std::uint32_t type, hawser_metric &metric)
    {
        hawser_metric_spec spec{};
        spec.struct_size = sizeof spec;
        spec.type = type;
        spec.name = str(name);
        spec.help = str("Help");
        spec.unit = str("");
        return face->open(rig.abi, &rig.node, &spec, &metric);
    }
    std::string collected()
    {
        std::string all;
        const auto visit = [](void *ctx, const hawser_metric_sample *sample) {
            *static_cast<std::string *>(ctx) +=
                std::string(view(sample->name)) + '=' + std::to_string(static_cast<int>(sample->value)) + ';';
        };
        EXPECT_EQ(face->collect(rig.host.abi(), visit, &all), HAWSER_OK);
        return all;
    }

    Rig rig;
    std::unique_ptr<MetricPage> page;
    Metrics metrics;
    const hawser_metrics *face;
};

TEST_F(MetricFace, GivesOneCellForTheSameSeriesWhoeverOpensIt)
{
    hawser_metric a, b;
    EXPECT_EQ(open("shop_orders_total", HAWSER_COUNTER, a), HAWSER_OK);
    EXPECT_EQ(open("shop_orders_total", HAWSER_COUNTER, b), HAWSER_OK);
    hawser_metric_add(&a, 2);
    hawser_metric_add(&b, 3);
    EXPECT_EQ(collected(), "shop_orders_total=5;");
}

TEST_F(MetricFace, RefusesWhatMayNotBeAndCountsItNowhere)
{
    hawser_metric metric;
    EXPECT_EQ(open("no spaces_total", HAWSER_COUNTER, metric), HAWSER_INVALID);
    hawser_metric_add(&metric, 1);
    EXPECT_EQ(open("shop_orders", HAWSER_COUNTER, metric), HAWSER_INVALID) << "a counter's name ends in _total";
    EXPECT_EQ(open("shop_orders_total", HAWSER_COUNTER, metric), HAWSER_OK);
    EXPECT_EQ(open("shop_orders_total", HAWSER_GAUGE, metric), HAWSER_INVALID) << "another type";
    EXPECT_EQ(open("shop_x", 9, metric), HAWSER_INVALID);
    EXPECT_EQ(collected(), "shop_orders_total=0;");
}

TEST_F(MetricFace, CountsNowhereWithoutMetrics)
{
    rig.host.set_metrics(nullptr);
    hawser_metric metric;
    EXPECT_EQ(open("shop_orders_total", HAWSER_COUNTER, metric), HAWSER_LIMIT);
    hawser_metric_add(&metric, 1);
    EXPECT_EQ(face->collect(
                  rig.host.abi(), [](void *, const hawser_metric_sample *) {}, nullptr),
              HAWSER_UNSUPPORTED);
}

} // namespace
} // namespace hawser::host::test
