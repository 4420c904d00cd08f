// Networks as text, and what lies in them.
#include "base/network.hpp"

#include <gtest/gtest.h>

namespace hawser::host {
namespace {

TEST(Network, ReadsNetworksAddressesAndUnix)
{
    for (const char *text : {"10.0.0.0/8", "0.0.0.0/0", "2001:db8::/32", "::/0", "unix"})
        EXPECT_EQ(parse_network(text)->text(), text);
    EXPECT_EQ(parse_network("192.0.2.1")->text(), "192.0.2.1/32");
    EXPECT_EQ(parse_network("::1")->text(), "::1/128");
}

TEST(Network, RefusesWhatIsNone)
{
    for (const char *text : {"", "10.0.0.0/33", "10.0.0/8", "10.0.0.0/", "10.0.0.0/-1", "10.0.0.0/8x", "::/129", "host",
                             "10.0.0.1/8", "/8"}) {
        const auto network = parse_network(text);
        ASSERT_FALSE(network) << text;
        EXPECT_TRUE(network.error().text.starts_with("expected ")) << network.error().text;
    }
}

TEST(Network, ContainsItsAddressesAlone)
{
    const Network network = *parse_network("10.1.128.0/17");
    EXPECT_TRUE(network.contains(4, {10, 1, 129, 3}));
    EXPECT_FALSE(network.contains(4, {10, 1, 127, 3}));
    EXPECT_FALSE(network.contains(6, {10, 1, 129, 3}));
    EXPECT_TRUE(parse_network("0.0.0.0/0")->contains(4, {255, 1, 1, 1}));
    EXPECT_FALSE(parse_network("0.0.0.0/0")->contains(0, {}));
}

} // namespace
} // namespace hawser::host
