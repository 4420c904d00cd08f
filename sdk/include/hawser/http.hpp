// hawser/http.hpp: an HTTP resource from a class of the author's, one object a route and loop.
//
//     struct Hello {
//         std::string get(hawser::http::Request request) { return "Hello, " + std::string(request.rest()); }
//     };
//     HAWSER_PLUGIN(hawser::http::resource<Hello>("hello"))
//
// Methods: get (serves HEAD too), post, put, del, patch, options; any other answers 405 with Allow. Each returns text
// (200, text/plain) or a Response. For anything else: void request(Exchange, Request), see hawser/http_exchange.hpp.
// An exception answers 500 and is logged.
#pragma once

#include "hawser/hawser.hpp"
#include "hawser/http.h"
#include "hawser/http_exchange.hpp"

#include <string>
#include <string_view>
#include <type_traits>

namespace hawser::http {
namespace detail {

using hawser::detail::guarded_call;
using hawser::detail::Instance;
using hawser::detail::Method;

template<typename T>
constexpr bool answers_something()
{
    constexpr bool whole = requires(T & t, Exchange e, Request r) { t.request(e, r); };
    static_assert(
        whole || !requires { requires Method<decltype(&T::request)>; },
        "request(hawser::http::Exchange, hawser::http::Request) of a resource");
    constexpr bool get = requires(T & t, Request r) { t.get(r); };
    static_assert(
        get || whole || !requires { requires Method<decltype(&T::get)>; }, "get(hawser::http::Request) of a resource");
    constexpr bool post = requires(T & t, Request r) { t.post(r); };
    static_assert(
        post || whole || !requires { requires Method<decltype(&T::post)>; },
        "post(hawser::http::Request) of a resource");
    constexpr bool put = requires(T & t, Request r) { t.put(r); };
    static_assert(
        put || whole || !requires { requires Method<decltype(&T::put)>; }, "put(hawser::http::Request) of a resource");
    constexpr bool del = requires(T & t, Request r) { t.del(r); };
    static_assert(
        del || whole || !requires { requires Method<decltype(&T::del)>; }, "del(hawser::http::Request) of a resource");
    constexpr bool patch = requires(T & t, Request r) { t.patch(r); };
    static_assert(
        patch || whole || !requires { requires Method<decltype(&T::patch)>; },
        "patch(hawser::http::Request) of a resource");
    constexpr bool options = requires(T & t, Request r) { t.options(r); };
    static_assert(
        options || whole || !requires { requires Method<decltype(&T::options)>; },
        "options(hawser::http::Request) of a resource");
    return whole || get || post || put || del || patch || options;
}

template<typename T>
std::string allowed()
{
    std::string list;
    const auto add = [&list](const char *name) { list += list.empty() ? name : std::string(", ") + name; };
    if constexpr (requires(T & t, Request r) { t.get(r); }) add("GET"), add("HEAD");
    if constexpr (requires(T & t, Request r) { t.post(r); }) add("POST");
    if constexpr (requires(T & t, Request r) { t.put(r); }) add("PUT");
    if constexpr (requires(T & t, Request r) { t.del(r); }) add("DELETE");
    if constexpr (requires(T & t, Request r) { t.patch(r); }) add("PATCH");
    if constexpr (requires(T & t, Request r) { t.options(r); }) add("OPTIONS");
    return list;
}

template<typename T>
void dispatch(T &object, Exchange exchange, Request request)
{
    // NOLINTBEGIN(bugprone-branch-clone): they differ where T has the function
    switch (request.method()) {
    case HAWSER_HTTP_GET:
    case HAWSER_HTTP_HEAD:
        if constexpr (requires { object.get(request); }) return exchange.respond(object.get(request));
        break;
    case HAWSER_HTTP_POST:
        if constexpr (requires { object.post(request); }) return exchange.respond(object.post(request));
        break;
    case HAWSER_HTTP_PUT:
        if constexpr (requires { object.put(request); }) return exchange.respond(object.put(request));
        break;
    case HAWSER_HTTP_DELETE:
        if constexpr (requires { object.del(request); }) return exchange.respond(object.del(request));
        break;
    case HAWSER_HTTP_PATCH:
        if constexpr (requires { object.patch(request); }) return exchange.respond(object.patch(request));
        break;
    case HAWSER_HTTP_OPTIONS:
        if constexpr (requires { object.options(request); }) return exchange.respond(object.options(request));
        break;
    default:
        break;
    }
    // NOLINTEND(bugprone-branch-clone)
    Response refusal{405, "text/plain; charset=utf-8", "method not allowed\n", {}};
    refusal.fields.push_back({"Allow", allowed<T>()});
    exchange.respond(std::move(refusal));
}

template<typename T>
void HAWSER_CALL on_request(void *self, hawser_http_exchange *exchange, const hawser_http_request *request) noexcept
{
    auto &instance = *static_cast<Instance<T> *>(self);
    Attachment attachment;
    guarded_call(
        [&] {
            if constexpr (requires { instance.object.request(Exchange(exchange), Request(request)); })
                instance.object.request(Exchange(exchange, &attachment), Request(request));
            else
                dispatch(instance.object, Exchange(exchange), Request(request));
        },
        [&](std::string_view why) {
            instance.node.error("request_failed", {{"error", why}});
            exchange->api->abort(exchange);
            attachment.drop();
        });
}

} // namespace detail

template<typename T>
constexpr hawser_http_resource resource(const char *name)
{
    static_assert(detail::answers_something<T>(), "a resource needs a public get, post, put, del, patch, options or "
                                                  "request that takes a hawser::http::Request");
    return {hawser::detail::kind_head<T>(HAWSER_HTTP_RESOURCE, name, sizeof(hawser_http_resource)),
            detail::on_request<T>};
}

} // namespace hawser::http
