// Accepts the connections of one listening socket on one loop, in batches and within the listener's limits. For the
// loop's thread.
#pragma once

#include "base/fd.hpp"
#include "loop/loop.hpp"
#include "net/listener_share.hpp"
#include "net/terms.hpp"

#include <cstdint>
#include <memory>

namespace hawser::host {

class Acceptor : public Watch {
public:
    Acceptor(Loop &loop, Fd socket, ListenerShare &share);
    virtual ~Acceptor();

    // Begins to accept. A socket that is a connection already (stdio:) is taken as the only one.
    Result<void> start();
    // Accepts no more and closes its descriptor; what waits in the queue stays there for others who hold the socket.
    void stop();
    // Accepts what waits in the queue, for a socket that nobody else serves; returns how many.
    unsigned empty();

    ListenerShare &share() { return share_; }

protected:
    // A new connection, non-blocking; it was counted in share() and whoever ends it counts it off. `terms`: null unless
    // the listener has some.
    virtual void accepted(Fd socket, std::unique_ptr<Terms> terms) = 0;
    // No descriptor or memory is left; accepting goes on after kRetry. Called at most once a second.
    virtual void exhausted(int error) = 0;
    // A limit is reached; connections were refused, or made to wait, `times` since this was called last. Called at most
    // once a second for a listener.
    virtual void limited(Limit limit, std::uint64_t times) = 0;

    // A connection that is one too many: reset, so that nothing of it is left.
    void refuse(Fd socket, Limit limit);
    void tell(Limit limit, std::uint64_t now); // calls limited() if it is time

private:
    static constexpr int kBatch = 32;
    static constexpr unsigned kMostWaiting = 65535; // the longest backlog: who comes faster than that is not waited for
    static constexpr std::uint64_t kRetry = 100'000'000;

    void on_ready(std::uint32_t events) override;
    bool accept_one();
    void adopt();
    bool may_accept();
    void undo_accept();
    bool failed(int error);
    void take(Fd socket, const SocketAddress &peer);
    void rest(std::uint64_t until);

    Loop &loop_;
    Fd socket_;
    ListenerShare &share_;
    bool watching_ = false;
    bool stopped_ = false;
    bool emptying_ = false;
    TimerHeap::Place retry_ = nullptr;
};

} // namespace hawser::host
