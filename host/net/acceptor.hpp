// Accepts the connections of one listening socket on one loop, in batches. For the loop's thread.
#pragma once

#include "base/fd.hpp"
#include "loop/loop.hpp"

#include <atomic>
#include <cstdint>

namespace hawser::host {

// What the acceptors of one listener share over all loops of the process.
struct ListenerShare {
    std::atomic<std::uint64_t> open{0};
    std::uint64_t most = 0; // 0: no limit
};

class Acceptor : public Watch {
public:
    Acceptor(Loop &loop, Fd socket, ListenerShare &share);
    virtual ~Acceptor();

    Result<void> start();
    // Accepts no more and closes its descriptor; what waits in the queue stays there for others who hold the socket.
    void stop();
    // Accepts what waits in the queue, for a socket that nobody else serves; returns how many.
    unsigned empty();

    ListenerShare &share() { return share_; }

protected:
    // A new connection, non-blocking; it was counted in share() and whoever ends it counts it off.
    virtual void accepted(Fd socket) = 0;
    // No descriptor or memory is left; accepting goes on after kRetry. Called at most once a second.
    virtual void exhausted(int error) = 0;

private:
    static constexpr int kBatch = 32;
    static constexpr unsigned kMostWaiting = 65535; // the longest backlog: who comes faster than that is not waited for
    static constexpr std::uint64_t kRetry = 100'000'000;

    void on_ready(std::uint32_t events) override;
    bool accept_one();
    void rest();

    Loop &loop_;
    Fd socket_;
    ListenerShare &share_;
    bool watching_ = false;
    bool stopped_ = false;
    TimerHeap::Place retry_ = nullptr;
    std::uint64_t told_ = 0;
};

} // namespace hawser::host
