// Tests: tests/system/metrics_test.cpp
#include "worker/host_metrics.hpp"

#include "base/version.hpp"

#include <dirent.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <memory>
#include <string>
#include <vector>

namespace hawser::host {
namespace {

class HostSources {
public:
    explicit HostSources(const HostMetricSources &from)
        : from_(from)
        , loops_(std::min(from.page->loops, kMaxLoops))
    {}

    static std::vector<std::string> names()
    {
        return {"hawser_build_info",
                "hawser_net_connections_open",
                "hawser_net_connections_accepted_total",
                "hawser_net_connections_refused_total",
                "hawser_net_received_bytes_total",
                "hawser_net_sent_bytes_total",
                "hawser_loop_turns_total",
                "hawser_log_lines_dropped_total",
                "hawser_access_lines_written_total",
                "hawser_access_lines_dropped_total",
                "process_cpu_seconds_total",
                "process_resident_memory_bytes",
                "process_open_fds",
                "process_max_fds"};
    }

    void give(const MetricVisit &visit) const
    {
        const MetricLabel version{"version", kHostVersion};
        one(visit, MetricType::Gauge, "hawser_build_info", "The version that runs, as a label", 1, {}, {&version, 1});
        give_listeners(visit);
        give_loops(visit);
        one(visit, MetricType::Counter, "hawser_log_lines_dropped_total", "Lines of the log that found no room",
            static_cast<double>(from_.log.dropped()));
        if (from_.access != nullptr) {
            one(visit, MetricType::Counter, "hawser_access_lines_written_total", "Lines of the access log",
                static_cast<double>(from_.access->written()));
            one(visit, MetricType::Counter, "hawser_access_lines_dropped_total",
                "Lines of the access log that found no room or no disk", static_cast<double>(from_.access->dropped()));
        }
        give_process(visit);
    }

private:
    static void one(const MetricVisit &visit, MetricType type, std::string_view name, std::string_view help,
                    double value, std::string_view unit = {}, std::span<const MetricLabel> labels = {})
    {
        MetricSample sample;
        sample.type = type;
        sample.name = name;
        sample.help = help;
        sample.unit = unit;
        sample.labels = labels;
        sample.value = value;
        visit(sample);
    }

    void give_listeners(const MetricVisit &visit) const
    {
        for (std::size_t i = 0; i < from_.shares.size(); ++i) {
            const MetricLabel label{"listener", from_.plan.listeners[i].name};
            one(visit, MetricType::Gauge, "hawser_net_connections_open", "Connections of a listener that are open",
                static_cast<double>(from_.shares[i].open.load(std::memory_order_relaxed)), {}, {&label, 1});
        }
    }

    template<typename Get>
    void of_loops(const MetricVisit &visit, std::string_view name, std::string_view help, std::string_view unit,
                  Get get) const
    {
        for (std::uint32_t i = 0; i < loops_; ++i) {
            const std::string number = std::to_string(i);
            const MetricLabel label{"loop", number};
            one(visit, MetricType::Counter, name, help, static_cast<double>(get(from_.page->cells[i].counters).get()),
                unit, {&label, 1});
        }
    }

    void give_loops(const MetricVisit &visit) const
    {
        of_loops(visit, "hawser_net_connections_accepted_total", "Connections that were accepted", {},
                 [](const LoopCounters &c) -> const Counter & { return c.accepted; });
        of_loops(visit, "hawser_net_connections_refused_total", "Connections that a limit or a wrong header refused",
                 {}, [](const LoopCounters &c) -> const Counter & { return c.refused; });
        of_loops(visit, "hawser_net_received_bytes_total", "Bytes that came", "bytes",
                 [](const LoopCounters &c) -> const Counter & { return c.bytes_in; });
        of_loops(visit, "hawser_net_sent_bytes_total", "Bytes that went", "bytes",
                 [](const LoopCounters &c) -> const Counter & { return c.bytes_out; });
        of_loops(visit, "hawser_loop_turns_total", "Wake-ups that a loop handled", {},
                 [](const LoopCounters &c) -> const Counter & { return c.turns; });
    }

    static double seconds(const timeval &time)
    {
        return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
    }

    static void give_process(const MetricVisit &visit)
    {
        rusage used{};
        ::getrusage(RUSAGE_SELF, &used);
        one(visit, MetricType::Counter, "process_cpu_seconds_total", "Processor time of the worker, user and system",
            seconds(used.ru_utime) + seconds(used.ru_stime), "seconds");
        unsigned long pages = 0;
        if (std::unique_ptr<FILE, int (*)(FILE *)> file(std::fopen("/proc/self/statm", "re"), std::fclose); file) {
            if (std::fscanf(file.get(), "%*u %lu", &pages) == 1)
                one(visit, MetricType::Gauge, "process_resident_memory_bytes", "Memory of the worker that is in use",
                    static_cast<double>(pages) * static_cast<double>(::sysconf(_SC_PAGESIZE)), "bytes");
        }
        std::size_t open = 0;
        if (const std::unique_ptr<DIR, int (*)(DIR *)> all(::opendir("/proc/self/fd"), ::closedir); all) {
            while (const dirent *entry = ::readdir(all.get())) open += entry->d_name[0] != '.' ? 1 : 0;
            one(visit, MetricType::Gauge, "process_open_fds", "Open descriptors of the worker",
                static_cast<double>(open - 1)); // but the one that was opened to look
        }
        rlimit limit{};
        ::getrlimit(RLIMIT_NOFILE, &limit);
        one(visit, MetricType::Gauge, "process_max_fds", "Most descriptors that the worker may open",
            static_cast<double>(limit.rlim_cur));
    }

    HostMetricSources from_;
    std::uint32_t loops_;
};

} // namespace

void add_host_metrics(Metrics &metrics, const HostMetricSources &from)
{
    metrics.add_source(HostSources::names(),
                       [sources = HostSources(from)](const MetricVisit &visit) { sources.give(visit); });
}

} // namespace hawser::host
