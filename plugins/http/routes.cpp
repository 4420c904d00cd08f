// Tests: plugins/http/tests/routes_test.cpp
#include "routes.hpp"

#include "parser.hpp"

#include <algorithm>

namespace http_engine {
namespace {

constexpr std::size_t kScannedUpTo = 16; // more routes are looked up by path

std::string read_methods(std::string_view list, std::vector<std::string> &methods)
{
    while (!list.empty()) {
        const std::size_t comma = list.find(',');
        const std::string_view method = list.substr(0, comma);
        const bool upper = std::all_of(method.begin(), method.end(), [](char c) { return c < 'a' || c > 'z'; });
        if (!is_token(method) || !upper)
            return "expected methods like \"GET\" or \"POST,PUT\", got \"" + std::string(method) + '"';
        methods.emplace_back(method);
        if (comma == std::string_view::npos) break;
        list.remove_prefix(comma + 1);
    }
    return {};
}

// 0: no match; 1: match, and `rest` is what is behind it.
bool matches(const Route &route, std::string_view path, std::string_view &rest)
{
    if (!path.starts_with(route.path)) return false;
    rest = path.substr(route.path.size());
    if (route.exact) return rest.empty() || (route.path.empty() && rest == "/");
    return rest.empty() || rest.front() == '/';
}

} // namespace

std::string Routes::add(std::string_view pattern, const hawser_object *object, std::uint64_t max_body)
{
    Route route;
    route.object = object;
    route.resource = static_cast<const hawser_http_resource *>(object->api);
    route.max_body = max_body;
    const std::size_t space = pattern.find(' ');
    if (space != std::string_view::npos) {
        if (std::string wrong = read_methods(pattern.substr(0, space), route.methods); !wrong.empty()) return wrong;
        pattern.remove_prefix(space + 1);
    }
    if (pattern.starts_with('=')) {
        route.exact = true;
        pattern.remove_prefix(1);
    }
    if (!pattern.starts_with('/') || pattern.find_first_of(" ?#") != std::string_view::npos)
        return "expected a pattern like \"/path\", \"=/path\" or \"POST /path\"";
    // "/p/" and "/p" are the same prefix; an exact path keeps its last '/'.
    while (!pattern.empty() && pattern.back() == '/' && (!route.exact || pattern.size() == 1)) pattern.remove_suffix(1);
    route.path = pattern;
    for (const Route &other : routes_) {
        if (other.path != route.path || other.exact != route.exact) continue;
        const bool overlap = std::any_of(route.methods.begin(), route.methods.end(), [&](const std::string &method) {
            return std::find(other.methods.begin(), other.methods.end(), method) != other.methods.end();
        });
        if (overlap || (route.methods.empty() && other.methods.empty()))
            return "the same requests are matched by another route";
    }
    routes_.push_back(std::move(route));
    return {};
}

void Routes::finish()
{
    std::stable_sort(routes_.begin(), routes_.end(), [](const Route &a, const Route &b) {
        if (a.path.size() != b.path.size()) return a.path.size() > b.path.size();
        if (a.path != b.path) return a.path < b.path;
        if (a.exact != b.exact) return a.exact;
        return a.methods.empty() < b.methods.empty();
    });
    many_ = routes_.size() > kScannedUpTo;
    for (std::uint32_t i = 0; many_ && i < routes_.size(); ++i) {
        const auto [range, made] = by_path_.try_emplace(routes_[i].path, Range{i, i + 1});
        if (!made) range->second.to = i + 1;
    }
}

bool Routes::serves(const Route &route, std::string_view method)
{
    if (route.methods.empty()) return true;
    return std::any_of(route.methods.begin(), route.methods.end(), [method](const std::string &each) {
        return each == method || (method == "HEAD" && each == "GET");
    });
}

template<typename Visit>
void Routes::for_matches(std::string_view path, Visit visit) const
{
    std::string_view rest;
    if (!many_) {
        for (const Route &route : routes_) {
            if (matches(route, path, rest) && visit(route, rest)) return;
        }
        return;
    }
    // The path itself, then each shorter one that ends before a '/'.
    for (std::string_view prefix = path;;) {
        if (const auto found = by_path_.find(prefix); found != by_path_.end()) {
            for (std::uint32_t i = found->second.from; i < found->second.to; ++i) {
                if (matches(routes_[i], path, rest) && visit(routes_[i], rest)) return;
            }
        }
        const std::size_t slash = prefix.rfind('/');
        if (slash == std::string_view::npos) return;
        prefix = prefix.substr(0, slash);
    }
}

Routes::Found Routes::find(std::string_view path, std::string_view method) const
{
    Found found;
    for_matches(path, [&](const Route &route, std::string_view rest) {
        found.path_matches = true;
        if (!serves(route, method)) return false;
        found.route = &route;
        found.rest = rest;
        return true;
    });
    return found;
}

std::string Routes::allowed(std::string_view path) const
{
    std::vector<std::string_view> methods;
    const auto add = [&methods](std::string_view method) {
        if (std::find(methods.begin(), methods.end(), method) == methods.end()) methods.push_back(method);
    };
    for_matches(path, [&](const Route &route, std::string_view) {
        for (const std::string &method : route.methods) {
            add(method);
            if (method == "GET") add("HEAD");
        }
        return false;
    });
    std::string list;
    for (const std::string_view method : methods) list += (list.empty() ? "" : ", ") + std::string(method);
    return list;
}

} // namespace http_engine
