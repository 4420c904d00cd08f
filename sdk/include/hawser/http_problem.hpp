// hawser/http_problem.hpp: errors as answers: problem details for HTTP APIs (RFC 9457).
#pragma once

#include "hawser/error.hpp"
#include "hawser/http_exchange.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace hawser::http {

// `text` as a string of JSON, quotes included. What is not UTF-8 becomes U+FFFD.
inline std::string json_string(std::string_view text)
{
    constexpr const char *kHex = "0123456789abcdef";
    std::string out = "\"";
    const auto byte = [&text](std::size_t i) { return static_cast<unsigned char>(text[i]); };
    for (std::size_t i = 0; i < text.size(); ++i) {
        const unsigned char c = byte(i);
        if (c == '"' || c == '\\') {
            out += '\\';
            out += static_cast<char>(c);
        } else if (c < 0x20) {
            out += "\\u00";
            out += kHex[c >> 4];
            out += kHex[c & 15];
        } else if (c < 0x80) {
            out += static_cast<char>(c);
        } else {
            // RFC 3629 § 4: the length by the first byte, and what the second may be.
            const std::size_t n = c >= 0xf0 && c <= 0xf4  ? 4
                                  : c >= 0xe0 && c < 0xf0 ? 3
                                  : c >= 0xc2 && c < 0xe0 ? 2
                                                          : 0;
            bool good = n > 0 && i + n <= text.size();
            for (std::size_t k = 1; good && k < n; ++k) good = (byte(i + k) & 0xc0) == 0x80;
            if (good && n > 2) {
                const unsigned char second = byte(i + 1);
                good = !(c == 0xe0 && second < 0xa0) && !(c == 0xed && second > 0x9f) &&
                       !(c == 0xf0 && second < 0x90) && !(c == 0xf4 && second > 0x8f);
            }
            out += good ? std::string(text.substr(i, n)) : std::string("\xef\xbf\xbd");
            if (good) i += n - 1;
        }
    }
    return out + '"';
}

// An answer that says what is wrong. Thrown by a handler it is the answer; see also to_response().
class Problem : public Error {
public:
    Problem(std::uint32_t status, const std::string &detail)
        : Error(detail)
        , status_(status)
    {}
    std::uint32_t status() const { return status_; }
    // A URI that says which kind of problem it is; without one: "about:blank", and the title is the status in words.
    Problem &type(std::string uri, std::string title)
    {
        type_ = std::move(uri);
        title_ = std::move(title);
        return *this;
    }
    // A member more; `json` is its value in JSON.
    Problem &with(std::string name, std::string json)
    {
        members_.emplace_back(std::move(name), std::move(json));
        return *this;
    }
    // Of the answer's head.
    Problem &field(std::string name, std::string value)
    {
        fields_.emplace_back(std::move(name), std::move(value));
        return *this;
    }
    Response to_response() const
    {
        std::string body = "{\"type\":";
        body += json_string(type_.empty() ? "about:blank" : type_);
        body += ",\"title\":";
        body += json_string(title_.empty() ? words(status_) : title_);
        body += ",\"status\":";
        body += std::to_string(status_);
        if (*what() != '\0') body.append(",\"detail\":").append(json_string(what()));
        for (const auto &[name, json] : members_) body.append(",").append(json_string(name)).append(":").append(json);
        return {status_, "application/problem+json", body + "}\n", fields_};
    }

private:
    // RFC 9110 § 15
    static std::string_view words(std::uint32_t status)
    {
        switch (status) {
        case 400:
            return "Bad Request";
        case 401:
            return "Unauthorized";
        case 403:
            return "Forbidden";
        case 404:
            return "Not Found";
        case 405:
            return "Method Not Allowed";
        case 406:
            return "Not Acceptable";
        case 408:
            return "Request Timeout";
        case 409:
            return "Conflict";
        case 410:
            return "Gone";
        case 412:
            return "Precondition Failed";
        case 413:
            return "Content Too Large";
        case 415:
            return "Unsupported Media Type";
        case 422:
            return "Unprocessable Content";
        case 428:
            return "Precondition Required";
        case 429:
            return "Too Many Requests";
        case 500:
            return "Internal Server Error";
        case 501:
            return "Not Implemented";
        case 502:
            return "Bad Gateway";
        case 503:
            return "Service Unavailable";
        case 504:
            return "Gateway Timeout";
        default:
            return status < 500 ? "Client Error" : "Server Error";
        }
    }
    std::uint32_t status_;
    std::string type_, title_;
    std::vector<std::pair<std::string, std::string>> members_, fields_;
};

} // namespace hawser::http
