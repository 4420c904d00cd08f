// hawser/http_router.hpp: one resource, many paths: patterns with typed parameters.
//
//     struct Notes {
//         hawser::http::Router<Notes> router{*this};
//         Notes()
//         {
//             router.get("/", &Notes::list);
//             router.get("/{id}", &Notes::read);
//             router.post("/", &Notes::create);
//         }
//         hawser::http::Response list(hawser::http::Request);
//         hawser::http::Response read(hawser::http::Request, std::int64_t id);   // "/12"; "/x" is 404
//         hawser::Task<hawser::http::Response> create(hawser::http::Call &);
//     };
//     HAWSER_PLUGIN(hawser::http::routed<Notes>("notes"))
//
// Patterns are matched against what the listener's route left of the path. "{name}" is one segment, decoded, as the
// type of the function's next argument: std::string, a number, bool; "{name...}", the last, is all that follows. A
// segment that is written out wins over a parameter; where the first pattern has not the method, or the segments are
// not of its types, the next that matches is tried. HEAD is answered as GET, OPTIONS with Allow, another method 405
// with Allow.
#pragma once

#include "hawser/http.hpp"
#include "hawser/http_call.hpp"
#include "hawser/http_form.hpp"
#include "hawser/http_problem.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

namespace hawser::http {
namespace detail {

// A pattern in its parts.
struct Pattern {
    struct Part {
        std::string text; // of one that is written out
        bool parameter = false, rest = false;
    };
    std::string text;
    std::vector<Part> parts;
    std::size_t parameters = 0;

    // Throws Error for one that is none.
    explicit Pattern(std::string_view from)
        : text(from)
    {
        if (from.empty() || from[0] != '/') wrong("to begin with /");
        from.remove_prefix(1);
        while (!from.empty()) {
            const std::size_t end = std::min(from.find('/'), from.size());
            add(from.substr(0, end), end == from.size());
            from.remove_prefix(std::min(end + 1, from.size()));
        }
    }
    // The parameters' texts as sent; nothing is decoded yet.
    bool matches(const std::vector<std::string_view> &segments, std::vector<std::string_view> &found) const
    {
        found.clear();
        const bool open = !parts.empty() && parts.back().rest;
        if (open ? segments.size() < parts.size() : segments.size() != parts.size()) return false;
        for (std::size_t i = 0; i < parts.size(); ++i) {
            if (parts[i].rest) {
                const char *begin = segments[i].data();
                found.emplace_back(begin,
                                   static_cast<std::size_t>(segments.back().data() + segments.back().size() - begin));
            } else if (parts[i].parameter) {
                if (segments[i].empty()) return false;
                found.push_back(segments[i]);
            } else if (parts[i].text != segments[i]) {
                return false;
            }
        }
        return true;
    }
    // Is this one to be tried first?
    bool before(const Pattern &other) const
    {
        const std::size_t n = std::min(parts.size(), other.parts.size());
        for (std::size_t i = 0; i < n; ++i) {
            if (rank(parts[i]) != rank(other.parts[i])) return rank(parts[i]) < rank(other.parts[i]);
        }
        return false;
    }
    bool same(const Pattern &other) const
    {
        return std::equal(
            parts.begin(), parts.end(), other.parts.begin(), other.parts.end(), [](const Part &a, const Part &b) {
                return a.parameter == b.parameter && a.rest == b.rest && (a.parameter || a.text == b.text);
            });
    }

private:
    static int rank(const Part &part) { return part.rest ? 2 : part.parameter ? 1 : 0; }
    void add(std::string_view part, bool last)
    {
        const bool parameter = part.size() > 2 && part.front() == '{' && part.back() == '}';
        const bool rest = parameter && part.size() > 5 && part.substr(part.size() - 4) == "...}";
        if (!parameter && part.find_first_of("{}") != std::string_view::npos) wrong("{name} to be a whole segment");
        if (rest && !last) wrong("{name...} only at its end");
        parts.push_back({parameter ? std::string() : std::string(part), parameter, rest});
        parameters += parameter ? 1 : 0;
    }
    [[noreturn]] void wrong(const char *expected) const
    {
        throw Error("the pattern \"" + text + "\": expected it " + expected);
    }
};

inline std::vector<std::string_view> segments_of(std::string_view path)
{
    if (!path.empty() && path[0] == '/') path.remove_prefix(1);
    std::vector<std::string_view> segments;
    while (!path.empty()) {
        const std::size_t end = path.find('/');
        segments.push_back(path.substr(0, end));
        if (end == std::string_view::npos) return segments;
        path.remove_prefix(end + 1);
        if (path.empty()) segments.push_back(path); // "a/" is not "a"
    }
    return segments;
}

// A member function as a handler: its first argument, and the types of its parameters.
template<typename F>
struct Handler;
template<typename R, typename T, typename First, typename... Rest>
struct Handler<R (T::*)(First, Rest...)> {
    using Object = T;
    using Result = R;
    static constexpr bool kTask = std::is_same_v<First, Call &>;
    static_assert(kTask || std::is_same_v<std::decay_t<First>, Request>,
                  "a handler takes a hawser::http::Request or a hawser::http::Call & first");
    using Values = std::tuple<std::decay_t<Rest>...>;
};
template<typename R, typename T, typename First, typename... Rest>
struct Handler<R (T::*)(First, Rest...) const> : Handler<R (T::*)(First, Rest...)> {};

// The parameters as what the handler takes; nothing: one is not of its type, so there is nothing by that name.
template<typename Values, std::size_t... I>
std::optional<Values> values_of([[maybe_unused]] const std::vector<std::string_view> &texts, std::index_sequence<I...>)
{
    std::tuple<std::optional<std::tuple_element_t<I, Values>>...> read{
        parsed<std::tuple_element_t<I, Values>>(percent_decoded(texts[I]))...};
    if (!(std::get<I>(read).has_value() && ...)) return std::nullopt;
    return Values{std::move(*std::get<I>(read))...};
}

} // namespace detail

template<typename T>
class Router {
public:
    explicit Router(T &object)
        : object_(object)
    {}
    Router(const Router &) = delete;
    Router &operator=(const Router &) = delete;

