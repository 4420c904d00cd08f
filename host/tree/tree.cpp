// Tests: tests/unit/tree/tree_test.cpp
#include "tree/tree.hpp"

#include "tree/span_text.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace hawser::host {
namespace {

constexpr std::uint64_t kFirstWait = 500'000'000, kLongestWait = 30'000'000'000; // before a restart; the first: none
constexpr std::uint64_t kLeastTime = 10'000'000;                                 // to stop, however late it is

} // namespace

std::string_view state_name(NodeState state)
{
    constexpr std::array<std::string_view, 7> kNames{"created",  "starting", "running", "draining",
                                                     "stopping", "stopped",  "failed"};
    return kNames[static_cast<std::size_t>(state)];
}

Tree::Node::Node(Tree &of, std::size_t number, NodeSpec from)
    : tree(of)
    , index(number)
    , spec(std::move(from))
    , backoff(kFirstWait, kLongestWait)
    , window(spec.restart.limit, spec.restart.within_ns)
{}

Tree::~Tree()
{
    for (Node &node : nodes_) no_wait(node);
}

std::size_t Tree::add(NodeSpec spec)
{
    const std::lock_guard lock(mutex_);
    const std::size_t index = nodes_.size();
    Node &node = nodes_.emplace_back(*this, index, std::move(spec));
    for (const std::size_t need : node.spec.needs) nodes_[need].needed_by.push_back(index);
    node.shown.since = wall_now();
    return index;
}

// Deadlines -----------------------------------------------------------------------------------------------------------

void Tree::wait(Node &node, std::uint64_t ns)
{
    no_wait(node);
    node.wait_ns = ns;
    const auto fire = [](void *who) {
        auto &due = *static_cast<Node *>(who);
        due.tree.time_over(due);
    };
    loop_.timers().start(loop_.now() + ns, fire, &node, &node.timer);
}

void Tree::no_wait(Node &node)
{
    if (node.timer != nullptr) loop_.timers().cancel(&node.timer);
}

void Tree::time_over(Node &node)
{
    if (node.asked == Asked::Nothing)
        restart(node);
    else
        late(node);
}

// What it was asked has not been answered in time.
void Tree::late(Node &node)
{
    const bool starts = node.asked == Asked::Start;
    const std::string after = span_text(node.wait_ns);
    const std::string text = std::string(starts ? "start" : "stop") + " did not finish in " + after;
    // A restart: the part cannot be asked anything else before it has answered this.
    const bool waits_on = phase_ != Phase::Stopping && node.was_up;
    show(node, NodeState::Failed, waits_on ? "still waited for" : "");
    show_error(node, text);
    tell(Level::Error, node, starts ? "start_timed_out" : "stop_timed_out", {{"after", after}});
    if (waits_on) return;
    node.asked = Asked::Nothing;
    node.up = false;
    ++node.attempt;
    {
        const std::lock_guard lock(mutex_);
        ++given_up_;
    }
    if (phase_ == Phase::Stopping)
        stop_on();
    else
        refuse({Status::PluginFailed, node.spec.name, {}, text});
}

// Start ---------------------------------------------------------------------------------------------------------------

void Tree::start(std::uint64_t each_ns, std::uint64_t rollback_ns, std::function<void(std::optional<Failure>)> done)
{
    start_ns_ = each_ns;
    rollback_ns_ = rollback_ns;
    on_started_ = std::move(done);
    not_up_ = nodes_.size();
    phase_ = Phase::Starting;
    for (std::size_t i = 0; i < nodes_.size(); ++i) queue(i);
    start_ready();
}

// A part that has done its work is as good as one that runs. A node without a part has nothing that could come back.
bool Tree::holds(std::size_t need) const
{
    const Node &node = nodes_[need];
    if (!node.was_up) return false;
    return node.spec.part == nullptr || (state(node) != NodeState::Failed && node.asked == Asked::Nothing);
}

bool Tree::may_start(const Node &node) const
{
    return std::all_of(node.spec.needs.begin(), node.spec.needs.end(),
                       [this](std::size_t need) { return holds(need); });
}

void Tree::queue(std::size_t index)
{
    Node &node = nodes_[index];
    if (node.queued || !may_start(node)) return;
    node.queued = true;
    order_.push_back(index);
}

void Tree::wake(const Node &needed)
{
    if (phase_ != Phase::Starting) return;
    for (const std::size_t index : needed.needed_by) queue(index);
    start_ready();
}

void Tree::start_ready()
{
    if (busy_) return;
    busy_ = true;
    while (phase_ == Phase::Starting && begun_ < order_.size()) {
        Node &node = nodes_[order_[begun_]];
        if (may_start(node)) {
            ++begun_;
            ask_start(node);
        } else { // what it needs has failed meanwhile
            node.queued = false;
            order_.erase(order_.begin() + static_cast<std::ptrdiff_t>(begun_));
        }
    }
    busy_ = false;
    if (phase_ == Phase::Stopping) stop_on();
    if (phase_ != Phase::Starting || not_up_ > 0) return;
    phase_ = Phase::Serving;
    std::exchange(on_started_, {})(std::nullopt);
}

