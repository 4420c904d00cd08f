// A loop with its transport on a thread, a connection that writes down what it hears, and the other end of it.
#pragma once

#include "net/connection.hpp"

#include <gtest/gtest.h>

#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <functional>
#include <future>
#include <string>
#include <thread>
#include <utility>

namespace hawser::host::test {

class Probe;

// A loop on its thread. What connections hear is written down; the test waits for it.
class Bench {
public:
    Bench()
        : thread_([this] { loop.run(); })
    {}
    ~Bench()
    {
        // Every peer has closed its end: their probes hear it first.
        bool all = false;
        for (int i = 0; i < 20000 && !all; ++i) in_loop([&] { all = transport.open() == 0; });
        EXPECT_TRUE(all) << "a connection was not closed";
        loop.stop();
        thread_.join();
    }
    void in_loop(const std::function<void()> &work)
    {
        std::promise<void> done;
        loop.submit([&] {
            work();
            done.set_value();
        });
        done.get_future().wait();
    }
    // Looks again every millisecond until the log says so, for at most ten seconds.
    bool heard(const std::string &wanted)
    {
        bool found = false;
        const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(10);
        while (!found && std::chrono::steady_clock::now() < until) {
            in_loop([&] { found = log.find(wanted) != std::string::npos; });
            if (!found) wait(1'000'000);
        }
        return found;
    }

    // Until a timer of the loop has come.
    void wait(std::uint64_t time)
    {
        std::promise<void> over;
        TimerHeap::Place place = nullptr;
        const auto fire = [](void *p) { static_cast<std::promise<void> *>(p)->set_value(); };
        in_loop([&] { loop.timers().start(now + time, fire, &over, &place); });
        over.get_future().wait();
    }

    std::string heard_so_far()
    {
        std::string copy;
        in_loop([&] { copy = log; });
        return copy;
    }
    int released_so_far()
    {
        int count = 0;
        in_loop([&] { count = released; });
        return count;
    }

    std::uint64_t now = 0;
    std::int64_t wall = 0;
    LoopCounters counters;
    Loop loop{0, now, wall, counters};
    Transport transport{loop};
    std::string log;
    int released = 0;

private:
    std::thread thread_;
};

class Probe final : public Connection {
public:
    Probe(Bench &bench, Fd fd)
        : Connection(bench.transport, std::move(fd))
        , bench_(bench)
    {
        start();
    }

    std::function<std::size_t(std::string_view)> take = [](std::string_view data) { return data.size(); };
    std::function<void()> on_eof, on_drained, on_timer;

    Outcome say(std::string_view text)
    {
        const Piece piece{text.data(), text.size(), nullptr, nullptr};
        return write(&piece, 1);
    }
    Outcome refer(std::string_view text)
    {
        const Piece piece{text.data(), text.size(), [](void *n) { ++*static_cast<int *>(n); }, &bench_.released};
        return write(&piece, 1);
    }

private:
    void opened() override { bench_.log += "opened;"; }
    std::size_t received(const char *data, std::size_t n) override { return take({data, n}); }
    void drained() override
    {
        bench_.log += "drained;";
        if (on_drained) on_drained();
    }
    void peer_ended() override
    {
        bench_.log += "eof;";
        if (on_eof)
            on_eof();
        else
            close(CloseHow::Close);
    }
    void timed_out() override
    {
        bench_.log += "timer;";
        if (on_timer) on_timer();
    }
    void closed(Outcome reason, std::string_view) override
    {
        bench_.log += "closed " + std::to_string(static_cast<int>(reason)) + ';';
    }
    void destroy() override { delete this; }
    Bench &bench_;
};

// One end of a connection, the probe's being the other.
class Peer {
public:
    explicit Peer(Bench &bench)
        : Peer(bench, [this, &bench](Fd fd) { probe = new Probe(bench, std::move(fd)); })
    {}
    Peer(Bench &bench, const std::function<void(Fd)> &connect) // of the other end, in the loop
    {
        int ends[2];
        EXPECT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), 0);
        fd_ = ends[0];
        EXPECT_EQ(::fcntl(ends[1], F_SETFL, O_NONBLOCK), 0);
        bench.in_loop([&] { connect(Fd(ends[1])); });
    }
    ~Peer() { end(); }
    void send(std::string_view text) const
    {
        EXPECT_EQ(::send(fd_, text.data(), text.size(), MSG_NOSIGNAL), static_cast<ssize_t>(text.size()));
    }
    // Up to n bytes; fewer if the probe ended.
    std::string receive(std::size_t n) const
    {
        std::string got;
        while (got.size() < n) {
            pollfd readable{fd_, POLLIN, 0};
            if (::poll(&readable, 1, 20000) <= 0) break;
            char buffer[65536];
            const ssize_t k = ::recv(fd_, buffer, std::min(sizeof buffer, n - got.size()), 0);
            if (k <= 0) break;
            got.append(buffer, static_cast<std::size_t>(k));
        }
        return got;
    }
    void shut_down() const { ::shutdown(fd_, SHUT_WR); }
    void end()
    {
        if (fd_ >= 0) ::close(fd_);
        fd_ = -1;
    }
    Probe *probe = nullptr; // for the loop's thread, until it is closed

private:
    int fd_ = -1;
};

} // namespace hawser::host::test
