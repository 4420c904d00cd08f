// Tests: tests/system/single_test.cpp
#include "worker/worker.hpp"

#include "worker/compartment.hpp"
#include "worker/crash_watch.hpp"
#include "worker/signal_fd.hpp"

#include <poll.h>

#include <algorithm>
#include <atomic>
#include <functional>
#include <memory>
#include <string>

namespace hawser::host {
namespace {

constexpr std::uint64_t kOrphanTimeout = 3'000'000'000; // gone within 5 seconds after the supervisor, services included
constexpr std::uint64_t kOrphanStop = 1'000'000'000;
constexpr std::uint64_t kStopTimeout = 5'000'000'000; // for services, beside what is left of the time to drain
constexpr std::uint64_t kPatience = 1'000'000'000;    // for a loop to say that its services have stopped
constexpr std::uint64_t kNever = 0;
static_assert(kReplaced == HAWSER_REPLACED && kStopping == HAWSER_STOPPING);

// The conversation of one worker with its supervisor.
class Worker {
public:
    Worker(const Snapshot &snapshot, Channel &channel, StatusPage &page, Log &log,
           const std::function<Result<void>()> &enter)
        : snapshot_(snapshot)
        , channel_(channel)
        , enter_(enter)
        , log_(log)
        , compartment_(std::make_unique<Compartment>(
              snapshot.compartment, page, log, [this] { event_.raise(); }, snapshot.access, snapshot.checks))
    {
        compartment_->on_end_asked([this](const std::string &node, int status, const std::string &why) {
            static_cast<void>(channel_.send(EndHost{status, node, why}));
        });
    }
    bool is_stuck() const { return stuck_; } // threads that cannot be ended use it

