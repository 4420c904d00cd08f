// The resource `routes`: routes below a route, so that what stands around a resource (a host, a password) stands around
// several.
// Tests: plugins/http/tests/nested_test.cpp
#include "engine.hpp"

#include "hawser/http.hpp"
#include "hawser/http_filter.hpp"

#include <algorithm>
#include <string>

namespace http_engine {
namespace {

// The request of the inner resource: its `rest` is what is left behind the inner route.
class Below : public hawser::http::Filter<Below> {
public:
    explicit Below(std::size_t left)
        : left_(left)
    {}
    void change(hawser_http_request &request) const
    {
        const std::size_t n = std::min(left_, request.rest.n);
        request.rest = {request.rest.p + (request.rest.n - n), n};
    }

private:
    const std::size_t left_;
};

class Nested {
public:
    explicit Nested(const hawser::Node &node)
        : node_(node)
    {
        const hawser::Value routes = node.option("routes");
        for (std::uint32_t i = 0; i < routes.count(); ++i) {
            const std::string wrong = routes_.add(routes[i].key(), &routes[i].object(), 0);
            if (!wrong.empty()) throw hawser::Error("routes." + std::string(routes[i].key()), wrong);
        }
        std::string_view pattern;
        if (const std::string wrong = routes_.finish(pattern); !wrong.empty())
            throw hawser::Error("routes." + std::string(pattern), wrong);
    }

    void request(hawser::http::Exchange exchange, hawser::http::Request request)
    {
        const std::string_view path = request.rest().empty() ? "/" : request.rest();
        const Routes::Found found = routes_.find(path, request.method(), request.method_name());
        if (found.route != nullptr) {
            Below::serve(node_, {node_, *found.route->object}, exchange, request, found.rest.size());
            return;
        }
        if (found.path_matches)
            exchange.respond({405, kPlain, "405 Method Not Allowed\n", {{"Allow", routes_.allowed(path)}}});
        else
            exchange.respond(404, kPlain, "404 Not Found\n");
    }

private:
    static constexpr const char *kPlain = "text/plain; charset=utf-8";
    hawser::Node node_;
    Routes routes_;
};

} // namespace

const hawser_http_resource kNested = hawser::http::resource<Nested>("routes");

} // namespace http_engine
