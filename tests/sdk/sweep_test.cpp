// Everything of the SDK that waits, ended at each of its events in turn, in many orders: nothing is left behind,
// nothing is touched after its end. What a problem prints says which order it was.
#include "sweep.hpp"

#include "hawser/client_service.hpp"
#include "hawser/cron.hpp"
#include "hawser/deferred_tools.hpp"
#include "hawser/http.hpp"
#include "hawser/http_events.hpp"
#include "hawser/http_multipart.hpp"
#include "hawser/http_sessions.hpp"
#include "hawser/testing.hpp"
#include "hawser/testing/http.hpp"
#include "hawser/time.hpp"

#include <chrono>
#include <gtest/gtest.h>
#include <memory>
#include <string>
#include <vector>

namespace {

using hawser::Scope;
using hawser::Stream;
using hawser::Task;
using hawser::http::Call;
using hawser::http::Response;
using hawser::test::sweep;
using hawser::testing::Asked;
using hawser::testing::Host;
using hawser::testing::Instance;
using hawser::testing::Peer;
using namespace std::chrono_literals;

Task<> talk(Stream &stream)
{
    stream.set_idle_timeout(5s);
    while (const auto line = co_await stream.read_line()) {
        const std::string text(*line);
        const auto work = [text] { return text + "!\n"; };
        co_await stream.write(co_await hawser::offload(work));
        co_await hawser::with_timeout([](Stream &of) -> Task<> { co_await of.write("and more\n"); }(stream), 1s);
    }
}

TEST(Sweep, OfStreams)
{
    struct Owner {
        std::unique_ptr<Instance> protocol;
        std::vector<Peer> peers;
    };
    sweep(
        [](Host &host) {
            auto owner = std::make_unique<Owner>();
            owner->protocol = std::make_unique<Instance>(host, hawser::stream_protocol<talk>("talk"));
            for (int i = 0; i < 2; ++i) {
                owner->peers.push_back(owner->protocol->connect({}, i == 0));
                owner->peers.back().wire().receive("one\ntwo\nthree\n");
            }
            owner->peers[0].wire().end_input();
            return owner;
        },
        10);
}

struct ClientOwner {
    hawser::Node node;
    Scope scope;
    hawser::ClientService service;
    hawser::ConnectionPool pool;
    explicit ClientOwner(Host &host)
        : node(host.node())
        , scope(node)
        , service(node, "tcp:db:1", keep)
        , pool(node, "tcp:db:1", 1)
    {}
    static Task<> keep(Stream &stream)
    {
        co_await stream.write("hello\n");
        while (const auto line = co_await stream.read_line()) static_cast<void>(line);
    }
};

TEST(Sweep, OfClients)
{
    sweep(
        [](Host &host) {
            auto owner = std::make_unique<ClientOwner>(host);
            ClientOwner &all = *owner;
            // Whoever is connected to outlives who connects.
            host.listen("tcp:db:1", [&host, peers = std::make_shared<std::vector<Peer>>()](Peer peer) {
                peers->push_back(peer);
                peer.wire().receive("welcome\n");
                if (peers->size() % 2 == 0) peer.wire().end_input();
                if (peers->size() >= 4) host.refuse("tcp:db:1", HAWSER_REFUSED);
            });
            all.service.start();
            for (int i = 0; i < 2; ++i)
                all.scope.spawn([&all]() -> Task<> {
                    auto lease = co_await all.pool.take();
                    co_await lease->write("question\n");
                    co_await lease->read_line();
                });
            all.scope.spawn([]() -> Task<> { co_await hawser::connect("tcp:nobody:1", 1s); });
            hawser::call_later(all.scope, 5s, [&all] { all.service.stop(); });
            return owner;
        },
        20);
}

struct Everything {
    using Shared = hawser::http::MemorySessions;
    hawser::Node node;
    hawser::http::Sessions sessions{node.shared<Shared>(), node};
    Task<Response> post(Call &call)
    {
        auto session = co_await sessions.open(call.request());
        hawser::http::Multipart form(call);
        std::string text;
        while (const auto part = co_await form.next()) text += co_await form.text();
        session.set("text", text);
        Response response{.body = text};
        co_await sessions.save(std::move(session), call.request(), response);
        co_return response;
    }
    Task<> get(Call &call)
    {
        hawser::http::EventStream events(call);
        events.keep_alive(1s);
        for (int i = 0; i < 3; ++i) {
            co_await events.send("event");
            co_await hawser::sleep(1500ms);
        }
    }
    Task<std::string> put(Call &call) { co_return co_await call.body(); }
};

TEST(Sweep, OfRequests)
{
    struct Owner {
        std::unique_ptr<Instance> resource;
        std::vector<std::unique_ptr<Asked>> asked;
        ~Owner()
        {
            for (const auto &each : asked)
                if (!each->answer().complete && !each->answer().aborted) each->close();
        }
    };
    sweep(
        [](Host &host) {
            auto owner = std::make_unique<Owner>();
            owner->resource = std::make_unique<Instance>(host, hawser::http::resource<Everything>("everything"));
            const auto begin = [&owner](hawser::testing::Ask with) {
                owner->asked.push_back(std::make_unique<Asked>(*owner->resource, std::move(with)));
                return owner->asked.back().get();
            };
            begin({});
            begin({.method = "PUT", .body = "all at once"});
            Asked *form = begin({.method = "POST",
                                 .fields = {{"Content-Type", "multipart/form-data; boundary=X"}},
                                 .body_later = true});
            const std::string body = "--X\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\none\r\n--X--\r\n";
            for (const char c : body) form->send_later(std::string(1, c));
            form->end_later();
            return owner;
        },
        40);
}

TEST(Sweep, OfTimeAndDeferreds)
{
    struct Owner {
        hawser::Node node;
        Scope scope;
        int ticks = 0;
        hawser::LoopingCall looping;
        hawser::Cron cron;
        explicit Owner(Host &host)
            : node(host.node())
            , scope(node)
            , looping(node,
                      [this]() -> Task<> {
                          co_await hawser::sleep(100ms);
                          if (++ticks == 3) looping.stop();
                      })
            , cron(node, "* * * * *", "UTC", [this]() -> Task<> {
                co_await hawser::yield();
                if (++ticks > 5) cron.stop();
            })
        {}
    };
    const auto slow = [](int value) -> Task<int> {
        co_await hawser::sleep(std::chrono::seconds(value));
        co_return value;
    };
    sweep(
        [slow](Host &host) {
            auto owner = std::make_unique<Owner>(host);
            Owner &all = *owner;
            all.looping.start(1s);
            all.cron.start();
            all.scope.spawn([&all, slow]() -> Task<> {
                std::vector<hawser::Deferred<int>> numbers{hawser::defer(all.scope, slow(1)),
                                                           hawser::defer(all.scope, slow(2))};
                const auto both = hawser::gather(std::move(numbers));
                co_await both;
                std::vector<hawser::Deferred<int>> racers{hawser::defer(all.scope, slow(3)),
                                                          hawser::defer(all.scope, slow(1))};
                auto won = hawser::race(std::move(racers)).add_timeout(all.node, 2s);
                co_await won;
                co_await hawser::shield(all.scope, slow(1));
            });
            return owner;
        },
        20);
}

} // namespace
