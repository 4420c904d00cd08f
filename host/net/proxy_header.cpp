// Tests: tests/unit/net/proxy_header_test.cpp
#include "net/proxy_header.hpp"

#include "base/text.hpp"

#include <arpa/inet.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>
#include <optional>

namespace hawser::host {
namespace {

constexpr std::string_view kText = "PROXY ";
constexpr std::string_view kBinary("\r\n\r\n\0\r\nQUIT\n", 12);
constexpr std::size_t kMostText = 107;    // the end of the line included
constexpr std::size_t kBinaryHead = 16;   // signature, command, family, length
constexpr std::size_t kMostRest = 4096;   // of version 2
constexpr std::size_t kUnixAddress = 108; // bytes of a path in version 2

enum Command : std::uint8_t { kLocal = 0x20, kProxy = 0x21 };
enum Family : std::uint8_t { kUnspecified = 0x00, kTcp4 = 0x11, kTcp6 = 0x21, kUnixStream = 0x31 };
constexpr std::uint8_t kChecksum = 0x03; // the extension PP2_TYPE_CRC32C

std::uint8_t byte_at(std::string_view text, std::size_t i) { return static_cast<std::uint8_t>(text[i]); }

std::uint16_t short_at(std::string_view text, std::size_t i)
{
    return static_cast<std::uint16_t>(byte_at(text, i) << 8 | byte_at(text, i + 1));
}

std::uint32_t crc32c(std::string_view text)
{
    static constexpr auto kTable = [] {
        std::array<std::uint32_t, 256> table{};
        for (std::uint32_t i = 0; i < 256; ++i) {
            std::uint32_t crc = i;
            for (int bit = 0; bit < 8; ++bit) crc = crc >> 1 ^ ((crc & 1) != 0 ? 0x82f63b78U : 0U);
            table[i] = crc;
        }
        return table;
    }();
    std::uint32_t crc = ~0U;
    for (std::size_t i = 0; i < text.size(); ++i) crc = crc >> 8 ^ kTable[(crc ^ byte_at(text, i)) & 0xff];
    return ~crc;
}

// A decimal number as the protocol wants it: no sign, no blank, no zero in front.
bool read_port(std::string_view text, std::uint16_t &port)
{
    if (text.empty() || (text[0] == '0' && text.size() > 1)) return false;
    const auto [stop, error] = std::from_chars(text.data(), text.data() + text.size(), port);
    return error == std::errc() && stop == text.data() + text.size();
}

bool read_address(std::string_view ip, std::string_view port, std::uint16_t family, SocketAddress &address)
{
    std::array<std::uint8_t, 16> bytes{};
    const std::string text(ip);
    std::uint16_t number = 0;
    if (text.find('\0') != std::string::npos || !read_port(port, number)) return false;
    if (inet_pton(family == 4 ? AF_INET : AF_INET6, text.c_str(), bytes.data()) != 1) return false;
    address = ip_address(family, bytes.data(), number);
    return true;
}

// The next word of a line; what follows it begins after one blank.
std::string_view next_word(std::string_view &line)
{
    const std::size_t blank = line.find(' ');
    const std::string_view word = line.substr(0, blank);
    line = blank == std::string_view::npos ? std::string_view() : line.substr(blank + 1);
    return word;
}

// Bytes of addresses at the front of the rest of version 2; nothing: not a stream, or no family.
std::optional<std::size_t> addresses_length(std::uint8_t family)
{
    switch (family) {
    case kTcp4:
        return 12;
    case kTcp6:
        return 36;
    case kUnixStream:
        return 2 * kUnixAddress;
    default:
        return std::nullopt;
    }
}

} // namespace

ProxyHeader::State ProxyHeader::bad(std::string_view expected)
{
    constexpr std::size_t kShown = 40;
    error_ = "expected " + std::string(expected) + ", got \"" + printable(bytes_.substr(0, kShown)) + '"' +
             (bytes_.size() > kShown ? "…" : "");
    return State::Bad;
}

ProxyHeader::State ProxyHeader::take(const char *data, std::size_t n, std::size_t *used)
{
    *used = 0;
    while (*used < n) {
        const std::string_view left(data + *used, n - *used);
        std::size_t part = 1;
        if (bytes_.empty() ? left[0] == kBinary[0] : bytes_[0] == kBinary[0]) {
            const std::size_t whole =
                bytes_.size() < kBinaryHead ? kBinaryHead : kBinaryHead + short_at(bytes_, kBinaryHead - 2);
            part = std::min(left.size(), whole - bytes_.size());
        } else {
            const std::size_t end = left.substr(0, kMostText - bytes_.size()).find('\n');
            part = std::min(end == std::string_view::npos ? left.size() : end + 1, kMostText - bytes_.size());
        }
        bytes_.append(left.substr(0, part));
        *used += part;
        const State state = look();
        if (state != State::More) return state;
    }
    return State::More;
}

ProxyHeader::State ProxyHeader::look() { return bytes_[0] == kBinary[0] ? look_at_binary() : look_at_text(); }

ProxyHeader::State ProxyHeader::look_at_text()
{
    if (bytes_.compare(0, kText.size(), kText, 0, bytes_.size()) != 0) return bad("a PROXY protocol header");
    if (bytes_.back() != '\n') {
        if (bytes_.size() < kMostText) return State::More;
        return bad("a PROXY line of at most " + std::to_string(kMostText) + " bytes");
    }
    const bool ends = bytes_.ends_with("\r\n");
    if (ends && read_text(std::string_view(bytes_).substr(kText.size(), bytes_.size() - kText.size() - 2)))
        return State::Done;
    return bad("a line like \"PROXY TCP4 192.0.2.1 192.0.2.2 1024 80\\r\\n\"");
}

bool ProxyHeader::read_text(std::string_view line)
{
    const std::string_view kind = next_word(line);
    if (kind == "UNKNOWN") return true; // what follows is to be ignored
    const std::uint16_t family = kind == "TCP4" ? 4 : kind == "TCP6" ? 6 : 0;
    if (family == 0) return false;
    const std::string_view from = next_word(line), to = next_word(line), from_port = next_word(line);
    has_addresses_ = read_address(from, from_port, family, source_) && read_address(to, line, family, destination_);
    return has_addresses_;
}

ProxyHeader::State ProxyHeader::look_at_binary()
{
    const std::size_t signed_bytes = std::min(bytes_.size(), kBinary.size());
    if (std::string_view(bytes_).substr(0, signed_bytes) != kBinary.substr(0, signed_bytes))
        return bad("a PROXY protocol header");
    if (bytes_.size() < kBinaryHead) return State::More;
    const std::size_t rest = short_at(bytes_, kBinaryHead - 2);
    if (rest > kMostRest) return bad("a PROXY header of at most " + std::to_string(kMostRest) + " bytes");
    if (bytes_.size() < kBinaryHead + rest) return State::More;
    if (!read_binary()) return bad("a PROXY header of version 2 that is whole");
    return State::Done;
}

bool ProxyHeader::read_binary()
{
    const std::string_view all(bytes_);
    const std::uint8_t command = byte_at(all, 12), family = byte_at(all, 13);
    if (command == kLocal) return true; // the rest is to be skipped
    if (command != kProxy) return false;
    if (family == kUnspecified) return true;
    const auto length = addresses_length(family);
    if (!length || all.size() < kBinaryHead + *length) return false;
    const char *at = all.data() + kBinaryHead;
    if (family == kUnixStream) {
        source_ = unix_address({at, kUnixAddress});
        destination_ = unix_address({at + kUnixAddress, kUnixAddress});
    } else {
        const std::uint16_t ip = family == kTcp4 ? 4 : 6;
        const std::size_t size = ip == 4 ? 4 : 16;
        const auto *bytes = reinterpret_cast<const std::uint8_t *>(at);
        source_ = ip_address(ip, bytes, short_at(all, kBinaryHead + 2 * size));
        destination_ = ip_address(ip, bytes + size, short_at(all, kBinaryHead + 2 * size + 2));
    }
    has_addresses_ = true;
    return read_extensions(kBinaryHead + *length);
}

// Type, length and value each. Skipped, but for the checksum over the whole header with zeros in its own place.
bool ProxyHeader::read_extensions(std::size_t from)
{
    const std::string_view all(bytes_);
    while (from < all.size()) {
        if (all.size() - from < 3) return false;
        const std::size_t length = short_at(all, from + 1), value = from + 3;
        if (all.size() - value < length) return false;
        if (byte_at(all, from) == kChecksum) {
            if (length != 4) return false;
            const auto told = static_cast<std::uint32_t>(short_at(all, value)) << 16 | short_at(all, value + 2);
            std::string copy = bytes_;
            std::fill_n(copy.begin() + static_cast<std::ptrdiff_t>(value), 4, '\0');
            if (crc32c(copy) != told) return false;
        }
        from = value + length;
    }
    return true;
}

} // namespace hawser::host
