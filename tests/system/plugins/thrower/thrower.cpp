// Throws wherever its code is called. What of it reaches the host ends the worker: its C++ runtime is its own.
#include "hawser/hawser.hpp"
#include "hawser/http.hpp"

#include <stdexcept>

namespace {

using namespace std::chrono_literals;

[[noreturn]] void fail(const char *where) { throw std::runtime_error(where); }

struct AtOnce {
    explicit AtOnce(hawser::Connection) { fail("thrown by a session's constructor"); }
    void data(std::string_view) {}
};

struct OnData {
    hawser::Connection connection;
    ~OnData() noexcept(false) { fail("thrown by a session's destructor"); }
    void data(std::string_view) const { fail("thrown by data"); }
};

struct InBody : hawser::http::Later<InBody> {
    void body(std::string_view) { fail("thrown by body"); }
};

struct Page {
    hawser::Node node;
    std::string text;
    void request(hawser::http::Exchange exchange, hawser::http::Request request) const
    {
        InBody::attach(exchange, node);
        if (request.method() == HAWSER_HTTP_GET) fail("thrown by request");
    }
};

struct Service {
    hawser::Node node;
    hawser::Timer timer{node};
    hawser::Offload offload{node};
    hawser::Tracked<Service> tracked{node, this};

    explicit Service(hawser::Node of)
        : node(of)
    {
        if (at() == "constructor") throw 42;
    }
    ~Service() noexcept(false) { fail("thrown by a service's destructor"); }
    std::string_view at() const { return node.option("at").text(); }
    void start()
    {
        if (at() == "start") fail("thrown by start");
        if (at() == "option") throw hawser::Error("at", "thrown for an option");
        timer.start(0ms, [] { fail("thrown by a timer"); });
        offload.start([] { fail("thrown by work"); },
                      [](std::exception_ptr thrown) { std::rethrow_exception(thrown); });
        hawser::Tracked<Service>::post(node.host(), tracked.ref(), [](Service &) { fail("thrown by a post"); });
    }
    static void stop() { fail("thrown by stop"); }
};

} // namespace

HAWSER_PLUGIN(hawser::protocol<AtOnce>("thrower"), hawser::protocol<OnData>("thrower_later"),
              hawser::http::resource<Page>("thrower"), hawser::service<Service>("thrower"))
