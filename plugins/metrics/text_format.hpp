// The text format of Prometheus, version 0.0.4 (prometheus.io/docs/instrumenting/exposition_formats).
#pragma once

#include "hawser/metrics.h"

#include <string>

namespace metrics {

// Writes samples as they come; those of one name one after the other.
class TextFormat {
public:
    void add(const hawser_metric_sample &sample);
    std::string take() { return std::move(text_); }

private:
    void begin_family(const hawser_metric_sample &sample);
    void line(const hawser_metric_sample &sample, const char *end, const char *bound, double value);
    void histogram(const hawser_metric_sample &sample);

    std::string text_, family_;
};

// As Go and Prometheus read it back exactly: "1e-09", "+Inf", "42".
std::string number_text(double value);

} // namespace metrics
