// hawser/http_inner.hpp: a resource that an option of another one names. Part of hawser/http_filter.hpp.
#pragma once

#include "hawser/http.h"
#include "hawser/node.hpp"

#include <cstdint>

namespace hawser::http {

// A resource that an option names: `type = "resource"`, `interface = "hawser.http.resource/1"`. Valid as long as the
// instance that has the option.
class Inner {
public:
    Inner(const Node &node, const char *option)
        : Inner(node, node.option(option).object())
    {}
    Inner(const Node &node, const hawser_object &object)
        : loop_(node.loop())
        , object_(&object)
    {}
    // With the breadcrumb of the inner one, as the engine calls a resource.
    void serve(hawser_http_exchange *exchange, const hawser_http_request *request) const
    {
        constexpr std::uint32_t kOnRequest = 7;
        const auto *resource = static_cast<const hawser_http_resource *>(object_->api);
        const std::uint32_t was = hawser_enter(loop_, HAWSER_CRUMB(object_->tag, kOnRequest));
        resource->on_request(object_->self, exchange, request);
        hawser_enter(loop_, was);
    }
    const hawser_object &object() const { return *object_; }

private:
    hawser_loop *loop_;
    const hawser_object *object_;
};

} // namespace hawser::http
