// Tests of hawser/http_filter.hpp: what an inner resource does to its exchange, and what it did to one that is over.
#include "hawser/http.hpp"
#include "hawser/http_filter.hpp"
#include "hawser/testing.hpp"
#include "hawser/testing/http.hpp"

#include <algorithm>
#include <functional>
#include <gtest/gtest.h>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

namespace {

using hawser::testing::Asked;
using hawser::testing::Host;
using hawser::testing::Instance;
using hawser::testing::LogEvent;

// The inner resource: a function of the test.
std::function<void(hawser_http_exchange *)> inner;
const hawser_http_resource kInner{
    {}, [](void *, hawser_http_exchange *exchange, const hawser_http_request *) noexcept { inner(exchange); }};
const hawser_object kObject{&kInner, nullptr, nullptr, {"test.inner", 10}, 0, 0};

struct Marked : hawser::http::Filter<Marked> {
    void head(hawser::http::Head &head) { head.set("X-Mark", "1"); }
    std::string something_of_its_own = "long enough to be allocated by itself";
};

struct Throws : hawser::http::Filter<Throws> {
    Throws() { throw std::runtime_error("no filter today"); }
};

template<typename F>
struct Around {
    explicit Around(hawser::Node on)
        : node(on)
    {}
    void request(hawser::http::Exchange exchange, hawser::http::Request request)
    {
        F::serve(node, hawser::http::Inner(node, kObject), exchange, request);
    }
    hawser::Node node;
};

void say(hawser_http_exchange *exchange, const char *text)
{
    const hawser_piece piece{text, std::char_traits<char>::length(text), nullptr, nullptr};
    exchange->api->respond(exchange, 200, nullptr, 0, &piece, 1);
}

const hawser_http_handler kNothing{sizeof(hawser_http_handler),         0, nullptr, nullptr, nullptr,
                                   [](void *, std::int32_t) noexcept {}};

// What was said of broken contracts: "RESOURCE: ERROR;".
std::string broken(Host &host)
{
    std::string all;
    for (const LogEvent &event : host.logged("contract_broken"))
        all += event.fields.at("resource") + ": " + event.fields.at("error") + ";";
    return all;
}

class Filters : public ::testing::Test {
protected:
    Host host;
    Instance around{host, hawser::http::resource<Around<Marked>>("around")};
};

constexpr const char *kAgain = "test.inner: hawser_http_exchange.respond: expected one answer, got another;";
constexpr const char *kOver =
    "test.inner: hawser_http_exchange.respond: expected an exchange that goes on, got one that is over;";

TEST_F(Filters, PassTheAnswerOnce)
{
    inner = [](auto *exchange) { say(exchange, "one"); };
    const Asked asked(around, {});
    EXPECT_EQ(asked.answer().body, "one");
    EXPECT_EQ(asked.answer().field("X-Mark"), "1");
    EXPECT_EQ(broken(host), "");
}

TEST_F(Filters, NameTheInnerResourceThatAnswersTwice)
{
    inner = [](auto *exchange) {
        say(exchange, "one");
        say(exchange, "two");
    };
    const Asked asked(around, {});
    EXPECT_EQ(asked.answer().body, "one");
    EXPECT_EQ(broken(host), kAgain);
}

TEST_F(Filters, NameAnAnswerToAnExchangeThatIsOver)
{
    std::vector<hawser_http_exchange *> seen;
    inner = [&](auto *exchange) {
        seen.push_back(exchange);
        exchange->api->attach(exchange, &kNothing, nullptr);
    };
    const Asked first(around, {});
    say(seen[0], "one");
    const Asked second(around, {});
    int released = 0;
    const hawser_piece piece{"stale", 5, [](void *count) { ++*static_cast<int *>(count); }, &released};
    EXPECT_EQ(seen[0]->api->respond(seen[0], 200, nullptr, 0, &piece, 1), HAWSER_INVALID);
    EXPECT_EQ(released, 1);
    EXPECT_EQ(broken(host), kOver);
    EXPECT_EQ(second.answer().status, 0U);
    say(seen[1], "two");
    EXPECT_EQ(second.answer().body, "two");
}

TEST_F(Filters, NameAnAnswerOnAnotherThread)
{
    hawser_http_exchange *seen = nullptr;
    inner = [&](auto *exchange) {
        seen = exchange;
        exchange->api->attach(exchange, &kNothing, nullptr);
    };
    const Asked asked(around, {});
    std::thread([&] { say(seen, "wrong"); }).join();
    EXPECT_EQ(broken(host),
              "test.inner: hawser_http_exchange.respond: expected a call on the loop that owns it, got one "
              "on another thread; use post;");
    EXPECT_EQ(asked.answer().status, 0U);
    say(seen, "right");
    EXPECT_EQ(asked.answer().body, "right");
}

TEST_F(Filters, RefuseEveryUseOfAnExchangeThatIsOver)
{
    hawser_http_exchange *old = nullptr;
    inner = [&](auto *exchange) {
        old = exchange;
        exchange->api->attach(exchange, &kNothing, nullptr);
    };
    Asked asked(around, {});
    asked.close();
    EXPECT_EQ(old->api->begin(old, 200, nullptr, 0, 1), HAWSER_INVALID);
    EXPECT_EQ(old->api->write(old, nullptr, 0), HAWSER_INVALID);
    EXPECT_EQ(old->api->end(old, nullptr, 0), HAWSER_INVALID);
    EXPECT_EQ(old->api->inform(old, 103, nullptr, 0), HAWSER_INVALID);
    EXPECT_EQ(old->api->attach(old, &kNothing, nullptr), nullptr);
    EXPECT_EQ(old->api->upgrade(old, nullptr, 0, nullptr, nullptr), HAWSER_INVALID);
    bool closed = false;
    EXPECT_EQ(old->api->send_file(
                  old, -1, 0, 1, [](void *to) { *static_cast<bool *>(to) = true; }, &closed),
              HAWSER_INVALID);
    EXPECT_TRUE(closed);
    old->api->pause(old, 1);
    old->api->abort(old);
    EXPECT_EQ(asked.answer().status, 0U);
}

TEST_F(Filters, UseTheMemoryOfAnExchangeAgainAfter32Others)
{
    std::vector<hawser_http_exchange *> seen;
    inner = [&](auto *exchange) {
        seen.push_back(exchange);
        say(exchange, "one");
    };
    for (int i = 0; i < 100; ++i) const Asked asked(around, {});
    for (std::size_t i = 1; i < seen.size(); ++i) {
        const auto from = seen.begin() + static_cast<std::ptrdiff_t>(i < 33 ? 0 : i - 32);
        EXPECT_EQ(std::count(from, seen.begin() + static_cast<std::ptrdiff_t>(i), seen[i]), 0) << i;
        if (i >= 66) EXPECT_EQ(seen[i], seen[i - 33]) << i;
    }
}

TEST(FilterThatHasEnded, IsNotAskedToTellOfWhatComesAfterIt)
{
    hawser_http_exchange *old = nullptr;
    inner = [&](auto *exchange) {
        old = exchange;
        say(exchange, "one");
    };
    {
        Host host;
        Instance around(host, hawser::http::resource<Around<Marked>>("around"));
        const Asked asked(around, {});
    }
    EXPECT_EQ(old->api->end(old, nullptr, 0), HAWSER_INVALID);
}

TEST(FilterThatThrows, AsItIsMadeEndsTheRequest)
{
    Host host;
    Instance around(host, hawser::http::resource<Around<Throws>>("around"));
    const Asked asked(around, {});
    EXPECT_EQ(asked.answer().status, 500U);
    ASSERT_EQ(host.logged("request_failed").size(), 1U);
    EXPECT_EQ(host.logged("request_failed")[0].fields.at("error"), "no filter today");
}

} // namespace
