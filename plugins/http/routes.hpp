// From a path and a method to the resource that serves them: the most specific route that matches both. Looked up by a
// hash of the path and of its shorter parts, so that a thousand routes cost what ten do. For the loop's thread.
#pragma once

#include "hawser/http.h"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace http_engine {

struct Route {
    const hawser_object *object = nullptr;
    const hawser_http_resource *resource = nullptr;
    std::string_view pattern;
    std::string path;                // as path.hpp spells it, without a trailing '/'; "" for "/"
    std::uint64_t max_body = 0;      // bytes
    std::uint64_t body_rate = 0;     // bytes a second; 0: none
    std::uint32_t methods = 0;       // 1 << HAWSER_HTTP_GET …; with `others` empty, 0: all
    std::vector<std::string> others; // methods without a number
    bool exact = false;

    bool names_head() const { return (methods & 1U << HAWSER_HTTP_HEAD) != 0; }
    bool any_method() const { return methods == 0 && others.empty(); }
    bool serves(std::uint16_t method, std::string_view name) const;
};

class Routes {
public:
    // Adds what a pattern says ("[METHODS ][=]/path"). The error's text, or "".
    std::string add(std::string_view pattern, const hawser_object *object, std::uint64_t max_body,
                    std::uint64_t body_rate = 0);
    // Before the first find(). The error's text, or ""; `wrong` is the pattern that it is about.
    std::string finish(std::string_view &wrong);

    struct Found {
        const Route *route = nullptr;
        std::string_view rest;
        bool path_matches = false; // without a route: the path is known, but not for this method
    };
    // HEAD is served by what serves GET.
    Found find(std::string_view path, std::uint16_t method, std::string_view method_name);
    // "GET, HEAD, POST": of all routes that match the path. Allocates.
    std::string allowed(std::string_view path);

private:
    struct Slot {
        std::uint64_t hash = 0;
        std::uint32_t from = 0, to = 0; // the routes of one path; none: free
    };
    bool matches(const Route &route, std::string_view path) const;
    const Slot *slot_of(std::uint64_t hash, std::string_view path) const;
    void build_slots();
    std::size_t find_prefixes(std::string_view path);
    // Calls visit(route, rest) for the routes that match, most specific first, until it says true.
    template<typename Visit>
    void for_matches(std::string_view path, Visit visit);

    std::vector<Route> routes_;          // by path; then exact first, those with methods before those for all
    std::vector<Slot> slots_;            // a power of two, never more than half full
    std::vector<const Slot *> prefixes_; // room for what one path can match
    std::size_t longest_ = 0;            // bytes of the longest path
    bool many_ = false;
};

} // namespace http_engine
