// The header that a proxy sends, in two versions and any parts.
#include "net/proxy_header.hpp"

#include <gtest/gtest.h>

#include <random>
#include <string>

namespace hawser::host {
namespace {

using State = ProxyHeader::State;
using namespace std::string_literals;

const std::string kSignature = "\r\n\r\n\0\r\nQUIT\n"s;

std::string version2(char command, char family, const std::string &rest)
{
    const auto n = static_cast<std::uint16_t>(rest.size());
    return kSignature + command + family + static_cast<char>(n >> 8) + static_cast<char>(n & 0xff) + rest;
}

const std::string kFour = "\xc0\x00\x02\x01\xc6\x33\x64\x02\x30\x39\x01\xbb"s; // 192.0.2.1:12345 to 198.51.100.2:443

// What is left over of `bytes` after the header, or "bad: " with the reason, or "more".
std::string read(const std::string &bytes, std::size_t part, SocketAddress *source = nullptr)
{
    ProxyHeader header;
    for (std::size_t at = 0; at < bytes.size();) {
        const std::size_t n = std::min(part, bytes.size() - at);
        std::size_t used = 0;
        const State state = header.take(bytes.data() + at, n, &used);
        at += used;
        if (state == State::Bad) return "bad: " + header.error();
        if (state == State::More) continue;
        if (source != nullptr) *source = header.has_addresses() ? header.source() : SocketAddress();
        return bytes.substr(at);
    }
    return "more";
}

TEST(ProxyHeader, GivesTheAddressesOfBothVersionsHoweverTheyArrive)
{
    const struct {
        std::string bytes, source;
    } all[] = {
        {"PROXY TCP4 192.0.2.1 198.51.100.2 12345 443\r\n", "192.0.2.1:12345"},
        {"PROXY TCP6 2001:db8::1 ::1 1 65535\r\n", "[2001:db8::1]:1"},
        {"PROXY UNKNOWN\r\n", ""},
        {"PROXY UNKNOWN ffff::1 whatever 1 2\r\n", ""},
        {version2('\x21', '\x11', kFour), "192.0.2.1:12345"},
        {version2('\x21', '\x11',
                  kFour + "\x04\x00\x02"
                          "yz"s),
         "192.0.2.1:12345"},
        {version2('\x20', '\x00', ""), ""},
    };
    for (const auto &each : all) {
        for (std::size_t part = 1; part <= each.bytes.size() + 3; ++part) {
            SocketAddress source;
            EXPECT_EQ(read(each.bytes + "GET", part, &source), "GET") << each.source << ' ' << part;
            EXPECT_EQ(source.text, each.source) << part;
        }
    }
}

TEST(ProxyHeader, RefusesWhatDeviates)
{
    for (const std::string &bytes : {
             "GET / HTTP/1.1\r\n\r\n"s,
             "PROXY TCP4 192.0.2.1 198.51.100.2 12345\r\n"s,
             "PROXY TCP4 192.0.2.1 198.51.100.2 12345 443 \r\n"s,
             "PROXY TCP4 192.0.2.1 198.51.100.2 012345 443\r\n"s,
             "PROXY TCP4 192.0.2.1 198.51.100.2 65536 443\r\n"s,
             "PROXY TCP4 192.0.2.256 198.51.100.2 1 443\r\n"s,
             "PROXY TCP4 ::1 ::1 1 2\r\n"s,
             "PROXY TCP6 192.0.2.1 ::1 1 2\r\n"s,
             "PROXY  TCP4 192.0.2.1 198.51.100.2 1 2\r\n"s,
             "PROXY TCP4 192.0.2.1 198.51.100.2 1 2\n\n"s,
             "PROXY UDP4 192.0.2.1 198.51.100.2 1 2\r\n"s,
             "PROXY "s + std::string(110, 'x'),
             version2('\x31', '\x11', kFour),
             version2('\x22', '\x11', kFour),
             version2('\x21', '\x11', kFour.substr(1)),
             version2('\x21', '\x11', kFour + "\x04\xff\xff"s),
             kSignature + "\x21\x11\xff\xff"s,
             "\r\n\r\n\0\r\nQUIX"s,
         }) {
        for (std::size_t part : {std::size_t{1}, std::size_t{7}, bytes.size()}) {
            const std::string got = read(bytes, part);
            EXPECT_TRUE(got.starts_with("bad: expected ")) << got << ' ' << part << ": " << bytes.substr(0, 50);
        }
    }
}

TEST(ProxyHeader, TakesAChecksumThatIsRightAndRefusesAnother)
{
    // CRC-32C over the header with the checksum itself as zeros (section 2.2.3).
    const auto crc = [](const std::string &bytes) {
        std::uint32_t sum = ~0U;
        for (const char c : bytes) {
            sum ^= static_cast<unsigned char>(c);
            for (int k = 0; k < 8; ++k) sum = sum >> 1 ^ (sum & 1 ? 0x82f63b78U : 0);
        }
        return ~sum;
    };
    std::string bytes = version2('\x21', '\x11', kFour + "\x03\x00\x04\0\0\0\0"s);
    const std::uint32_t sum = crc(bytes);
    for (int i = 0; i < 4; ++i) bytes[bytes.size() - 4 + i] = static_cast<char>(sum >> (24 - 8 * i));
    EXPECT_EQ(read(bytes + "x", bytes.size()), "x");
    bytes.back() = static_cast<char>(bytes.back() ^ 1);
    EXPECT_TRUE(read(bytes + "x", bytes.size()).starts_with("bad: "));
}

TEST(ProxyHeader, EndsWithinItsBoundWhateverItIsSent)
{
    std::mt19937 random(1);
    const std::string good[] = {"PROXY TCP4 192.0.2.1 198.51.100.2 12345 443\r\n", version2('\x21', '\x11',
                                                                                            kFour + "\x04\x00\x02"
                                                                                                    "yz"s)};
    for (int i = 0; i < 20'000; ++i) {
        std::string bytes = good[i % 2];
        for (unsigned k = random() % 3; k-- > 0;) bytes[random() % bytes.size()] = static_cast<char>(random());
        bytes += std::string(5000, 'x');
        EXPECT_NE(read(bytes, 1 + random() % 64), "more");
    }
}

} // namespace
} // namespace hawser::host
