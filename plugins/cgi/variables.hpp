// What a program is told of a request: its variables (RFC 3875, 4.1).
#pragma once

#include "hawser/http_exchange.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace cgi {

using Variables = std::vector<std::pair<std::string, std::string>>;

struct Script {
    std::string program;   // an absolute path
    std::string name;      // SCRIPT_NAME: the beginning of the path, decoded
    std::string path_info; // what follows it, decoded
    std::string root;      // of PATH_TRANSLATED; empty: none
    bool authorization = false;
};

// `body_length`: of the request, 0 if it has none. `further` comes last and wins.
Variables variables_of(const hawser::http::Request &request, const Script &script, std::uint64_t body_length,
                       const Variables &further);

// "HTTP_ACCEPT_LANGUAGE" for "Accept-Language"; empty: a name that programs are not told, because another name would
// look the same, or because they would take it for something else (Proxy: CVE-2016-5385).
std::string variable_name(std::string_view field, bool authorization);

} // namespace cgi
