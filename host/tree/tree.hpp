// The service tree of one compartment: its nodes with their states, the order in which they start and stop, and the
// restarts of those that fail later. A node starts as soon as all that it needs runs, so that independent ones start
// at the same time; they stop one after the other in the reverse of the order in which they began to start. A start
// that fails starts nothing further, stops what was started, and is told then.
//
// For the loop that it was given, except report() and given_up(), which are for any thread. Time is the loop's, waited
// for with its timers alone.
#pragma once

#include "base/backoff.hpp"
#include "base/log.hpp"
#include "loop/loop.hpp"
#include "tree/failure.hpp"

#include <cstdint>
#include <deque>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

namespace hawser::host {

enum class NodeState : std::uint8_t { Created, Starting, Running, Draining, Stopping, Stopped, Failed };
std::string_view state_name(NodeState state); // "running" …

// What starts and stops asynchronously. Each call is answered exactly once through `done`, from the top of the loop or
// from inside the call. stop() comes after a start that succeeded, once each; start() may come again after that. The
// part outlives the tree's use of it; an answer that comes after the tree gave it up changes nothing.
class Part {
public:
    virtual void start(std::function<void(std::optional<Failure>)> done) = 0;
    virtual void stop(std::function<void()> done) = 0;

protected:
    ~Part() = default;
};

// What happens to a part that fails while it runs.
struct RestartRule {
    enum class When : std::uint8_t { Never, OnFailure, Always };
    When when = When::OnFailure;
    unsigned limit = 5; // restarts within the time; one more and it stays failed
    std::uint64_t within_ns = 60'000'000'000;
};

struct NodeSpec {
    std::string name, kind, plugin;
    Part *part = nullptr;           // null: nothing to start; it runs once what it needs does
    std::vector<std::size_t> needs; // numbers of nodes added before
    RestartRule restart;
};

struct NodeReport {
    std::string name, kind, plugin, state;
    std::string detail; // what it waits for, or why it stays as it is
    std::string error;  // the last one, also when it runs again
    std::uint32_t restarts = 0;
    std::int64_t since_wall_ns = 0; // of the state
};

class Tree {
public:
    // Hears of what an operator should read; the signature of Log::write.
    using Tell = std::function<void(Level, std::string_view node, std::string_view event, std::span<const LogField>)>;

    Tree(Loop &loop, Tell tell)
        : loop_(loop)
        , tell_(std::move(tell))
    {}
    ~Tree(); // REQUIRES: the loop runs no more, or this is its thread
    Tree(const Tree &) = delete;
    Tree &operator=(const Tree &) = delete;

    std::size_t add(NodeSpec spec); // before start()

    // done(nullopt): everything runs. A part that has not answered `each_ns` after it was asked fails by name.
    // `rollback_ns` is what stop() gets if one fails; done(failure) comes after that.
    void start(std::uint64_t each_ns, std::uint64_t rollback_ns, std::function<void(std::optional<Failure>)> done);
    // From now on nothing is restarted.
    void drain();
    // Stops what runs; the `done` of a start in hand will not come. A part gets half of what is left of `all_ns`, then
    // it is given up by name. May be called again while it stops: the shorter time holds, both are told.
    void stop(std::uint64_t all_ns, std::function<void()> done);
    // A node says that it cannot go on, or, with an empty `why`, that its work is done.
    void fail(std::size_t node, std::string why);

    std::vector<NodeReport> report() const;
    unsigned given_up() const; // parts that were not waited for any longer

private:
    struct Shown {
        NodeState state = NodeState::Created;
        std::string detail, error;
        std::uint32_t restarts = 0;
        std::int64_t since = 0;
    };
    enum class Asked : std::uint8_t { Nothing, Start, Stop };
    struct Node {
        Node(Tree &of, std::size_t number, NodeSpec from);
        Tree &tree;
        const std::size_t index;
        const NodeSpec spec;
        std::vector<std::size_t> needed_by;
        Backoff backoff;
        RestartWindow window;
        Shown shown;                  // written on the loop, under the mutex
        Asked asked = Asked::Nothing; // what has not been answered
        bool up = false;              // started, and not asked to stop since
        bool was_up = false;          // has started once
        bool queued = false;          // in order_
        bool finished = false;        // it stops because its work is done
        std::uint64_t attempt = 0;    // number of the answer waited for
        std::uint64_t asked_at = 0;   // by the clock of the system: a turn of the loop may be long
        std::uint64_t wait_ns = 0;    // the deadline in hand
        std::uint64_t up_at = 0;      // 0: not up
        std::optional<std::string> failed_while_starting;
        TimerHeap::Place timer = nullptr; // how long an answer may take, or when to start again
    };
    enum class Phase : std::uint8_t { Idle, Starting, Serving, Stopping, Stopped };

    // What is shown and told: shown first, so that who has read an event finds it in the report.
    static NodeState state(const Node &node) { return node.shown.state; }
    void show(Node &node, NodeState state, std::string detail = {});
    void show_detail(Node &node, std::string detail);
    void show_error(Node &node, std::string error);
    std::string waits_for(const Node &node) const;
    void tell(Level level, const Node &node, std::string_view event, std::initializer_list<LogField> fields = {}) const;
    static std::string time_since_asked(const Node &node);

    // Deadlines.
    void wait(Node &node, std::uint64_t ns);
    void no_wait(Node &node);
    void time_over(Node &node);
    void late(Node &node);

    // Start.
    bool holds(std::size_t need) const;
    bool may_start(const Node &node) const;
    void queue(std::size_t index);
    void wake(const Node &needed);
    void start_ready();
    void ask_start(Node &node);
    void start_answered(Node &node, std::optional<Failure> failure);
    void came_up(Node &node);
    void start_failed(Node &node, Failure failure);
    void refuse(Failure failure);

    // Failures later (restarts.cpp).
    void failed(Node &node, const std::string &why);
    void finish(Node &node);
    void finished(Node &node);
    void restart_later(Node &node);
    void stay_failed(Node &node, const std::string &why);
    void restart(Node &node);

    // Stop.
    void ask_stop(Node &node, std::uint64_t ns);
    void stop_answered(Node &node);
    void stop_on();
    bool is_stopping(Node &node);
    std::uint64_t share_of_time() const;
    void end();

    Loop &loop_;
    Tell tell_;
    mutable std::mutex mutex_;       // guards what is shown, and given_up_
    std::deque<Node> nodes_;         // a deque: timers and answers refer to them
    std::vector<std::size_t> order_; // in which nodes were ready to start
    std::size_t begun_ = 0;          // of order_; while stopping: those that may have to stop yet
    std::size_t not_up_ = 0;         // nodes that have never started
    Phase phase_ = Phase::Idle;
    bool draining_ = false, busy_ = false; // busy: in start_ready or stop_on, which go on by themselves
    unsigned given_up_ = 0;
    std::uint64_t start_ns_ = 0, rollback_ns_ = 0, stop_until_ = 0;
    const Node *in_hand_ = nullptr; // while stopping: who has its share of the time
    std::function<void(std::optional<Failure>)> on_started_;
    std::vector<std::function<void()>> on_stopped_;
};

} // namespace hawser::host
