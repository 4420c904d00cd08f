// Tests: tests/system/limits_test.cpp
#include "net/acceptor.hpp"

#include <sys/epoll.h>
#include <sys/socket.h>

#include <cerrno>

namespace hawser::host {

Acceptor::Acceptor(Loop &loop, Fd socket, ListenerShare &share)
    : loop_(loop)
    , socket_(std::move(socket))
    , share_(share)
{}

Acceptor::~Acceptor() { stop(); }

Result<void> Acceptor::start()
{
    int listens = 1;
    socklen_t size = sizeof listens;
    if (::getsockopt(socket_.get(), SOL_SOCKET, SO_ACCEPTCONN, &listens, &size) == 0 && listens == 0) {
        adopt();
        return {};
    }
    // EXCLUSIVE is for a socket that several processes or loops watch: one of them wakes up.
    auto added = loop_.add(socket_.get(), EPOLLIN | EPOLLEXCLUSIVE, this);
    watching_ = added.ok();
    return added;
}

void Acceptor::adopt()
{
    sockaddr_storage from;
    socklen_t size = sizeof from;
    SocketAddress peer;
    if (::getpeername(socket_.get(), reinterpret_cast<sockaddr *>(&from), &size) == 0)
        read_address(from, size, false, peer);
    static_cast<void>(share_.enter()); // the only one is not one too many
    if (share_.has_terms()) {
        take(std::move(socket_), peer);
    } else {
        loop_.counters().accepted.add(1);
        accepted(std::move(socket_), nullptr);
    }
}

void Acceptor::stop()
{
    stopped_ = true;
    loop_.timers().cancel(&retry_);
    // Before the descriptor is closed: the description lives on in the supervisor, and with it the registration.
    if (watching_) loop_.remove(socket_.get());
    watching_ = false;
    socket_.reset();
}

// Level-triggered readiness would spin: out of the set until something may have changed.
void Acceptor::rest(std::uint64_t until)
{
    if (stopped_ || retry_ != nullptr) return;
    if (watching_) loop_.remove(socket_.get());
    watching_ = false;
    const auto again = [](void *who) {
        auto &self = *static_cast<Acceptor *>(who);
        if (!self.start()) self.rest(self.loop_.now() + kRetry);
    };
    loop_.timers().start(until, again, this, &retry_);
}

void Acceptor::tell(Limit limit, std::uint64_t now)
{
    std::uint64_t times = 0;
    if (share_.told_limit.tell(now, &times)) limited(limit, times);
}

void Acceptor::refuse(Fd socket, Limit limit)
{
    const linger reset{1, 0};
    ::setsockopt(socket.get(), SOL_SOCKET, SO_LINGER, &reset, sizeof reset);
    loop_.counters().refused.add(1);
    tell(limit, loop_.now());
}

// Takes a place and a turn before the connection is taken from the queue, where it can still wait.
bool Acceptor::may_accept()
{
    const ListenerRules &rules = share_.rules();
    if (rules.connections > 0 && !rules.closes && !share_.enter()) {
        tell(Limit::Connections, loop_.now());
        rest(loop_.now() + kRetry);
        return false;
    }
    if (!share_.rate.on() || emptying_) return true;
    const std::uint64_t later = share_.rate.take(loop_.now());
    if (later == 0) return true;
    if (rules.connections > 0 && !rules.closes) share_.leave();
    tell(Limit::AcceptRate, loop_.now());
    rest(later);
    return false;
}

void Acceptor::undo_accept()
{
    if (share_.rules().connections > 0 && !share_.rules().closes) share_.leave();
    if (share_.rate.on() && !emptying_) share_.rate.give_back();
}

// Whether there may be more in the queue.
bool Acceptor::failed(int error)
{
    if (error == EMFILE || error == ENFILE || error == ENOBUFS || error == ENOMEM) {
        std::uint64_t times = 0;
        if (share_.told_exhausted.tell(loop_.now(), &times)) exhausted(error);
        rest(loop_.now() + kRetry);
        return false;
    }
    // What ended in the queue (ECONNABORTED and the errors that accept(2) passes on) is not the listener's.
    return error != EAGAIN && error != EBADF && error != EINVAL && error != ENOTSOCK;
}

bool Acceptor::accept_one()
{
    if (share_.bounded() && !may_accept()) return false;
    sockaddr_storage from;
    socklen_t size = sizeof from;
    const bool asks = share_.has_terms();
    Fd socket(::accept4(socket_.get(), asks ? reinterpret_cast<sockaddr *>(&from) : nullptr, asks ? &size : nullptr,
                        SOCK_NONBLOCK | SOCK_CLOEXEC));
    if (!socket) {
        const int error = errno;
        if (share_.bounded()) undo_accept();
        return failed(error);
    }
    const bool entered = share_.bounded() && share_.rules().connections > 0 && !share_.rules().closes;
    if (!entered && !share_.enter()) {
        refuse(std::move(socket), Limit::Connections);
        return true;
    }
    SocketAddress peer;
    if (asks) {
        read_address(from, size, false, peer);
        take(std::move(socket), peer);
    } else {
        loop_.counters().accepted.add(1);
        accepted(std::move(socket), nullptr);
    }
    return true;
}

// A connection of a listener with terms. Behind a proxy it is counted once its header has told whose it is.
void Acceptor::take(Fd socket, const SocketAddress &peer)
{
    auto terms = std::make_unique<Terms>(share_);
    if (share_.trusts(peer)) {
        terms->header = std::make_unique<ProxyHeader>();
    } else if (!terms->count(peer)) {
        share_.leave();
        refuse(std::move(socket), Limit::PerAddress);
        return;
    }
    loop_.counters().accepted.add(1);
    accepted(std::move(socket), std::move(terms));
}

void Acceptor::on_ready(std::uint32_t)
{
    for (int i = 0; i < kBatch && !stopped_; ++i) {
        if (!accept_one()) break;
    }
}

unsigned Acceptor::empty()
{
    // Whoever waited for a turn has none to wait for any more.
    emptying_ = true;
    unsigned count = 0;
    while (count < kMostWaiting && !stopped_ && accept_one()) ++count;
    emptying_ = false;
    return count;
}

} // namespace hawser::host
