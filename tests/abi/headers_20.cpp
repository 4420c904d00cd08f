// The whole C++ layer in one plugin: compiled alone, without a warning.
#include "hawser/client_service.hpp"
#include "hawser/combine.hpp"
#include "hawser/context.hpp"
#include "hawser/cron.hpp"
#include "hawser/datagram.hpp"
#include "hawser/deferred_tools.hpp"
#include "hawser/http.hpp"
#include "hawser/http_cookies.hpp"
#include "hawser/http_events.hpp"
#include "hawser/http_multipart.hpp"
#include "hawser/http_router.hpp"
#include "hawser/http_sessions.hpp"
#include "hawser/interface.hpp"
#include "hawser/life.hpp"
#include "hawser/lines.hpp"
#include "hawser/metrics.hpp"
#include "hawser/policies.hpp"
#include "hawser/process.hpp"
#include "hawser/sql.hpp"
#include "hawser/stream.hpp"
#include "hawser/sync.hpp"
#include "hawser/testing.hpp"
#include "hawser/testing/http.hpp"
#include "hawser/testing/library.hpp"
#include "hawser/time.hpp"
#include "hawser/watch.hpp"

namespace {

struct Line {
    hawser::Connection connection;
    void data(std::string_view bytes) { connection.write(bytes); }
};

struct Talk : hawser::LineReceiver<Talk> {
    using LineReceiver::LineReceiver;
    void line(std::string_view text) { send_line(text); }
};

hawser::Task<> straight(hawser::Stream &stream)
{
    while (const auto line = co_await stream.read_line()) co_await stream.write(*line);
}

struct Page {
    hawser::http::Response get(hawser::http::Request) { return {404, "text/plain", "nothing here\n", {}}; }
    std::string post(hawser::http::Request request) { return std::string(request.body()); }
};

struct Many {
    hawser::http::Router<Many> router{*this};
    Many()
    {
        router.get("/{id}", &Many::read);
        router.put("/{id}", &Many::change);
    }
    std::string read(hawser::http::Request, int id) { return std::to_string(id); }
    hawser::Task<std::string> change(hawser::http::Call &call, int) { co_return co_await call.body(); }
};

struct Part {
    hawser::Node node;
    hawser::Timer timer{node};
    hawser::Counter counter{node, "headers_calls_total", "Calls", {.unit = {}, .labels = {{"kind", "part"}}}};
    hawser::Histogram histogram{node, "headers_wait_seconds", "Waits", {1, 10}, {.unit = "seconds", .scale = 1e-9}};
    hawser::Offload offload{node};
    hawser::Scope scope{node};
    hawser::LoopingCall looping{node, [] {}};
    hawser::Task<> wait()
    {
        hawser::Channel<int> channel(1);
        co_await hawser::with_timeout(hawser::shield(scope, pause()), std::chrono::seconds(1));
        co_await hawser::when_any(hawser::detail::watch(looping.start(std::chrono::seconds(1))), pause());
    }
    static hawser::Task<> pause() { co_await hawser::yield(); }
    void start()
    {
        scope.spawn(wait());
        timer.start(std::chrono::seconds(1), [] {});
    }
    void stop() { timer.cancel(); }
};

} // namespace

HAWSER_PLUGIN(hawser::protocol<Line>("line"), hawser::protocol<Talk>("talk"),
              hawser::stream_protocol<straight>("straight"), hawser::http::resource<Page>("page"),
              hawser::http::routed<Many>("many"), hawser::service<Part>("part"))
