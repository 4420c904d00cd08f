// The service `ticker` in the running host.
#include "host_process.hpp"

#include <gtest/gtest.h>

namespace hawser::test {
namespace {

TEST(Ticker, LogsItsMessageWithACountOnATimer)
{
    Host host("[services.heart]\nservice = \"ticker\"\nevery = \"10ms\"\nmessage = \"all is well\"\n");
    ASSERT_TRUE(host.ready()) << host.process().err();
    ASSERT_TRUE(host.log_has("\"count\":\"3\""));
    const std::string log = host.process().err();
    const std::size_t first = log.find("\"event\":\"tick\""), second = log.find("\"event\":\"tick\"", first + 1);
    const std::string line = log.substr(first, second - first);
    EXPECT_NE(line.find("\"message\":\"all is well\",\"count\":\"1\""), std::string::npos) << line;
    EXPECT_EQ(host.stop(), 0);
}

TEST(Ticker, RefusesATimeTooShort)
{
    Host host("[services.heart]\nservice = \"ticker\"\nevery = \"9ms\"\n");
    EXPECT_EQ(host.process().wait(), 78);
    EXPECT_NE(host.process().err().find("10ms"), std::string::npos) << host.process().err();
}

} // namespace
} // namespace hawser::test