    // Each throws Error for a pattern that is none, is there already, or has another number of parameters than f takes.
    template<typename F>
    void get(std::string_view pattern, F f)
    {
        add(HAWSER_HTTP_GET, pattern, f);
    }
    template<typename F>
    void post(std::string_view pattern, F f)
    {
        add(HAWSER_HTTP_POST, pattern, f);
    }
    template<typename F>
    void put(std::string_view pattern, F f)
    {
        add(HAWSER_HTTP_PUT, pattern, f);
    }
    template<typename F>
    void del(std::string_view pattern, F f)
    {
        add(HAWSER_HTTP_DELETE, pattern, f);
    }
    template<typename F>
    void patch(std::string_view pattern, F f)
    {
        add(HAWSER_HTTP_PATCH, pattern, f);
    }

    // Answers it; what the handler throws comes out, or is the task's.
    void serve(Exchange exchange, Request request, const Node &node)
    {
        const auto segments = detail::segments_of(request.rest());
        const std::uint16_t method = request.method() == HAWSER_HTTP_HEAD ? HAWSER_HTTP_GET : request.method();
        std::vector<std::string_view> found;
        std::vector<std::uint16_t> others; // that the path takes
        for (const Route &route : routes_) {
            if (!route.pattern.matches(segments, found)) continue;
            const auto handler = std::find_if(route.methods.begin(), route.methods.end(),
                                              [&](const auto &each) { return each.first == method; });
            if (handler != route.methods.end()) {
                if (handler->second(object_, exchange, request, node, found)) return;
                continue;
            }
            for (const auto &[of, calls] : route.methods)
                if (std::find(others.begin(), others.end(), of) == others.end()) others.push_back(of);
        }
        if (others.empty()) throw Problem(404, "nothing is here");
        exchange.respond(refusal(others, request.method()));
    }

private:
    // False: it does not take these parameters.
    using Calls = std::function<bool(T &, Exchange, Request, const Node &, const std::vector<std::string_view> &)>;
    struct Route {
        detail::Pattern pattern;
        std::vector<std::pair<std::uint16_t, Calls>> methods;
    };

