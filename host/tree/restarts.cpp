// Tests: tests/unit/tree/restart_test.cpp
// What becomes of a node that fails, or has done its work, after it started.
#include "tree/span_text.hpp"
#include "tree/tree.hpp"

#include <algorithm>
#include <utility>

namespace hawser::host {
namespace {

constexpr std::uint64_t kSteady = 10'000'000'000; // one that ran for so long is started again without a wait

} // namespace

void Tree::fail(std::size_t index, std::string why)
{
    Node &node = nodes_[index];
    const bool service = node.spec.part != nullptr;
    if (!node.was_up || node.asked == Asked::Start) {
        node.failed_while_starting = std::move(why); // judged once the start is answered
        return;
    }
    const bool finishes = service && why.empty();
    if (why.empty()) why = "it gave no reason";
    const bool ends = node.asked == Asked::Stop || phase_ >= Phase::Stopping || state(node) == NodeState::Stopped;
    if (ends || state(node) == NodeState::Failed) {
        if (finishes) return;
        show_error(node, why);
        tell(Level::Warning, node, "failed_again", {{"error", why}, {"state", state_name(state(node))}});
    } else if (finishes) {
        finish(node);
    } else {
        failed(node, why);
    }
}

void Tree::failed(Node &node, const std::string &why)
{
    show(node, NodeState::Failed);
    show_error(node, why);
    tell(Level::Error, node, "failed", {{"error", why}});
    if (node.spec.part != nullptr && !draining_) restart_later(node);
}

void Tree::finish(Node &node)
{
    node.finished = true;
    ask_stop(node, start_ns_);
}

void Tree::finished(Node &node)
{
    if (node.spec.restart.when == RestartRule::When::Always && !draining_) restart_later(node);
    wake(node);
}

void Tree::restart_later(Node &node)
{
    const std::uint64_t now = loop_.now();
    if (node.up_at != 0 && now - node.up_at >= kSteady) node.backoff.succeeded();
    node.up_at = 0;
    const RestartRule &rule = node.spec.restart;
    if (draining_) {
        stay_failed(node, "not started again: the host stops");
    } else if (rule.when == RestartRule::When::Never) {
        stay_failed(node, "not started again: its restart policy is never");
    } else if (!node.window.allow(now)) {
        const std::string within = span_text(rule.within_ns), limit = std::to_string(rule.limit);
        const std::string why =
            "not started again: its limit of " + limit + " restarts within " + within + " is reached";
        show_detail(node, why);
        tell(Level::Error, node, "restart_limit_reached",
             {{"limit", limit}, {"within", within}, {"error", node.shown.error}});
        stay_failed(node, why);
    } else {
        const std::uint64_t delay = node.backoff.next_delay();
        const std::string when = delay == 0 ? "now" : span_text(delay);
        show_detail(node, delay == 0 ? "starts again" : "starts again in " + when);
        tell(Level::Info, node, "restarting", {{"in", when}});
        wait(node, delay);
    }
}

// For good. While the tree starts, nobody who needs it can start any more.
void Tree::stay_failed(Node &node, const std::string &why)
{
    show_detail(node, why);
    const auto waits = [this](std::size_t index) { return !nodes_[index].was_up; };
    if (phase_ == Phase::Starting && std::any_of(node.needed_by.begin(), node.needed_by.end(), waits))
        refuse({Status::PluginFailed, node.spec.name, {}, node.shown.error});
}

void Tree::restart(Node &node)
{
    if (node.up)
        ask_stop(node, start_ns_);
    else
        ask_start(node);
}

} // namespace hawser::host
