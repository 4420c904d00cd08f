// What the host itself counts, as metrics: connections and bytes, loops, lines that were dropped, the process.
#pragma once

#include "base/log.hpp"
#include "base/metrics.hpp"
#include "base/record_writer.hpp"
#include "config/plan.hpp"
#include "net/listener_share.hpp"
#include "seam/status_page.hpp"

#include <deque>

namespace hawser::host {

struct HostMetricSources {
    const CompartmentPlan &plan;
    const StatusPage &page;
    const std::deque<ListenerShare> &shares; // one for each listener of the plan
    const Log &log;
    const RecordWriter *access; // null: off
};

// Adds them to `metrics`; what `from` names outlives it.
void add_host_metrics(Metrics &metrics, const HostMetricSources &from);

} // namespace hawser::host
