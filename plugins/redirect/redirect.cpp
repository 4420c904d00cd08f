// The resource `redirect`: another address, made from that of the request.
// Tests: plugins/redirect/tests/redirect_test.cpp
#include "hawser/hawser.hpp"
#include "hawser/http.hpp"
#include "hawser/http_fields.hpp"

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace {

class Redirect {
public:
    explicit Redirect(const hawser::Node &node)
        : status_(static_cast<std::uint32_t>(node.option("status").integer()))
    {
        read(node.option("to").text());
        if (status_ == 300 || (status_ > 303 && status_ != 307 && status_ != 308))
            throw hawser::Error("status", "expected 301, 302, 303, 307 or 308, got " + std::to_string(status_));
    }

    void request(hawser::http::Exchange exchange, hawser::http::Request request) const
    {
        std::string to;
        for (const Part &part : parts_) {
            if (part.name == Name::Text)
                to += part.text;
            else if (part.name == Name::Host)
                to += request.authority();
            else if (part.name == Name::Path || part.name == Name::Rest)
                add_path(to, part.name == Name::Path ? request.path() : request.rest());
            else if (!request.query().empty())
                to.append("?").append(request.query());
        }
        exchange.respond({status_, "text/plain; charset=utf-8", "see " + to + '\n', {{"Location", to}}});
    }

private:
    enum class Name : std::uint8_t { Text, Host, Path, Rest, Query };
    struct Part {
        Name name;
        std::string text;
    };

    // "//host" at the beginning would be another site's address.
    static void add_path(std::string &to, std::string_view path)
    {
        while (to.empty() && path.starts_with("//")) path.remove_prefix(1);
        while (to.ends_with('/') && path.starts_with('/')) path.remove_prefix(1);
        to += path;
    }

    void read(std::string_view to)
    {
        if (to.empty() || !hawser::http::is_field_value(to) || to.find(' ') != std::string_view::npos)
            throw hawser::Error("to", "expected an address without spaces and control characters");
        while (!to.empty()) {
            const std::size_t begin = to.find('{');
            if (begin != 0) parts_.push_back({Name::Text, std::string(to.substr(0, begin))});
            if (begin == std::string_view::npos) return;
            const std::size_t end = to.find('}', begin);
            const std::string_view name = to.substr(begin, end == std::string_view::npos ? end : end - begin + 1);
            parts_.push_back({name_of(name), {}});
            to.remove_prefix(begin + name.size());
        }
    }

    static Name name_of(std::string_view text)
    {
        if (text == "{host}") return Name::Host;
        if (text == "{path}") return Name::Path;
        if (text == "{rest}") return Name::Rest;
        if (text == "{query}") return Name::Query;
        throw hawser::Error("to", "expected {host}, {path}, {rest} or {query}, got " + std::string(text));
    }

    std::uint32_t status_;
    std::vector<Part> parts_;
};

} // namespace

HAWSER_PLUGIN(hawser::http::resource<Redirect>("redirect"))
