// The resource `text`: every request gets the answer that the configuration says.
// Tests: plugins/text/tests/text_test.cpp
#include "hawser/hawser.hpp"
#include "hawser/http.hpp"

#include <algorithm>
#include <chrono>
#include <cstring>
#include <string>
#include <string_view>
#include <vector>

namespace {

bool is_same_name(std::string_view name, std::string_view lower)
{
    return std::equal(name.begin(), name.end(), lower.begin(), lower.end(), [](char c, char wanted) {
        return (c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c) == wanted;
    });
}

// RFC 9110 § 5.6.2
bool is_field_name(std::string_view name)
{
    return !name.empty() && std::all_of(name.begin(), name.end(), [](char c) {
        const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
        return letter || (c >= '0' && c <= '9') || (c != '\0' && std::strchr("!#$%&'*+-.^_`|~", c) != nullptr);
    });
}

// RFC 9110 § 5.5
bool is_field_value(std::string_view value)
{
    return std::all_of(value.begin(), value.end(), [](char c) {
        const auto byte = static_cast<unsigned char>(c);
        return (byte >= 0x20 && byte != 0x7f) || c == '\t';
    });
}

// What would be wrong in every answer is refused at the start.
void check_header(std::string_view name, std::string_view value)
{
    const std::string option = "headers." + std::string(name);
    if (!is_field_name(name))
        throw hawser::Error(option, "expected the name of a header field, got \"" + std::string(name) + '"');
    if (is_same_name(name, "content-type"))
        throw hawser::Error(option, "Content-Type has an option of its own; set `type`");
    for (const char *own : {"connection", "content-length", "date", "server", "transfer-encoding"}) {
        if (is_same_name(name, own))
            throw hawser::Error(option, "the server sets " + std::string(name) + " itself; leave it out");
    }
    if (!is_field_value(value)) throw hawser::Error(option, "expected a value without control characters");
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
        if (!is_field_value(type)) throw hawser::Error("type", "expected a content type without control characters");
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
