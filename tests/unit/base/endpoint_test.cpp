#include "base/endpoint.hpp"

#include <gtest/gtest.h>

#include <string>

namespace hawser::host {
namespace {

// The endpoint that `text` parses to, written out again; or the error.
std::string round_trip(std::string_view text)
{
    const auto endpoint = parse_listen_endpoint(text);
    return endpoint ? endpoint->text() : "error: " + endpoint.error().text;
}

std::string error_of(std::string_view text)
{
    const auto endpoint = parse_listen_endpoint(text);
    if (endpoint) return "accepted as " + endpoint->text();
    EXPECT_EQ(endpoint.error().status, Status::BadConfig);
    return endpoint.error().text;
}

TEST(Endpoint, WithoutASchemeIsTcp)
{
    const auto endpoint = parse_listen_endpoint("127.0.0.1:8080");
    ASSERT_TRUE(endpoint);
    EXPECT_EQ(endpoint->scheme, Endpoint::Scheme::Tcp);
    EXPECT_EQ(endpoint->host, "127.0.0.1");
    EXPECT_EQ(endpoint->port, 8080);
}

TEST(Endpoint, TakesTheSchemeTcp) { EXPECT_EQ(round_trip("tcp:0.0.0.0:80"), "0.0.0.0:80"); }

TEST(Endpoint, TakesIPv6InBrackets)
{
    EXPECT_EQ(round_trip("[::1]:8080"), "[::1]:8080");
    EXPECT_EQ(round_trip("tcp:[::]:0"), "[::]:0");
}

TEST(Endpoint, KeepsTheHostWithoutItsBrackets)
{
    const auto endpoint = parse_listen_endpoint("[::1]:8080");
    ASSERT_TRUE(endpoint);
    EXPECT_EQ(endpoint->host, "::1");
}

TEST(Endpoint, TakesEveryPortIncludingZero)
{
    EXPECT_EQ(round_trip("127.0.0.1:0"), "127.0.0.1:0");
    EXPECT_EQ(round_trip("127.0.0.1:65535"), "127.0.0.1:65535");
}

TEST(Endpoint, RefusesAPortOutOfRange)
{
    EXPECT_EQ(error_of("127.0.0.1:65536"), "expected a port from 0 to 65535, got \"127.0.0.1:65536\"");
}

TEST(Endpoint, RefusesAPortThatIsNotANumber)
{
    for (const char *text : {"127.0.0.1:", "127.0.0.1:http", "127.0.0.1:80x", "127.0.0.1:-1", "127.0.0.1:+1",
                             "127.0.0.1: 80", "127.0.0.1:80 ", "127.0.0.1:0x50"})
        EXPECT_EQ(error_of(text), "expected a port from 0 to 65535, got \"" + std::string(text) + "\"");
}

TEST(Endpoint, RefusesANameBecauseNamesAreNotResolved)
{
    EXPECT_EQ(error_of("localhost:80"),
              "expected a literal IP address (names are not resolved for listening), got \"localhost:80\"");
}

TEST(Endpoint, RefusesAnAddressThatIsNoneInFull)
{
    for (const char *text : {"127.1:80", "256.0.0.1:80", "1.2.3.4.5:80", ":80", "[]:80", "[127.0.0.1]:80", "[::1:80"})
        EXPECT_NE(error_of(text).find("got \"" + std::string(text) + "\""), std::string::npos) << error_of(text);
}

TEST(Endpoint, AsksForBracketsAroundABareIPv6Address)
{
    EXPECT_EQ(error_of("::1:80"), "expected an IPv6 address in brackets, got \"::1:80\"");
}

TEST(Endpoint, RefusesAnAddressWithoutAPort)
{
    EXPECT_NE(error_of("8080").find("expected an address and a port"), std::string::npos) << error_of("8080");
    EXPECT_NE(error_of("").find("expected an address and a port"), std::string::npos) << error_of("");
}

TEST(Endpoint, RefusesANulByteInTheHost)
{
    using namespace std::string_view_literals;
    EXPECT_FALSE(parse_listen_endpoint("127.0.0.1\0x:80"sv));
}

TEST(Endpoint, TakesAUnixPathAsWritten)
{
    EXPECT_EQ(round_trip("unix:/run/web.sock"), "unix:/run/web.sock");
    EXPECT_EQ(round_trip("unix:run/a:b"), "unix:run/a:b");
}

TEST(Endpoint, TakesAUnixPathUpToWhatTheSystemHolds)
{
    const std::string longest = "unix:/" + std::string(106, 'x');
    EXPECT_EQ(round_trip(longest), longest);
    EXPECT_NE(error_of(longest + "x").find("a path of 1 to 107 bytes"), std::string::npos);
    EXPECT_NE(error_of("unix:").find("a path of 1 to 107 bytes"), std::string::npos);
}

TEST(Endpoint, TakesASocketOfSystemdByItsName)
{
    EXPECT_EQ(round_trip("systemd:web"), "systemd:web");
    EXPECT_EQ(error_of("systemd:"), "expected \"systemd:\" and the name of a socket, got \"systemd:\"");
}

TEST(Endpoint, TakesADescriptorByItsNumber)
{
    EXPECT_EQ(round_trip("fd:3"), "fd:3");
    for (const char *text : {"fd:", "fd:x", "fd:-1", "fd:3x", "fd:99999999999"})
        EXPECT_EQ(error_of(text), "expected \"fd:\" and a number, got \"" + std::string(text) + "\"");
}

} // namespace
} // namespace hawser::host
