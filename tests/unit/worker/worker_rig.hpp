// One worker on a thread of this process, spoken to as the supervisor does.
#pragma once

#include "worker/worker.hpp"

#include <gtest/gtest.h>

#include <fcntl.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <future>
#include <string>

namespace hawser::host::test {

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

inline Value number(const std::string &key, std::int64_t value)
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
    What expect()
    {
        auto message = ends_->first.receive();
        const bool is_it = message && *message && std::holds_alternative<What>(**message);
        EXPECT_TRUE(is_it);
        return is_it ? std::get<What>(std::move(**message)) : What();
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
    Fd connect() const
    {
        Fd client(::socket(AF_INET, SOCK_STREAM, 0));
        EXPECT_EQ(::connect(client.get(), reinterpret_cast<const sockaddr *>(&address_), sizeof address_), 0);
        return client;
    }
    // The status of a request.
    std::string get(const std::string &target) { return ask(connect(), target).substr(9, 3); }
    // The head of the answer; its body is read too.
    static std::string ask(const Fd &client, const std::string &target)
    {
        const std::string request = "GET " + target + " HTTP/1.1\r\nHost: a\r\n\r\n";
        EXPECT_EQ(::send(client.get(), request.data(), request.size(), 0), static_cast<ssize_t>(request.size()));
        std::string head;
        char byte = 0;
        while (head.find("\r\n\r\n") == std::string::npos && ::recv(client.get(), &byte, 1, 0) == 1) head += byte;
        const std::size_t at = head.find("Content-Length: ");
        std::string body(at != std::string::npos ? std::stoul(head.substr(at + 16)) : 0, '\0');
        EXPECT_EQ(::recv(client.get(), body.data(), body.size(), MSG_WAITALL), static_cast<ssize_t>(body.size()));
        return head;
    }

    Snapshot snapshot_;
    sockaddr_in address_{};
    Result<std::pair<Channel, Channel>> ends_ = Channel::make_pair();
    Result<StatusPage> page_ = StatusPage::create(1);
    Log log_{LogSettings{Level::Error, LogFormat::Text, 2}};
    std::future<Status> worker_;
};

} // namespace hawser::host::test