    Status run()
    {
        if (!wait_for_start()) return Status::Ok;
        if (auto failure = start()) return refuse(*failure);
        if (!started_) return give_up_start();
        // What options name was opened outside; no byte of a peer was read yet.
        if (auto entered = enter_(); !entered) return refuse({entered.error().status, {}, {}, entered.error().text});
        if (!channel_.send(Ready{})) return drain_alone();
        return serve();
    }

private:
    enum class Woken { Message, Event, Deadline };
    enum class Attended { Done, Deadline, Stop, Gone, Again };

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
            } else if (std::holds_alternative<AskStatus>(**message)) {
                report();
            }
        }
    }

    // A file that was opened, or opened again. The log of a process that the supervisor shares is its own affair.
    void take(Output output)
    {
        if (output.role == Output::Role::Access)
            compartment_->set_access_output(std::move(output.fd));
        else if (!snapshot_.single && !log_.replace(output.fd))
            log_.write(Level::Error, "compartment." + snapshot_.compartment.name, "log_not_reopened");
    }

    std::optional<Failure> start()
    {
        if (auto failure = compartment_->load()) return failure;
        if (!snapshot_.single) crash_at_exit();
        compartment_->start_loops();
        if (auto failure = compartment_->create()) return failure;
        if (snapshot_.rehearses) {
            started_ = true;
            return std::nullopt;
        }
        auto outcome = std::make_shared<std::optional<Failure>>();
        compartment_->start_services(snapshot_.start_timeout_ns, kStopTimeout,
                                     [this, outcome](std::optional<Failure> failure) {
                                         *outcome = std::move(failure);
                                         started_ = true;
                                         event_.raise();
                                     });
        // Told to stop meanwhile: the services know nothing of it yet.
        const Attended attended = attend(kNever, [this] { return started_.load(); });
        return attended == Attended::Done ? std::move(*outcome) : std::nullopt;
    }

    // Waits until done() is true, which is asked whenever the event was raised, and answers the supervisor meanwhile.
    Attended attend(std::uint64_t deadline, const std::function<bool()> &done)
    {
        while (!done()) {
            const Woken woken = alone_ ? wait_for_event(deadline) : wait(deadline);
            if (woken == Woken::Deadline) return Attended::Deadline;
            if (woken != Woken::Message) continue;
            auto message = channel_.receive();
            if (!message || !*message) {
                alone_ = true;
                return Attended::Gone;
            }
            if (std::holds_alternative<Stop>(**message)) return Attended::Stop;
            if (auto *asked = std::get_if<Drain>(&**message); asked != nullptr && draining_) {
                again_ = std::move(*asked);
                return Attended::Again;
            }
            if (std::holds_alternative<AskStatus>(**message)) report();
            if (auto *output = std::get_if<Output>(&**message)) take(std::move(*output));
        }
        return Attended::Done;
    }

    // Told to stop before it was ready.
    Status give_up_start()
    {
        end(alone_ ? kOrphanStop : kStopTimeout);
        return stuck_ || compartment_->given_up() > 0 ? Status::CutOff : Status::Ok;
    }

    // Stops the services within `all_ns`, sooner if it is told so, and ends everything; `stuck_` says whether it could.
    void end(std::uint64_t all_ns)
    {
        const auto stopped = std::make_shared<std::atomic<bool>>(false);
        const auto tell = [this, stopped] {
            *stopped = true;
            event_.raise();
        };
        compartment_->stop_services(all_ns, tell);
        std::uint64_t deadline = monotonic_now() + all_ns + kPatience;
        for (;;) {
            const Attended attended = attend(deadline, [&stopped] { return stopped->load(); });
            if (attended == Attended::Done) break;
            if (attended == Attended::Deadline) {
                compartment_->name_laggards();
                stuck_ = true;
                return;
            }
            compartment_->stop_services(kOrphanStop, tell);
            deadline = std::min(deadline, monotonic_now() + kOrphanStop + kPatience);
        }
        stuck_ = !compartment_->end(kStopTimeout);
    }

    Status refuse(const Failure &failure)
    {
        const Failed told{static_cast<std::int32_t>(failure.status), failure.node, failure.option, failure.text};
        if (!channel_.send(told)) log_.write(Level::Error, failure.node, "start_failed", {{"error", failure.text}});
        end(kStopTimeout);
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
            } else if (auto *handoff = std::get_if<Handoff>(&**message)) {
                compartment_->hand_over(std::move(*handoff));
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
                                  static_cast<std::uint64_t>(node.since_wall_ns), node.restarts,
                                  std::move(node.error)});
        }
        static_cast<void>(channel_.send(told));
    }

    // Until the last connection has gone and no older generation can send more, the deadline is over, or the supervisor
    // says stop. Told to drain once more, for another reason, it does.
    void wait_for_connections(std::uint64_t deadline, std::uint32_t why)
    {
        const auto gone = [this, &why] {
            return compartment_->open() == 0 && (why == kStopping || alone_ || !compartment_->awaits_arrivals());
        };
        draining_ = true;
        Attended attended = attend(deadline, gone);
        while (attended == Attended::Again) {
            why = again_.why;
            deadline = std::min(deadline, monotonic_now() + again_.timeout_ns);
            if (!compartment_->drain(deadline, why)) break;
            attended = attend(deadline, gone);
        }
        draining_ = false;
        if (attended == Attended::Gone) attend(std::min(deadline, monotonic_now() + kOrphanTimeout), gone);
    }

    Woken wait_for_event(std::uint64_t until)
    {
        const std::uint64_t now = monotonic_now();
        if (until != kNever && now >= until) return Woken::Deadline;
        pollfd fd{event_.fd(), POLLIN, 0};
        const int timeout = until == kNever ? -1 : static_cast<int>((until - now) / 1'000'000 + 1);
        if (::poll(&fd, 1, timeout) > 0) event_.clear();
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
            wait_for_connections(deadline, asked.why);
            cut = compartment_->abort();
        } else {
            cut = before;
        }
        // The supervisor kills kAfterDrain (10 s) after the deadline.
        const std::uint64_t now = monotonic_now(), left = deadline > now ? deadline - now : 0;
        if (closed)
            end(alone_ ? kOrphanStop : left + kStopTimeout);
        else
            stuck_ = true;
        Drained told;
        told.cut = cut;
        told.moved = compartment_->moved();
        told.finished = before > cut + told.moved ? before - cut - told.moved : 0;
        static_cast<void>(channel_.send(told));
        return cut > 0 || stuck_ || compartment_->given_up() > 0 ? Status::CutOff : Status::Ok;
    }

    const Snapshot &snapshot_;
    Channel &channel_;
    const std::function<Result<void>()> &enter_;
    Log &log_;
    SignalFd event_;
    std::unique_ptr<Compartment> compartment_;
    std::vector<PassedSocket> sockets_;
    std::atomic<bool> started_ = false;
    bool alone_ = false, stuck_ = false, draining_ = false;
    Drain again_; // asked for while it drains
};

} // namespace

Status run_worker(const Snapshot &snapshot, Channel &channel, StatusPage &page, Log &log,
                  const std::function<Result<void>()> &enter)
{
    const SignalStack stack;
    prepare_unwinder();
    if (!snapshot.single) {
        watch_for_crashes(page->crash);
        crash_at_exit();
        if (page->limits.memory != 0) crash_without_memory();
        answer_for_stalls(page->stall);
    }
    auto worker = std::make_unique<Worker>(snapshot, channel, page, log, enter);
    const Status status = worker->run();
    if (!snapshot.single) expect_exit();
    if (worker->is_stuck()) static_cast<void>(worker.release()); // it stays until the process ends
    return status;
}

} // namespace hawser::host
