// Load generators that people have: each is an HTTP client of its own make.
#include "web.hpp"

#include <gtest/gtest.h>

#include <string>

namespace hawser::test {
namespace {

class Load : public ::testing::Test {
protected:
    Host host_{web_with("\"/\" = { resource = \"text\", body = \"Hello, world!\" }")};
    std::string url_ = "http://" + host_.address("web") + "/";
};

TEST_F(Load, OfAbIsAnsweredOnKeptConnections)
{
    const Ended ab = run({"ab", "-q", "-k", "-n", "3000", "-c", "30", url_});
    EXPECT_EQ(ab.status, 0) << ab.err;
    EXPECT_TRUE(has(ab.out, "Failed requests:        0\n")) << ab.out;
    EXPECT_TRUE(has(ab.out, "Keep-Alive requests:    3000\n")) << ab.out;
    EXPECT_FALSE(has(ab.out, "Non-2xx")) << ab.out;
}

TEST_F(Load, OfAbIsAnsweredOnAConnectionEach)
{
    const Ended ab = run({"ab", "-q", "-n", "1000", "-c", "30", url_});
    EXPECT_TRUE(has(ab.out, "Complete requests:      1000\n")) << ab.out << ab.err;
    EXPECT_TRUE(has(ab.out, "Failed requests:        0\n")) << ab.out;
}

TEST_F(Load, OfWrkMeetsNoError)
{
    const Ended wrk = run({"wrk", "-t", "2", "-c", "50", "-d", "1s", url_});
    EXPECT_TRUE(has(wrk.out, "Requests/sec")) << wrk.out << wrk.err;
    EXPECT_FALSE(has(wrk.out, "Socket errors")) << wrk.out;
    EXPECT_FALSE(has(wrk.out, "Non-2xx")) << wrk.out;
}

TEST_F(Load, OfH2loadOverHttp11IsAnswered)
{
    const Ended h2load = run({"h2load", "--h1", "-n", "3000", "-c", "10", url_});
    EXPECT_TRUE(has(h2load.out, "3000 succeeded, 0 failed, 0 errored, 0 timeout")) << h2load.out << h2load.err;
    EXPECT_TRUE(has(h2load.out, "status codes: 3000 2xx, 0 3xx, 0 4xx, 0 5xx")) << h2load.out;
}

} // namespace
} // namespace hawser::test
