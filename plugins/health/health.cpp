// The resource `health`: whether the worker lives, and whether the host is ready for more.
// Tests: plugins/health/tests/health_test.cpp
#include "hawser/hawser.hpp"
#include "hawser/http.hpp"

#include <cstdint>
#include <string_view>

namespace {

class Health {
public:
    explicit Health(const hawser::Node &node)
        : ready_(node.option("check").text() == "ready")
    {}
    // A worker that is replaced leaves its place to one that is ready.
    void drain(std::uint64_t, std::uint32_t why) { stopping_ = why == HAWSER_STOPPING; }

    hawser::http::Response get(hawser::http::Request) const
    {
        const bool well = !ready_ || !stopping_;
        return {well ? 200U : 503U,
                "application/json",
                well ? "{\"status\":\"ok\"}\n" : "{\"status\":\"stopping\"}\n",
                {{"Cache-Control", "no-store"}}};
    }

private:
    bool ready_, stopping_ = false;
};

} // namespace

HAWSER_PLUGIN(hawser::http::resource<Health>("health"))
