#include "worker/compartment.hpp"

#include <gtest/gtest.h>

#include <netinet/in.h>
#include <sys/socket.h>

#include <cstring>
#include <future>

namespace hawser::host {
namespace {

// A compartment with real plugins: `kind` of the library `plugin` with a role.
class CompartmentTest : public ::testing::Test {
protected:
    NodePlan &add(const std::string &name, const std::string &role, const std::string &kind, const std::string &plugin)
    {
        const std::string path = std::string(HAWSER_PLUGINS) + '/' + plugin + ".so";
        plan_.plugins.push_back({plugin, "1", path, "t"});
        NodePlan &node = plan_.nodes.emplace_back();
        node.name = name;
        node.role = role;
        node.kind = kind;
        node.plugin = static_cast<std::uint32_t>(plan_.plugins.size() - 1);
        node.options.type = Value::Type::Table;
        return node;
    }
    static void set(NodePlan &node, const std::string &key, const std::string &text)
    {
        Value value;
        value.key = key;
        value.text = text;
        node.options.items.push_back(value);
    }
    Compartment &make()
    {
        made_ = std::make_unique<Compartment>(plan_, *page_, log_, [] {});
        return *made_;
    }
    std::optional<Failure> start()
    {
        Compartment &compartment = make();
        if (auto failure = compartment.load()) return failure;
        compartment.start_loops();
        if (auto failure = compartment.create()) return failure;
        std::promise<std::optional<Failure>> started;
        compartment.start_services(5'000'000'000, 5'000'000'000,
                                   [&](std::optional<Failure> f) { started.set_value(std::move(f)); });
        return started.get_future().get();
    }
    void TearDown() override
    {
        if (!made_) return;
        std::promise<void> stopped;
        made_->stop_services(5'000'000'000, [&] { stopped.set_value(); });
        stopped.get_future().wait();
        EXPECT_TRUE(made_->end(5'000'000'000));
    }
    CompartmentPlan plan_;
    Result<StatusPage> page_ = StatusPage::create(2);
    Log log_{LogSettings{Level::Error, LogFormat::Text, 2}};
    std::unique_ptr<Compartment> made_;
};

TEST_F(CompartmentTest, SaysWhyAPluginCannotBeLoaded)
{
    add("service.x", "hawser.service/1", "x", "nobody");
    const auto failure = make().load();
    ASSERT_TRUE(failure);
    EXPECT_EQ(failure->status, Status::PluginFailed);
    EXPECT_NE(failure->text.find("nobody.so: cannot be loaded"), std::string::npos);
}

TEST_F(CompartmentTest, SaysThatCodeAndManifestDisagree)
{
    add("service.x", "hawser.service/1", "nothing", "ticker");
    const auto failure = make().load();
    ASSERT_TRUE(failure);
    EXPECT_EQ(failure->node, "service.x");
    EXPECT_NE(failure->text.find("its code offers none such"), std::string::npos) << failure->text;
}

TEST_F(CompartmentTest, BlamesTheOptionThatCreateRefuses)
{
    set(add("service.s", "hawser.service/1", "moody", "../test-plugins/moody"), "mood", "blame_option");
    const auto failure = start();
    ASSERT_TRUE(failure);
    EXPECT_EQ(failure->status, Status::BadConfig);
    EXPECT_EQ(failure->option, "mood");
    EXPECT_EQ(failure->node, "service.s");
}

TEST_F(CompartmentTest, StopsWhatStartedWhenALaterServiceRefuses)
{
    set(add("service.first", "hawser.service/1", "moody", "../test-plugins/moody"), "mood", "fine");
    set(add("service.second", "hawser.service/1", "moody", "../test-plugins/moody"), "mood", "refuse_start");
    const auto failure = start();
    ASSERT_TRUE(failure);
    EXPECT_EQ(failure->node, "service.second");
    EXPECT_EQ(made_->report()[0].state, "stopped");
    EXPECT_EQ(made_->report()[1].state, "failed");
}

TEST_F(CompartmentTest, ServesOnSeveralLoopsAndEndsClean)
{
    plan_.loops = 2;
    add("listener.echo", "hawser.protocol/1", "echo", "echo");
    ListenerPlan listener;
    listener.name = "echo";
    listener.node = 0;
    plan_.listeners.push_back(listener);
    ASSERT_FALSE(start());
    const Fd listening(::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0));
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    ASSERT_EQ(::bind(listening.get(), reinterpret_cast<sockaddr *>(&address), sizeof address), 0);
    ASSERT_EQ(::listen(listening.get(), 16), 0);
    socklen_t size = sizeof address;
    ::getsockname(listening.get(), reinterpret_cast<sockaddr *>(&address), &size);
    std::vector<PassedSocket> sockets(1);
    sockets[0].shared = true; // handed round to both loops
    sockets[0].fd = Fd(::dup(listening.get()));
    ASSERT_FALSE(made_->serve(std::move(sockets)));
    for (int i = 0; i < 4; ++i) {
        const Fd client(::socket(AF_INET, SOCK_STREAM, 0));
        ASSERT_EQ(::connect(client.get(), reinterpret_cast<sockaddr *>(&address), sizeof address), 0);
        char buffer[8] = {};
        EXPECT_EQ(::send(client.get(), "moored", 6, 0), 6);
        EXPECT_EQ(::recv(client.get(), buffer, 6, MSG_WAITALL), 6);
        EXPECT_STREQ(buffer, "moored");
    }
    EXPECT_EQ((*page_)->cells[0].counters.accepted.get(), 4U);
    EXPECT_TRUE(made_->close_listeners({}, false));
    EXPECT_TRUE(made_->drain(monotonic_now() + 1'000'000'000, HAWSER_STOPPING));
}

} // namespace
} // namespace hawser::host
