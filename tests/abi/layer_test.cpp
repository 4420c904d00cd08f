// The C++ layer against tables of the test's own: no exception leaves a plugin, nothing is left behind, and a mistake
// in the use of options is told.
#include "hawser/hawser.hpp"
#include "hawser/http.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace hawser::test {
namespace {

using namespace std::chrono_literals;

// A host with one loop. Timers and posts run when the test says so; events are kept.
struct FakeHost {
    hawser_host host{};
    hawser_loop_api api{};
    hawser_loop loop{};
    hawser_node node{};
    hawser_value options{};

    FakeHost()
    {
        now = this;
        host.struct_size = sizeof host;
        host.log = [](const hawser_node *, std::uint32_t, hawser_str event, const hawser_field *fields, std::size_t n) {
            std::string line(view(event));
            for (std::size_t i = 0; i < n; ++i) line += " " + std::string(view(fields[i].value));
            now->events.push_back(line);
        };
        host.post = [](const hawser_host *, hawser_ref, void (*run)(void *, void *), void *arg) {
            run(now->tracked, arg);
            return HAWSER_OK;
        };
        api.struct_size = sizeof api;
        api.timer = [](hawser_loop *, std::uint64_t when, hawser_op *op) {
            now->at = when;
            now->timer = op;
            return HAWSER_PENDING;
        };
        api.cancel = [](hawser_loop *, hawser_op *op) {
            const bool was = now->timer == op;
            if (was) now->timer = nullptr;
            return was ? 1 : 0;
        };
        api.track = [](hawser_loop *, void *object) {
            now->tracked = object;
            return now->next_ref;
        };
        api.untrack = [](hawser_loop *, hawser_ref) { now->tracked = nullptr; };
        loop.api = &api;
        loop.now = 1'000;
        options.type = HAWSER_TABLE;
        node.struct_size = sizeof node;
        node.host = &host;
        node.options = &options;
    }
    Node face() { return {&loop, &node}; }
    void fire()
    {
        hawser_op *op = std::exchange(timer, nullptr);
        ASSERT_NE(op, nullptr);
        loop.now = at;
        op->complete(op, HAWSER_OK);
    }

