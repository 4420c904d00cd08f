// Tests: plugins/auth/tests/auth_test.cpp
#include "users.hpp"

#include <crypt.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <memory>
#include <stdexcept>

namespace auth {
namespace {

// bcrypt, SHA-256, SHA-512, yescrypt, gost-yescrypt, scrypt: what crypt(5) calls good.
constexpr std::array<std::string_view, 8> kKinds{"$2a$", "$2b$", "$2y$", "$5$", "$6$", "$y$", "$gy$", "$7$"};

bool is_known(std::string_view hash)
{
    const bool kind =
        std::any_of(kKinds.begin(), kKinds.end(), [hash](std::string_view each) { return hash.starts_with(each); });
    const int quality = kind ? ::crypt_checksalt(std::string(hash).c_str()) : CRYPT_SALT_INVALID;
    return quality == CRYPT_SALT_OK || quality == CRYPT_SALT_METHOD_LEGACY || quality == CRYPT_SALT_TOO_CHEAP;
}

// As long whatever is different; the lengths are no secret.
bool same(std::string_view a, std::string_view b)
{
    unsigned different = a.size() == b.size() ? 0 : 1;
    for (std::size_t i = 0; i < std::min(a.size(), b.size()); ++i)
        different |= static_cast<unsigned char>(a[i]) ^ static_cast<unsigned char>(b[i]);
    return different == 0;
}

int digit(char c)
{
    if (c >= 'A' && c <= 'Z') return c - 'A';
    if (c >= 'a' && c <= 'z') return c - 'a' + 26;
    if (c >= '0' && c <= '9') return c - '0' + 52;
    return c == '+' ? 62 : c == '/' ? 63 : -1;
}

bool decode(std::string_view text, std::string &out)
{
    if (text.size() % 4 != 0) return false;
    while (text.ends_with('=') && text.size() % 4 != 1) text.remove_suffix(1);
    unsigned bits = 0, count = 0;
    for (const char c : text) {
        const int value = digit(c);
        if (value < 0) return false;
        bits = bits << 6 | static_cast<unsigned>(value);
        count += 6;
        if (count < 8) continue;
        count -= 8;
        out += static_cast<char>(bits >> count & 0xff);
    }
    return (bits & ((1U << count) - 1)) == 0;
}

} // namespace

Users Users::read(const std::string &path)
{
    std::ifstream in(path);
    if (!in) throw std::runtime_error(path + ": " + std::strerror(errno));
    Users users;
    std::size_t number = 0;
    for (std::string line; std::getline(in, line);) {
        ++number;
        if (line.ends_with('\r')) line.pop_back();
        if (line.empty() || line.front() == '#') continue;
        const auto wrong = [&](const std::string &what) {
            return std::runtime_error(path + ':' + std::to_string(number) + ": " + what);
        };
        const std::size_t colon = line.find(':');
        if (colon == std::string::npos || colon == 0) throw wrong("expected \"name:hash\"");
        std::string name = line.substr(0, colon), hash = line.substr(colon + 1);
        if (!is_known(hash))
            throw wrong("expected a password hashed by bcrypt, SHA-crypt or yescrypt for \"" + name +
                        "\"; htpasswd -B makes one");
        users.decoy_ = hash;
        if (!users.hashes_.emplace(std::move(name), std::move(hash)).second) throw wrong("this name stands here twice");
    }
    if (in.bad()) throw std::runtime_error(path + ": " + std::strerror(errno));
    return users;
}

std::string_view Users::hash_of(const std::string &name) const
{
    const auto found = hashes_.find(name);
    return found != hashes_.end() ? std::string_view(found->second) : std::string_view();
}

bool Users::are_right(const std::string &name, const std::string &password) const
{
    const auto found = hashes_.find(name);
    const std::string &hash = found != hashes_.end() ? found->second : decoy_;
    if (hash.empty()) return false;
    const auto data = std::make_unique<crypt_data>();
    const char *made = ::crypt_rn(password.c_str(), hash.c_str(), data.get(), sizeof *data);
    const bool right = made != nullptr && same(made, hash);
    ::explicit_bzero(data.get(), sizeof *data);
    return right && found != hashes_.end();
}

bool read_basic(std::string_view value, std::string &name, std::string &password)
{
    constexpr std::string_view kScheme = "basic ";
    if (value.size() <= kScheme.size()) return false;
    for (std::size_t i = 0; i < kScheme.size(); ++i) {
        const char c = value[i] >= 'A' && value[i] <= 'Z' ? static_cast<char>(value[i] | 0x20) : value[i];
        if (c != kScheme[i]) return false;
    }
    value.remove_prefix(kScheme.size());
    while (value.starts_with(' ')) value.remove_prefix(1);
    std::string both;
    if (!decode(value, both)) return false;
    const std::size_t colon = both.find(':');
    if (colon == std::string::npos || both.find('\0') != std::string::npos) return false;
    name = both.substr(0, colon);
    password = both.substr(colon + 1);
    return true;
}

} // namespace auth
