// The resource `health` in the running host.
#include "web.hpp"

#include <csignal>
#include <utility>
#include <vector>

namespace hawser::test {
namespace {

const std::string kRoutes =
    "\"/live\" = { resource = \"health\" }\n\"/ready\" = { resource = \"health\", check = \"ready\" }\n"
    "\"/slow\" = { resource = \"text\", delay = \"500ms\" }";

TEST(Health, IsGoodWhileTheHostServes)
{
    Host host(web_with(kRoutes));
    ASSERT_TRUE(host.ready()) << host.process().err();
    const Client::Answer answer = host.connect().get("/live");
    EXPECT_EQ(answer.status, 200);
    EXPECT_EQ(answer.body, "{\"status\":\"ok\"}\n");
    EXPECT_EQ(field_of(answer, "Cache-Control"), "no-store");
    EXPECT_EQ(host.connect().get("/ready").status, 200);
}

// A request that had begun is answered while the host stops. When its worker hears of that nobody tells, so there are
// some.
TEST(Health, IsNotReadyWhileTheHostStops)
{
    Host host(web_with(kRoutes));
    ASSERT_TRUE(host.ready()) << host.process().err();
    std::vector<Client> begun;
    for (int i = 0; i < 50; ++i) {
        begun.push_back(host.connect());
        begun.back().send("GET /rea");
    }
    ASSERT_TRUE(eventually([&] { return has(host.command({"status"}).out, " 50\n"); }));
    host.process().signal(SIGTERM);
    EXPECT_TRUE(eventually([&] {
        Client client = std::move(begun.back());
        begun.pop_back();
        client.send("dy HTTP/1.1\r\nHost: a\r\n\r\n");
        return client.answer().status == 503 || begun.empty();
    }));
    EXPECT_FALSE(begun.empty()) << "none of them was 503";
}

} // namespace
} // namespace hawser::test
