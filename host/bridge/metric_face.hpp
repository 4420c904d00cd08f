// hawser.metrics/1 as plugins see it: the metrics of their compartment.
#pragma once

#include "hawser/metrics.h"

namespace hawser::host {

extern const hawser_metrics kMetrics;

} // namespace hawser::host
