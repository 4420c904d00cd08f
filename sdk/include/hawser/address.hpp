// hawser/address.hpp: the address of one end of a connection, of a datagram, of a group.
#pragma once

#include "hawser/abi.h"
#include "hawser/error.hpp"

#include <charconv>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

#if defined(_WIN32)
#include <ws2tcpip.h>
#else
#include <arpa/inet.h>
#endif

namespace hawser {

// A value. For Unix sockets only the text is of use.
class Address {
public:
    Address() { raw_.struct_size = sizeof raw_; }
    explicit Address(const hawser_address &raw)
        : raw_(raw)
    {
        raw_.struct_size = sizeof raw_;
    }
    // "192.0.2.1:53", "[2001:db8::1]:53", "unix:/path"; no names. Throws Error.
    static Address parse(std::string_view text)
    {
        Address made;
        constexpr std::string_view kUnix = "unix:";
        if (text.substr(0, kUnix.size()) == kUnix && text.size() < sizeof made.raw_.text) {
            std::memcpy(made.raw_.text, text.data(), text.size());
            return made;
        }
        if (!made.read_ip(text))
            throw Error("expected an address like 192.0.2.1:53 or [2001:db8::1]:53, got \"" + std::string(text) + '"');
        return made;
    }

    int family() const { return raw_.family; } // 4, 6, or 0
    std::uint16_t port() const { return raw_.port; }
    std::string text() const
    {
        if (raw_.family == 0) return raw_.text;
        char numbers[INET6_ADDRSTRLEN] = {};
        inet_ntop(raw_.family == 4 ? AF_INET : AF_INET6, raw_.ip, numbers, sizeof numbers);
        const std::string ip = raw_.family == 4 ? std::string(numbers) : '[' + std::string(numbers) + ']';
        return ip + ':' + std::to_string(raw_.port);
    }
    const hawser_address &raw() const { return raw_; }
    friend bool operator==(const Address &a, const Address &b)
    {
        return a.raw_.family == b.raw_.family && a.raw_.port == b.raw_.port &&
               std::memcmp(a.raw_.ip, b.raw_.ip, a.raw_.family == 6 ? 16 : 4) == 0 &&
               (a.raw_.family != 0 || std::strcmp(a.raw_.text, b.raw_.text) == 0);
    }

private:
    bool read_ip(std::string_view text)
    {
        const std::size_t colon = text.rfind(':');
        if (colon == std::string_view::npos || colon == 0) return false;
        const std::string_view number = text.substr(colon + 1);
        const auto [end, error] = std::from_chars(number.data(), number.data() + number.size(), raw_.port);
        if (error != std::errc() || end != number.data() + number.size()) return false;
        const bool six = text.front() == '[' && text[colon - 1] == ']';
        const std::string ip(six ? text.substr(1, colon - 2) : text.substr(0, colon));
        raw_.family = six ? 6 : 4;
        return inet_pton(six ? AF_INET6 : AF_INET, ip.c_str(), raw_.ip) == 1;
    }
    hawser_address raw_{};
};

} // namespace hawser
