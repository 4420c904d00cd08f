// Tests: tests/system/single_test.cpp
#include "worker/worker.hpp"

#include "worker/compartment.hpp"
#include "worker/signal_fd.hpp"

#include <poll.h>

#include <algorithm>
#include <future>
#include <memory>
#include <string>

namespace hawser::host {
namespace {

constexpr std::uint64_t kOrphanTimeout = 3'000'000'000; // gone within 5 seconds after the supervisor, services included
constexpr std::uint64_t kOrphanStop = 1'000'000'000;
constexpr std::uint64_t kStopTimeout = 5'000'000'000;
constexpr std::uint32_t kStopping = HAWSER_STOPPING;

// The conversation of one worker with its supervisor.
class Worker {
public:
    Worker(const Snapshot &snapshot, Channel &channel, StatusPage &page, Log &log)
        : snapshot_(snapshot)
        , channel_(channel)
        , log_(log)
        , compartment_(std::make_unique<Compartment>(
              snapshot.compartment, page, log, [this] { event_.raise(); }, snapshot.access))
    {}
    ~Worker()
    {
        // Threads still use it: it stays until the process ends.
        if (stuck_) static_cast<void>(compartment_.release());
    }

    Status run()
    {
        if (!wait_for_start()) return Status::Ok;
        if (auto failure = start()) return refuse(*failure);
        if (!channel_.send(Ready{})) return drain_alone();
        return serve();
    }

private:
    enum class Woken { Message, Event, Deadline };

    // Messages before Start; false: the supervisor has gone or wants no worker any more.
    bool wait_for_start()
    {
        for (;;) {
            auto message = channel_.receive();
            if (!message || !*message) return false;
            if (auto *sockets = std::get_if<Sockets>(&**message)) {
                std::move(sockets->sockets.begin(), sockets->sockets.end(), std::back_inserter(sockets_));
            } else if (auto *output = std::get_if<Output>(&**message)) {
                take(std::move(*output));
            } else if (std::holds_alternative<Start>(**message)) {
                return true;
            } else if (std::holds_alternative<Stop>(**message) || std::holds_alternative<Drain>(**message)) {
                return false;
            }
        }
    }

    // A file that was opened, or opened again.
    void take(Output output)
    {
        if (output.role == Output::Role::Access) compartment_->set_access_output(std::move(output.fd));
    }

    std::optional<Failure> start()
    {
        if (auto failure = compartment_->load()) return failure;
        compartment_->start_loops();
        if (auto failure = compartment_->create()) return failure;
        std::promise<std::optional<Failure>> started;
        compartment_->start_services(snapshot_.start_timeout_ns,
                                     [&](std::optional<Failure> failure) { started.set_value(std::move(failure)); });
        return started.get_future().get();
    }

    Status refuse(const Failure &failure)
    {
        const Failed told{static_cast<std::int32_t>(failure.status), failure.node, failure.option, failure.text};
        if (!channel_.send(told)) log_.write(Level::Error, failure.node, "start_failed", {{"error", failure.text}});
        stuck_ = !compartment_->end(kStopTimeout);
        return failure.status;
    }

    Woken wait(std::uint64_t until)
    {
        pollfd fds[2] = {{channel_.fd(), POLLIN, 0}, {event_.fd(), POLLIN, 0}};
        const std::uint64_t now = monotonic_now();
        if (until != 0 && now >= until) return Woken::Deadline;
        const std::uint64_t left_ms = until == 0 ? 0 : (until - now) / 1'000'000 + 1;
        const int timeout = until == 0 ? -1 : static_cast<int>(std::min<std::uint64_t>(left_ms, 3'600'000));
        if (::poll(fds, 2, timeout) <= 0) return Woken::Event;
        if ((fds[1].revents & POLLIN) != 0) {
            event_.clear();
            return Woken::Event;
        }
        return Woken::Message;
    }

