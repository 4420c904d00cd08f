// The resource `unavailable`: what stands in a route whose own resource the host has taken out. 503, when to come back,
// and why.
// Tests: tests/faults/quarantine_test.cpp
#include "engine.hpp"

#include <cstdio>
#include <exception>
#include <string>
#include <string_view>

namespace http_engine {
namespace {

constexpr std::string_view kRetryAfter = "60"; // seconds; RFC 9110 § 10.2.3

struct Unavailable {
    std::string text;
};

void *create(hawser_loop *, const hawser_node *node, hawser_error *error) noexcept
{
    try {
        const hawser_value *reason = hawser_find(node->options, "reason");
        auto *made = new Unavailable{"503 Service Unavailable\n"};
        if (reason != nullptr && reason->as.string.n > 0)
            made->text += std::string(reason->as.string.p, reason->as.string.n) + '\n';
        return made;
    } catch (const std::exception &thrown) {
        error->code = HAWSER_FAILED;
        std::snprintf(error->text, sizeof error->text, "%s", thrown.what());
        return nullptr;
    }
}

void destroy(void *self) noexcept { delete static_cast<Unavailable *>(self); }

void on_request(void *self, hawser_http_exchange *exchange, const hawser_http_request *) noexcept
{
    const std::string &text = static_cast<Unavailable *>(self)->text;
    static constexpr hawser_field kFields[] = {
        {{"Content-Type", 12}, {"text/plain; charset=utf-8", 25}},
        {{"Retry-After", 11}, {kRetryAfter.data(), kRetryAfter.size()}},
        {{"Cache-Control", 13}, {"no-store", 8}},
    };
    const hawser_piece body{text.data(), text.size(), nullptr, nullptr};
    exchange->api->respond(exchange, 503, kFields, 3, &body, 1);
}

} // namespace

const hawser_http_resource kUnavailable = {
    {sizeof(hawser_http_resource), 0, HAWSER_HTTP_RESOURCE, "unavailable", nullptr, nullptr, create, nullptr, nullptr,
     destroy},
    on_request,
};

} // namespace http_engine
