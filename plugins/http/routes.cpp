// Tests: plugins/http/tests/routes_test.cpp
#include "routes.hpp"

#include "parser.hpp"
#include "path.hpp"

#include <algorithm>
#include <bit>
#include <utility>

namespace http_engine {
namespace {

constexpr std::size_t kScannedUpTo = 8; // more routes are looked up by hash

struct Method {
    std::string_view name;
    std::uint16_t number;
};
constexpr Method kMethods[] = {{"GET", HAWSER_HTTP_GET},       {"HEAD", HAWSER_HTTP_HEAD},
                               {"POST", HAWSER_HTTP_POST},     {"PUT", HAWSER_HTTP_PUT},
                               {"DELETE", HAWSER_HTTP_DELETE}, {"OPTIONS", HAWSER_HTTP_OPTIONS},
                               {"PATCH", HAWSER_HTTP_PATCH},   {"CONNECT", HAWSER_HTTP_CONNECT}};

std::string read_methods(std::string_view list, Route &route)
{
    for (;;) {
        const std::size_t comma = list.find(',');
        const std::string_view method = list.substr(0, comma);
        const bool upper = std::all_of(method.begin(), method.end(), [](char c) { return c < 'a' || c > 'z'; });
        if (!is_token(method) || !upper)
            return "expected methods like \"GET\" or \"POST,PUT\", got \"" + std::string(method) + '"';
        const auto *known = std::find_if(std::begin(kMethods), std::end(kMethods),
                                         [method](const Method &each) { return each.name == method; });
        if (known != std::end(kMethods))
            route.methods |= 1U << known->number;
        else
            route.others.emplace_back(method);
        if (comma == std::string_view::npos) return {};
        list.remove_prefix(comma + 1);
    }
}

bool overlap(const Route &a, const Route &b)
{
    if (a.any_method() || b.any_method()) return a.any_method() && b.any_method();
    return (a.methods & b.methods) != 0 ||
           std::any_of(a.others.begin(), a.others.end(), [&b](const std::string &method) {
               return std::find(b.others.begin(), b.others.end(), method) != b.others.end();
           });
}

// FNV-1a, continued byte by byte: the hash of each shorter path is met on the way.
constexpr std::uint64_t kHashStart = 14695981039346656037U;
constexpr std::uint64_t add_to_hash(std::uint64_t hash, char c)
{
    return (hash ^ static_cast<unsigned char>(c)) * 1099511628211U;
}
std::uint64_t hash_of(std::string_view text)
{
    std::uint64_t hash = kHashStart;
    for (const char c : text) hash = add_to_hash(hash, c);
    return hash;
}

// "." or "..", also percent-encoded: no path of a request has such a segment.
bool is_dots(std::string_view segment)
{
    std::size_t dots = 0;
    while (!segment.empty()) {
        const bool encoded = segment.starts_with("%2e") || segment.starts_with("%2E");
        if (!encoded && segment.front() != '.') return false;
        segment.remove_prefix(encoded ? 3 : 1);
        ++dots;
    }
    return dots == 1 || dots == 2;
}

// A pattern's path as those of requests are spelled; "" if none can be like it.
std::string spelled(std::string_view path)
{
    if (!path.starts_with('/')) return {};
    for (std::size_t i = 0; i < path.size(); ++i) {
        const auto c = static_cast<unsigned char>(path[i]);
        if (c <= ' ' || c == 0x7f || c == '?' || c == '#') return {};
        if (c != '/') continue;
        const std::string_view segment = path.substr(i + 1, path.find('/', i + 1) - i - 1);
        if (is_dots(segment)) return {};
    }
    std::string to(path.size() * 3, '\0');
    to.resize(canonical_path(path, to.data()));
    return to;
}

} // namespace

bool Route::serves(std::uint16_t method, std::string_view name) const
{
    if (any_method()) return true;
    if (method != 0) {
        const std::uint32_t also = method == HAWSER_HTTP_HEAD ? 1U << HAWSER_HTTP_GET : 0;
        return (methods & (1U << method | also)) != 0;
    }
    return std::find(others.begin(), others.end(), name) != others.end();
}

std::string Routes::add(std::string_view pattern, const hawser_object *object, std::uint64_t max_body,
                        std::uint64_t body_rate)
{
    Route route;
    route.object = object;
    route.resource = static_cast<const hawser_http_resource *>(object->api);
    route.max_body = max_body;
    route.body_rate = body_rate;
    route.pattern = pattern;
    const std::size_t space = pattern.find(' ');
    if (space != std::string_view::npos) {
        if (std::string wrong = read_methods(pattern.substr(0, space), route); !wrong.empty()) return wrong;
        pattern.remove_prefix(space + 1);
    }
    if (pattern.starts_with('=')) {
        route.exact = true;
        pattern.remove_prefix(1);
    }
    std::string path = spelled(pattern);
    if (path.empty()) return "expected a pattern like \"/path\", \"=/path\" or \"POST /path\"";
    // "/p/" and "/p" are the same prefix; an exact path keeps its last '/'.
    while (!path.empty() && path.back() == '/' && (!route.exact || path.size() == 1)) path.pop_back();
    route.path = std::move(path);
    routes_.push_back(std::move(route));
    return {};
}

std::string Routes::finish(std::string_view &wrong)
{
    // Stable: of two that match the same, the later one in the file is the wrong one.
    std::stable_sort(routes_.begin(), routes_.end(), [](const Route &a, const Route &b) {
        if (a.path.size() != b.path.size()) return a.path.size() > b.path.size();
        if (a.path != b.path) return a.path < b.path;
        if (a.exact != b.exact) return a.exact;
        if (a.any_method() != b.any_method()) return b.any_method();
        return a.names_head() && !b.names_head(); // before one that serves HEAD only because it serves GET
    });
    for (std::size_t i = 0; i < routes_.size(); ++i) {
        const Route &route = routes_[i];
        for (std::size_t k = i + 1; k < routes_.size(); ++k) {
            const Route &other = routes_[k];
            if (other.path != route.path || other.exact != route.exact) break;
            if (!overlap(route, other)) continue;
            wrong = other.pattern;
            return "the same requests are matched by the route \"" + std::string(route.pattern) + '"';
        }
    }
    longest_ = routes_.empty() ? 0 : routes_.front().path.size();
    many_ = routes_.size() > kScannedUpTo;
    if (many_) build_slots();
    return {};
}

void Routes::build_slots()
{
    slots_.assign(std::bit_ceil(routes_.size() * 2), {});
    for (std::uint32_t from = 0, to; from < routes_.size(); from = to) {
        for (to = from + 1; to < routes_.size() && routes_[to].path == routes_[from].path;) ++to;
        const std::uint64_t hash = hash_of(routes_[from].path);
        std::size_t at = hash & (slots_.size() - 1);
        while (slots_[at].to != 0) at = (at + 1) & (slots_.size() - 1);
        slots_[at] = {hash, from, to};
    }
    // No path has more parts than the longest has bytes.
    prefixes_.resize(std::min(longest_ + 2, routes_.size()));
}

const Routes::Slot *Routes::slot_of(std::uint64_t hash, std::string_view path) const
{
    for (std::size_t at = hash & (slots_.size() - 1); slots_[at].to != 0; at = (at + 1) & (slots_.size() - 1)) {
        if (slots_[at].hash == hash && routes_[slots_[at].from].path == path) return &slots_[at];
    }
    return nullptr;
}

// Collects the slots of the path and of its shorter parts that end before a '/', short before long.
std::size_t Routes::find_prefixes(std::string_view path)
{
    std::size_t count = 0;
    std::uint64_t hash = kHashStart;
    for (std::size_t n = 0; n <= path.size() && n <= longest_; ++n) {
        if (n == path.size() || path[n] == '/') {
            if (const Slot *slot = slot_of(hash, path.substr(0, n)); slot != nullptr) prefixes_[count++] = slot;
        }
        if (n < path.size()) hash = add_to_hash(hash, path[n]);
    }
    return count;
}

// Whether a route whose path is the beginning of `path` matches it.
bool Routes::matches(const Route &route, std::string_view path) const
{
    const std::string_view rest = path.substr(route.path.size());
    if (route.exact) return rest.empty() || (route.path.empty() && rest == "/");
    return rest.empty() || rest.front() == '/';
}

template<typename Visit>
void Routes::for_matches(std::string_view path, Visit visit)
{
    if (!many_) {
        for (const Route &route : routes_) {
            if (path.starts_with(route.path) && matches(route, path) && visit(route)) return;
        }
        return;
    }
    for (std::size_t i = find_prefixes(path); i-- > 0;) {
        for (std::uint32_t k = prefixes_[i]->from; k < prefixes_[i]->to; ++k) {
            if (matches(routes_[k], path) && visit(routes_[k])) return;
        }
    }
}

Routes::Found Routes::find(std::string_view path, std::uint16_t method, std::string_view method_name)
{
    Found found;
    for_matches(path, [&](const Route &route) {
        found.path_matches = true;
        if (!route.serves(method, method_name)) return false;
        found.route = &route;
        found.rest = path.substr(route.path.size());
        return true;
    });
    return found;
}

std::string Routes::allowed(std::string_view path)
{
    std::uint32_t known = 0;
    std::vector<std::string_view> others;
    for_matches(path, [&](const Route &route) {
        known |= route.methods;
        for (const std::string &method : route.others) {
            if (std::find(others.begin(), others.end(), method) == others.end()) others.push_back(method);
        }
        return false;
    });
    if ((known & 1U << HAWSER_HTTP_GET) != 0) known |= 1U << HAWSER_HTTP_HEAD;
    std::string list;
    for (const Method &method : kMethods) {
        if ((known & 1U << method.number) != 0) list += (list.empty() ? "" : ", ") + std::string(method.name);
    }
    for (const std::string_view method : others) list += (list.empty() ? "" : ", ") + std::string(method);
    return list;
}

} // namespace http_engine
