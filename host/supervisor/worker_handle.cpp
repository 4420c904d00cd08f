// Tests: tests/system/supervision_test.cpp
#include "supervisor/worker_handle.hpp"

#include "loop/loop.hpp"
#include "plugin/entry_names.hpp"

#include <fcntl.h>
#include <poll.h>

#include <algorithm>
#include <array>
#include <cerrno>

namespace hawser::host {
namespace {

constexpr std::uint64_t kMostGrace = 5'000'000'000; // for a worker that is late with a service to say so itself
constexpr std::uint64_t kServeTimeout = 10'000'000'000;
constexpr std::uint64_t kAfterDrain = 10'000'000'000;
constexpr std::uint64_t kAfterStop = 10'000'000'000;

bool can_be_read(int fd)
{
    pollfd waiting{fd, POLLIN, 0};
    return ::poll(&waiting, 1, 0) > 0;
}

} // namespace

Result<std::unique_ptr<WorkerHandle>> WorkerHandle::start(Events &events, Launcher &launcher, const Snapshot &snapshot,
                                                          SharedPlan plan, std::vector<PassedSocket> sockets,
                                                          const WorkerFiles &files, WorkerHearer hearer)
{
    auto launched = launcher.launch(snapshot, files);
    if (!launched) return std::move(launched.error());
    std::unique_ptr<WorkerHandle> handle(
        new WorkerHandle(events, std::move(*launched), std::move(plan), snapshot, std::move(hearer)));
    handle->listen();
    // A worker that is dead already is heard of by its end.
    Sockets message;
    message.sockets = std::move(sockets);
    Channel &channel = *handle->launched_.channel;
    bool told = channel.send(Message(std::move(message))).ok();
    if (files.access >= 0) {
        Output output{Output::Role::Access, Fd(::fcntl(files.access, F_DUPFD_CLOEXEC, 3))};
        if (!output.fd) return system_error("cannot pass the file of access lines", errno);
        told = told && channel.send(Message(std::move(output))).ok();
    }
    if (told) static_cast<void>(channel.send(Start{}));
    return handle;
}

WorkerHandle::WorkerHandle(Events &events, Launched launched, SharedPlan plan, const Snapshot &snapshot,
                           WorkerHearer hearer)
    : events_(events)
    , launched_(std::move(launched))
    , plan_(std::move(plan))
    , generation_(snapshot.generation)
    , start_timeout_(snapshot.start_timeout_ns)
    , hearer_(std::move(hearer))
    , since_wall_(wall_now())
    , started_at_(monotonic_now())
{}

Result<std::unique_ptr<WorkerHandle>> WorkerHandle::adopt(Events &events, HostState::Worker state, WorkerHearer hearer)
{
    // Another version's page cannot be read here, but by the program that is gone back to. An empty one is in its
    // place.
    Fd left(state.page), foreign;
    auto page = StatusPage::open(Fd(::fcntl(left.get(), F_DUPFD_CLOEXEC, 3)));
    if (!page && left) {
        page = StatusPage::create(state.plan.loops);
        foreign = std::move(left);
    }
    auto channel = std::make_unique<Channel>(Fd(state.channel));
    auto process = adopt_process(state.pid, Fd(state.process));
    if (!page) return std::move(page.error());
    if (state.state > static_cast<std::uint32_t>(State::Ended))
        return Error{Status::PluginFailed, "host state: a worker in no state"};
    Snapshot snapshot;
    snapshot.generation = state.generation;
    auto plan = std::make_shared<const CompartmentPlan>(std::move(state.plan));
    std::unique_ptr<WorkerHandle> handle(new WorkerHandle(events,
                                                          {std::move(process), std::move(channel), std::move(*page)},
                                                          std::move(plan), snapshot, std::move(hearer)));
    WorkerHandle &it = *handle;
    it.foreign_page_ = std::move(foreign);
    it.state_ = static_cast<State>(state.state);
    it.since_wall_ = static_cast<std::int64_t>(state.since_wall);
    it.served_ = state.served;
    it.started_at_ = state.started_at;
    it.ready_at_ = state.ready_at;
    it.on_channel_ = events.on_readable(it.launched_.channel->fd(), [&it] { it.channel_readable(); });
    it.on_end_ = events.on_readable(it.launched_.worker->ended_fd(), [&it] { it.process_ended(); });
    const std::uint64_t now = monotonic_now();
    if (it.state_ == State::Starting) it.late_after(it.start_timeout_, kMostGrace, "was not ready");
    if (state.kill_at != 0) it.kill_after(state.kill_at > now ? state.kill_at - now : 1);
    return handle;
}

HostState::Worker WorkerHandle::leave() const
{
    HostState::Worker left;
    left.plan = *plan_;
    left.generation = generation_;
    left.started_at = started_at_;
    left.ready_at = ready_at_;
    left.since_wall = static_cast<std::uint64_t>(since_wall_);
    left.state = static_cast<std::uint32_t>(state_);
    left.kill_at = kill_at_;
    left.served = served_;
    left.pid = launched_.worker->pid();
    left.process = launched_.worker->ended_fd();
    left.channel = launched_.channel->fd();
    left.page = foreign_page_ ? foreign_page_.get() : launched_.page.fd();
    return left;
}

WorkerHandle::~WorkerHandle()
{
    events_.cancel(on_channel_);
    events_.cancel(on_end_);
    events_.cancel(on_deadline_);
}

void WorkerHandle::enter(State state)
{
    state_ = state;
    since_wall_ = wall_now();
}

void WorkerHandle::listen()
{
    on_channel_ = events_.on_readable(launched_.channel->fd(), [this] { channel_readable(); });
    on_end_ = events_.on_readable(launched_.worker->ended_fd(), [this] { process_ended(); });
    late_after(start_timeout_, std::min(start_timeout_ / 4, kMostGrace), "was not ready");
}

void WorkerHandle::late_after(std::uint64_t ns, std::uint64_t grace, const char *what)
{
    deadline(ns + grace, [this, ns, what] {
        Failed late;
        late.text = "compartment \"" + plan_->name + "\" " + what + " in " + std::to_string(ns / 1'000'000) + " ms";
        std::string crumb;
        for (unsigned i = 0; crumb.empty() && i < std::min(plan_->loops, kMaxLoops); ++i) crumb = crumb_of(i);
        if (!crumb.empty()) late.text += "; it is in " + crumb;
        enter(State::Stopping);
        hearer_.failed(late);
        // After what the failure leads to was told.
        deadline(1, [this, late] { launched_.worker->kill(static_cast<Status>(late.status)); });
    });
}

void WorkerHandle::deadline(std::uint64_t ns, std::function<void()> over)
{
    events_.cancel(on_deadline_);
    on_deadline_ = events_.after(ns, std::move(over));
}

void WorkerHandle::kill_after(std::uint64_t ns)
{
    kill_at_ = monotonic_now() + ns;
    deadline(ns, [this] { kill(); });
}

void WorkerHandle::channel_readable()
{
    auto message = launched_.channel->receive();
    if (!message || !*message) {
        // Its end is told by its process; a channel that is broken is of no use to either.
        events_.cancel(on_channel_);
        if (!message) kill();
        return;
    }
    handle(std::move(**message));
}

void WorkerHandle::handle(Message message)
{
    if (std::holds_alternative<Ready>(message)) {
        if (state_ != State::Starting) return;
        enter(State::Ready);
        ready_at_ = monotonic_now();
        events_.cancel(on_deadline_);
        hearer_.ready();
    } else if (std::holds_alternative<Serving>(message)) {
        if (state_ != State::Ready) return;
        enter(State::Serving);
        events_.cancel(on_deadline_);
        hearer_.serving();
    } else if (std::holds_alternative<Closed>(message)) {
        hearer_.closed();
    } else if (const auto *failed = std::get_if<Failed>(&message)) {
        enter(State::Stopping);
        deadline(kAfterStop, [this, status = failed->status] { launched_.worker->kill(static_cast<Status>(status)); });
        hearer_.failed(*failed);
    } else if (const auto *report = std::get_if<StatusReport>(&message)) {
        asked_ = false;
        hearer_.status(*report);
    } else if (const auto *asked = std::get_if<EndHost>(&message)) {
        hearer_.end_asked(*asked);
    } else if (const auto *drained = std::get_if<Drained>(&message)) {
        hearer_.drained(*drained);
    }
}

void WorkerHandle::process_ended()
{
    // What it said last is still in the channel.
    while (on_channel_ != 0 && can_be_read(launched_.channel->fd())) channel_readable();
    events_.cancel(on_channel_);
    events_.cancel(on_end_);
    events_.cancel(on_deadline_);
    enter(State::Ended);
    const WorkerEnd end = launched_.worker->reap();
    const auto ended = std::move(hearer_.ended);
    ended(end); // may destroy this
}

void WorkerHandle::serve()
{
    if (state_ != State::Ready || served_) return;
    served_ = true;
    late_after(kServeTimeout, 0, "did not serve");
    static_cast<void>(launched_.channel->send(Serve{}));
}

void WorkerHandle::hand_over(Handoff handoff)
{
    if (state_ == State::Serving) static_cast<void>(launched_.channel->send(Message(std::move(handoff))));
}

void WorkerHandle::drain(Drain how)
{
    if (state_ == State::Ended || state_ == State::Stopping) return;
    // One that is not ready yet has nothing to drain.
    if (state_ == State::Starting) {
        stop();
        return;
    }
    enter(State::Draining);
    const std::uint64_t timeout = how.timeout_ns;
    static_cast<void>(launched_.channel->send(Message(std::move(how))));
    kill_after(timeout + kAfterDrain);
}

void WorkerHandle::stop()
{
    if (state_ == State::Ended || state_ == State::Stopping) return;
    const bool starting = state_ == State::Starting;
    enter(State::Stopping);
    static_cast<void>(launched_.channel->send(Stop{}));
    // One that still starts may be in any plugin's hands and is not waited for.
    kill_after(starting ? kAfterStop / 10 : kAfterStop);
}

void WorkerHandle::kill() { launched_.worker->kill(Status::CutOff); }

bool WorkerHandle::ask_status()
{
    const bool answers = state_ != State::Ended;
    // One that does not answer is not asked again: its channel would fill, and sending wait.
    if (answers && !asked_) asked_ = launched_.channel->send(AskStatus{}).ok();
    return answers && asked_;
}

void WorkerHandle::pass(Output::Role role, int file)
{
    if (state_ == State::Ended) return;
    Output output{role, Fd(::fcntl(file, F_DUPFD_CLOEXEC, 3))};
    if (output.fd) static_cast<void>(launched_.channel->send(Message(std::move(output))));
}

std::string_view WorkerHandle::state_name() const
{
    constexpr std::array<std::string_view, 6> kNames{"starting", "ready", "serving", "draining", "stopping", "ended"};
    return kNames[static_cast<std::size_t>(state_)];
}

std::uint64_t WorkerHandle::open_connections()
{
    std::uint64_t accepted = 0, closed = 0;
    // Of the page only the cells are read: the worker can write all of it.
    for (unsigned i = 0; i < std::min(plan_->loops, kMaxLoops); ++i) {
        accepted += launched_.page->cells[i].counters.accepted.get();
        closed += launched_.page->cells[i].counters.closed.get();
    }
    return accepted > closed ? accepted - closed : 0;
}

const PluginRef *WorkerHandle::plugin_of(unsigned loop)
{
    const std::size_t nodes = plan_->nodes.size();
    const std::uint32_t tag = launched_.page->cells[loop].crumb() >> 8;
    if (tag == 0 || tag > nodes + plan_->plugins.size()) return nullptr;
    return &plan_->plugins[tag > nodes ? tag - nodes - 1 : plan_->nodes[tag - 1].plugin];
}

std::string WorkerHandle::crumb_of(unsigned loop)
{
    const std::uint32_t crumb = launched_.page->cells[loop].crumb();
    const std::uint32_t tag = crumb >> 8;
    const std::size_t nodes = plan_->nodes.size();
    if (tag == 0 || tag > nodes + plan_->plugins.size()) return {}; // no plugin writes the latter
    if (tag > nodes)
        return "plugin " + plan_->plugins[tag - nodes - 1].name + ": " + std::string(entry_name(crumb & 0xff, {}));
    const NodePlan &node = plan_->nodes[tag - 1];
    return node.name + " (" + node.kind + " of plugin " + plan_->plugins[node.plugin].name +
           "): " + std::string(entry_name(crumb & 0xff, node.role));
}

} // namespace hawser::host
