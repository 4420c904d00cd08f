// Tests: tests/unit/worker/compartment_test.cpp
#include "worker/compartment.hpp"

#include <algorithm>
#include <future>
#include <string>

namespace hawser::host {
namespace {

constexpr unsigned kPoolThreads = 8;
constexpr std::size_t kPoolQueue = 1024;
constexpr std::uint64_t kForever = 3600'000'000'000; // the supervisor's own deadline comes first
constexpr std::uint64_t kPatience = 5'000'000'000;   // for what a healthy loop does at once

} // namespace

Compartment::Compartment(const CompartmentPlan &plan, StatusPage &page, Log &log,
                         std::function<void()> something_happened)
    : plan_(plan)
    , page_(page)
    , log_(log)
    , something_happened_(std::move(something_happened))
    , pool_(kPoolThreads, kPoolQueue)
    , host_(log, pool_)
    , instances_(plan, host_)
    , shares_(plan.listeners.size())
{
    const unsigned loops = std::clamp(plan.loops, 1U, kMaxLoops);
    for (unsigned i = 0; i < loops; ++i) threads_.push_back(std::make_unique<LoopThread>(host_, i, page_->cells[i]));
    LoopFace &first = threads_.front()->face();
    tree_ = std::make_unique<Tree>(first.loop());
    for (std::uint32_t i = 0; i < plan.nodes.size(); ++i) {
        const NodePlan &node = plan.nodes[i];
        ServicePart *part = instances_.is_service(i) ? &parts_.emplace_back(instances_, i, node.name, first) : nullptr;
        tree_->add(node.name, node.kind, plan.plugins[node.plugin].name, part);
    }
    for (std::size_t i = 0; i < plan.listeners.size(); ++i) shares_[i].most = plan.listeners[i].limits.connections;
    host_.on_failed([this](const std::string &node, const std::string &why) { node_failed(node, why); });
}

Compartment::~Compartment() = default;

void Compartment::node_failed(const std::string &node, const std::string &why)
{
    log_.write(Level::Error, node, "failed", {{"error", why}});
    for (std::size_t i = 0; i < plan_.nodes.size(); ++i) {
        if (plan_.nodes[i].name == node) tree_->set_state(i, NodeState::Failed, why);
    }
}

std::optional<Failure> Compartment::load()
{
    if (auto failure = instances_.load_plugins()) return failure;
    return instances_.share();
}

void Compartment::start_loops()
{
    for (auto &thread : threads_) {
        thread->face().on_connection_gone([this] {
            if (open() == 0) something_happened_();
        });
        thread->run();
    }
    running_ = true;
}

std::optional<Failure> Compartment::create()
{
    std::optional<Failure> failure;
    for (auto &thread : threads_) {
        if (failure) break;
        thread->call([&] { failure = instances_.create(thread->face()); }, kForever);
    }
    return failure;
}

void Compartment::start_services(std::uint64_t timeout_ns, std::function<void(std::optional<Failure>)> done)
{
    threads_.front()->face().loop().submit([this, timeout_ns, done] { tree_->start(timeout_ns, done); });
}

std::optional<Failure> Compartment::attach(LoopThread &thread, std::vector<PassedSocket> &sockets)
{
    LoopFace &face = thread.face();
    std::vector<LoopFace *> all;
    for (auto &each : threads_) all.push_back(&each->face());
    for (PassedSocket &socket : sockets) {
        if (socket.loop % threads_.size() != face.loop().index()) continue;
        const ListenerPlan &listener = plan_.listeners[socket.listener];
        const std::string name = "listener." + listener.name;
        auto mooring = std::make_unique<Mooring>(face, std::move(socket.fd), shares_[socket.listener], instances_,
                                                 listener.node, name, socket.shared ? all : std::vector<LoopFace *>());
        const auto started = mooring->start();
        if (!started) return Failure{Status::System, name, {}, socket.bound + ": " + started.error().text};
        thread.moorings().push_back(std::move(mooring));
    }
    return std::nullopt;
}

std::optional<Failure> Compartment::serve(std::vector<PassedSocket> sockets)
{
    for (const PassedSocket &socket : sockets) {
        if (socket.listener >= plan_.listeners.size())
            return Failure{Status::PluginFailed, {}, {}, "a socket was passed for a listener that does not exist"};
    }
    std::optional<Failure> failure;
    for (auto &thread : threads_) {
        if (failure) break;
        thread->call([&] { failure = attach(*thread, sockets); }, kForever);
    }
    return failure;
}

bool Compartment::drain(std::uint64_t deadline, std::uint32_t why, bool last_look)
{
    tree_->set_all(NodeState::Draining);
    // All stop accepting before any session is told: nothing new comes where everybody finishes.
    for (auto &thread : threads_) {
        LoopThread &it = *thread;
        const bool done = it.call(
            [&it, last_look] {
                for (auto &mooring : it.moorings()) {
                    if (last_look) mooring->empty();
                    mooring->stop();
                }
            },
            kPatience);
        if (!done) stuck_ = true;
    }
    for (auto &thread : threads_) {
        if (stuck_) break;
        LoopThread &it = *thread;
        const bool done = it.call(
            [this, &it, deadline, why] {
                instances_.drain(it.face(), deadline, why);
                it.face().drain_sessions(deadline, why);
            },
            kPatience);
        if (!done) stuck_ = true;
    }
    return !stuck_;
}

std::uint64_t Compartment::open() const
{
    std::uint64_t count = 0;
    for (const ListenerShare &share : shares_) count += share.open.load(std::memory_order_relaxed);
    return count;
}

std::uint64_t Compartment::abort()
{
    auto count = std::make_shared<std::uint64_t>(0);
    for (auto &thread : threads_) {
        if (stuck_) break;
        LoopFace &face = thread->face();
        if (!thread->call([&face, count] { *count += face.abort_connections(false); }, kPatience)) stuck_ = true;
    }
    return stuck_ ? open() : *count;
}

bool Compartment::end(std::uint64_t timeout_ns)
{
    if (!running_) {
        instances_.unshare();
        return true;
    }
    auto stopped = std::make_shared<std::promise<void>>();
    const auto laggard = [this](const std::string &node) { log_.write(Level::Error, node, "stop_timed_out"); };
    const std::uint64_t each = std::max<std::uint64_t>(timeout_ns / (parts_.size() + 1), 10'000'000);
    threads_.front()->face().loop().submit(
        [this, each, laggard, stopped] { tree_->stop(each, laggard, [stopped] { stopped->set_value(); }); });
    const auto patience = std::chrono::nanoseconds(timeout_ns + kPatience);
    if (stuck_ || stopped->get_future().wait_for(patience) != std::future_status::ready) return false;
    for (auto thread = threads_.rbegin(); thread != threads_.rend(); ++thread) {
        LoopFace &face = (*thread)->face();
        if (!(*thread)->call([&face] { face.abort_connections(true); }, kPatience)) return false;
        // The turn that aborts also ends them: the next call finds none.
        if (!(*thread)->call([this, &face] { instances_.destroy(face); }, kPatience)) return false;
    }
    if (!pool_.stop(timeout_ns)) return false;
    for (auto &thread : threads_) thread->join();
    for (auto &thread : threads_) thread->moorings().clear();
    instances_.unshare();
    running_ = false;
    return true;
}

} // namespace hawser::host
