// The protocol `echo` sends back what it gets; the resource `echo` answers with the request's body.
// Tests: plugins/echo/tests/echo_test.cpp, tests/system/serving_test.cpp
#include "hawser/hawser.hpp"
#include "hawser/http.hpp"

namespace {

struct Echo {
    hawser::Connection connection;
    void data(std::string_view bytes)
    {
        if (!connection.write(bytes)) connection.pause(true);
    }
    void drained() { connection.pause(false); }
    void drain(std::uint64_t, std::uint32_t) { connection.close(); }
    std::optional<std::string> park() { return std::string(); } // the next generation echoes on
};

constexpr std::string_view kBytes = "application/octet-stream";

// Sends each part of the body back as it comes; reading waits while the client does not read.
struct Copy : hawser::http::Later<Copy> {
    void begin(hawser::http::Request request)
    {
        const std::string_view type = request.field("content-type");
        begin_answer(200, type.empty() ? kBytes : type, request.body_length());
        body(request.body());
    }
    void body(std::string_view bytes)
    {
        if (!bytes.empty() && !write(bytes)) pause(true);
    }
    void drained() { pause(false); }
    void body_end() { end(); }
};

struct EchoBody {
    hawser::Node node;
    void request(hawser::http::Exchange exchange, hawser::http::Request request)
    {
        const std::string_view type = request.field("content-type");
        if (request.has_whole_body())
            exchange.respond(200, type.empty() ? kBytes : type, request.body());
        else
            Copy::attach(exchange, node);
    }
};

} // namespace

HAWSER_PLUGIN(hawser::protocol<Echo>("echo"), hawser::http::resource<EchoBody>("echo"))
