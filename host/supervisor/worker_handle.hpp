// One worker as its supervisor knows it: what it was started from, its state, and the deadlines by which it has to
// answer. For the supervisor's thread.
#pragma once

#include "supervisor/events.hpp"
#include "supervisor/host_state.hpp"
#include "supervisor/launcher.hpp"

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace hawser::host {

using SharedPlan = std::shared_ptr<const CompartmentPlan>;

// Each is called from the event loop, never from inside a call into the handle.
struct WorkerHearer {
    std::function<void()> ready;
    std::function<void()> serving;
    std::function<void()> closed;               // it accepts no more
    std::function<void(const Failed &)> failed; // also when it is not ready in time; it ends by itself or is killed
    std::function<void(const StatusReport &)> status;
    std::function<void(const EndHost &)> end_asked; // one of its plugins asks for the end of the host
    std::function<void(const Drained &)> drained;
    std::function<void(const WorkerEnd &)> ended; // the last call; the handle may be destroyed in it
};

class WorkerHandle {
public:
    enum class State : std::uint8_t { Starting, Ready, Serving, Draining, Stopping, Ended };

    // Launches a worker for `plan` and gives it its sockets and duplicates of `files`.
    static Result<std::unique_ptr<WorkerHandle>> start(Events &events, Launcher &launcher, const Snapshot &snapshot,
                                                       SharedPlan plan, std::vector<PassedSocket> sockets,
                                                       const WorkerFiles &files, WorkerHearer hearer);
    // One that the program before this one started, and how this one leaves it to the next.
    static Result<std::unique_ptr<WorkerHandle>> adopt(Events &events, HostState::Worker state, WorkerHearer hearer);
    HostState::Worker leave() const;
    ~WorkerHandle();

    void serve();
    // Gives it the ways on which connections go to another generation, or come. REQUIRES: it serves.
    void hand_over(Handoff handoff);
    void drain(Drain how); // killed if it is not gone some seconds after that
    void stop();           // at once; killed soon after
    void kill();
    bool ask_status();
    void pass(Output::Role role, int file); // a duplicate of it, in the place of the one it had

    State state() const { return state_; }
    bool served() const { return served_; } // it was told to serve at some time
    std::string_view state_name() const;
    std::int64_t since_wall_ns() const { return since_wall_; } // of the state
    int pid() const { return launched_.worker->pid(); }
    std::uint64_t generation() const { return generation_; }
    const SharedPlan &plan() const { return plan_; }
    StatusPage &page() { return launched_.page; }
    std::uint64_t started_at() const { return started_at_; } // monotonic
    std::uint64_t ready_at() const { return ready_at_; }     // 0: never was
    std::uint64_t open_connections();
    // "listener.web (http of plugin http): on_request" for a loop that is in plugin code, or was when it ended; or
    // empty.
    std::string crumb_of(unsigned loop);
    const PluginRef *plugin_of(unsigned loop); // whose code that is; null: in none

private:
    WorkerHandle(Events &events, Launched launched, SharedPlan plan, const Snapshot &snapshot, WorkerHearer hearer);
    void enter(State state);
    void listen();
    void channel_readable();
    void handle(Message message);
    void process_ended();
    void deadline(std::uint64_t ns, std::function<void()> over);
    void kill_after(std::uint64_t ns);
    void late_after(std::uint64_t ns, std::uint64_t grace, const char *what);

    Events &events_;
    Launched launched_;
    Fd foreign_page_; // of a worker of another version
    SharedPlan plan_;
    std::uint64_t generation_, start_timeout_;
    WorkerHearer hearer_;
    State state_ = State::Starting;
    std::int64_t since_wall_ = 0;
    bool served_ = false, asked_ = false; // told to serve; asked for a report that has not come
    std::uint64_t started_at_ = 0, ready_at_ = 0, kill_at_ = 0;
    Events::Id on_channel_ = 0, on_end_ = 0, on_deadline_ = 0;
};

} // namespace hawser::host
