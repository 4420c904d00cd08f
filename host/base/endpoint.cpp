// Tests: tests/unit/base/endpoint_test.cpp
#include "base/endpoint.hpp"

#include <arpa/inet.h>
#include <sys/un.h>

#include <charconv>

namespace hawser::host {
namespace {

Error expected(std::string_view what, std::string_view got)
{
    return {Status::BadConfig, "expected " + std::string(what) + ", got \"" + std::string(got) + "\""};
}

template<typename Number>
bool parse_number(std::string_view text, Number &number)
{
    const char *end = text.data() + text.size();
    const auto [stop, error] = std::from_chars(text.data(), end, number);
    return error == std::errc() && stop == end && !text.empty();
}

bool is_address(int family, const std::string &text)
{
    unsigned char binary[16];
    return text.find('\0') == std::string::npos && inet_pton(family, text.c_str(), binary) == 1;
}

Result<Endpoint> parse_tcp(std::string_view text, std::string_view whole)
{
    constexpr std::string_view kShape = "an address and a port like \"127.0.0.1:8080\" or \"[::1]:8080\"";
    const std::size_t colon = text.rfind(':');
    if (colon == std::string_view::npos) return expected(kShape, whole);
    Endpoint endpoint;
    std::string_view host = text.substr(0, colon);
    if (!parse_number(text.substr(colon + 1), endpoint.port)) return expected("a port from 0 to 65535", whole);
    const bool bracketed = host.size() >= 2 && host.front() == '[' && host.back() == ']';
    if (bracketed) host = host.substr(1, host.size() - 2);
    endpoint.host = std::string(host);
    if (is_address(bracketed ? AF_INET6 : AF_INET, endpoint.host)) return endpoint;
    if (!bracketed && is_address(AF_INET6, endpoint.host)) return expected("an IPv6 address in brackets", whole);
    return expected("a literal IP address (names are not resolved for listening)", whole);
}

} // namespace

std::string Endpoint::text() const
{
    switch (scheme) {
    case Scheme::Tcp:
        return (host.find(':') == std::string::npos ? host : '[' + host + ']') + ':' + std::to_string(port);
    case Scheme::Unix:
        return "unix:" + path;
    case Scheme::Systemd:
        return "systemd:" + path;
    case Scheme::Stdio:
        return "stdio:";
    case Scheme::Fd:
        break;
    }
    return "fd:" + std::to_string(fd);
}

Result<Endpoint> parse_listen_endpoint(std::string_view text)
{
    const std::string_view whole = text;
    const std::size_t colon = text.find(':');
    const std::string_view scheme = colon == std::string_view::npos ? "" : text.substr(0, colon);
    const std::string_view rest = colon == std::string_view::npos ? "" : text.substr(colon + 1);
    Endpoint endpoint;
    if (scheme == "tcp") return parse_tcp(rest, whole);
    if (scheme == "unix") {
        if (rest.empty() || rest.size() >= sizeof(sockaddr_un::sun_path) || rest.find('\0') != std::string_view::npos)
            return expected("\"unix:\" and a path of 1 to 107 bytes", whole);
        endpoint.scheme = Endpoint::Scheme::Unix;
        endpoint.path = std::string(rest);
        return endpoint;
    }
    if (scheme == "systemd") {
        if (rest.empty()) return expected("\"systemd:\" and the name of a socket", whole);
        endpoint.scheme = Endpoint::Scheme::Systemd;
        endpoint.path = std::string(rest);
        return endpoint;
    }
    if (scheme == "fd") {
        if (!parse_number(rest, endpoint.fd) || endpoint.fd < 0) return expected("\"fd:\" and a number", whole);
        endpoint.scheme = Endpoint::Scheme::Fd;
        return endpoint;
    }
    if (scheme == "stdio") {
        if (!rest.empty()) return expected("\"stdio:\" and nothing after it", whole);
        endpoint.scheme = Endpoint::Scheme::Stdio;
        return endpoint;
    }
    return parse_tcp(text, whole);
}

} // namespace hawser::host
