// Tests of hawser/context.hpp and hawser/interface.hpp.
#include "hawser/async.hpp"
#include "hawser/context.hpp"
#include "hawser/interface.hpp"
#include "hawser/scope.hpp"
#include "hawser/service.hpp"
#include "hawser/testing.hpp"
#include "hawser/wait.hpp"

#include <chrono>
#include <cstdint>
#include <gtest/gtest.h>
#include <stdexcept>
#include <string>
#include <vector>

namespace {

using hawser::Scope;
using hawser::Task;
using hawser::testing::Host;
using hawser::testing::Instance;
using namespace std::chrono_literals;

struct Contexts : testing::Test {
    Host host;
    hawser::Node node = host.node();
    Scope scope{node};
    std::vector<std::string> seen;
    void see() { seen.push_back(hawser::context().id); }
};

TEST_F(Contexts, AreThereAfterEveryWaitAndOnlyInTheirOwnTask)
{
    for (const char *id : {"a", "b"})
        scope.spawn([this, id]() -> Task<> {
            hawser::set_context({.id = id});
            for (int i = 0; i < 2; ++i) {
                co_await hawser::sleep(1s);
                see();
            }
        });
    host.advance(2s);
    EXPECT_EQ(seen, (std::vector<std::string>{"a", "b", "a", "b"}));
    EXPECT_EQ(hawser::context().id, "");
}

TEST_F(Contexts, GoAlongToThePoolToPostsAndToTasksThatAreSpawned)
{
    const hawser::Tracked<Contexts> tracked(node, this);
    scope.spawn([&]() -> Task<> {
        hawser::set_context({.id = "r"});
        const auto work = [this] { see(); };
        co_await hawser::offload(work);
        hawser::Tracked<Contexts>::post(node.host(), tracked.ref(), [](Contexts &self) { self.see(); });
        scope.spawn([this]() -> Task<> {
            see();
            co_return;
        });
    });
    host.run();
    EXPECT_EQ(seen, (std::vector<std::string>{"r", "r", "r"}));
}

TEST_F(Contexts, AddTheirFieldsToTheLog)
{
    scope.spawn([this]() -> Task<> {
        hawser::set_context({.id = "r", .fields = {{"user", "ada"}}});
        hawser::log_info(node, "saved", {{"bytes", "5"}});
        co_return;
    });
    ASSERT_EQ(host.logged("saved").size(), 1U);
    auto fields = host.logged("saved")[0].fields;
    EXPECT_EQ(fields["request"] + fields["user"] + fields["bytes"], "rada5");
}

struct Greeter {
    static constexpr const char *kId = "org.example.greeter/1";
    std::uint32_t struct_size;
    std::int32_t (*count)(void *self, hawser_str name);
    void (*reset)(void *self);
    void (*later)(void *self); // of a version that the service below does not know
};

class Greeting {
public:
    std::int32_t count(hawser_str name)
    {
        if (name.n == 0) throw std::runtime_error("nobody");
        return ++counted_;
    }
    void reset() { counted_ = 0; }
    const void *interface(std::string_view id) const { return hawser::provide(id, kTable); }

private:
    static constexpr Greeter kTable{offsetof(Greeter, later), hawser::method<&Greeting::count>,
                                    hawser::method<&Greeting::reset>, nullptr};
    std::int32_t counted_ = 0;
};

TEST(Interfaces, AreProvidedAndRequiredByTheirId)
{
    Host host;
    Instance service(host, hawser::service<Greeting>("greeting"));
    EXPECT_EQ(service.kind().get_interface(service.self(), "org.example.greeter/2"), nullptr);
    hawser_object object = *service.object();
    object.api = service.kind().get_interface(service.self(), Greeter::kId);
    const hawser::Node user = host.node("user", {{"greeter", &object}});
    const auto greeter = hawser::require<Greeter>(user.option("greeter"));
    EXPECT_EQ(greeter->count(greeter.self(), hawser::str("ada")), 1);
    EXPECT_EQ(greeter->count(greeter.self(), hawser::str("ada")), 2);
    greeter->reset(greeter.self());
    EXPECT_EQ(greeter->count(greeter.self(), hawser::str("ada")), 1);
    EXPECT_TRUE(greeter.has(&Greeter::reset));
    EXPECT_FALSE(greeter.has(&Greeter::later));
}

TEST(Interfaces, LetNoExceptionPass)
{
    Host host;
    Instance service(host, hawser::service<Greeting>("greeting"));
    const auto *table = static_cast<const Greeter *>(service.kind().get_interface(service.self(), Greeter::kId));
    EXPECT_EQ(table->count(service.self(), hawser::str("")), 0);
    ASSERT_EQ(host.logged("interface_failed").size(), 1U);
    EXPECT_EQ(host.logged("interface_failed")[0].fields["error"], "nobody");
}

} // namespace
