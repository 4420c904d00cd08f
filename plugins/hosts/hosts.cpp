// The resource `hosts`: other resources by the host that the client asks for.
// Tests: plugins/hosts/tests/hosts_test.cpp
#include "hawser/hawser.hpp"
#include "hawser/http.hpp"
#include "hawser/http_filter.hpp"

#include <algorithm>
#include <cstddef>
#include <string>
#include <string_view>
#include <unordered_map>

namespace {

using hawser::http::Inner;

struct Hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const { return std::hash<std::string_view>()(text); }
};
using Names = std::unordered_map<std::string, Inner, Hash, std::equal_to<>>;

std::string lower(std::string_view text)
{
    std::string out(text);
    for (char &c : out) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c;
    return out;
}

// "Example.org.:8080" is "example.org", "[::1]:80" is "[::1]" (RFC 3986 § 3.2.2, RFC 1034 § 3.1).
std::string host_of(std::string_view authority)
{
    const std::size_t colon = authority.rfind(':');
    const std::size_t bracket = authority.rfind(']');
    if (colon != std::string_view::npos && (bracket == std::string_view::npos || bracket < colon))
        authority = authority.substr(0, colon);
    if (authority.ends_with('.')) authority.remove_suffix(1);
    return lower(authority);
}

class Hosts {
public:
    explicit Hosts(const hawser::Node &node)
        : others_(static_cast<std::uint32_t>(node.option("others").integer()))
    {
        const hawser::Value hosts = node.option("hosts");
        for (std::uint32_t i = 0; i < hosts.count(); ++i) add(node, hosts[i].key(), Inner(node, hosts[i].object()));
    }

    void request(hawser::http::Exchange exchange, hawser::http::Request request) const
    {
        const Inner *inner = find(host_of(request.authority()));
        if (inner != nullptr)
            inner->serve(exchange.raw(), request.raw());
        else
            exchange.respond(others_, "text/plain; charset=utf-8", "this host is not served here\n");
    }

private:
    void add(const hawser::Node &, std::string_view pattern, const Inner &inner)
    {
        const std::string option = "hosts." + std::string(pattern);
        const std::string host = lower(pattern);
        const std::string_view rest = host.starts_with("*.") ? std::string_view(host).substr(2) : host;
        const bool plain = !rest.empty() && rest.find_first_of("*/ ?#@") == std::string_view::npos;
        if (host != "*" && (!plain || host_of(rest) != rest))
            throw hawser::Error(option, "expected a host like \"example.org\", \"*.example.org\" or \"*\", without a "
                                        "port, got \"" +
                                            std::string(pattern) + '"');
        Names &to = host.starts_with("*.") ? below_ : exact_;
        if (!to.emplace(rest, inner).second) throw hawser::Error(option, "this host stands here twice");
    }

    // The name itself, else the longest that it is below, else "*".
    const Inner *find(std::string_view host) const
    {
        if (const auto found = exact_.find(host); found != exact_.end() && host != "*") return &found->second;
        for (std::size_t dot = host.find('.'); dot != std::string_view::npos; dot = host.find('.', dot + 1)) {
            if (const auto found = below_.find(host.substr(dot + 1)); found != below_.end()) return &found->second;
        }
        const auto any = exact_.find(std::string_view("*"));
        return any != exact_.end() ? &any->second : nullptr;
    }

    std::uint32_t others_;
    Names exact_, below_; // "example.org"; "*.example.org" without its "*."
};

} // namespace

HAWSER_PLUGIN(hawser::http::resource<Hosts>("hosts"))
