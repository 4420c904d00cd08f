// The resources `strip` and `rewrite`: another one, which sees another path.
// Tests: plugins/rewrite/tests/rewrite_test.cpp
#include "hawser/hawser.hpp"
#include "hawser/http.hpp"
#include "hawser/http_filter.hpp"

#include <re2/re2.h>

#include <algorithm>
#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace {

// The request with another path; what the routes had matched of it counts no more.
class Moved : public hawser::http::Filter<Moved> {
public:
    Moved(std::string path, std::string query, bool has_query)
        : path_(std::move(path))
        , query_(std::move(query))
        , has_query_(has_query)
    {}
    void change(hawser_http_request &request)
    {
        request.path = request.rest = hawser::str(path_);
        if (has_query_) request.query = hawser::str(query_);
        target_ = path_;
        if (request.query.n > 0) target_.append("?").append(hawser::view(request.query));
        request.target = hawser::str(target_);
    }

private:
    const std::string path_, query_;
    const bool has_query_;
    std::string target_;
};

class Strip {
public:
    explicit Strip(const hawser::Node &node)
        : node_(node)
        , inner_(node, "inner")
        , prefix_(node.option("prefix").text())
    {
        if (!prefix_.empty() && (prefix_.front() != '/' || prefix_.back() == '/'))
            throw hawser::Error("prefix", "expected a path like \"/api\", got \"" + prefix_ + '"');
    }
    void request(hawser::http::Exchange exchange, hawser::http::Request request)
    {
        std::string_view rest = request.rest();
        if (!prefix_.empty()) {
            const std::string_view path = request.path();
            const bool below =
                path.starts_with(prefix_) && (path.size() == prefix_.size() || path[prefix_.size()] == '/');
            rest = below ? path.substr(prefix_.size()) : path;
        }
        Moved::serve(node_, inner_, exchange, request, rest.empty() ? "/" : std::string(rest), std::string(), false);
    }

private:
    hawser::Node node_;
    hawser::http::Inner inner_;
    const std::string prefix_;
};

// Without dot segments (RFC 3986 § 5.2.4), as every path that a resource sees; "" if it is none.
std::string normal(std::string_view path)
{
    std::vector<std::string_view> parts;
    if (path.empty() || path.front() != '/') return {};
    for (std::size_t at = 1; at <= path.size();) {
        const std::size_t end = std::min(path.find('/', at), path.size());
        const std::string_view part = path.substr(at, end - at);
        const bool last = end == path.size();
        if (part == ".." && !parts.empty()) parts.pop_back();
        if (part != "." && part != "..")
            parts.push_back(part);
        else if (last)
            parts.emplace_back();
        at = end + 1;
    }
    std::string out;
    for (const std::string_view part : parts) out.append("/").append(part);
    return out;
}

class Rewrite {
public:
    explicit Rewrite(const hawser::Node &node)
        : node_(node)
        , inner_(node, "inner")
    {
        const hawser::Value rules = node.option("rules");
        for (std::uint32_t i = 0; i < rules.count(); ++i) add(i, rules[i]["from"].text(), rules[i]["to"].text());
    }

    void request(hawser::http::Exchange exchange, hawser::http::Request request)
    {
        const std::string path(request.path());
        for (const Rule &rule : rules_) {
            std::string to;
            if (!rule.from->Match(path, 0, path.size(), RE2::ANCHOR_BOTH, groups_.data(), rule.groups)) continue;
            if (!rule.from->Rewrite(&to, rule.to, groups_.data(), rule.groups)) continue;
            return pass(exchange, request, to);
        }
        inner_.serve(exchange.raw(), request.raw());
    }

private:
    struct Rule {
        std::unique_ptr<RE2> from;
        std::string to;
        int groups; // with the whole match
    };

    void add(std::uint32_t number, std::string_view from, std::string_view to)
    {
        const std::string option = "rules[" + std::to_string(number) + "]";
        RE2::Options quiet;
        quiet.set_log_errors(false);
        auto expression = std::make_unique<RE2>(re2::StringPiece(from.data(), from.size()), quiet);
        if (!expression->ok())
            throw hawser::Error(option + ".from", "expected a regular expression: " + expression->error());
        std::string wrong;
        if (!expression->CheckRewriteString(re2::StringPiece(to.data(), to.size()), &wrong))
            throw hawser::Error(option + ".to", wrong);
        if (to.empty() || to.front() != '/')
            throw hawser::Error(option + ".to",
                                "expected a path that begins with \"/\", got \"" + std::string(to) + '"');
        const int groups = expression->NumberOfCapturingGroups() + 1;
        groups_.resize(std::max(groups_.size(), static_cast<std::size_t>(groups)));
        rules_.push_back({std::move(expression), std::string(to), groups});
    }

    void pass(hawser::http::Exchange exchange, hawser::http::Request request, const std::string &to)
    {
        const std::size_t mark = to.find('?');
        Moved::serve(node_, inner_, exchange, request, normal(std::string_view(to).substr(0, mark)),
                     mark != std::string::npos ? to.substr(mark + 1) : "", mark != std::string::npos);
    }

    hawser::Node node_;
    hawser::http::Inner inner_;
    std::vector<Rule> rules_;
    std::vector<re2::StringPiece> groups_;
};

} // namespace

HAWSER_PLUGIN(hawser::http::resource<Strip>("strip"), hawser::http::resource<Rewrite>("rewrite"))
