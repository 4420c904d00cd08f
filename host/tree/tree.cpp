// Tests: tests/unit/tree/tree_test.cpp
#include "tree/tree.hpp"

#include <array>
#include <utility>

namespace hawser::host {

std::string_view state_name(NodeState state)
{
    constexpr std::array<std::string_view, 7> kNames{"created",  "starting", "running", "draining",
                                                     "stopping", "stopped",  "failed"};
    return kNames[static_cast<std::size_t>(state)];
}

Tree::~Tree()
{
    if (timer_ != nullptr) loop_.timers().cancel(&timer_);
}

void Tree::add(std::string name, std::string kind, std::string plugin, Part *part)
{
    const std::lock_guard lock(mutex_);
    Node node;
    node.name = std::move(name);
    node.kind = std::move(kind);
    node.plugin = std::move(plugin);
    node.part = part;
    node.since = wall_now();
    nodes_.push_back(std::move(node));
}

void Tree::set_state(std::size_t node, NodeState state, std::string detail)
{
    const std::lock_guard lock(mutex_);
    nodes_[node].state = state;
    nodes_[node].detail = std::move(detail);
    nodes_[node].since = wall_now();
}

void Tree::set_all(NodeState state)
{
    const std::lock_guard lock(mutex_);
    for (Node &node : nodes_) {
        if (node.state == NodeState::Failed || node.state == NodeState::Stopped) continue;
        node.state = state;
        node.since = wall_now();
    }
}

std::vector<NodeReport> Tree::report() const
{
    const std::lock_guard lock(mutex_);
    std::vector<NodeReport> rows;
    rows.reserve(nodes_.size());
    for (const Node &node : nodes_)
        rows.push_back(
            {node.name, node.kind, node.plugin, std::string(state_name(node.state)), node.detail, node.since});
    return rows;
}

void Tree::wait(std::uint64_t timeout_ns)
{
    if (timer_ != nullptr) loop_.timers().cancel(&timer_);
    if (timeout_ns == 0) return;
    const auto fire = [](void *who) { static_cast<Tree *>(who)->timed_out(); };
    loop_.timers().start(loop_.now() + timeout_ns, fire, this, &timer_);
}

void Tree::timed_out()
{
    const std::size_t late = starting_ ? next_ : next_ - 1;
    nodes_[late].part->give_up();
    if (starting_) {
        Failure failure;
        failure.node = nodes_[late].name;
        failure.text = "start did not finish in " + std::to_string(start_timeout_ / 1'000'000) + " ms";
        started(attempt_, std::move(failure));
    } else {
        if (on_laggard_) on_laggard_(nodes_[late].name);
        stopped(attempt_);
    }
}

void Tree::start(std::uint64_t timeout_ns, std::function<void(std::optional<Failure>)> done)
{
    start_timeout_ = timeout_ns;
    on_started_ = std::move(done);
    starting_ = true;
    next_ = 0;
    start_next();
}

void Tree::start_next()
{
    while (next_ < nodes_.size() && nodes_[next_].part == nullptr) set_state(next_++, NodeState::Running);
    if (next_ == nodes_.size()) {
        wait(0);
        starting_ = false;
        std::exchange(on_started_, {})(std::nullopt);
        return;
    }
    set_state(next_, NodeState::Starting);
    wait(start_timeout_);
    const std::uint64_t attempt = ++attempt_;
    nodes_[next_].part->start(
        [this, attempt](std::optional<Failure> failure) { started(attempt, std::move(failure)); });
}

void Tree::started(std::uint64_t attempt, std::optional<Failure> failure)
{
    if (attempt != attempt_) return;
    ++attempt_;
    if (!failure) {
        set_state(next_++, NodeState::Running);
        start_next();
        return;
    }
    set_state(next_, NodeState::Failed, failure->text);
    starting_ = false;
    failure_ = std::move(failure);
    // Rollback: what runs stops again, then the failure is told.
    stop(start_timeout_, {}, [this] { std::exchange(on_started_, {})(std::exchange(failure_, std::nullopt)); });
}

void Tree::stop(std::uint64_t timeout_ns, std::function<void(const std::string &)> laggard, std::function<void()> done)
{
    stop_timeout_ = timeout_ns;
    on_laggard_ = std::move(laggard);
    on_stopped_ = std::move(done);
    starting_ = false;
    next_ = nodes_.size();
    stop_next();
}

void Tree::stop_next()
{
    for (; next_ > 0; --next_) {
        const Node &node = nodes_[next_ - 1];
        const bool runs = node.state == NodeState::Running || node.state == NodeState::Draining;
        if (runs && node.part != nullptr) break;
        if (runs) set_state(next_ - 1, NodeState::Stopped);
    }
    if (next_ == 0) {
        wait(0);
        std::exchange(on_stopped_, {})();
        return;
    }
    set_state(next_ - 1, NodeState::Stopping);
    wait(stop_timeout_);
    const std::uint64_t attempt = ++attempt_;
    nodes_[next_ - 1].part->stop([this, attempt] { stopped(attempt); });
}

void Tree::stopped(std::uint64_t attempt)
{
    if (attempt != attempt_) return;
    ++attempt_;
    set_state(next_ - 1, NodeState::Stopped);
    --next_;
    stop_next();
}

} // namespace hawser::host
