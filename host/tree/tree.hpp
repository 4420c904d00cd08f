// The service tree of one compartment: its nodes with their states, and the order in which they start and stop. Nodes
// are added dependencies first; they start one after the other in that order and stop in reverse. Starting that fails
// stops again what was started. start() and stop() are for loop 0; report() is for any thread.
#pragma once

#include "loop/loop.hpp"
#include "tree/failure.hpp"

#include <cstdint>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

namespace hawser::host {

enum class NodeState : std::uint8_t { Created, Starting, Running, Draining, Stopping, Stopped, Failed };
std::string_view state_name(NodeState state); // "running" …

// What starts and stops asynchronously. Each call is answered exactly once through `done`, from the top of the loop or
// from inside the call.
class Part {
public:
    virtual void start(std::function<void(std::optional<Failure>)> done) = 0;
    virtual void stop(std::function<void()> done) = 0;
    virtual void give_up() = 0; // the answer to start or stop is no longer wanted

protected:
    ~Part() = default;
};

struct NodeReport {
    std::string name, kind, plugin, state, detail;
    std::int64_t since_wall_ns = 0;
};

class Tree {
public:
    explicit Tree(Loop &loop)
        : loop_(loop)
    {}
    ~Tree();

    // `part` may be null: the node has nothing to start and is running with the tree.
    void add(std::string name, std::string kind, std::string plugin, Part *part);
    void set_state(std::size_t node, NodeState state, std::string detail = {});
    void set_all(NodeState state); // of nodes that neither failed nor stopped

    // done(nullopt): everything runs. A part that has not answered `timeout_ns` after it was asked fails by name.
    void start(std::uint64_t timeout_ns, std::function<void(std::optional<Failure>)> done);
    // Stops what runs, in reverse order. A part that has not answered in `timeout_ns` is given up; `laggard` hears its
    // name.
    void stop(std::uint64_t timeout_ns, std::function<void(const std::string &)> laggard, std::function<void()> done);

    std::vector<NodeReport> report() const;

private:
    struct Node {
        std::string name, kind, plugin, detail;
        Part *part = nullptr;
        NodeState state = NodeState::Created;
        std::int64_t since = 0;
    };
    void start_next();
    void started(std::uint64_t attempt, std::optional<Failure> failure);
    void stop_next();
    void stopped(std::uint64_t attempt);
    void wait(std::uint64_t timeout_ns);
    void timed_out();

    Loop &loop_;
    mutable std::mutex mutex_; // guards nodes_
    std::vector<Node> nodes_;
    std::size_t next_ = 0; // starting: the node in hand; stopping: one past it
    bool starting_ = false;
    std::uint64_t attempt_ = 0; // of the answer waited for; late ones are of an older attempt
    std::uint64_t start_timeout_ = 0, stop_timeout_ = 0;
    TimerHeap::Place timer_ = nullptr;
    std::optional<Failure> failure_;
    std::function<void(std::optional<Failure>)> on_started_;
    std::function<void(const std::string &)> on_laggard_;
    std::function<void()> on_stopped_;
};

} // namespace hawser::host
