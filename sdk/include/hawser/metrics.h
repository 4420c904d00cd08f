/* hawser/metrics.h: counters, gauges and histograms. Rules and tags as in hawser/abi.h.
 *
 * A SERIES is a metric's name with constant labels. An instance opens its series in create and gets CELLS of its own
 * loop: counting is a load, an add and a store, without a call, a lock or an allocation. Whoever reads sums the cells
 * of all loops. The cells lie in memory that the supervisor holds too: they survive the worker.
 *
 * Cells hold whole numbers in whatever unit is at hand (nanoseconds, bytes); what is shown is the cell times `scale`.
 *
 * Changes: 1.0 first version.
 */
#ifndef HAWSER_METRICS_H
#define HAWSER_METRICS_H

#include "hawser/abi.h"

#ifdef __cplusplus
extern "C" {
#endif

/* hawser_host.get_interface gives a hawser_metrics. */
#define HAWSER_METRICS "hawser.metrics/1"

/* hawser_metric_spec.type */
#define HAWSER_COUNTER 1   /* only grows */
#define HAWSER_GAUGE 2     /* goes up and down; the sum over the loops is shown */
#define HAWSER_HISTOGRAM 3 /* how many values fell into which range */

#define HAWSER_METRIC_LABELS 8  /* most labels of a series */
#define HAWSER_METRIC_BOUNDS 32 /* most bounds of a histogram */

/* What is opened. The caller sets struct_size. A name is of letters, digits and "_", at most 128 bytes, and begins with
 * the plugin's own word; a counter's ends in "_total", no other's does. `unit` is the base unit of what is shown
 * ("seconds", "bytes"), and the name ends with it ("…_seconds", "…_bytes_total"); empty: none. Labels: values out of a
 * small set that is known beforehand, at most 256 bytes, never a path or a peer; "le" and names that begin with "__"
 * are reserved. All series of one name agree in type, unit, scale and bounds; the first `help` is shown. */
typedef struct hawser_metric_spec {
    uint32_t struct_size;
    uint32_t type;
    hawser_str name;
    hawser_str help; /* one sentence, at most 512 bytes */
    hawser_str unit;
    const hawser_field *labels;
    const uint64_t *bounds; /* HISTOGRAM: the largest value of each range, ascending; one more range follows the last */
    uint32_t label_count;
    uint32_t bound_count;
    double scale; /* 0: 1 */
} hawser_metric_spec;

/* The cells of one series on one loop; may be copied. This struct never grows. LIFETIME: the process. */
typedef struct hawser_metric {
    uint64_t *cells; /* COUNTER, GAUGE: one; HISTOGRAM: one a range, then the sum of the values */
    const uint64_t *bounds;
    uint32_t bound_count;
    uint32_t reserved;
} hawser_metric;

/* One series as it is shown. LIFETIME: until visit returns. */
typedef struct hawser_metric_sample {
    uint32_t struct_size;
    uint32_t type;
    hawser_str name;
    hawser_str help;
    hawser_str unit;
    const hawser_field *labels;
    const double *bounds;    /* HISTOGRAM, scaled */
    const uint64_t *buckets; /* HISTOGRAM: bound_count + 1, how many values fell into each range alone */
    uint32_t label_count;
    uint32_t bound_count;
    double value; /* HISTOGRAM: the sum of the values */
} hawser_metric_sample;

/* Implemented by the host. LIFETIME: the process. */
typedef struct hawser_metrics {
    uint32_t struct_size;
    uint32_t reserved;

    /* Fills *metric with this loop's cells of a series, which is made if there is none yet: the same name and labels
     * are the same series, for whoever opens it. Errors, which the host logs: INVALID (a name or label that may not be,
     * or the name is another metric's), LIMIT (no room for more). Then *metric counts into nothing and is safe to use.
     * For create. [loop] */
    int32_t(HAWSER_CALL *open)(hawser_loop *, const hawser_node *, const hawser_metric_spec *, hawser_metric *metric);

    /* Calls visit for each series of the compartment, those of the host included; series of one name come one after
     * the other. It reads files of the system: off the loop, see hawser_loop_api.offload. [any-thread] */
    int32_t(HAWSER_CALL *collect)(const hawser_host *,
                                  void(HAWSER_CALL *visit)(void *ctx, const hawser_metric_sample *), void *ctx);
} hawser_metrics;

/* One writer, any readers: a plain add that no reader sees in halves. [loop] */
static inline void hawser_cell_add(uint64_t *cell, uint64_t n)
{
#if defined(__GNUC__)
    __atomic_store_n(cell, __atomic_load_n(cell, __ATOMIC_RELAXED) + n, __ATOMIC_RELAXED);
#else
    *(volatile uint64_t *)cell += n;
#endif
}

/* COUNTER, GAUGE. [loop] */
static inline void hawser_metric_add(const hawser_metric *metric, uint64_t n) { hawser_cell_add(metric->cells, n); }

/* GAUGE. [loop] */
static inline void hawser_metric_subtract(const hawser_metric *metric, uint64_t n)
{
    hawser_cell_add(metric->cells, 0 - n);
}

/* GAUGE: this loop's part. [loop] */
static inline void hawser_metric_set(const hawser_metric *metric, int64_t value)
{
#if defined(__GNUC__)
    __atomic_store_n(metric->cells, (uint64_t)value, __ATOMIC_RELAXED);
#else
    *(volatile uint64_t *)metric->cells = (uint64_t)value;
#endif
}

/* HISTOGRAM: a value in the unit of the cells. [loop] */
static inline void hawser_metric_observe(const hawser_metric *metric, uint64_t value)
{
    uint32_t i = 0;
    while (i < metric->bound_count && value > metric->bounds[i]) ++i;
    hawser_cell_add(&metric->cells[i], 1);
    hawser_cell_add(&metric->cells[metric->bound_count + 1], value);
}

#if UINTPTR_MAX == 0xffffffffffffffffu
HAWSER_ASSERT(sizeof(hawser_metric_spec) == 88 && offsetof(hawser_metric_spec, scale) == 80);
HAWSER_ASSERT(sizeof(hawser_metric) == 24 && offsetof(hawser_metric, bound_count) == 16);
HAWSER_ASSERT(sizeof(hawser_metric_sample) == 96 && offsetof(hawser_metric_sample, value) == 88);
HAWSER_ASSERT(sizeof(hawser_metrics) == 24 && offsetof(hawser_metrics, collect) == 16);
#endif

#ifdef __cplusplus
}
#endif

#endif
