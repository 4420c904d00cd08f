// From a path and a method to the resource that serves them: the most specific route that matches both.
#pragma once

#include "hawser/http.h"

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace http_engine {

struct Route {
    const hawser_object *object = nullptr;
    const hawser_http_resource *resource = nullptr;
    std::string_view path;            // without a trailing '/'; "" for "/"
    std::vector<std::string> methods; // none: all
    bool exact = false;
    std::uint64_t max_body = 0;
};

class Routes {
public:
    // Adds what a pattern says ("[METHODS ][=]/path"). The error's text, or "".
    std::string add(std::string_view pattern, const hawser_object *object, std::uint64_t max_body);
    void finish(); // before the first find()

    struct Found {
        const Route *route = nullptr;
        std::string_view rest;
        bool path_matches = false; // without a route: the path is known, but not for this method
    };
    // HEAD is served by what serves GET.
    Found find(std::string_view path, std::string_view method) const;
    // "GET, HEAD, POST": of all routes that match the path.
    std::string allowed(std::string_view path) const;

private:
    static bool serves(const Route &route, std::string_view method);
    // Calls visit(route, rest) for the routes that match, most specific first, until it says true.
    template<typename Visit>
    void for_matches(std::string_view path, Visit visit) const;

    std::vector<Route> routes_; // exact before prefix, long before short, with methods before without
    struct Range {
        std::uint32_t from, to;
    };
    std::map<std::string_view, Range, std::less<>> by_path_; // with many routes: the run of one path
    bool many_ = false;
};

} // namespace http_engine
