// The resource `cors`: another one, for pages of other origins too (Fetch standard, § 3.2).
// Tests: plugins/cors/tests/cors_test.cpp
#include "hawser/hawser.hpp"
#include "hawser/http.hpp"
#include "hawser/http_fields.hpp"
#include "hawser/http_filter.hpp"

#include <algorithm>
#include <chrono>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace {

std::string joined(const std::string &option, const hawser::Value &list)
{
    std::string all;
    for (std::uint32_t i = 0; i < list.count(); ++i) {
        if (!hawser::http::is_field_name(list[i].text()))
            throw hawser::Error(option, "expected names, got \"" + std::string(list[i].text()) + '"');
        all += (all.empty() ? "" : ", ") + std::string(list[i].text());
    }
    return all;
}

class Rules {
public:
    explicit Rules(const hawser::Node &node)
        : credentials(node.option("credentials").boolean())
        , methods(joined("methods", node.option("methods")))
        , headers(joined("headers", node.option("headers")))
        , expose(joined("expose", node.option("expose")))
        , max_age(std::to_string(
              std::chrono::duration_cast<std::chrono::seconds>(node.option("max_age").duration()).count()))
    {
        const hawser::Value origins = node.option("origins");
        for (std::uint32_t i = 0; i < origins.count(); ++i) add(origins[i].text());
        if (all_ && credentials)
            throw hawser::Error("credentials", "expected origins by name, since browsers refuse credentials for \"*\"");
    }

    bool any() const { return all_; }
    bool allows(std::string_view origin) const
    {
        if (all_) return true;
        return std::any_of(origins_.begin(), origins_.end(), [origin](const auto &each) {
            const auto &[before, after] = each;
            if (after.empty()) return origin == before;
            // The star stands for names, never for the end of one and a port.
            if (origin.size() <= before.size() + after.size()) return false;
            const std::string_view star = origin.substr(before.size(), origin.size() - before.size() - after.size());
            return origin.starts_with(before) && origin.ends_with(after) && star.find_first_of(":/") == star.npos;
        });
    }

    const bool credentials;
    const std::string methods, headers, expose, max_age;

private:
    void add(std::string_view origin)
    {
        all_ = all_ || origin == "*";
        if (origin == "*") return;
        const std::size_t scheme = origin.find("://");
        const std::size_t star = origin.find('*');
        const bool whole = scheme != std::string_view::npos && scheme > 0 && origin.size() > scheme + 3 &&
                           origin.find('/', scheme + 3) == std::string_view::npos &&
                           hawser::http::is_field_value(origin);
        const bool starred = star == std::string_view::npos || origin.substr(scheme + 3).starts_with("*.");
        if (!whole || !starred || origin.find('*', star + 1) != std::string_view::npos)
            throw hawser::Error("origins",
                                "expected origins like \"https://example.org\" or \"https://*.example.org\", "
                                "got \"" +
                                    std::string(origin) + '"');
        if (star == std::string_view::npos)
            origins_.emplace_back(origin, "");
        else
            origins_.emplace_back(origin.substr(0, star), origin.substr(star + 1));
    }

    bool all_ = false;
    std::vector<std::pair<std::string, std::string>> origins_; // before and behind a star; behind: empty without one
};

class Shared : public hawser::http::Filter<Shared> {
public:
    Shared(const Rules &rules, std::string_view origin)
        : rules_(rules)
        , origin_(origin)
    {}
    void head(hawser::http::Head &head) const
    {
        if (!rules_.any()) head.add_to_list("Vary", "Origin");
        if (origin_.empty()) return;
        head.set("Access-Control-Allow-Origin", rules_.any() ? std::string_view("*") : origin_);
        if (rules_.credentials) head.set("Access-Control-Allow-Credentials", "true");
        if (!rules_.expose.empty()) head.set("Access-Control-Expose-Headers", rules_.expose);
    }

private:
    const Rules &rules_;
    const std::string origin_; // allowed; empty: none, or not
};

class Cors {
public:
    explicit Cors(const hawser::Node &node)
        : node_(node)
        , inner_(node, "inner")
        , rules_(node)
    {}

    void request(hawser::http::Exchange exchange, hawser::http::Request request)
    {
        std::string_view origin = request.field("origin");
        if (!origin.empty() && !rules_.allows(origin)) origin = {};
        const bool preflight = request.method() == HAWSER_HTTP_OPTIONS && !request.field("origin").empty() &&
                               !request.field("access-control-request-method").empty();
        if (preflight)
            answer_preflight(exchange, origin);
        else
            Shared::serve(node_, inner_, exchange, request, rules_, origin);
    }

private:
    // Without the fields the browser does not go on; it needs no other status for that.
    void answer_preflight(hawser::http::Exchange exchange, std::string_view origin) const
    {
        hawser::http::Response response{204, "", "", {}};
        auto &fields = response.fields;
        fields.emplace_back("Vary", "Origin, Access-Control-Request-Method, Access-Control-Request-Headers");
        if (!origin.empty()) {
            fields.emplace_back("Access-Control-Allow-Origin", rules_.any() ? "*" : std::string(origin));
            fields.emplace_back("Access-Control-Allow-Methods", rules_.methods);
            if (!rules_.headers.empty()) fields.emplace_back("Access-Control-Allow-Headers", rules_.headers);
            if (rules_.credentials) fields.emplace_back("Access-Control-Allow-Credentials", "true");
            fields.emplace_back("Access-Control-Max-Age", rules_.max_age);
        }
        exchange.respond(std::move(response));
    }

    hawser::Node node_;
    hawser::http::Inner inner_;
    Rules rules_;
};

} // namespace

HAWSER_PLUGIN(hawser::http::resource<Cors>("cors"))
