// hawser/metrics.hpp: counters, gauges and histograms of an instance. Made in its constructor, counted on its loop.
//
//     struct Page {
//         explicit Page(hawser::Node node) : served_(node, "shop_orders_total", "Orders that were taken") {}
//         std::string post(hawser::http::Request) { served_.add(); … }
//         hawser::Counter served_;
//     };
//
// Names and labels: hawser/metrics.h. A name that may not be throws Error; where the host has no room for more, or no
// metrics at all, they count into nothing.
#pragma once

#include "hawser/error.hpp"
#include "hawser/metrics.h"
#include "hawser/node.hpp"

#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>

namespace hawser {

// {.unit = "seconds", .labels = {{"queue", "slow"}}, .scale = 1e-9}: cells in nanoseconds.
struct MetricOptions {
    std::string_view unit = {};
    std::initializer_list<Field> labels = {};
    double scale = 1;
};

namespace detail {

// Where nobody looks.
struct Nowhere {
    std::uint64_t cells[2] = {};
    static hawser_metric metric()
    {
        static thread_local Nowhere nowhere;
        return {nowhere.cells, nullptr, 0, 0};
    }
};

inline hawser_metric open_metric(const Node &node, std::uint32_t type, std::string_view name, std::string_view help,
                                 std::initializer_list<std::uint64_t> bounds, const MetricOptions &options)
{
    hawser_metric metric = Nowhere::metric();
    const auto *metrics = static_cast<const hawser_metrics *>(node.host()->get_interface(node.host(), HAWSER_METRICS));
    if (metrics == nullptr) return metric;
    hawser_field labels[HAWSER_METRIC_LABELS];
    if (options.labels.size() > HAWSER_METRIC_LABELS)
        throw Error("metric \"" + std::string(name) + "\": expected at most " + std::to_string(HAWSER_METRIC_LABELS) +
                    " labels, got " + std::to_string(options.labels.size()));
    std::uint32_t count = 0;
    for (const Field &label : options.labels) labels[count++] = {str(label.name), str(label.value)};
    const hawser_metric_spec spec{sizeof(hawser_metric_spec),
                                  type,
                                  str(name),
                                  str(help),
                                  str(options.unit),
                                  labels,
                                  bounds.begin(),
                                  count,
                                  static_cast<std::uint32_t>(bounds.size()),
                                  options.scale};
    if (metrics->open(node.loop(), node.raw(), &spec, &metric) == HAWSER_INVALID)
        throw Error("metric \"" + std::string(name) + "\": refused; the log says why");
    return metric;
}

} // namespace detail

// Only grows; its name ends in "_total". [loop]
class Counter {
public:
    Counter(const Node &node, std::string_view name, std::string_view help, const MetricOptions &options = {})
        : metric_(detail::open_metric(node, HAWSER_COUNTER, name, help, {}, options))
    {}
    void add(std::uint64_t n = 1) const { hawser_metric_add(&metric_, n); }

private:
    hawser_metric metric_;
};

// Goes up and down; what is shown is the sum over the loops. [loop]
class Gauge {
public:
    Gauge(const Node &node, std::string_view name, std::string_view help, const MetricOptions &options = {})
        : metric_(detail::open_metric(node, HAWSER_GAUGE, name, help, {}, options))
    {}
    void add(std::uint64_t n = 1) const { hawser_metric_add(&metric_, n); }
    void subtract(std::uint64_t n = 1) const { hawser_metric_subtract(&metric_, n); }
    void set(std::int64_t value) const { hawser_metric_set(&metric_, value); } // this loop's part

private:
    hawser_metric metric_;
};

// Counts values by range: `bounds` are the largest value of each, ascending, in the unit of the cells. [loop]
class Histogram {
public:
    Histogram(const Node &node, std::string_view name, std::string_view help,
              std::initializer_list<std::uint64_t> bounds, const MetricOptions &options = {})
        : metric_(detail::open_metric(node, HAWSER_HISTOGRAM, name, help, bounds, options))
    {}
    void observe(std::uint64_t value) const { hawser_metric_observe(&metric_, value); }

private:
    hawser_metric metric_;
};

} // namespace hawser
