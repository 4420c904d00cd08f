// What a resource may not do with its exchange: refused, and named in the log.
#include "fake.hpp"

#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace http_engine::test {
namespace {

hawser_piece piece(std::string_view bytes) { return {bytes.data(), bytes.size(), nullptr, nullptr}; }
hawser_piece counted(std::string_view bytes, int &released)
{
    return {bytes.data(), bytes.size(), [](void *n) { ++*static_cast<int *>(n); }, &released};
}

// What the log says of a resource that does this.
std::string told_of(const Answerer &answer)
{
    Rig rig;
    rig.route("/", answer);
    rig.feed(get("/"));
    return rig.told();
}

TEST(Misuse, NamesWhatBreaksItsContract)
{
    const std::string again = "expected one answer, got another;",
                      broke = "contract_broken test.resource hawser_http_exchange.";
    EXPECT_EQ(told_of([](auto *e, auto *) {
                  say(e, "one");
                  say(e, "two");
              }),
              broke + "respond: " + again);
    EXPECT_EQ(told_of([](auto *e, auto *) {
                  say(e, "one");
                  e->api->begin(e, 200, nullptr, 0, 5);
                  const hawser_piece more = piece("more");
                  e->api->write(e, &more, 1);
                  e->api->end(e, nullptr, 0);
              }),
              broke + "begin: " + again + broke + "write: " + again + broke + "end: " + again);
    EXPECT_EQ(told_of([](auto *, auto *) {}),
              broke + "respond: expected an answer or attach before on_request returns, got none;");
    EXPECT_EQ(told_of([](auto *e, auto *) { say(e, "x", 99); }),
              broke + "respond: expected a status of 200 to 999 and a length, got another;");
    EXPECT_EQ(
        told_of([](auto *e, auto *) {
            const hawser_field field{{"A", 1}, {"b\r\nC: d", 7}};
            e->api->respond(e, 200, &field, 1, nullptr, 0);
        }),
        broke + "respond: expected fields whose names are tokens and whose values have no CR, LF and NUL, got others;");
    EXPECT_EQ(told_of([](auto *e, auto *) {
                  const hawser_piece body = piece("four");
                  e->api->begin(e, 200, nullptr, 0, 3);
                  e->api->write(e, &body, 1);
              }),
              broke + "write: expected no more bytes than begin promised, got more;");
    EXPECT_EQ(told_of([](auto *e, auto *) {
                  e->api->begin(e, 200, nullptr, 0, 3);
                  e->api->end(e, nullptr, 0);
              }),
              broke + "end: expected as many bytes as begin promised, got fewer;");
    EXPECT_EQ(told_of([](auto *e, auto *) {
                  say(e, "one");
                  static constexpr hawser_http_handler kNothing{};
                  e->api->attach(e, &kNothing, nullptr);
              }),
              broke + "attach: expected it once, from inside of on_request and before an answer;");
    EXPECT_EQ(told_of([](auto *e, auto *) { say(e, "fine"); }), "");
}

TEST(Misuse, NamesAnAnswerToOneThatIsOverAndSparesTheNext)
{
    static constexpr hawser_http_handler kNothing{};
    const std::string kForgotten = "contract_broken test.resource hawser_http_exchange.respond: expected an answer or "
                                   "attach before on_request returns, got none;";
    for (const bool attaches : {true, false}) {
        Rig rig;
        std::vector<hawser_http_exchange *> seen;
        rig.route("/", [&](auto *e, auto *) {
            seen.push_back(e);
            if (attaches || seen.size() > 1) e->api->attach(e, &kNothing, nullptr);
        });
        rig.feed(get("/"));
        if (attaches) say(seen[0], "one");
        rig.take();
        rig.feed(get("/"));
        say(seen[0], "stale");
        EXPECT_EQ(rig.told(),
                  (attaches ? std::string() : kForgotten) +
                      "contract_broken test.resource hawser_http_exchange.respond: expected an exchange that "
                      "goes on, got one that is over;");
        EXPECT_EQ(rig.take(), "");
        say(seen[1], "two");
        EXPECT_EQ(bodies(rig.take()).at(0), "two");
    }
}

TEST(Misuse, IsTouchedByItsLoopAlone)
{
    static constexpr hawser_http_handler kNothing{};
    Rig rig;
    hawser_http_exchange *e = nullptr;
    rig.route("/", [&](auto *exchange, auto *) {
        e = exchange;
        e->api->attach(e, &kNothing, nullptr);
    });
    rig.feed(get("/"));
    int released = 0;
    std::string calls;
    const auto told = [&calls](const char *call) {
        calls += std::string("contract_broken test.resource hawser_http_exchange.") + call +
                 ": expected a call on the loop that owns it, got one on another thread; use post;";
    };
    for (const char *call :
         {"respond", "begin", "write", "send_file", "end", "inform", "attach", "pause", "upgrade", "abort"})
        told(call);
    std::thread([&] {
        const hawser_piece body = counted("wrong", released);
        EXPECT_EQ(e->api->respond(e, 200, nullptr, 0, &body, 1), HAWSER_INVALID);
        EXPECT_EQ(e->api->begin(e, 200, nullptr, 0, 5), HAWSER_INVALID);
        EXPECT_EQ(e->api->write(e, &body, 1), HAWSER_INVALID);
        EXPECT_EQ(e->api->send_file(
                      e, -1, 0, 1, [](void *n) { ++*static_cast<int *>(n); }, &released),
                  HAWSER_INVALID);
        EXPECT_EQ(e->api->end(e, nullptr, 0), HAWSER_INVALID);
        EXPECT_EQ(e->api->inform(e, 103, nullptr, 0), HAWSER_INVALID);
        EXPECT_EQ(e->api->attach(e, &kNothing, nullptr), nullptr);
        e->api->pause(e, 1);
        EXPECT_EQ(e->api->upgrade(e, nullptr, 0, nullptr, nullptr), HAWSER_INVALID);
        e->api->abort(e);
    }).join();
    EXPECT_EQ(released, 3);
    EXPECT_EQ(rig.told(), calls);
    EXPECT_EQ(rig.take(), "");
    say(e, "right");
    EXPECT_EQ(bodies(rig.take()).at(0), "right");
}

} // namespace
} // namespace http_engine::test
