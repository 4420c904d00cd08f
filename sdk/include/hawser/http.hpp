// hawser/http.hpp: an HTTP resource from a class of the author's, one object a route and loop.
//
//     struct Hello {
//         std::string get(hawser::http::Request request) { return "Hello, " + std::string(request.rest()); }
//     };
//     HAWSER_PLUGIN(hawser::http::resource<Hello>("hello"))
//
// Methods: get (serves HEAD too), post, put, del, patch, options; any other answers 405 with Allow. Each returns text
// (200, text/plain) or a Response. Instead of a Request it may take a hawser::http::Call & and return a task: see
// hawser/http_call.hpp. For anything else: void request(Exchange, Request), see hawser/http_exchange.hpp. A Problem
// (hawser/http_problem.hpp) that is thrown is the answer; any other exception answers 500 and is logged.
#pragma once

#include "hawser/hawser.hpp"
#include "hawser/http.h"
#include "hawser/http_exchange.hpp"
#include "hawser/http_problem.hpp"

#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

namespace hawser::http {

class Call; // hawser/http_call.hpp

namespace detail {

using hawser::detail::guarded_call;
using hawser::detail::Instance;
using hawser::detail::Method;

// The methods by which a class may answer.
struct Get {
    static constexpr const char *kAllow = "GET, HEAD";
    template<typename T, typename A>
    auto operator()(T &object, A &&argument) const -> decltype(object.get(std::forward<A>(argument)))
    {
        return object.get(std::forward<A>(argument));
    }
    template<typename T>
    static constexpr bool kNamed = requires
    {
        requires Method<decltype(&T::get)>;
    };
};
struct Post {
    static constexpr const char *kAllow = "POST";
    template<typename T, typename A>
    auto operator()(T &object, A &&argument) const -> decltype(object.post(std::forward<A>(argument)))
    {
        return object.post(std::forward<A>(argument));
    }
    template<typename T>
    static constexpr bool kNamed = requires
    {
        requires Method<decltype(&T::post)>;
    };
};
struct Put {
    static constexpr const char *kAllow = "PUT";
    template<typename T, typename A>
    auto operator()(T &object, A &&argument) const -> decltype(object.put(std::forward<A>(argument)))
    {
        return object.put(std::forward<A>(argument));
    }
    template<typename T>
    static constexpr bool kNamed = requires
    {
        requires Method<decltype(&T::put)>;
    };
};
struct Del {
    static constexpr const char *kAllow = "DELETE";
    template<typename T, typename A>
    auto operator()(T &object, A &&argument) const -> decltype(object.del(std::forward<A>(argument)))
    {
        return object.del(std::forward<A>(argument));
    }
    template<typename T>
    static constexpr bool kNamed = requires
    {
        requires Method<decltype(&T::del)>;
    };
};
struct Patch {
    static constexpr const char *kAllow = "PATCH";
    template<typename T, typename A>
    auto operator()(T &object, A &&argument) const -> decltype(object.patch(std::forward<A>(argument)))
    {
        return object.patch(std::forward<A>(argument));
    }
    template<typename T>
    static constexpr bool kNamed = requires
    {
        requires Method<decltype(&T::patch)>;
    };
};
struct Options {
    static constexpr const char *kAllow = "OPTIONS";
    template<typename T, typename A>
    auto operator()(T &object, A &&argument) const -> decltype(object.options(std::forward<A>(argument)))
    {
        return object.options(std::forward<A>(argument));
    }
    template<typename T>
    static constexpr bool kNamed = requires
    {
        requires Method<decltype(&T::options)>;
    };
};

template<typename M, typename T>
inline constexpr bool kAtOnce = std::is_invocable_v<M, T &, Request>;
template<typename M, typename T>
inline constexpr bool kByTask = !kAtOnce<M, T> && std::is_invocable_v<M, T &, Call &>;

// A method that is there and takes something else is a mistake, not an absent one.
template<typename M, typename T>
constexpr bool answers(bool whole)
{
    constexpr bool does = kAtOnce<M, T> || kByTask<M, T>;
    static_assert(
        does || !M::template kNamed<T> || requires(T & t, Exchange e, Request r) { t.request(e, r); },
        "get, post, put, del, patch and options of a resource take a hawser::http::Request, or a "
        "hawser::http::Call & and return a task");
    return does || whole;
}

template<typename T>
constexpr bool answers_something()
{
    constexpr bool whole = requires(T & t, Exchange e, Request r) { t.request(e, r); };
    static_assert(
        whole || !requires { requires Method<decltype(&T::request)>; },
        "request(hawser::http::Exchange, hawser::http::Request) of a resource");
    const bool all[] = {answers<Get, T>(whole), answers<Post, T>(whole),  answers<Put, T>(whole),
                        answers<Del, T>(whole), answers<Patch, T>(whole), answers<Options, T>(whole)};
    bool any = whole;
    for (const bool one : all) any = any || one;
    return any;
}

template<typename T, typename M>
void add_allowed(std::string &list)
{
    if constexpr (kAtOnce<M, T> || kByTask<M, T>) list += (list.empty() ? "" : ", ") + std::string(M::kAllow);
}

// Defined in hawser/http_call.hpp, which whoever takes a Call has included.
template<typename T>
struct CallStarter;

// False: the class does not answer this method.
template<typename M, typename T>
bool answer(Instance<T> &instance, Exchange exchange, Request request)
{
    if constexpr (kAtOnce<M, T>) {
        exchange.respond(M()(instance.object, request));
        return true;
    } else if constexpr (kByTask<M, T>) {
        CallStarter<T>::start(exchange.raw(), instance.node,
                              [&instance](auto &call) { return M()(instance.object, call); });
        return true;
    } else {
        return false;
    }
}

template<typename T>
bool dispatch(Instance<T> &instance, Exchange exchange, Request request)
{
    switch (request.method()) {
    case HAWSER_HTTP_GET:
    case HAWSER_HTTP_HEAD:
        return answer<Get>(instance, exchange, request);
    case HAWSER_HTTP_POST:
        return answer<Post>(instance, exchange, request);
    case HAWSER_HTTP_PUT:
        return answer<Put>(instance, exchange, request);
    case HAWSER_HTTP_DELETE:
        return answer<Del>(instance, exchange, request);
    case HAWSER_HTTP_PATCH:
        return answer<Patch>(instance, exchange, request);
    case HAWSER_HTTP_OPTIONS:
        return answer<Options>(instance, exchange, request);
    default:
        return false;
    }
}

template<typename T>
void refuse_method(Exchange exchange)
{
    std::string allowed;
    add_allowed<T, Get>(allowed);
    add_allowed<T, Post>(allowed);
    add_allowed<T, Put>(allowed);
    add_allowed<T, Del>(allowed);
    add_allowed<T, Patch>(allowed);
    add_allowed<T, Options>(allowed);
    Response refusal{405, "text/plain; charset=utf-8", "method not allowed\n", {}};
    refusal.fields.push_back({"Allow", std::move(allowed)});
    exchange.respond(std::move(refusal));
}

template<typename T>
void HAWSER_CALL on_request(void *self, hawser_http_exchange *exchange, const hawser_http_request *request) noexcept
{
    auto &instance = *static_cast<Instance<T> *>(self);
    Attachment attachment;
    guarded_call(
        [&] {
            try {
                if constexpr (requires { instance.object.request(Exchange(exchange), Request(request)); })
                    instance.object.request(Exchange(exchange, &attachment), Request(request));
                else if (!dispatch(instance, Exchange(exchange), Request(request)))
                    refuse_method<T>(Exchange(exchange));
            } catch (const Problem &problem) {
                Exchange(exchange).respond(problem.to_response());
            }
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
