// What the test kit finds by itself (hawser/testing.hpp): each is told, and nothing else.
#include "hawser/http.hpp"
#include "hawser/protocol.hpp"
#include "hawser/testing.hpp"
#include "hawser/testing/http.hpp"

#include <functional>
#include <gtest/gtest.h>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace {

using hawser::testing::Asked;
using hawser::testing::Host;
using hawser::testing::Instance;
using Strings = std::vector<std::string>;

// A protocol and a resource that do what the test wants.
std::function<std::size_t(hawser_conn *, hawser_bytes)> on_data;
hawser_conn *connection;
hawser_loop *loop;

const hawser_session kSession{sizeof(hawser_session),
                              0,
                              nullptr,
                              [](void *, hawser_bytes data) noexcept { return on_data(connection, data); },
                              nullptr,
                              nullptr,
                              nullptr,
                              nullptr,
                              nullptr,
                              nullptr};
void *create(hawser_loop *on, const hawser_node *, hawser_error *) noexcept
{
    loop = on;
    return &loop;
}
void destroy(void *) noexcept {}
const hawser_protocol kProtocol{
    {sizeof(hawser_protocol), 0, HAWSER_PROTOCOL, "does", nullptr, nullptr, create, nullptr, nullptr, destroy},
    &kSession,
    [](void *, hawser_conn *conn, hawser_bytes) noexcept -> void * {
        connection = conn;
        return &connection;
    }};

std::function<void(hawser_http_exchange *, const hawser_http_request *)> on_request;
const hawser_http_resource kResource{
    {sizeof(hawser_http_resource), 0, "hawser.http.resource/1", "does", nullptr, nullptr, create, nullptr, nullptr,
     destroy},
    [](void *, hawser_http_exchange *exchange, const hawser_http_request *request) noexcept {
        on_request(exchange, request);
    }};
const hawser_http_handler kNothing{sizeof(hawser_http_handler), 0, nullptr, nullptr, nullptr, nullptr};

hawser_piece piece(const char *text) { return {text, std::char_traits<char>::length(text), nullptr, nullptr}; }

class Kit : public ::testing::Test {
protected:
    // What is found of a session that gets a byte and does this.
    Strings of_data(std::function<std::size_t(hawser_conn *, hawser_bytes)> does)
    {
        on_data = std::move(does);
        Instance protocol(host, &kProtocol.kind);
        auto peer = protocol.connect();
        peer.send("a");
        return host.problems().take();
    }
    Strings of_request(std::function<void(hawser_http_exchange *, const hawser_http_request *)> does)
    {
        on_request = std::move(does);
        Instance resource(host, &kResource.kind);
        const Asked asked(resource, {});
        return host.problems().take();
    }
    Host host;
};

constexpr const char *kElsewhere = ": expected a call on the loop's own thread, got one on another";

TEST_F(Kit, FindsNothingInWhatIsRight)
{
    EXPECT_EQ(of_data([](hawser_conn *conn, hawser_bytes data) {
                  const hawser_piece answer = piece("right");
                  conn->api->write(conn, &answer, 1);
                  conn->api->close(conn, HAWSER_CLOSE);
                  return data.n;
              }),
              Strings());
    EXPECT_EQ(of_request([](auto *exchange, auto *) {
                  const hawser_piece answer = piece("right");
                  exchange->api->respond(exchange, 200, nullptr, 0, &answer, 1);
              }),
              Strings());
}

TEST_F(Kit, FindsCallsOfAConnectionOnAnotherThread)
{
    Strings calls;
    for (const char *call : {"write", "pause", "set_timer", "close", "attach", "address", "queued"})
        calls.push_back(std::string(call) + kElsewhere);
    EXPECT_EQ(of_data([](hawser_conn *conn, hawser_bytes data) {
                  std::thread([conn] {
                      const hawser_piece answer = piece("wrong");
                      hawser_address address{};
                      address.struct_size = sizeof address;
                      EXPECT_EQ(conn->api->write(conn, &answer, 1), HAWSER_INVALID);
                      conn->api->pause(conn, 1);
                      conn->api->set_timer(conn, 1);
                      conn->api->close(conn, HAWSER_ABORT);
                      conn->api->attach(conn, &kSession, nullptr);
                      EXPECT_EQ(conn->api->address(conn, HAWSER_PEER, &address), HAWSER_INVALID);
                      EXPECT_EQ(conn->api->queued(conn), 0U);
                  }).join();
                  return data.n;
              }),
              calls);
}

TEST_F(Kit, FindsCallsOfAConnectionAfterItsEnd)
{
    on_data = [](hawser_conn *, hawser_bytes data) { return data.n; };
    Instance protocol(host, &kProtocol.kind);
    auto peer = protocol.connect();
    hawser_conn *conn = connection;
    peer.reset();
    EXPECT_TRUE(peer.closed());
    EXPECT_EQ(host.problems().take(), Strings());
    const hawser_piece late = piece("late");
    EXPECT_EQ(conn->api->write(conn, &late, 1), HAWSER_INVALID);
    conn->api->close(conn, HAWSER_CLOSE);
    EXPECT_EQ(host.problems().take(), (Strings{"write: expected a connection that goes on, got one that has ended",
                                               "close: expected a connection that goes on, got one that has ended"}));
}

