// Tests: tests/unit/tree/tree_test.cpp
// What the tree shows of itself, and what it tells the log.
#include "tree/span_text.hpp"
#include "tree/tree.hpp"

#include <algorithm>
#include <utility>

namespace hawser::host {

void Tree::show(Node &node, NodeState state, std::string detail)
{
    const std::lock_guard lock(mutex_);
    if (node.shown.state != state) node.shown.since = wall_now();
    node.shown.state = state;
    node.shown.detail = std::move(detail);
}

void Tree::show_detail(Node &node, std::string detail)
{
    const std::lock_guard lock(mutex_);
    node.shown.detail = std::move(detail);
}

void Tree::show_error(Node &node, std::string error)
{
    const std::lock_guard lock(mutex_);
    node.shown.error = std::move(error);
}

void Tree::tell(Level level, const Node &node, std::string_view event, std::initializer_list<LogField> fields) const
{
    if (tell_) tell_(level, node.spec.name, event, std::span<const LogField>(fields.begin(), fields.size()));
}

std::string Tree::time_since_asked(const Node &node) { return span_text(monotonic_now() - node.asked_at); }

// REQUIRES: the mutex is held.
std::string Tree::waits_for(const Node &node) const
{
    const auto is_up = [this](std::size_t need) {
        return state(nodes_[need]) == NodeState::Running || state(nodes_[need]) == NodeState::Stopped;
    };
    const auto first = std::find_if_not(node.spec.needs.begin(), node.spec.needs.end(), is_up);
    return first == node.spec.needs.end() ? std::string() : "waits for " + nodes_[*first].spec.name;
}

std::vector<NodeReport> Tree::report() const
{
    const std::lock_guard lock(mutex_);
    std::vector<NodeReport> rows;
    rows.reserve(nodes_.size());
    for (const Node &node : nodes_) {
        const Shown &shown = node.shown;
        rows.push_back({node.spec.name, node.spec.kind, node.spec.plugin, std::string(state_name(shown.state)),
                        shown.state == NodeState::Created ? waits_for(node) : shown.detail, shown.error, shown.restarts,
                        shown.since});
    }
    return rows;
}

unsigned Tree::given_up() const
{
    const std::lock_guard lock(mutex_);
    return given_up_;
}

} // namespace hawser::host
