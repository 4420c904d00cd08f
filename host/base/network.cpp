// Tests: tests/unit/base/network_test.cpp
#include "base/network.hpp"

#include <arpa/inet.h>

#include <charconv>

namespace hawser::host {
namespace {

Error expected(const std::string &what, std::string_view got)
{
    return {Status::BadConfig, "expected " + what + ", got \"" + std::string(got) + '"'};
}

// The bits of byte number `i` that a prefix of `bits` leaves.
std::uint8_t mask(unsigned bits, unsigned i)
{
    const unsigned before = i * 8;
    if (bits <= before) return 0;
    const unsigned here = bits - before;
    return here >= 8 ? 0xff : static_cast<std::uint8_t>(0xff00U >> here);
}

bool read_prefix(std::string_view text, unsigned most, std::uint8_t &prefix)
{
    unsigned number = 0;
    const auto [stop, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc() || stop != text.data() + text.size() || number > most) return false;
    prefix = static_cast<std::uint8_t>(number);
    return true;
}

} // namespace

bool Network::contains(std::uint16_t of_family, const std::array<std::uint8_t, 16> &address) const
{
    if (of_family != family) return false;
    for (unsigned i = 0; i * 8 < prefix; ++i) {
        if (((address[i] ^ ip[i]) & mask(prefix, i)) != 0) return false;
    }
    return true;
}

std::string Network::text() const
{
    if (family == 0) return "unix";
    char address[INET6_ADDRSTRLEN];
    inet_ntop(family == 4 ? AF_INET : AF_INET6, ip.data(), address, sizeof address);
    return std::string(address) + '/' + std::to_string(prefix);
}

Result<Network> parse_network(std::string_view text)
{
    constexpr const char *kShape = "a network like \"10.0.0.0/8\" or \"2001:db8::/32\", an address, or \"unix\"";
    Network network;
    if (text == "unix") return network;
    const std::size_t slash = text.find('/');
    const std::string address(text.substr(0, slash));
    const bool terminated = address.find('\0') == std::string::npos;
    if (terminated && inet_pton(AF_INET, address.c_str(), network.ip.data()) == 1)
        network.family = 4;
    else if (terminated && inet_pton(AF_INET6, address.c_str(), network.ip.data()) == 1)
        network.family = 6;
    else
        return expected(kShape, text);
    const unsigned most = network.family == 4 ? 32 : 128;
    network.prefix = static_cast<std::uint8_t>(most);
    if (slash != std::string_view::npos && !read_prefix(text.substr(slash + 1), most, network.prefix))
        return expected("a prefix from 0 to " + std::to_string(most) + " after the \"/\"", text);
    // More than the prefix holds is a slip: is it the one address, or all of its network?
    Network whole = network;
    for (unsigned i = 0; i < whole.ip.size(); ++i) whole.ip[i] &= mask(whole.prefix, i);
    if (whole == network) return network;
    return expected("an address without bits after its prefix (\"" + whole.text() + "\")", text);
}

} // namespace hawser::host
