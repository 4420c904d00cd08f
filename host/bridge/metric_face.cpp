// Tests: tests/unit/bridge/metric_face_test.cpp
#include "bridge/metric_face.hpp"

#include "base/metrics.hpp"
#include "bridge/host_face.hpp"

#include <algorithm>
#include <string>

namespace hawser::host {
namespace {

static_assert(static_cast<int>(MetricType::Counter) == HAWSER_COUNTER &&
              static_cast<int>(MetricType::Gauge) == HAWSER_GAUGE &&
              static_cast<int>(MetricType::Histogram) == HAWSER_HISTOGRAM);
static_assert(kMostLabels == HAWSER_METRIC_LABELS && kMostBounds == HAWSER_METRIC_BOUNDS);

// What counts into nothing, where there are no metrics at all.
hawser_metric nowhere()
{
    static thread_local std::uint64_t cells[2];
    return {cells, nullptr, 0, 0};
}

std::int32_t open(hawser_loop *loop, const hawser_node *node, const hawser_metric_spec *spec,
                  hawser_metric *metric) noexcept
{
    HostFace &host = HostFace::of(node->host);
    *metric = nowhere();
    if (spec->struct_size < sizeof(hawser_metric_spec)) return HAWSER_INVALID;
    if (host.metrics() == nullptr) return HAWSER_LIMIT;
    std::array<MetricLabel, kMostLabels + 1> labels; // one more, so that too many are seen as such
    const std::size_t label_count = std::min<std::size_t>(spec->label_count, labels.size());
    for (std::size_t i = 0; i < label_count; ++i) labels[i] = {view(spec->labels[i].name), view(spec->labels[i].value)};
    const std::size_t bound_count = std::min<std::size_t>(spec->bound_count, kMostBounds + 1);
    const MetricSpec wanted{static_cast<MetricType>(spec->type),
                            view(spec->name),
                            view(spec->help),
                            view(spec->unit),
                            {labels.data(), label_count},
                            {spec->bounds, bound_count},
                            spec->scale == 0 ? 1 : spec->scale};
    MetricCells cells;
    std::string why;
    const Metrics::Opened opened = host.metrics()->open(loop->index, wanted, cells, why);
    *metric = {cells.cells, cells.bounds, cells.bound_count, 0};
    if (opened == Metrics::Opened::Ok) return HAWSER_OK;
    host.log().write(opened == Metrics::Opened::Full ? Level::Warning : Level::Error, view(node->name),
                     "metric_refused", {{"metric", std::string(view(spec->name).substr(0, 128))}, {"error", why}});
    return opened == Metrics::Opened::Full ? HAWSER_LIMIT : HAWSER_INVALID;
}

void give(const MetricSample &sample, void (*visit)(void *, const hawser_metric_sample *), void *ctx)
{
    std::array<hawser_field, kMostLabels> labels;
    const std::size_t count = std::min(sample.labels.size(), labels.size());
    for (std::size_t i = 0; i < count; ++i) labels[i] = {str(sample.labels[i].name), str(sample.labels[i].value)};
    hawser_metric_sample told{};
    told.struct_size = sizeof told;
    told.type = static_cast<std::uint32_t>(sample.type);
    told.name = str(sample.name);
    told.help = str(sample.help);
    told.unit = str(sample.unit);
    told.labels = labels.data();
    told.label_count = static_cast<std::uint32_t>(count);
    told.bounds = sample.bounds.data();
    told.bound_count = static_cast<std::uint32_t>(sample.bounds.size());
    told.buckets = sample.buckets.data();
    told.value = sample.value;
    visit(ctx, &told);
}

std::int32_t collect(const hawser_host *host, void (*visit)(void *, const hawser_metric_sample *), void *ctx) noexcept
{
    const Metrics *metrics = HostFace::of(host).metrics();
    if (metrics == nullptr) return HAWSER_UNSUPPORTED;
    // What the host's own sources cannot allocate or read is an error of the call, not the end of the worker.
    try {
        metrics->collect([&](const MetricSample &sample) { give(sample, visit, ctx); });
    } catch (...) {
        return HAWSER_FAILED;
    }
    return HAWSER_OK;
}

} // namespace

const hawser_metrics kMetrics = {sizeof(hawser_metrics), 0, open, collect};

} // namespace hawser::host
