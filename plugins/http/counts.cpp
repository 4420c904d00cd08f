// Tests: tests/system/metrics_test.cpp
#include "counts.hpp"

#include <string_view>

namespace http_engine {
namespace {

hawser_str str(std::string_view text) { return {text.data(), text.size()}; }

// From 1 ms to 10 s; what is answered at once falls into the first.
constexpr std::array<std::uint64_t, 12> kBounds{1'000'000,    5'000'000,    10'000'000,   25'000'000,
                                                50'000'000,   100'000'000,  250'000'000,  500'000'000,
                                                1000'000'000, 2500'000'000, 5000'000'000, 10000'000'000};
constexpr std::array<std::uint64_t, 8> kSizes{100,       1'000,      10'000,      100'000,
                                              1'000'000, 10'000'000, 100'000'000, 1000'000'000};

hawser_metric_spec spec_of(std::uint32_t type, std::string_view name, std::string_view help, const hawser_field *labels,
                           std::uint32_t count)
{
    hawser_metric_spec spec{};
    spec.struct_size = sizeof spec;
    spec.type = type;
    spec.name = str(name);
    spec.help = str(help);
    spec.unit = str("");
    spec.labels = labels;
    spec.label_count = count;
    return spec;
}

} // namespace

Counts::Counts()
{
    const hawser_metric none{nowhere_.data(), nullptr, 0, 0};
    answers_.fill(none);
    durations_ = taken_ = given_ = in_flight_ = none;
}

void Counts::open(hawser_loop *loop, const hawser_node *node)
{
    const auto *metrics = static_cast<const hawser_metrics *>(node->host->get_interface(node->host, HAWSER_METRICS));
    if (metrics == nullptr) return;
    constexpr std::string_view kPrefix = "listener.";
    std::string_view name{node->name.p, node->name.n};
    if (name.starts_with(kPrefix)) name.remove_prefix(kPrefix.size());
    hawser_field labels[2] = {{str("listener"), str(name)}, {str("class"), str("")}};
    for (std::size_t i = 0; i < answers_.size(); ++i) {
        constexpr std::array<std::string_view, 5> kClasses{"1xx", "2xx", "3xx", "4xx", "5xx"};
        labels[1].value = str(kClasses[i]);
        const auto spec = spec_of(HAWSER_COUNTER, "hawser_http_responses_total",
                                  "Final answers by the first digit of their status", labels, 2);
        if (i > 0) metrics->open(loop, node, &spec, &answers_[i]);
    }
    auto spec = spec_of(HAWSER_GAUGE, "hawser_http_requests_in_flight",
                        "Requests that a resource answers later or in parts", labels, 1);
    metrics->open(loop, node, &spec, &in_flight_);
    spec = spec_of(HAWSER_HISTOGRAM, "hawser_http_request_duration_seconds",
                   "From a request's head to the end of its answer", labels, 1);
    spec.unit = str("seconds");
    spec.scale = 1e-9;
    spec.bounds = kBounds.data();
    spec.bound_count = kBounds.size();
    metrics->open(loop, node, &spec, &durations_);
    const auto open_sizes = [&](std::string_view of, std::string_view help, hawser_metric &metric) {
        spec = spec_of(HAWSER_HISTOGRAM, of, help, labels, 1);
        spec.unit = str("bytes");
        spec.bounds = kSizes.data();
        spec.bound_count = kSizes.size();
        metrics->open(loop, node, &spec, &metric);
    };
    open_sizes("hawser_http_request_body_bytes", "Of a request's body, as much as came", taken_);
    open_sizes("hawser_http_response_body_bytes", "Of an answer's body", given_);
}

} // namespace http_engine
