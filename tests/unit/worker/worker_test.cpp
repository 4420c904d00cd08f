// One worker on a thread of this process, spoken to as the supervisor does.
#include "worker/worker.hpp"

#include <gtest/gtest.h>

#include <fcntl.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <future>
#include <string>

namespace hawser::host {
namespace {

struct Pipe {
    Pipe()
    {
        std::array<int, 2> ends{};
        EXPECT_EQ(::pipe2(ends.data(), O_CLOEXEC), 0);
        from.reset(ends[0]);
        to.reset(ends[1]);
    }
    std::string read() const // waits; "": the end
    {
        std::array<char, 4096> bytes{};
        const ssize_t n = ::read(from.get(), bytes.data(), bytes.size());
        return {bytes.data(), n > 0 ? static_cast<std::size_t>(n) : 0};
    }
    Fd from, to;
};

Value number(const std::string &key, std::int64_t value)
{
    Value option;
    option.type = Value::Type::Integer;
    option.key = key;
    option.integer = value;
    return option;
}

// A listener with the protocol http and no route: it answers 404.
class WorkerTest : public ::testing::Test {
protected:
    WorkerTest()
    {
        CompartmentPlan &plan = snapshot_.compartment;
        plan.name = "main";
        plan.plugins.push_back({"http", "1", std::string(HAWSER_PLUGINS) + "/http.so", "t"});
        NodePlan &node = plan.nodes.emplace_back();
        node.name = "listener.web";
        node.role = "hawser.protocol/1";
        node.kind = "http";
        node.options.type = Value::Type::Table;
        for (const char *name : {"max_header", "max_target", "max_fields"})
            node.options.items.push_back(number(name, 1024));
        ListenerPlan &listener = plan.listeners.emplace_back();
        listener.name = "web";
        listener.node = 0;
        snapshot_.access = AccessFormat::Combined;
    }
    ~WorkerTest() override
    {
        static_cast<void>(ends_->first.send(Stop{}));
        worker_.wait();
    }
    template<typename What>
    void send(What &&what)
    {
        ASSERT_TRUE(ends_->first.send(Message(std::forward<What>(what))));
    }
    template<typename What>
    void expect()
    {
        const auto message = ends_->first.receive();
        ASSERT_TRUE(message && *message && std::holds_alternative<What>(**message));
    }
    void start(Fd access)
    {
        worker_ = std::async(std::launch::async, [this] {
            return run_worker(snapshot_, ends_->second, *page_, log_, [] { return Result<void>(); });
        });
        const Fd listening(::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0));
        address_.sin_family = AF_INET;
        address_.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        ASSERT_EQ(::bind(listening.get(), reinterpret_cast<sockaddr *>(&address_), sizeof address_), 0);
        ASSERT_EQ(::listen(listening.get(), 16), 0);
        socklen_t size = sizeof address_;
        ::getsockname(listening.get(), reinterpret_cast<sockaddr *>(&address_), &size);
        Sockets sockets;
        sockets.sockets.emplace_back().fd = Fd(::dup(listening.get()));
        send(std::move(sockets));
        send(Output{Output::Role::Access, std::move(access)});
        send(Start{});
        expect<Ready>();
        send(Serve{});
        expect<Serving>();
    }
    // The status of a request.
    std::string get(const std::string &target)
    {
        const Fd client(::socket(AF_INET, SOCK_STREAM, 0));
        EXPECT_EQ(::connect(client.get(), reinterpret_cast<sockaddr *>(&address_), sizeof address_), 0);
        const std::string request = "GET " + target + " HTTP/1.1\r\nHost: a\r\n\r\n";
        EXPECT_EQ(::send(client.get(), request.data(), request.size(), 0), static_cast<ssize_t>(request.size()));
        std::array<char, 12> answer{};
        EXPECT_EQ(::recv(client.get(), answer.data(), answer.size(), MSG_WAITALL), 12);
        return {answer.data() + 9, 3};
    }

    Snapshot snapshot_;
    sockaddr_in address_{};
    Result<std::pair<Channel, Channel>> ends_ = Channel::make_pair();
    Result<StatusPage> page_ = StatusPage::create(1);
    Log log_{LogSettings{Level::Error, LogFormat::Text, 2}};
    std::future<Status> worker_;
};

TEST_F(WorkerTest, WritesLinesOfRequestsToTheFileThatItWasSentAndToTheNextOne)
{
    Pipe first;
    const Pipe second;
    start(std::move(first.to));
    EXPECT_EQ(get("/one"), "404");
    const std::string line = first.read();
    EXPECT_EQ(line.rfind("127.0.0.1 - - [", 0), 0U) << line;
    EXPECT_NE(line.find("\"GET /one HTTP/1.1\" 404 14 \"-\" \"-\"\n"), std::string::npos) << line;
    send(Output{Output::Role::Access, Fd(::fcntl(second.to.get(), F_DUPFD_CLOEXEC, 3))});
    send(AskStatus{});
    expect<StatusReport>(); // answered in order
    EXPECT_EQ(get("/two"), "404");
    EXPECT_NE(second.read().find("GET /two"), std::string::npos);
    EXPECT_EQ(first.read(), ""); // closed
}

TEST_F(WorkerTest, HasWrittenEveryLineWhenItSaysThatItHasDrained)
{
    Pipe lines;
    start(std::move(lines.to));
    for (int i = 0; i < 50; ++i) EXPECT_EQ(get("/"), "404");
    send(Stop{});
    expect<Closed>();
    expect<Drained>();
    ::fcntl(lines.from.get(), F_SETFL, O_NONBLOCK);
    std::string all;
    for (std::string part; !(part = lines.read()).empty();) all += part;
    EXPECT_EQ(std::count(all.begin(), all.end(), '\n'), 50);
}

} // namespace
} // namespace hawser::host