TEST_F(Kit, FindsMoreBytesConsumedThanCame)
{
    const Strings found = of_data([](hawser_conn *, hawser_bytes data) { return data.n + 7; });
    ASSERT_FALSE(found.empty());
    EXPECT_EQ(found[0].substr(0, 26), "on_data: expected at most ");
}

TEST_F(Kit, FindsAnOperationThatIsStartedTwiceOrHasNoFunction)
{
    hawser_op twice{}, none{};
    twice.complete = [](hawser_op *, std::int64_t) noexcept {};
    EXPECT_EQ(of_data([&](hawser_conn *, hawser_bytes data) {
                  loop->api->timer(loop, loop->now + 1'000'000'000, &twice);
                  loop->api->timer(loop, loop->now + 1'000'000'000, &twice);
                  loop->api->timer(loop, loop->now + 1'000'000'000, &none);
                  loop->api->cancel(loop, &twice);
                  return data.n;
              }),
              (Strings{"timer: expected an operation that is free, got one that is pending",
                       "timer: expected an operation with a complete, got none"}));
}

TEST_F(Kit, FindsTwoAnswersNoneAndOthersThanPromised)
{
    EXPECT_EQ(of_request([](auto *exchange, auto *) {
                  exchange->api->respond(exchange, 200, nullptr, 0, nullptr, 0);
                  exchange->api->respond(exchange, 200, nullptr, 0, nullptr, 0);
              }),
              Strings{"respond: the exchange has ended, or its answer has begun otherwise"});
    EXPECT_EQ(of_request([](auto *, auto *) {}), Strings{"on_request: expected an answer or attach(), got neither"});
    EXPECT_EQ(of_request([](auto *exchange, auto *) {
                  exchange->api->begin(exchange, 200, nullptr, 0, 5);
                  exchange->api->end(exchange, nullptr, 0);
              }),
              Strings{"end: the body is longer or shorter than begin() promised"});
    EXPECT_EQ(of_request([](auto *exchange, auto *) {
                  const hawser_field field{{"A", 1}, {"b\r\nC: d", 7}};
                  exchange->api->respond(exchange, 200, &field, 1, nullptr, 0);
              }),
              Strings{"an answer has the field \"A\", which no answer can have"});
}

TEST_F(Kit, FindsAnAnswerOnAnotherThread)
{
    int released = 0;
    EXPECT_EQ(
        of_request([&](auto *exchange, auto *) {
            std::thread([&] {
                const hawser_piece wrong{"wrong", 5, [](void *n) noexcept { ++*static_cast<int *>(n); }, &released};
                EXPECT_EQ(exchange->api->respond(exchange, 200, nullptr, 0, &wrong, 1), HAWSER_INVALID);
            }).join();
            exchange->api->respond(exchange, 204, nullptr, 0, nullptr, 0);
        }),
        Strings{std::string("respond") + kElsewhere});
    EXPECT_EQ(released, 1);
}

TEST_F(Kit, ShowsAnAttachedRequestUntilItIsOver)
{
    const hawser_http_request *kept = nullptr;
    hawser_http_exchange *open = nullptr;
    on_request = [&](auto *exchange, auto *request) {
        EXPECT_EQ(hawser::view(request->path), "/a/path/that/is/allocated/by/itself");
        kept = exchange->api->attach(exchange, &kNothing, nullptr);
        EXPECT_NE(kept, request);
        open = exchange;
    };
    Instance resource(host, &kResource.kind);
    const Asked asked(resource, {.path = "/a/path/that/is/allocated/by/itself"});
    EXPECT_EQ(hawser::view(kept->path), "/a/path/that/is/allocated/by/itself");
    open->api->respond(open, 200, nullptr, 0, nullptr, 0);
    EXPECT_TRUE(asked.answer().complete);
}

// What it finds at its end is told then.
TEST(KitAtItsEnd, FindsWhatIsLeft)
{
    const auto before = std::exchange(hawser::testing::on_problem, {});
    Strings found;
    hawser::testing::on_problem = [&found](const std::string &text) {
        found.push_back(text.substr(0, text.find(';')));
    };
    hawser_op left{};
    left.complete = [](hawser_op *, std::int64_t) noexcept {};
    {
        Host host;
        hawser_loop &on = host.loop();
        on.api->timer(&on, on.now + 1'000'000'000, &left);
        EXPECT_NE(on.api->track(&on, &left), 0U);
    }
    hawser::testing::on_problem = before;
    EXPECT_EQ(found,
              (Strings{"1 timer operations are still pending at the end", "1 objects are still tracked at the end"}));
}

} // namespace
