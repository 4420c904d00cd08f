// The resource `metrics`: all that is counted in its compartment, as Prometheus reads it.
// Tests: plugins/metrics/tests/metrics_test.cpp
#include "hawser/metrics.h"
#include "hawser/hawser.hpp"
#include "hawser/http.hpp"

#include "text_format.hpp"

#include <memory>
#include <string>

namespace {

constexpr char kType[] = "text/plain; version=0.0.4; charset=utf-8";

// Collecting reads files of the system: it is done off the loop.
struct Scrape : hawser::http::Later<Scrape> {
    hawser::Offload work;

    explicit Scrape(const hawser::Node &of)
        : work(of)
    {}
    void begin(hawser::http::Request)
    {
        // The work may outlive this: it owns what it uses.
        const auto text = std::make_shared<std::string>();
        const hawser_host *host = node().host();
        const bool taken = work.start([text, host] { collect(host, *text); },
                                      [this, text](const std::exception_ptr &thrown) { answer(thrown, *text); });
        if (!taken) respond(503, "text/plain; charset=utf-8", "the offload pool is full\n");
    }
    void answer(const std::exception_ptr &thrown, const std::string &text)
    {
        if (thrown || text.empty())
            respond(500, "text/plain; charset=utf-8", "the metrics cannot be collected\n");
        else
            respond(200, kType, text);
    }
    static void collect(const hawser_host *host, std::string &text)
    {
        const auto *metrics = static_cast<const hawser_metrics *>(host->get_interface(host, HAWSER_METRICS));
        metrics::TextFormat format;
        const auto visit = [](void *ctx, const hawser_metric_sample *sample) {
            static_cast<metrics::TextFormat *>(ctx)->add(*sample);
        };
        if (metrics->collect(host, visit, &format) == HAWSER_OK) text = format.take();
    }
};

class Metrics {
public:
    explicit Metrics(hawser::Node node)
        : node_(node)
    {
        if (node.host()->get_interface(node.host(), HAWSER_METRICS) == nullptr)
            throw hawser::Error("the host has no metrics");
    }
    void request(hawser::http::Exchange exchange, hawser::http::Request request)
    {
        const bool reads = request.method() == HAWSER_HTTP_GET || request.method() == HAWSER_HTTP_HEAD;
        if (reads)
            Scrape::attach(exchange, node_, node_);
        else
            exchange.respond(hawser::http::Response{405, "", "", {{"Allow", "GET, HEAD"}}});
    }

private:
    hawser::Node node_;
};

} // namespace

HAWSER_PLUGIN(hawser::http::resource<Metrics>("metrics"))
