// hawser/http_cookies.hpp: cookies of a request, and cookies to set (RFC 6265), safe as they are.
#pragma once

#include "hawser/error.hpp"
#include "hawser/http_exchange.hpp"
#include "hawser/http_fields.hpp"

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace hawser::http {

// The value of a cookie of this name, as it was sent. The first, if there are several.
inline std::optional<std::string_view> find_cookie(const Request &request, std::string_view name)
{
    for (std::size_t i = 0; i < request.raw()->field_count; ++i) {
        const hawser_field &field = request.raw()->fields[i];
        if (!same_name(view(field.name), "cookie")) continue;
        std::string_view rest = view(field.value);
        while (!rest.empty()) {
            const std::size_t end = rest.find(';');
            std::string_view pair = rest.substr(0, end);
            rest.remove_prefix(end == std::string_view::npos ? rest.size() : end + 1);
            while (!pair.empty() && pair.front() == ' ') pair.remove_prefix(1);
            const std::size_t equals = pair.find('=');
            if (equals == std::string_view::npos || pair.substr(0, equals) != name) continue;
            std::string_view value = pair.substr(equals + 1);
            if (value.size() > 1 && value.front() == '"' && value.back() == '"')
                value = value.substr(1, value.size() - 2);
            return value;
        }
    }
    return std::nullopt;
}

// A cookie to set. Unless said otherwise: for the whole site, for this visit, not for scripts, not sent along from
// other sites except by a link, and over TLS only where the request came over it.
struct Cookie {
    std::string name = {}, value = {};
    std::string path = "/";
    std::string domain = {}; // empty: this host alone
    std::optional<std::chrono::seconds> max_age = {};
    bool http_only = true;
    std::optional<bool> secure = {}; // nothing: as the request came
    std::string same_site = "Lax";

    // The value of Set-Cookie. Throws Error for a name or value that no cookie can have (RFC 6265 § 4.1.1).
    std::string text(const Request &request) const
    {
        check();
        std::string out = name + "=" + value;
        if (!path.empty()) out += "; Path=" + path;
        if (!domain.empty()) out += "; Domain=" + domain;
        if (max_age) out += "; Max-Age=" + std::to_string(max_age->count());
        if (secure.value_or(view(request.raw()->scheme) == "https")) out += "; Secure";
        if (http_only) out += "; HttpOnly";
        if (!same_site.empty()) out += "; SameSite=" + same_site;
        return out;
    }

private:
    void check() const
    {
        if (!is_field_name(name)) throw Error("expected the name of a cookie, got \"" + name + '"');
        for (const char c : value)
            if (c <= ' ' || c == '"' || c == ',' || c == ';' || c == '\\' || c == 0x7f)
                throw Error("the cookie " + name +
                            ": expected a value without blanks and \" , ; \\ and control "
                            "characters; encode it");
        for (const std::string *each : {&path, &domain, &same_site})
            for (const char c : *each)
                if (static_cast<unsigned char>(c) < ' ' || c == ';' || c == 0x7f)
                    throw Error("the cookie " + name + ": an attribute has a character that ends it");
        if (same_site == "None" && secure == false)
            throw Error("the cookie " + name + ": browsers drop one with SameSite=None that is not Secure");
    }
};

// Tells the client to forget it.
inline Cookie forget_cookie(std::string name) { return {.name = std::move(name), .max_age = std::chrono::seconds(0)}; }

inline void set_cookie(Response &response, const Request &request, const Cookie &cookie)
{
    response.fields.emplace_back("Set-Cookie", cookie.text(request));
}

} // namespace hawser::http
