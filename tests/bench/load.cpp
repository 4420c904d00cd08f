#include "load.hpp"

#include <array>
#include <ctime>

namespace bench {
namespace {

constexpr std::size_t kMostLatencies = 2'000'000;
constexpr std::uint64_t kMostFailures = 100'000; // of connecting: a server that is gone must not keep us busy for ever

std::uint64_t now_ns()
{
    timespec now{};
    ::clock_gettime(CLOCK_MONOTONIC, &now);
    return static_cast<std::uint64_t>(now.tv_sec) * 1'000'000'000 + static_cast<std::uint64_t>(now.tv_nsec);
}

} // namespace

Load::Load(const LoadSettings &settings)
    : settings_(settings)
    , address_(parse_address(settings.address))
    , epoll_(::epoll_create1(EPOLL_CLOEXEC))
{
    if (settings_.fresh) settings_.pipeline = 1;
    for (std::size_t i = 0; i < settings_.pipeline; ++i) batch_ += settings_.request;
    const std::string_view echo = settings_.echo ? std::string_view(settings_.request) : std::string_view();
    for (std::size_t i = 0; i < settings_.connections; ++i) connections_.emplace_back(echo);
    latencies_.reserve(kMostLatencies);
}

void Load::open(std::size_t index)
{
    Connection &connection = connections_[index];
    while ((connection.fd = start_connect(address_)) < 0)
        if (++counts_.refused >= kMostFailures) return;
    ++counts_.connections;
    connection.answers.clear();
    connection.waiting = 0;
    connection.served = connection.ending = false;
    const auto fd = static_cast<std::size_t>(connection.fd);
    if (index_of_.size() <= fd) index_of_.resize(fd + 1);
    index_of_[fd] = index;
    watch(epoll_, connection.fd, EPOLLOUT); // connected when writable
}

void Load::reopen(std::size_t index)
{
    ::close(connections_[index].fd);
    connections_[index].fd = -1;
    if (!done()) open(index);
}

void Load::send(std::size_t index)
{
    Connection &connection = connections_[index];
    connection.sent_ns = now_ns();
    connection.waiting = settings_.pipeline;
    const ssize_t sent = ::send(connection.fd, batch_.data(), batch_.size(), MSG_NOSIGNAL);
    if (sent == static_cast<ssize_t>(batch_.size())) return;
    if (sent < 0) return ended(index); // reset meanwhile: counted as any other end
    ++counts_.bad;                     // a request that a socket buffer does not hold is not this program's business
    reopen(index);
}

void Load::ended(std::size_t index)
{
    Connection &connection = connections_[index];
    const bool clean = connection.waiting == 0 && connection.answers.empty();
    if (clean || (connection.ending && connection.answers.empty())) {
        // Closed as announced; requests after the announced one were never answered, and may be sent again.
    } else if (!connection.answers.empty() || connection.waiting < settings_.pipeline) {
        ++counts_.cut;
    } else if (connection.served) {
        ++counts_.raced;
    } else {
        ++counts_.lost;
    }
    reopen(index);
}

bool Load::take_answers(Connection &connection)
{
    for (;;) {
        const Answers::Next next = connection.answers.next();
        if (next == Answers::Next::Incomplete) return true;
        if (next == Answers::Next::Bad || connection.waiting == 0 || connection.ending) return false;
        --connection.waiting;
        ++counts_.answers;
        connection.served = true;
        connection.ending = connection.answers.last_closes();
        if (counts_.answers == 1) {
            std::puts("running");
            std::fflush(stdout);
        }
    }
}

void Load::turn_done(std::size_t index)
{
    Connection &connection = connections_[index];
    if (latencies_.size() < kMostLatencies)
        latencies_.push_back(static_cast<std::uint32_t>((now_ns() - connection.sent_ns) / 1000));
    if (!settings_.fresh && !connection.ending && !done()) send(index);
}

void Load::readable(std::size_t index)
{
    static std::array<char, 256 * 1024> buffer;
    Connection &connection = connections_[index];
    const ssize_t size = ::recv(connection.fd, buffer.data(), buffer.size(), 0);
    if (size < 0 && errno == EAGAIN) return;
    if (size <= 0) return ended(index);
    const bool waited = connection.waiting > 0;
    connection.answers.add(buffer.data(), static_cast<std::size_t>(size));
    if (!take_answers(connection)) {
        if (counts_.bad++ == 0)
            std::fprintf(stderr, "bad answer: %.*s\n",
                         static_cast<int>(std::min<std::size_t>(400, connection.answers.unread().size())),
                         connection.answers.unread().data());
        return reopen(index);
    }
    if (waited && connection.waiting == 0 && connection.answers.empty()) turn_done(index);
}

void Load::run(int stop_fd)
{
    if (settings_.requests == 0) watch(epoll_, stop_fd, EPOLLIN);
    for (std::size_t i = 0; i < connections_.size(); ++i) open(i);
    std::array<epoll_event, 256> events{};
    while (!done() && counts_.refused < kMostFailures) {
        const int count = ::epoll_wait(epoll_, events.data(), events.size(), -1);
        for (int i = 0; i < count; ++i) {
            const epoll_event &event = events[static_cast<std::size_t>(i)];
            if (event.data.fd == stop_fd) return;
            const std::size_t index = index_of_[static_cast<std::size_t>(event.data.fd)];
            if (connections_[index].fd != event.data.fd) continue; // replaced within this batch
            if (event.events & EPOLLOUT) {
                int error = 0;
                socklen_t size = sizeof error;
                ::getsockopt(event.data.fd, SOL_SOCKET, SO_ERROR, &error, &size);
                if (error != 0) {
                    ++counts_.refused;
                    reopen(index);
                    continue;
                }
                watch(epoll_, event.data.fd, EPOLLIN, EPOLL_CTL_MOD);
                send(index);
            } else {
                readable(index);
            }
        }
    }
}

} // namespace bench
