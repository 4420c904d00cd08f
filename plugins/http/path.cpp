// Tests: plugins/http/tests/path_test.cpp
#include "path.hpp"

#include "characters.hpp"

#include <cstring>

namespace http_engine {
namespace {

std::size_t remove_dot_segments(char *path, std::size_t size)
{
    std::string_view left(path, size);
    std::size_t n = 0;
    while (!left.empty()) {
        const std::string_view part = left.substr(0, left.find('/', 1)); // "/segment"
        left.remove_prefix(part.size());
        const bool up = part == "/..";
        if (!up && part != "/.") {
            std::memmove(path + n, part.data(), part.size());
            n += part.size();
            continue;
        }
        if (up) {
            while (n > 0 && path[--n] != '/') {}
        }
        if (left.empty()) path[n++] = '/';
    }
    return n;
}

char *put_encoded(char *to, unsigned char c)
{
    constexpr const char *kDigits = "0123456789ABCDEF";
    *to++ = '%';
    *to++ = kDigits[c >> 4];
    *to++ = kDigits[c & 15];
    return to;
}

} // namespace

const char *end_of_canonical(const char *path, const char *end)
{
    for (const char *p = path; (p = end_of_bare(p, end)) != end; ++p) {
        if (*p != '.' || p[-1] == '/') return p;
    }
    return end;
}

std::size_t canonical_path(std::string_view path, char *to)
{
    char *at = to;
    for (std::size_t i = 0; i < path.size(); ++i) {
        char c = path[i];
        if (c == '%') {
            if (path.size() - i < 3 || !is_in(path[i + 1], kHexDigit) || !is_in(path[i + 2], kHexDigit)) return 0;
            c = static_cast<char>(hex_value(path[i + 1]) * 16 + hex_value(path[i + 2]));
            if (c == '\0') return 0;
            i += 2;
            if (c == '/') {
                at = put_encoded(at, '/');
                continue;
            }
        }
        if (is_in(c, kBareChar) || c == '.')
            *at++ = c;
        else
            at = put_encoded(at, static_cast<unsigned char>(c));
    }
    return remove_dot_segments(to, static_cast<std::size_t>(at - to));
}

} // namespace http_engine
