// Tests: tests/unit/worker/compartment_test.cpp
#include "worker/compartment.hpp"

#include "worker/crash_watch.hpp"

#include "worker/host_metrics.hpp"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <future>
#include <string>

namespace hawser::host {
namespace {

constexpr unsigned kPoolThreads = 8;
constexpr std::size_t kPoolQueue = 1024;
constexpr std::uint64_t kForever = 3600'000'000'000; // the supervisor's own deadline comes first
constexpr std::uint64_t kLastLines = 500'000'000;    // for lines of requests, at the end
constexpr std::uint64_t kPatience = 5'000'000'000;   // for what a healthy loop does at once
constexpr unsigned kEventsPerTurn = 256;             // at most (loop)

// What a node's options name has to run before it starts: services, and resources with what they name in turn.
void collect_needs(const Value &value, std::vector<std::size_t> &needs)
{
    if (value.type == Value::Type::Object) needs.push_back(value.node);
    for (const Value &item : value.items) collect_needs(item, needs);
}

RestartRule rule_of(const RestartPolicy &policy)
{
    RestartRule rule;
    rule.when = policy.when == RestartPolicy::When::Never    ? RestartRule::When::Never
                : policy.when == RestartPolicy::When::Always ? RestartRule::When::Always
                                                             : RestartRule::When::OnFailure;
    rule.limit = policy.limit;
    rule.within_ns = policy.within_ns;
    return rule;
}

ListenerRules rules_of(const ListenerPlan &listener)
{
    ListenerRules rules;
    rules.connections = listener.limits.connections;
    rules.per_address = listener.limits.per_address;
    rules.accept_rate = listener.limits.accept_rate;
    rules.closes = listener.limits.overflow == ListenerLimits::Overflow::Close;
    rules.bytes_per_second = listener.limits.bytes_per_second;
    rules.output = listener.limits.output;
    rules.idle = listener.limits.idle_ns;
    rules.proxies = listener.socket.proxies;
    return rules;
}

} // namespace

Compartment::Compartment(const CompartmentPlan &plan, StatusPage &page, Log &log,
                         std::function<void()> something_happened, AccessFormat access, bool checks)
    : plan_(plan)
    , page_(page)
    , log_(log)
    , something_happened_(std::move(something_happened))
    , pool_(kPoolThreads, kPoolQueue)
    , host_(log, pool_)
    , instances_(plan, host_)
    , shares_(plan.listeners.size())
{
    host_.set_checks(checks);
    const unsigned loops = std::clamp(plan.loops, 1U, kMaxLoops);
    for (unsigned i = 0; i < loops; ++i) threads_.push_back(std::make_unique<LoopThread>(host_, i, page_->cells[i]));
    if (access != AccessFormat::Off) {
        access_lines_.emplace(log, "access", loops);
        host_.set_access({&*access_lines_, access});
    }
    metrics_.emplace(page_->metrics, loops);
    add_host_metrics(*metrics_, {plan_, page_, shares_, log_, access_lines_ ? &*access_lines_ : nullptr});
    host_.set_metrics(&*metrics_);
    LoopFace &first = threads_.front()->face();
    tree_ = std::make_unique<Tree>(
        first.loop(), [this](Level level, std::string_view node, std::string_view event,
                             std::span<const LogField> fields) { log_.write(level, node, event, fields); });
    for (std::uint32_t i = 0; i < plan.nodes.size(); ++i) {
        const NodePlan &node = plan.nodes[i];
        ServicePart *part =
            instances_.is_service(i) && !node.absent ? &parts_.emplace_back(instances_, i, node.name, first) : nullptr;
        std::vector<std::size_t> needs;
        collect_needs(node.options, needs);
        tree_->add(
            {node.name, node.kind, plan.plugins[node.plugin].name, part, std::move(needs), rule_of(node.restart)});
    }
    for (std::size_t i = 0; i < plan.listeners.size(); ++i) {
        const ListenerPlan &listener = plan.listeners[i];
        shares_[i].set(rules_of(listener));
        if (!plan.nodes[listener.node].absent)
            ports_.add({listener.name, plan.nodes[listener.node].kind, listener.node, &shares_[i]});
    }
    movement_.changed = something_happened_;
    host_.on_failed([this](const std::string &node, const std::string &why) { node_failed(node, why); });
}

Compartment::~Compartment() = default;

void Compartment::node_failed(const std::string &node, const std::string &why)
{
    const auto named = [&node](const NodePlan &each) { return each.name == node; };
    const auto found = std::find_if(plan_.nodes.begin(), plan_.nodes.end(), named);
    if (found == plan_.nodes.end()) return;
    const auto index = static_cast<std::size_t>(found - plan_.nodes.begin());
    const bool told = threads_.front()->face().loop().submit([this, index, why] { tree_->fail(index, why); });
    if (!told) log_.write(Level::Error, node, "failed", {{"error", why}});
}

std::optional<Failure> Compartment::load()
{
    note_modules(page_->crash); // for a static initializer that crashes
    if (auto failure = instances_.load_plugins()) return failure;
    note_modules(page_->crash);
    return instances_.share();
}

void Compartment::start_loops()
{
    for (auto &thread : threads_) {
        thread->face().on_connection_gone([this] {
            if (open() == 0) something_happened_();
        });
        thread->face().on_door([this, it = thread.get()](std::string_view listener, Fd socket) {
            return open_door(it->face(), listener, std::move(socket));
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

void Compartment::start_services(std::uint64_t each_ns, std::uint64_t rollback_ns,
                                 const std::function<void(std::optional<Failure>)> &done)
{
    threads_.front()->face().loop().submit(
        [this, each_ns, rollback_ns, done] { tree_->start(each_ns, rollback_ns, done); });
}

void Compartment::stop_services(std::uint64_t all_ns, const std::function<void()> &done)
{
    if (running_)
        threads_.front()->face().loop().submit([this, all_ns, done] { tree_->stop(all_ns, done); });
    else
        done();
}

void Compartment::name_laggards()
{
    for (const NodeReport &node : tree_->report()) {
        if (node.state != state_name(NodeState::Stopping) && node.state != state_name(NodeState::Starting)) continue;
        const bool stops = node.state == state_name(NodeState::Stopping);
        log_.write(Level::Error, node.name, stops ? "stop_timed_out" : "start_timed_out",
                   {{"reason", "it does not return to its loop"}});
    }
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
        thread.berths().push_back({{socket.listener, socket.address}, std::move(mooring)});
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
    if (failure) return failure;
    for (auto &thread : threads_) thread->face().loop().submit([it = thread.get()] { it->face().set_running(); });
    return failure;
}

// A connection from inside of this process, as if it had been accepted.
bool Compartment::open_door(LoopFace &face, std::string_view listener, Fd socket)
{
    const Port *port = ports_.named(listener);
    if (port == nullptr || instances_.kind(port->node) == nullptr) return false;
    port->share->enter_moved();
    face.loop().counters().accepted.add(1);
    auto terms = port->share->has_terms() ? std::make_unique<Terms>(*port->share) : nullptr;
    Conn *conn =
        face.conns().create(face, std::move(socket), port->share, Instances::tag(port->node), std::move(terms));
    if (conn == nullptr) {
        port->share->leave();
        face.loop().counters().closed.add(1);
        return false;
    }
    conn->open(*reinterpret_cast<const hawser_protocol *>(instances_.kind(port->node)),
               instances_.self(port->node, face.loop().index()));
    face.drain_late(*conn);
    return true;
}

// On every loop at once: one that is stuck takes no time from the others.
bool Compartment::on_all(const std::function<void(LoopThread &)> &work)
{
    std::vector<std::future<void>> ends;
    for (auto &thread : threads_) ends.push_back(thread->begin([work, it = thread.get()] { work(*it); }));
    const auto until = std::chrono::steady_clock::now() + std::chrono::nanoseconds(kPatience);
    for (const std::future<void> &end : ends) {
        if (!end.valid() || end.wait_until(until) != std::future_status::ready) stuck_ = true;
    }
    return !stuck_;
}

void Compartment::set_access_output(Fd fd)
{
    if (access_lines_) access_lines_->set_output(std::move(fd));
}

bool Compartment::close_listeners(const std::vector<ListenerAddress> &unserved, bool all)
{
    const auto taken = std::make_shared<std::atomic<unsigned>>(0);
    on_all([taken, unserved, all](LoopThread &it) {
        for (Berth &berth : it.berths()) {
            const bool last = all || std::find(unserved.begin(), unserved.end(), berth.address) != unserved.end();
            if (last) *taken += berth.mooring->empty();
            berth.mooring->stop();
        }
    });
    // Who waited has mostly sent already. A turn of each loop reads that before its session is told to finish.
    if (*taken > 0) {
        for (unsigned i = 0; i < 2 + *taken / kEventsPerTurn && !stuck_; ++i) on_all([](LoopThread &) {});
    }
    return !stuck_;
}

void Compartment::take_way(LoopThread &thread, Handoff::Role role, Fd way)
{
    Result<void> started;
    if (role == Handoff::Role::Give) {
        thread.ferry() = std::make_unique<Ferry>(thread.face(), std::move(way), instances_, ports_, movement_);
        started = thread.ferry()->start();
        if (!started) thread.ferry().reset();
    } else {
        auto &landing = thread.landings().emplace_back(
            std::make_unique<Landing>(thread.face(), std::move(way), instances_, ports_, movement_));
        started = landing->start();
    }
    // The connections finish where they are.
    if (!started) log_.write(Level::Warning, "host", "handoff_failed", {{"error", started.error().text}});
}

void Compartment::hand_over(Handoff handoff)
{
    for (std::size_t i = 0; i < handoff.ways.size(); ++i) {
        if (handoff.role == Handoff::Role::Give && i >= threads_.size()) break;
        LoopThread &thread = *threads_[i % threads_.size()];
        // Shared: what a loop runs must be copyable.
        auto way = std::make_shared<Fd>(std::move(handoff.ways[i]));
        thread.face().loop().submit(
            [this, &thread, role = handoff.role, way] { take_way(thread, role, std::move(*way)); });
    }
}

bool Compartment::drain(std::uint64_t deadline, std::uint32_t why)
{
    return !stuck_ && on_all([this, deadline, why](LoopThread &it) {
        if (&it == threads_.front().get()) tree_->drain();
        instances_.drain(it.face(), deadline, why);
        Ferry *ferry = it.ferry().get();
        if (why == HAWSER_STOPPING && ferry != nullptr) ferry->stop();
        it.face().drain_sessions(deadline, why, why == HAWSER_REPLACED ? ferry : nullptr);
    });
}

std::vector<NodeReport> Compartment::report() const
{
    std::vector<NodeReport> rows = tree_->report(); // in the order of the plan
    for (std::size_t i = 0; i < rows.size(); ++i) {
        const NodePlan &node = plan_.nodes[i];
        if (node.quarantined.empty()) continue;
        rows[i].state = "quarantined";
        rows[i].detail = node.quarantined;
    }
    return rows;
}

std::uint64_t Compartment::open() const
{
    std::uint64_t count = movement_.under_way;
    for (const ListenerShare &share : shares_) count += share.open.load(std::memory_order_relaxed);
    return count;
}

std::uint64_t Compartment::abort()
{
    if (stuck_) return open();
    const auto count = std::make_shared<std::atomic<std::uint64_t>>(0);
    const bool done = on_all([count](LoopThread &it) { *count += it.face().abort_connections(false); });
    return done ? count->load() + movement_.under_way : open();
}

bool Compartment::end(std::uint64_t timeout_ns)
{
    const bool ended = end_all(timeout_ns);
    if (access_lines_) access_lines_->stop(kLastLines);
    return ended;
}

bool Compartment::end_all(std::uint64_t timeout_ns)
{
    if (!running_) {
        instances_.unshare();
        return true;
    }
    if (stuck_) return false;
    for (auto thread = threads_.rbegin(); thread != threads_.rend(); ++thread) {
        LoopFace &face = (*thread)->face();
        if (!(*thread)->call([&face] { face.abort_connections(true); }, kPatience)) return false;
        // The turn that aborts also ends them: the next call finds none.
        if (!(*thread)->call([this, &face] { instances_.destroy(face); }, kPatience)) return false;
    }
    if (!pool_.stop(timeout_ns)) return false;
    for (auto &thread : threads_) thread->join();
    for (auto &thread : threads_) {
        thread->ferry().reset();
        thread->landings().clear();
        thread->berths().clear();
    }
    instances_.unshare();
    running_ = false;
    return true;
}

} // namespace hawser::host