void Tree::ask_start(Node &node)
{
    if (node.spec.part == nullptr) {
        came_up(node);
        return;
    }
    node.asked = Asked::Start;
    node.asked_at = monotonic_now();
    show(node, NodeState::Starting);
    wait(node, start_ns_);
    node.spec.part->start([this, &node, attempt = ++node.attempt](std::optional<Failure> failure) {
        if (attempt == node.attempt && node.asked == Asked::Start) start_answered(node, std::move(failure));
    });
}

void Tree::start_answered(Node &node, std::optional<Failure> failure)
{
    node.asked = Asked::Nothing;
    no_wait(node);
    if (failure)
        start_failed(node, std::move(*failure));
    else
        came_up(node);
}

void Tree::came_up(Node &node)
{
    const bool first = !std::exchange(node.was_up, true);
    if (first) --not_up_;
    node.up = node.spec.part != nullptr;
    node.up_at = loop_.now();
    if (phase_ == Phase::Stopping) {
        stop_on();
        return;
    }
    show(node, draining_ ? NodeState::Draining : NodeState::Running);
    if (!first) {
        const std::lock_guard lock(mutex_);
        ++node.shown.restarts;
    }
    if (node.up) tell(Level::Info, node, first ? "started" : "restarted", {{"after", time_since_asked(node)}});
    if (auto why = std::exchange(node.failed_while_starting, std::nullopt)) fail(node.index, std::move(*why));
    wake(node);
}

void Tree::start_failed(Node &node, Failure failure)
{
    node.failed_while_starting.reset();
    show(node, NodeState::Failed);
    show_error(node, failure.text);
    tell(Level::Error, node, "start_failed", {{"error", failure.text}});
    if (phase_ == Phase::Stopping)
        stop_on();
    else if (node.was_up)
        restart_later(node);
    else
        refuse(std::move(failure));
}

void Tree::refuse(Failure failure)
{
    if (phase_ != Phase::Starting) return;
    auto told = std::exchange(on_started_, {});
    stop(rollback_ns_, [told = std::move(told), failure = std::move(failure)] { told(failure); });
}

// Stop ----------------------------------------------------------------------------------------------------------------

void Tree::drain()
{
    draining_ = true;
    for (Node &node : nodes_) {
        if (state(node) == NodeState::Running) show(node, NodeState::Draining);
        if (node.asked != Asked::Nothing || node.timer == nullptr) continue;
        no_wait(node);
        show_detail(node, "not started again: the host stops");
    }
}

void Tree::stop(std::uint64_t all_ns, std::function<void()> done)
{
    const std::uint64_t until = loop_.now() + all_ns;
    on_stopped_.push_back(std::move(done));
    if (phase_ == Phase::Stopping) {
        if (until >= stop_until_) return;
        stop_until_ = until;
        in_hand_ = nullptr; // its share is less now
        stop_on();
        return;
    }
    if (phase_ == Phase::Stopped) {
        end();
        return;
    }
    on_started_ = {};
    phase_ = Phase::Stopping;
    stop_until_ = until;
    draining_ = true;
    for (Node &node : nodes_) {
        if (node.asked == Asked::Nothing) no_wait(node);
    }
    stop_on();
}

// Who comes first gets half of what is left, so that one that hangs leaves time for the others.
std::uint64_t Tree::share_of_time() const
{
    const std::uint64_t now = loop_.now();
    return std::max(stop_until_ > now ? (stop_until_ - now) / 2 : 0, kLeastTime);
}

void Tree::stop_on()
{
    if (busy_) return;
    busy_ = true;
    while (begun_ > 0 && !is_stopping(nodes_[order_[begun_ - 1]])) --begun_;
    busy_ = false;
    if (begun_ == 0) end();
}

// True: it has to be waited for. One that still starts is waited for and then stopped.
bool Tree::is_stopping(Node &node)
{
    if (node.up && node.asked == Asked::Nothing) {
        in_hand_ = &node;
        ask_stop(node, share_of_time());
    } else if (node.asked != Asked::Nothing && in_hand_ != &node) {
        in_hand_ = &node;
        wait(node, share_of_time());
    }
    if (node.asked != Asked::Nothing) return true;
    if (state(node) == NodeState::Running || state(node) == NodeState::Draining) show(node, NodeState::Stopped);
    return false;
}

void Tree::ask_stop(Node &node, std::uint64_t ns)
{
    node.asked = Asked::Stop;
    node.asked_at = monotonic_now();
    node.up = false;
    show(node, NodeState::Stopping);
    wait(node, ns);
    node.spec.part->stop([this, &node, attempt = ++node.attempt] {
        if (attempt == node.attempt && node.asked == Asked::Stop) stop_answered(node);
    });
}

void Tree::stop_answered(Node &node)
{
    node.asked = Asked::Nothing;
    no_wait(node);
    if (!draining_ && !node.finished) { // it stopped to start again
        ask_start(node);
        return;
    }
    show(node, NodeState::Stopped, node.finished && phase_ != Phase::Stopping ? "its work is done" : "");
    tell(Level::Info, node, node.finished ? "finished" : "stopped", {{"after", time_since_asked(node)}});
    if (phase_ == Phase::Stopping)
        stop_on();
    else if (std::exchange(node.finished, false))
        finished(node);
}

void Tree::end()
{
    phase_ = Phase::Stopped;
    for (const auto &told : std::exchange(on_stopped_, {})) told();
}

} // namespace hawser::host
