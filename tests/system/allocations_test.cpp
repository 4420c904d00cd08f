// What the running host allocates for a request, by new, malloc and all their kin.
#include "web.hpp"

#include <gtest/gtest.h>

#include <cstdint>
#include <fstream>
#include <string>

namespace hawser::test {
namespace {

class Allocations : public ::testing::Test {
protected:
    std::uint64_t count() const
    {
        std::uint64_t n = 0;
        std::ifstream(directory_ / "count", std::ios::binary).read(reinterpret_cast<char *>(&n), sizeof n);
        return n;
    }
    // Of a thousand requests on a kept connection, after as many that warm the host up.
    std::uint64_t of_a_thousand(const std::string &toml)
    {
        directory_.write("count", std::string(sizeof(std::uint64_t), '\0'));
        ProcessOptions options;
        options.variables = {{"LD_PRELOAD", HAWSER_ALLOCATION_COUNTER}, {"ALLOCATIONS", directory_ / "count"}};
        Host host(toml, {"--single"}, options);
        EXPECT_TRUE(host.ready()) << host.process().err();
        Client client = host.connect();
        const auto thousand = [&client] {
            for (int i = 0; i < 1000; ++i) {
                client.send(
                    "GET /file.html HTTP/1.1\r\nHost: a\r\nUser-Agent: test\r\nAccept: text/html, */*;q=0.8\r\n\r\n");
                ASSERT_EQ(client.answer().status, 200);
            }
        };
        thousand();
        const std::uint64_t before = count();
        EXPECT_GT(before, 0U) << "nothing is counted";
        thousand();
        return count() - before;
    }
    std::string files(std::size_t size)
    {
        directory_.write("file.html", std::string(size, 'x'));
        return web_with("\"/\" = { resource = \"static\", root = \"" + directory_.path() + "\" }");
    }

    TempDir directory_;
};

// The host's own work, which goes on beside the requests, may allocate a little.
constexpr std::uint64_t kFew = 30;

TEST_F(Allocations, AreNoneForAText)
{
    EXPECT_LT(of_a_thousand(web_with("\"/\" = { resource = \"text\", body = \"moored\" }")), kFew);
}

TEST_F(Allocations, AreNoneForALineOfTheAccessLog)
{
    EXPECT_LT(of_a_thousand("[log.access]\noutput = \"access.log\"\n" +
                            web_with("\"/\" = { resource = \"text\", body = \"moored\" }")),
              kFew);
}

TEST_F(Allocations, AreNoneForAFileInTheCache) { EXPECT_LT(of_a_thousand(files(1000)), kFew); }

TEST_F(Allocations, AreOneForALargeFile) { EXPECT_LT(of_a_thousand(files(100'000)), 1000 + kFew); }

TEST_F(Allocations, AreNoneForAResourceThatLooksAtTheRequestOnly)
{
    EXPECT_LT(of_a_thousand(web_with("[listeners.web.routes.\"/\"]\nresource = \"limit\"\nrate = 100000\n"
                                     "inner = { resource = \"text\", body = \"moored\" }")),
              kFew);
}

TEST_F(Allocations, AreTwoForAResourceThatChangesTheHeadOfAnAnswer)
{
    EXPECT_LT(
        of_a_thousand(web_with("[listeners.web.routes.\"/\"]\nresource = \"headers\"\nset = { X-Moored = \"yes\" }\n"
                               "inner = { resource = \"text\", body = \"moored\" }")),
        2000 + kFew);
}

} // namespace
} // namespace hawser::test