    static FakeHost *now;
    std::vector<std::string> events;
    hawser_op *timer = nullptr;
    std::uint64_t at = 0;
    void *tracked = nullptr;
    hawser_ref next_ref = 1;
};
FakeHost *FakeHost::now = nullptr;

using Events = std::vector<std::string>;

TEST(Timer, KeepsWhatItsFunctionCapturedFromCallToCall)
{
    FakeHost host;
    Timer timer(host.face());
    std::vector<int> seen;
    timer.start_every(1ms, [&seen, n = 0]() mutable { seen.push_back(++n); });
    host.fire();
    host.fire();
    EXPECT_EQ(seen, (std::vector<int>{1, 2}));
}

TEST(Timer, MayBeStartedAgainOrEndedByItsOwnFunction)
{
    FakeHost host;
    auto timer = std::make_unique<Timer>(host.face());
    std::string order;
    const std::string long_text(100, 'x'); // what the function captures lives until it returns
    timer->start(1ms, [&, long_text] {
        timer->start(1ms, [&, long_text] {
            timer.reset();
            order += "second" + long_text.substr(99);
        });
        order += "first" + long_text.substr(99);
    });
    host.fire();
    host.fire();
    EXPECT_EQ(order, "firstxsecondx");
    EXPECT_EQ(host.timer, nullptr);
}

TEST(Timer, RefusesAPeriodThatIsNotPositive)
{
    FakeHost host;
    Timer timer(host.face());
    EXPECT_THROW(timer.start_every(0ms, [] {}), Error);
    EXPECT_THROW(timer.start_every(-1ms, [] {}), Error);
    EXPECT_EQ(host.timer, nullptr);
}

TEST(Timer, FiresAtOnceForATimeThatIsPast)
{
    FakeHost host;
    Timer timer(host.face());
    timer.start(-1h, [] {});
    EXPECT_EQ(host.at, host.loop.now);
}

TEST(Tracked, LogsWhatAPostedFunctionThrows)
{
    FakeHost host;
    int object = 0;
    const Tracked<int> tracked(host.face(), &object);
    EXPECT_TRUE(Tracked<int>::post(&host.host, tracked.ref(), [](int &to) { to = 7; }));
    EXPECT_EQ(object, 7);
    EXPECT_TRUE(Tracked<int>::post(&host.host, tracked.ref(), [](int &) { throw std::runtime_error("posted badly"); }));
    EXPECT_EQ(host.events, Events{"post_failed posted badly"});
}

TEST(Tracked, IsNotMadeWithoutANumber)
{
    FakeHost host;
    host.next_ref = 0;
    int object = 0;
    EXPECT_THROW(Tracked<int>(host.face(), &object), std::bad_alloc);
}

struct DiesBadly {
    ~DiesBadly() noexcept(false) { throw std::runtime_error("died badly"); }
};

TEST(Instances, ThatThrowInTheirDestructorAreLoggedAndGone)
{
    FakeHost host;
    const hawser_service kind = service<DiesBadly>("x");
    void *self = kind.kind.create(&host.loop, &host.node, nullptr);
    ASSERT_NE(self, nullptr);
    kind.kind.destroy(self);
    EXPECT_EQ(host.events, Events{"destroy_failed died badly"});
}

struct Refuses {
    explicit Refuses(const Node &) { throw Error("option", std::string(383, 'x').replace(382, 1, "\xc3\xa4")); }
};

TEST(Errors, AreCutToTheirRoomAndNeverInsideACharacter)
{
    FakeHost host;
    hawser_error error{};
    error.struct_size = sizeof error;
    EXPECT_EQ(service<Refuses>("x").kind.create(&host.loop, &host.node, &error), nullptr);
    EXPECT_STREQ(error.option, "option");
    EXPECT_EQ(std::string(error.text), std::string(382, 'x'));
}

// A connection that keeps what it was told.
struct FakeConn : hawser_conn {
    hawser_conn_api table{};
    std::vector<std::uint32_t> closed;
    FakeConn()
        : hawser_conn{&table}
    {
        table.struct_size = sizeof table;
        table.close = [](hawser_conn *conn, std::uint32_t how) {
            static_cast<FakeConn *>(conn)->closed.push_back(how);
        };
    }
};

struct Session {
    Connection connection;
    explicit Session(Connection c)
        : connection(c)
    {}
    ~Session() noexcept(false) { throw std::runtime_error("died badly"); }
    void opened() { throw std::runtime_error("opened badly"); }
    std::size_t data(std::string_view) { throw std::runtime_error("read badly"); }
};

TEST(Sessions, ThatThrowAreAbortedAndLogged)
{
    FakeHost host;
    FakeConn conn;
    const hawser_protocol kind = protocol<Session>("x");
    void *self = kind.kind.create(&host.loop, &host.node, nullptr);
    void *session = kind.open(self, &conn, {nullptr, 0});
    ASSERT_NE(session, nullptr);
    EXPECT_EQ(conn.closed, std::vector<std::uint32_t>{HAWSER_ABORT});
    EXPECT_EQ(kind.session->on_data(session, {"abc", 3}), 3U);
    EXPECT_EQ(conn.closed.size(), 2U);
    kind.session->on_close(session, HAWSER_OK, {nullptr, 0});
    EXPECT_EQ(host.events,
              (Events{"session_failed opened badly", "session_failed read badly", "destroy_failed died badly"}));
    kind.kind.destroy(self);
}

// An exchange whose engine attaches and aborts.
struct FakeExchange : hawser_http_exchange {
    hawser_http_exchange_api table{};
    hawser_http_request request{};
    int aborted = 0, answered = 0;
    FakeExchange()
        : hawser_http_exchange{&table}
    {
        table.struct_size = sizeof table;
        table.attach = [](hawser_http_exchange *e, const hawser_http_handler *, void *) -> const hawser_http_request * {
            return &static_cast<FakeExchange *>(e)->request;
        };
        table.abort = [](hawser_http_exchange *e) { ++static_cast<FakeExchange *>(e)->aborted; };
        table.respond = [](hawser_http_exchange *e, std::uint32_t, const hawser_field *, std::size_t,
                           const hawser_piece *, std::size_t) {
            ++static_cast<FakeExchange *>(e)->answered;
            return HAWSER_OK;
        };
    }
};

struct Slow : http::Later<Slow> {
    static inline int alive = 0;
    bool at_once;
    explicit Slow(bool now)
        : at_once(now)
    {
        ++alive;
    }
    ~Slow() { --alive; }
    void begin(http::Request)
    {
        if (at_once) finish_now();
    }
    void finish_now() { respond(200, "text/plain", "x"); }
};

template<bool AtOnce, bool Throw>
struct Later {
    Node node;
    static inline Slow *last = nullptr;
    void request(http::Exchange exchange, http::Request)
    {
        last = Slow::attach(exchange, node, AtOnce);
        if (Throw) throw std::runtime_error("asked badly");
    }
};

template<typename T>
void ask(FakeHost &host, FakeExchange &exchange)
{
    const hawser_http_resource kind = http::resource<T>("x");
    void *self = kind.kind.create(&host.loop, &host.node, nullptr);
    kind.on_request(self, &exchange, &exchange.request);
    kind.kind.destroy(self);
}

TEST(Resources, ThatThrowAfterTheyAttachedLeaveNothingBehind)
{
    FakeHost host;
    FakeExchange exchange;
    ask<Later<false, true>>(host, exchange);
    EXPECT_EQ(Slow::alive, 0);
    EXPECT_EQ(exchange.aborted, 1);
    EXPECT_EQ(host.events, Events{"request_failed asked badly"});
}

TEST(Resources, MayAnswerInsideTheRequestWhatTheyAttached)
{
    FakeHost host;
    FakeExchange thrown, fine;
    ask<Later<true, true>>(host, thrown);
    ask<Later<true, false>>(host, fine);
    EXPECT_EQ(thrown.answered, 1);
    EXPECT_EQ(fine.answered, 1);
    EXPECT_EQ(Slow::alive, 0);
}

TEST(Resources, AnswerLaterWhatTheyAttached)
{
    FakeHost host;
    FakeExchange exchange;
    ask<Later<false, false>>(host, exchange);
    ASSERT_EQ(Slow::alive, 1);
    Later<false, false>::last->finish_now();
    EXPECT_EQ(exchange.answered, 1);
    EXPECT_EQ(exchange.aborted, 0);
    EXPECT_EQ(Slow::alive, 0);
}

std::string why(const std::function<void()> &f)
{
    try {
        f();
    } catch (const Error &thrown) {
        return thrown.option() + ": " + thrown.what();
    }
    return "nothing thrown";
}

TEST(Options, ThatAreAbsentOrOfAnotherTypeAreTold)
{
    hawser_value items[2]{};
    items[0].key = str("name");
    items[0].type = HAWSER_STRING;
    items[0].as.string = str("ada");
    items[1].key = str("list");
    items[1].type = HAWSER_LIST;
    items[1].count = 1;
    items[1].as.items = &items[0];
    hawser_value table{};
    table.type = HAWSER_TABLE;
    table.count = 2;
    table.as.items = items;
    const Value options(&table);
    EXPECT_EQ(options["name"].text(), "ada");
    EXPECT_EQ(options["list"][0].text(), "ada");
    EXPECT_EQ(why([&] { static_cast<void>(options["nmae"].text()); }),
              "nmae: expected a string, got none; declare it in plugin.toml or test for it");
    EXPECT_EQ(why([&] { static_cast<void>(options["name"].integer()); }),
              "name: expected an integer, got a string; the code and plugin.toml disagree");
    for (const Value &absent : {options["list"][1], options["list"][-1], options["none"][0], options["name"][0],
                                options["name"]["x"], options["none"]["x"]}) {
        EXPECT_FALSE(absent);
        EXPECT_EQ(absent.count(), 0U);
    }
}

} // namespace
} // namespace hawser::test
