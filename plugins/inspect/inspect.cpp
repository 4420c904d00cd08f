// The resource `inspect`: the request as the server sees it, as JSON.
// Tests: plugins/inspect/tests/inspect_test.cpp
#include "hawser/hawser.hpp"
#include "hawser/http.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/src.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace {

namespace json = boost::json;

std::string base64(std::string_view bytes)
{
    constexpr const char *kDigits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    std::string out;
    for (std::size_t i = 0; i < bytes.size(); i += 3) {
        const auto at = [&](std::size_t k) {
            return i + k < bytes.size() ? static_cast<unsigned char>(bytes[i + k]) : 0U;
        };
        const std::uint32_t three = at(0) << 16 | at(1) << 8 | at(2);
        for (std::size_t k = 0; k < 4; ++k) out += i + k > bytes.size() ? '=' : kDigits[three >> (18 - 6 * k) & 63];
    }
    return out;
}

// How long the character of UTF-8 is at `at`; 0: it is none (RFC 3629 § 4).
std::size_t character(std::string_view text, std::size_t at)
{
    const auto byte = [&](std::size_t k) {
        return at + k < text.size() ? static_cast<unsigned char>(text[at + k]) : 0U;
    };
    const unsigned first = byte(0);
    if (first < 0x80) return 1;
    const std::size_t n = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;
    if (first < 0xc2 || first > 0xf4) return 0;
    for (std::size_t k = 1; k < n; ++k) {
        if ((byte(k) & 0xc0) != 0x80) return 0;
    }
    const bool wrong = (first == 0xe0 && byte(1) < 0xa0) || (first == 0xed && byte(1) > 0x9f) ||
                       (first == 0xf0 && byte(1) < 0x90) || (first == 0xf4 && byte(1) > 0x8f);
    return wrong ? 0 : n;
}

bool is_utf8(std::string_view text)
{
    for (std::size_t at = 0; at < text.size();) {
        const std::size_t n = character(text, at);
        if (n == 0) return false;
        at += n;
    }
    return true;
}

// Of what may be anything: JSON is UTF-8.
json::string shown(std::string_view text)
{
    std::string out;
    for (std::size_t at = 0; at < text.size();) {
        const std::size_t n = character(text, at);
        out += n == 0 ? std::string_view("\xef\xbf\xbd") : text.substr(at, n);
        at += std::max<std::size_t>(n, 1);
    }
    return json::string(out);
}

json::value address(hawser_conn *conn, std::uint32_t which)
{
    hawser_address found{};
    found.struct_size = sizeof found;
    if (conn->api->address(conn, which, &found) != HAWSER_OK) return nullptr;
    return json::string(found.text);
}

json::object object_of(const hawser_http_request &request)
{
    json::array fields;
    for (std::size_t i = 0; i < request.field_count; ++i)
        fields.push_back(
            json::array{shown(hawser::view(request.fields[i].name)), shown(hawser::view(request.fields[i].value))});
    json::object out;
    out["method"] = shown(hawser::view(request.method_name));
    out["version"] = std::to_string(request.version / 10) + '.' + std::to_string(request.version % 10);
    out["scheme"] = shown(hawser::view(request.scheme));
    out["authority"] = shown(hawser::view(request.authority));
    out["target"] = shown(hawser::view(request.target));
    out["path"] = shown(hawser::view(request.path));
    out["query"] = shown(hawser::view(request.query));
    out["rest"] = shown(hawser::view(request.rest));
    out["fields"] = std::move(fields);
    out["peer"] = address(request.conn, HAWSER_PEER);
    out["local"] = address(request.conn, HAWSER_LOCAL);
    return out;
}

// Reads the body to its end; what is above the bound is only counted.
class Reader : public hawser::http::Later<Reader> {
public:
    explicit Reader(std::uint64_t most)
        : most_(most)
    {}
    void begin(hawser::http::Request request)
    {
        take(request.body());
        if (request.has_whole_body()) answer();
    }
    void body(std::string_view bytes) { take(bytes); }
    void body_end()
    {
        if (!ended()) answer();
    }

private:
    void take(std::string_view bytes)
    {
        length_ += bytes.size();
        body_ += bytes.substr(0, static_cast<std::size_t>(most_) - body_.size());
    }
    void answer()
    {
        json::object out = object_of(*request().raw());
        json::object body{{"length", length_}, {"truncated", length_ > body_.size()}};
        if (is_utf8(body_))
            body["text"] = body_;
        else
            body["base64"] = base64(body_);
        out["body"] = std::move(body);
        respond(200, "application/json", json::serialize(out) + '\n');
    }

    std::uint64_t most_, length_ = 0;
    std::string body_;
};

class Inspect {
public:
    explicit Inspect(const hawser::Node &node)
        : node_(node)
        , most_(node.option("show").size())
    {}
    void request(hawser::http::Exchange exchange, hawser::http::Request) { Reader::attach(exchange, node_, most_); }

private:
    hawser::Node node_;
    std::uint64_t most_;
};

} // namespace

HAWSER_PLUGIN(hawser::http::resource<Inspect>("inspect"))
