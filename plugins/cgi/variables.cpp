// Tests: plugins/cgi/tests/cgi_test.cpp
#include "variables.hpp"

#include "hawser/address.hpp"
#include "hawser/http_fields.hpp"

#include <algorithm>
#include <array>

namespace cgi {
namespace {

using hawser::view;

// Host and port of "name:8080", "[::1]:8080", "name".
std::pair<std::string, std::string> split_authority(std::string_view authority, std::string_view port)
{
    const std::size_t colon = authority.rfind(':');
    const bool has_port = colon != std::string_view::npos && authority.find(']', colon) == std::string_view::npos;
    if (!has_port) return {std::string(authority), std::string(port)};
    return {std::string(authority.substr(0, colon)), std::string(authority.substr(colon + 1))};
}

hawser::Address address_of(const hawser_http_request *request, std::uint32_t which)
{
    hawser_address found{};
    found.struct_size = sizeof found;
    if (request->conn == nullptr || request->conn->api->address(request->conn, which, &found) != HAWSER_OK) return {};
    return hawser::Address(found);
}

// Without its port and brackets.
std::string ip_of(const hawser::Address &address)
{
    const std::string text = address.text();
    if (address.family() == 0) return {};
    const std::string ip = text.substr(0, text.rfind(':'));
    return ip.front() == '[' ? ip.substr(1, ip.size() - 2) : ip;
}

void add_fields(const hawser_http_request *request, bool authorization, Variables &variables)
{
    const auto first = static_cast<std::ptrdiff_t>(variables.size());
    for (std::size_t i = 0; i < request->field_count; ++i) {
        const hawser_field &field = request->fields[i];
        std::string name = variable_name(view(field.name), authorization);
        if (name.empty()) continue;
        const auto same = std::find_if(variables.begin() + first, variables.end(),
                                       [&name](const auto &variable) { return variable.first == name; });
        if (same == variables.end())
            variables.emplace_back(std::move(name), view(field.value));
        else
            (same->second += name == "HTTP_COOKIE" ? "; " : ", ") += view(field.value);
    }
}

} // namespace

std::string variable_name(std::string_view field, bool authorization)
{
    constexpr std::array kOwn{"content-type", "content-length", "connection", "transfer-encoding", "proxy",
                              "te",           "trailer",        "upgrade",    "keep-alive",        "expect"};
    const auto is = [field](const char *name) { return hawser::http::same_name(field, name); };
    if (std::any_of(kOwn.begin(), kOwn.end(), is) || (is("authorization") && !authorization)) return {};
    std::string name = "HTTP_";
    for (const char c : field) {
        const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
        if (!letter && !(c >= '0' && c <= '9') && c != '-') return {};
        name += c == '-' ? '_' : c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
    }
    return name;
}

Variables variables_of(const hawser::http::Request &request, const Script &script, std::uint64_t body_length,
                       const Variables &further)
{
    const hawser_http_request *raw = request.raw();
    const hawser::Address peer = address_of(raw, HAWSER_PEER), local = address_of(raw, HAWSER_LOCAL);
    const bool secure = view(raw->scheme) == "https";
    const std::string usual = local.family() != 0 ? std::to_string(local.port()) : secure ? "443" : "80";
    const auto [host, port] = split_authority(request.authority(), usual);
    Variables variables{
        {"GATEWAY_INTERFACE", "CGI/1.1"},
        {"PATH", "/usr/local/bin:/usr/bin:/bin"},
        {"QUERY_STRING", std::string(request.query())},
        {"REMOTE_ADDR", ip_of(peer)},
        {"REMOTE_PORT", peer.family() != 0 ? std::to_string(peer.port()) : ""},
        {"REQUEST_METHOD", std::string(request.method_name())},
        {"REQUEST_SCHEME", secure ? "https" : "http"},
        {"REQUEST_URI", std::string(request.target())},
        {"SCRIPT_FILENAME", script.program},
        {"SCRIPT_NAME", script.name},
        {"SERVER_NAME", host.empty() ? ip_of(local) : host},
        {"SERVER_PORT", port},
        {"SERVER_PROTOCOL", raw->version == 10   ? "HTTP/1.0"
                            : raw->version == 20 ? "HTTP/2.0"
                                                 : "HTTP/1.1"},
        {"SERVER_SOFTWARE", "hawser"},
    };
    if (secure) variables.emplace_back("HTTPS", "on");
    if (!script.path_info.empty()) variables.emplace_back("PATH_INFO", script.path_info);
    if (!script.root.empty()) {
        variables.emplace_back("DOCUMENT_ROOT", script.root);
        if (!script.path_info.empty()) variables.emplace_back("PATH_TRANSLATED", script.root + script.path_info);
    }
    if (body_length > 0) variables.emplace_back("CONTENT_LENGTH", std::to_string(body_length));
    if (const std::string_view type = request.field("content-type"); !type.empty())
        variables.emplace_back("CONTENT_TYPE", type);
    add_fields(raw, script.authorization, variables);
    for (const auto &each : further) {
        std::erase_if(variables, [&each](const auto &variable) { return variable.first == each.first; });
        variables.push_back(each);
    }
    return variables;
}

} // namespace cgi
