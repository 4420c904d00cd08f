// hawser/http_form.hpp: parameters of a query and of a form: application/x-www-form-urlencoded (WHATWG URL § 5).
#pragma once

#include "hawser/http_problem.hpp"

#include <charconv>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <type_traits>
#include <utility>
#include <vector>

namespace hawser::http {

// "%2F" is a slash; a "%" without two digits stays. `plus` : a "+" is a blank, as in forms.
inline std::string percent_decoded(std::string_view text, bool plus = false)
{
    const auto digit = [](char c) {
        if (c >= '0' && c <= '9') return c - '0';
        if (c >= 'a' && c <= 'f') return c - 'a' + 10;
        return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
    };
    std::string out;
    out.reserve(text.size());
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] == '%' && i + 2 < text.size() && digit(text[i + 1]) >= 0 && digit(text[i + 2]) >= 0) {
            out += static_cast<char>(digit(text[i + 1]) * 16 + digit(text[i + 2]));
            i += 2;
        } else {
            out += plus && text[i] == '+' ? ' ' : text[i];
        }
    }
    return out;
}

// All but letters, digits and -._~ (RFC 3986 § 2.3).
inline std::string percent_encoded(std::string_view text)
{
    constexpr const char *kHex = "0123456789ABCDEF";
    std::string out;
    for (const char c : text) {
        const auto byte = static_cast<unsigned char>(c);
        const bool bare = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
                          c == '.' || c == '_' || c == '~';
        if (bare) {
            out += c;
        } else {
            out += '%';
            out += kHex[byte >> 4];
            out += kHex[byte & 15];
        }
    }
    return out;
}

// For text inside of HTML, and in attributes in either quotes.
inline std::string html_escaped(std::string_view text)
{
    std::string out;
    for (const char c : text) {
        switch (c) {
        case '&':
            out += "&amp;";
            break;
        case '<':
            out += "&lt;";
            break;
        case '>':
            out += "&gt;";
            break;
        case '"':
            out += "&quot;";
            break;
        case '\'':
            out += "&#39;";
            break;
        default:
            out += c;
        }
    }
    return out;
}

namespace detail {

// The whole text as a T, or nothing.
template<typename T>
std::optional<T> parsed(std::string_view text)
{
    if constexpr (std::is_same_v<T, std::string>) {
        return std::string(text);
    } else if constexpr (std::is_same_v<T, bool>) {
        if (text == "true" || text == "1" || text == "on") return true;
        if (text == "false" || text == "0" || text == "off") return false;
        return std::nullopt;
    } else {
        static_assert(std::is_arithmetic_v<T>, "a parameter is a std::string, a bool or a number");
        T value{};
        const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
        if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
        return value;
    }
}

template<typename T>
constexpr const char *kind_of()
{
    if constexpr (std::is_same_v<T, bool>)
        return "true or false";
    else if constexpr (std::is_unsigned_v<T>)
        return "a whole number of 0 or more";
    else if constexpr (std::is_integral_v<T>)
        return "a whole number";
    else if constexpr (std::is_floating_point_v<T>)
        return "a number";
    else
        return "a text";
}

} // namespace detail

// Names and values in their order; a name may come more than once.
class Parameters {
public:
    static constexpr std::size_t kMost = 1000;

    // Of "a=1&b=two+words". Throws Problem 400 for more than 1,000.
    static Parameters parse(std::string_view text)
    {
        Parameters all;
        while (!text.empty()) {
            const std::size_t end = text.find('&');
            const std::string_view pair = text.substr(0, end);
            text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
            if (pair.empty()) continue;
            if (all.pairs_.size() == kMost) throw Problem(400, "expected at most 1000 parameters");
            const std::size_t equals = pair.find('=');
            all.add(percent_decoded(pair.substr(0, equals), true),
                    equals == std::string_view::npos ? std::string() : percent_decoded(pair.substr(equals + 1), true));
        }
        return all;
    }
    void add(std::string name, std::string value) { pairs_.emplace_back(std::move(name), std::move(value)); }

    // The first of this name.
    std::optional<std::string_view> find(std::string_view name) const
    {
        for (const auto &[key, value] : pairs_)
            if (key == name) return value;
        return std::nullopt;
    }
    std::vector<std::string_view> all(std::string_view name) const
    {
        std::vector<std::string_view> found;
        for (const auto &[key, value] : pairs_)
            if (key == name) found.push_back(value);
        return found;
    }
    // The first of this name as a T: std::string, bool, a number. Throws Problem 400 where it is none.
    template<typename T>
    std::optional<T> get(std::string_view name) const
    {
        const auto text = find(name);
        if (!text) return std::nullopt;
        auto value = detail::parsed<T>(*text);
        if (!value)
            throw Problem(400, std::string(name) + ": expected " + detail::kind_of<T>() + ", got \"" +
                                   std::string(text->substr(0, 100)) + "\"");
        return value;
    }
    template<typename T>
    T get(std::string_view name, T otherwise) const
    {
        return get<T>(name).value_or(std::move(otherwise));
    }
    // The same, and Problem 400 where it is absent.
    template<typename T>
    T require(std::string_view name) const
    {
        auto value = get<T>(name);
        if (!value) throw Problem(400, std::string(name) + ": expected " + detail::kind_of<T>() + ", got none");
        return std::move(*value);
    }
    const std::vector<std::pair<std::string, std::string>> &pairs() const { return pairs_; }

private:
    std::vector<std::pair<std::string, std::string>> pairs_;
};

inline Parameters query_of(const Request &request) { return Parameters::parse(request.query()); }

// Of the body `text` of a form. Throws Problem 415 if the request says that it is something else.
inline Parameters form_of(const Request &request, std::string_view text)
{
    std::string_view type = request.field("content-type");
    type = type.substr(0, type.find(';'));
    if (type != "application/x-www-form-urlencoded")
        throw Problem(415, "expected application/x-www-form-urlencoded, got \"" + std::string(type) + "\"");
    return Parameters::parse(text);
}

} // namespace hawser::http