    Status serve()
    {
        for (;;) {
            if (wait(0) != Woken::Message) continue;
            auto message = channel_.receive();
            if (!message || !*message) {
                log_.write(Level::Warning, "compartment." + snapshot_.compartment.name, "supervisor_gone");
                return drain_alone();
            }
            if (std::holds_alternative<Serve>(**message)) {
                if (auto failure = compartment_->serve(std::move(sockets_))) return refuse(*failure);
                sockets_.clear();
                static_cast<void>(channel_.send(Serving{}));
            } else if (std::holds_alternative<AskStatus>(**message)) {
                report();
            } else if (auto *output = std::get_if<Output>(&**message)) {
                take(std::move(*output));
            } else if (auto *asked = std::get_if<Drain>(&**message)) {
                return drain(*asked);
            } else if (std::holds_alternative<Stop>(**message)) {
                return drain({kStopping, 0, {}});
            }
        }
    }

    void report()
    {
        StatusReport told;
        for (NodeReport &node : compartment_->report()) {
            told.nodes.push_back({std::move(node.name), std::move(node.kind), std::move(node.plugin),
                                  std::move(node.state), std::move(node.detail),
                                  static_cast<std::uint64_t>(node.since_wall_ns)});
        }
        static_cast<void>(channel_.send(told));
    }

    // Until the last connection has gone, the deadline is over, or the supervisor says stop.
    void wait_for_connections(std::uint64_t deadline)
    {
        bool listening = true; // to the channel
        while (compartment_->open() > 0) {
            const Woken woken = listening ? wait(deadline) : wait_for_event(deadline);
            if (woken == Woken::Deadline) return;
            if (woken != Woken::Message) continue;
            auto message = channel_.receive();
            if (!message || !*message) {
                listening = false;
                alone_ = true;
                deadline = std::min(deadline, monotonic_now() + kOrphanTimeout);
            } else if (std::holds_alternative<Stop>(**message)) {
                return;
            } else if (std::holds_alternative<AskStatus>(**message)) {
                report();
            } else if (auto *output = std::get_if<Output>(&**message)) {
                take(std::move(*output));
            }
        }
    }

    Woken wait_for_event(std::uint64_t until)
    {
        const std::uint64_t now = monotonic_now();
        if (now >= until) return Woken::Deadline;
        pollfd fd{event_.fd(), POLLIN, 0};
        if (::poll(&fd, 1, static_cast<int>((until - now) / 1'000'000 + 1)) > 0) event_.clear();
        return Woken::Event;
    }

    // The supervisor has gone: nobody serves the sockets any more, and little time is left.
    Status drain_alone()
    {
        alone_ = true;
        return drain({kStopping, kOrphanTimeout, {}});
    }

    Status drain(const Drain &asked)
    {
        const std::uint64_t deadline = monotonic_now() + asked.timeout_ns;
        // Told to stop at once, it takes nothing new.
        const bool all = asked.why == kStopping && asked.timeout_ns > 0;
        const bool closed = compartment_->close_listeners(asked.unserved, all);
        static_cast<void>(channel_.send(Closed{}));
        const std::uint64_t before = compartment_->open();
        std::uint64_t cut = 0;
        if (closed && compartment_->drain(deadline, asked.why)) {
            wait_for_connections(deadline);
            cut = compartment_->abort();
        } else {
            cut = before;
        }
        const std::uint64_t for_services = std::max<std::uint64_t>(asked.timeout_ns / 4, kStopTimeout);
        stuck_ = !compartment_->end(alone_ ? kOrphanStop : for_services);
        Drained told;
        told.cut = cut;
        told.finished = before > cut ? before - cut : 0;
        static_cast<void>(channel_.send(told));
        return cut > 0 || stuck_ ? Status::CutOff : Status::Ok;
    }

    const Snapshot &snapshot_;
    Channel &channel_;
    Log &log_;
    SignalFd event_;
    std::unique_ptr<Compartment> compartment_;
    std::vector<PassedSocket> sockets_;
    bool alone_ = false, stuck_ = false;
};

} // namespace

Status run_worker(const Snapshot &snapshot, Channel &channel, StatusPage &page, Log &log)
{
    auto worker = std::make_unique<Worker>(snapshot, channel, page, log);
    return worker->run();
}

} // namespace hawser::host