    template<typename F>
    void add(std::uint16_t method, std::string_view text, F f)
    {
        detail::Pattern pattern(text);
        constexpr std::size_t takes = std::tuple_size_v<typename detail::Handler<F>::Values>;
        if (pattern.parameters != takes)
            throw Error("the pattern \"" + pattern.text + "\" has " + std::to_string(pattern.parameters) +
                        " parameters, its function takes " + std::to_string(takes));
        auto route =
            std::find_if(routes_.begin(), routes_.end(), [&](const Route &each) { return each.pattern.same(pattern); });
        if (route == routes_.end()) {
            const auto at = std::find_if(routes_.begin(), routes_.end(),
                                         [&](const Route &each) { return pattern.before(each.pattern); });
            route = routes_.insert(at, Route{std::move(pattern), {}});
        }
        for (const auto &[of, calls] : route->methods)
            if (of == method) throw Error("the pattern \"" + route->pattern.text + "\" has this method already");
        route->methods.emplace_back(method, calls_of(f));
    }
    template<typename F>
    static Calls calls_of(F f)
    {
        using Of = detail::Handler<F>;
        using Values = typename Of::Values;
        return [f](T &object, Exchange exchange, Request request, const Node &node,
                   const std::vector<std::string_view> &texts) {
            auto values = detail::values_of<Values>(texts, std::make_index_sequence<std::tuple_size_v<Values>>());
            if (!values) return false;
            if constexpr (Of::kTask) {
                Call::start(exchange.raw(), node, [&object, f, values = std::move(*values)](Call &call) mutable {
                    return std::apply([&](auto &...each) { return (object.*f)(call, std::move(each)...); }, values);
                });
            } else {
                exchange.respond(
                    std::apply([&](auto &...each) { return (object.*f)(request, std::move(each)...); }, *values));
            }
            return true;
        };
    }
    static Response refusal(const std::vector<std::uint16_t> &takes, std::uint16_t method)
    {
        static constexpr std::array<const char *, 9> kNames{"",       "GET",     "HEAD",  "POST",   "PUT",
                                                            "DELETE", "OPTIONS", "PATCH", "CONNECT"};
        std::string allow;
        for (const std::uint16_t of : takes) {
            allow += kNames[of];
            allow += of == HAWSER_HTTP_GET ? ", HEAD, " : ", ";
        }
        allow += "OPTIONS";
        Response response = method == HAWSER_HTTP_OPTIONS ? Response{204, "", "", {}}
                                                          : Problem(405, "this path takes " + allow).to_response();
        response.fields.emplace_back("Allow", allow);
        return response;
    }
    T &object_;
    std::vector<Route> routes_; // what is written out before parameters
};

namespace detail {

template<typename T>
struct SharedOf {};
template<typename T>
requires requires { typename T::Shared; }
struct SharedOf<T> {
    using Shared = typename T::Shared;
};

// The class of the author's and its node, as a resource; with what else a resource may have.
template<typename T>
struct Routed : SharedOf<T> {
    Node node;
    T object;
    explicit Routed(const Node &of)
        : node(of)
        , object(hawser::detail::make_instance<T>(of))
    {}
    void request(Exchange exchange, Request request) { object.router.serve(exchange, request, node); }
    void drain(std::uint64_t deadline, std::uint32_t why) requires requires(T &t) { t.drain(deadline, why); }
    {
        object.drain(deadline, why);
    }
};

} // namespace detail

// T has a member `router`, a Router<T>.
template<typename T>
constexpr hawser_http_resource routed(const char *name)
{
    return resource<detail::Routed<T>>(name);
}

} // namespace hawser::http
