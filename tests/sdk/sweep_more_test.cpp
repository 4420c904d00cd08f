// What waits for the host's interfaces, ended at each of its events in turn, in many orders; see sweep_test.cpp.
#include "sweep.hpp"

#include "hawser/combine.hpp"
#include "hawser/datagram.hpp"
#include "hawser/hawser.hpp"
#include "hawser/life.hpp"
#include "hawser/policies.hpp"
#include "hawser/process.hpp"
#include "hawser/scope.hpp"
#include "hawser/testing.hpp"
#include "hawser/watch.hpp"

#include <chrono>
#include <gtest/gtest.h>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace {

using hawser::Datagrams;
using hawser::Scope;
using hawser::Task;
using hawser::test::sweep;
using hawser::testing::Host;
using hawser::testing::Instance;
using hawser::testing::Program;
using namespace std::chrono_literals;

TEST(SweepMore, OfDatagrams)
{
    struct Owner {
        hawser::Node node;
        Datagrams server, client;
        Scope scope;
        explicit Owner(Host &host)
            : node(host.node())
            , server(node, "udp:127.0.0.1:53")
            , client(node, "udp:", {.peer = "udp:127.0.0.1:53"})
            , scope(node)
        {
            scope.spawn(answer(server));
            scope.spawn(ask(client));
        }
        static Task<> answer(Datagrams &port)
        {
            while (auto datagram = co_await port.receive()) {
                co_await hawser::sleep(100ms);
                port.send(datagram->data, datagram->from);
                co_await port.drained();
            }
        }
        static Task<> ask(Datagrams &port)
        {
            for (int i = 0; i < 3; ++i) {
                port.send("question");
                co_await hawser::with_timeout(port.receive(), 1s);
            }
        }
    };
    sweep([](Host &host) { return std::make_unique<Owner>(host); }, 10);
}

TEST(SweepMore, OfPrograms)
{
    struct Owner {
        hawser::Node node;
        Scope scope;
        explicit Owner(Host &host)
            : node(host.node())
            , scope(node)
        {
            scope.spawn(twice(node));
        }
        static Task<> twice(hawser::Node node)
        {
            const hawser::Command tool{.program = "/bin/tool"};
            const auto first = co_await hawser::run(node, tool, "input");
            hawser::Process second(node, {.program = "/bin/tool", .errors = HAWSER_ERRORS_NONE});
            co_await hawser::with_timeout(second.ended(), 1s);
            static_cast<void>(first);
        }
    };
    sweep(
        [](Host &host) {
            host.programs().add("/bin/tool", [](Program program) {
                program.stdio.wire().receive("output");
                program.complain("error");
                program.exit(0);
            });
            return std::make_unique<Owner>(host);
        },
        4);
}

struct Serving {
    hawser::Node node;
    Scope scope{node};
    std::optional<hawser::WhenRunning> ready = {};
    Task<> start()
    {
        ready.emplace(node, [this] { node.info("serves"); });
        scope.spawn([]() -> Task<> { co_await hawser::running(); });
        co_await hawser::sleep(1s);
    }
    Task<> stop()
    {
        scope.cancel();
        co_await hawser::sleep(1s);
    }
};

TEST(SweepMore, OfServices)
{
    struct Owner {
        hawser_service kind = hawser::service<Serving>("serving");
        void *self;
        hawser_op op{};
        explicit Owner(Host &host)
            : self(kind.kind.create(&host.loop(), host.node("service.serving").raw(), nullptr))
        {
            op.complete = [](hawser_op *done, std::int64_t) {
                auto &owner = *reinterpret_cast<Owner *>(reinterpret_cast<char *>(done) - offsetof(Owner, op));
                if (!std::exchange(owner.stops, true)) owner.kind.stop(owner.self, done);
            };
            kind.start(self, &op, nullptr);
        }
        Owner(const Owner &) = delete;
        Owner &operator=(const Owner &) = delete;
        ~Owner() { kind.kind.destroy(self); }
        bool stops = false;
    };
    sweep([](Host &host) { return std::make_unique<Owner>(host); }, 4);
}

struct Echo {
    hawser::Connection connection;
    void data(std::string_view bytes) { connection.write(bytes); }
};

hawser::Policies slowly(const hawser::Node &) { return {.total = 2, .bytes_per_second = 10, .traffic_log = true}; }

TEST(SweepMore, OfGuardedSessions)
{
    struct Owner {
        std::unique_ptr<Instance> protocol;
        std::vector<hawser::testing::Peer> peers;
    };
    sweep(
        [](Host &host) {
            auto owner = std::make_unique<Owner>();
            owner->protocol = std::make_unique<Instance>(host, hawser::guarded_protocol<Echo, slowly>("slow"));
            for (int i = 0; i < 3; ++i) {
                owner->peers.push_back(owner->protocol->connect());
                owner->peers.back().wire().receive("twenty-five bytes of text");
                owner->peers.back().wire().end_input();
            }
            return owner;
        },
        10);
}

TEST(SweepMore, OfDirectories)
{
    struct Owner {
        hawser::Node node;
        hawser::DirectoryWatch watch;
        Scope scope;
        explicit Owner(Host &host)
            : node(host.node())
            , watch(node, "/tmp")
            , scope(node)
        {
            for (int i = 0; i < 2; ++i)
                scope.spawn(
                    [](hawser::DirectoryWatch &of) -> Task<> { co_await hawser::with_timeout(of.next(), 1s); }(watch));
        }
    };
    sweep([](Host &host) { return std::make_unique<Owner>(host); }, 2);
}

} // namespace
