// Tests: tests/system/cli_test.cpp
#include "app/toml_text.hpp"

#include <cstdio>

namespace hawser::host {

std::string toml_string(const std::string &text)
{
    std::string out = "\"";
    for (const char c : text) {
        const auto u = static_cast<unsigned char>(c);
        if (u < 0x20 || u == 0x7f) {
            char escaped[8];
            std::snprintf(escaped, sizeof escaped, "\\u%04x", u);
            out += escaped;
            continue;
        }
        if (c == '"' || c == '\\') out += '\\';
        if (c == '$') out += '$'; // begins a variable
        out += c;
    }
    return out + '"';
}

} // namespace hawser::host
