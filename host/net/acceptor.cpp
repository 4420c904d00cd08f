// Tests: tests/system/serving_test.cpp
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
    // EXCLUSIVE is for a socket that several processes or loops watch: one of them wakes up.
    auto added = loop_.add(socket_.get(), EPOLLIN | EPOLLEXCLUSIVE, this);
    watching_ = added.ok();
    return added;
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
void Acceptor::rest()
{
    if (stopped_ || retry_ != nullptr) return;
    if (watching_) loop_.remove(socket_.get());
    watching_ = false;
    const auto again = [](void *who) {
        auto &self = *static_cast<Acceptor *>(who);
        if (!self.start()) self.rest();
    };
    loop_.timers().start(loop_.now() + kRetry, again, this, &retry_);
}

bool Acceptor::accept_one()
{
    if (share_.most != 0 && share_.open.load(std::memory_order_relaxed) >= share_.most) {
        rest();
        return false;
    }
    Fd socket(::accept4(socket_.get(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC));
    if (socket) {
        loop_.counters().accepted.add(1);
        share_.open.fetch_add(1, std::memory_order_relaxed);
        accepted(std::move(socket));
        return true;
    }
    const int error = errno;
    if (error == EMFILE || error == ENFILE || error == ENOBUFS || error == ENOMEM) {
        constexpr std::uint64_t kTellEvery = 1'000'000'000;
        if (told_ == 0 || loop_.now() - told_ >= kTellEvery) {
            told_ = loop_.now();
            exhausted(error);
        }
        rest();
        return false;
    }
    // What ended in the queue (ECONNABORTED and the errors that accept(2) passes on) is not the listener's.
    return error != EAGAIN && error != EBADF && error != EINVAL && error != ENOTSOCK;
}

void Acceptor::on_ready(std::uint32_t)
{
    for (int i = 0; i < kBatch && !stopped_; ++i) {
        if (!accept_one()) break;
    }
}

unsigned Acceptor::empty()
{
    unsigned count = 0;
    while (count < kMostWaiting && !stopped_ && accept_one()) ++count;
    return count;
}

} // namespace hawser::host
