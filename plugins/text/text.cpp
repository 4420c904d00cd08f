// The resource `text`: every request gets the answer that the configuration says.
// Tests: plugins/text/tests/text_test.cpp
#include "hawser/hawser.hpp"
#include "hawser/http.hpp"
#include "hawser/http_fields.hpp"

#include <chrono>
#include <string>
#include <string_view>
#include <vector>

namespace {

void check_header(std::string_view name, std::string_view value)
{
    hawser::http::check_own_field("headers", name, value);
    if (hawser::http::same_name(name, "content-type"))
        throw hawser::Error("headers." + std::string(name), "Content-Type has an option of its own; set `type`");
}

// Made once from the options and sent by reference: an answer allocates and copies nothing here.
class Answer {
public:
    explicit Answer(const hawser::Node &node)
        : status_(static_cast<std::uint32_t>(node.option("status").integer()))
        , body_(node.option("body").text())
        , delay_(node.option("delay").duration())
    {
        const std::string_view type = node.option("type").text();
        if (!hawser::http::is_field_value(type))
            throw hawser::Error("type", "expected a content type without control characters");
        if (!type.empty()) fields_.push_back({hawser::str("Content-Type"), hawser::str(type)});
        const hawser::Value headers = node.option("headers");
        for (std::uint32_t i = 0; i < headers.count(); ++i) {
            check_header(headers[i].key(), headers[i].text());
            fields_.push_back({hawser::str(headers[i].key()), hawser::str(headers[i].text())});
        }
    }
    std::chrono::nanoseconds delay() const { return delay_; }
    void send(hawser_http_exchange *exchange) const
    {
        // The options live as long as the instance, and the instance until the last connection has gone.
        const hawser_piece body{body_.data(), body_.size(), [](void *) {}, nullptr};
        exchange->api->respond(exchange, status_, fields_.data(), fields_.size(), &body, 1);
    }

private:
    std::uint32_t status_;
    std::string_view body_;
    std::chrono::nanoseconds delay_;
    std::vector<hawser_field> fields_;
};

struct Delayed : hawser::http::Later<Delayed> {
    const Answer &answer;
    hawser::Timer timer;

    Delayed(const Answer &with, const hawser::Node &of)
        : answer(with)
        , timer(of)
    {
        timer.start(answer.delay(), [this] { send(); });
    }
    void send()
    {
        answer.send(exchange());
        finish();
    }
};

class Text {
public:
    explicit Text(hawser::Node node)
        : node_(node)
        , answer_(node)
    {}
    void request(hawser::http::Exchange exchange, hawser::http::Request)
    {
        if (answer_.delay().count() == 0)
            answer_.send(exchange.raw());
        else
            Delayed::attach(exchange, node_, answer_, node_);
    }

private:
    hawser::Node node_;
    Answer answer_;
};

} // namespace

HAWSER_PLUGIN(hawser::http::resource<Text>("text"))
