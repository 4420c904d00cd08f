// Services that resources use, on all loops at once.
#include "host_process.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <sstream>
#include <thread>

namespace hawser::test {
namespace {

TEST(Interfaces, OfAServiceAreCalledFromTwoLoopsAtOnce)
{
    Host host("[compartments.main]\nloops = 2\n[services.all]\nservice = \"tally\"\n[listeners.web]\naddress = "
              "\"127.0.0.1:0\"\nprotocol = \"http\"\nroutes = { \"/\" = { resource = \"tally\", in = \"all\" } }\n");
    ASSERT_TRUE(host.ready()) << host.process().err();
    constexpr unsigned kThreads = 8, kConnections = 8, kRequests = 10, kAll = kThreads * kConnections * kRequests;
    std::atomic<std::uint64_t> most_sum{0}, most_mine{0};
    const auto raise = [](std::atomic<std::uint64_t> &most, std::uint64_t value) {
        std::uint64_t was = most.load();
        while (was < value && !most.compare_exchange_weak(was, value)) {}
    };
    std::vector<std::thread> threads;
    for (unsigned i = 0; i < kThreads; ++i) {
        threads.emplace_back([&] {
            for (unsigned c = 0; c < kConnections; ++c) {
                Client client = host.connect();
                for (unsigned r = 0; r < kRequests; ++r) {
                    std::istringstream answer(client.get("/").body);
                    std::uint64_t sum = 0, mine = 0;
                    answer >> sum >> mine;
                    raise(most_sum, sum);
                    raise(most_mine, mine);
                }
            }
        });
    }
    for (std::thread &thread : threads) thread.join();
    EXPECT_EQ(most_sum, kAll) << "every call counts once";
    EXPECT_LT(most_mine, kAll) << "one loop has served all: the test shows nothing";
    EXPECT_EQ(host.stop(), 0);
}

} // namespace
} // namespace hawser::test
