// Tests: tests/unit/supervisor/host_state_test.cpp
#include "supervisor/host_state.hpp"

#include "seam/plan_wire.hpp"
#include "seam/wire.hpp"

#include <algorithm>
#include <functional>
#include <string_view>

namespace hawser::host {
namespace {

constexpr std::uint32_t kMagic = 0x54535348; // "HSST"

// Sections are found by their numbers; members are only ever appended to one.
enum class Section : std::uint32_t { Host = 1, Group, Worker, Waiter, Inherited, Control, Pidfile, Notify };

void add(WireWriter &out, Section section, const std::function<void(WireWriter &)> &write)
{
    WireWriter inner;
    write(inner);
    out.number(section);
    out.text(inner.bytes());
}

void write_numbers(WireWriter &out, const std::vector<int> &numbers)
{
    out.list(numbers, [](WireWriter &to, int each) { to.number(static_cast<std::int32_t>(each)); });
}

void read_numbers(WireReader &in, std::vector<int> &numbers)
{
    in.list(numbers, 4, [](WireReader &from, int &each) {
        std::int32_t number = -1;
        from.number(number);
        each = number;
    });
}

void write_worker(WireWriter &out, const HostState::Worker &worker)
{
    out.number(worker.generation);
    out.number(worker.started_at);
    out.number(worker.ready_at);
    out.number(worker.since_wall);
    out.number(worker.state);
    out.number(worker.kill_at);
    out.number(static_cast<std::uint8_t>(worker.retiring));
    out.number(static_cast<std::uint8_t>(worker.served));
    out.number(worker.pid);
    out.number(worker.process);
    out.number(worker.channel);
    out.number(worker.page);
    WireWriter plan;
    write_plan(plan, worker.plan);
    out.text(plan.bytes());
    out.list(worker.plan.exclusive, [](WireWriter &to, const std::string &each) { to.text(each); });
}

void read_worker(WireReader &in, HostState::Worker &worker)
{
    in.number(worker.generation);
    in.number(worker.started_at);
    in.number(worker.ready_at);
    in.number(worker.since_wall);
    in.number(worker.state);
    in.number(worker.kill_at);
    in.flag(worker.retiring);
    in.flag(worker.served);
    in.number(worker.pid);
    in.number(worker.process);
    in.number(worker.channel);
    in.number(worker.page);
    std::string bytes;
    in.text(bytes);
    WireReader plan(bytes);
    read_plan(plan, worker.plan, true);
    if (plan.bad()) in.spoil();
    in.list(worker.plan.exclusive, 4, [](WireReader &from, std::string &each) { from.text(each); });
}

void read_section(HostState &state, Section section, WireReader &in)
{
    switch (section) {
    case Section::Host:
        in.text(state.version);
        in.number(state.generation);
        in.number(state.started_at);
        in.number(state.begun_at);
        in.number(state.previous);
        in.text(state.failure);
        in.number(state.failure_status);
        in.number(state.umask);
        break;
    case Section::Group: {
        HostState::Group &group = state.groups.emplace_back();
        in.text(group.key);
        in.text(group.bound);
        in.text(group.endpoint);
        in.flag(group.shared);
        read_numbers(in, group.sockets);
        break;
    }
    case Section::Worker:
        read_worker(in, state.workers.emplace_back());
        break;
    case Section::Waiter: {
        HostState::Waiter &waiter = state.waiters.emplace_back();
        in.number(waiter.socket);
        in.text(waiter.id);
        break;
    }
    case Section::Inherited:
        read_numbers(in, state.inherited);
        break;
    case Section::Control:
        in.number(state.control);
        in.text(state.control_path);
        break;
    case Section::Pidfile:
        in.number(state.pidfile);
        in.text(state.pidfile_path);
        break;
    case Section::Notify:
        in.text(state.notify.socket);
        in.number(state.notify.watchdog_usec);
        in.flag(state.notify.tell_pid);
        break;
    }
}

} // namespace

std::vector<int> HostState::descriptors() const
{
    std::vector<int> all{previous, control, pidfile};
    for (const Group &group : groups) all.insert(all.end(), group.sockets.begin(), group.sockets.end());
    for (const Worker &worker : workers) all.insert(all.end(), {worker.process, worker.channel, worker.page});
    for (const Waiter &waiter : waiters) all.push_back(waiter.socket);
    all.insert(all.end(), inherited.begin(), inherited.end());
    std::erase_if(all, [](int fd) { return fd < 0; });
    return all;
}

std::string encode_state(const HostState &state)
{
    WireWriter out;
    out.number(kMagic);
    add(out, Section::Host, [&state](WireWriter &to) {
        to.text(state.version);
        to.number(state.generation);
        to.number(state.started_at);
        to.number(state.begun_at);
        to.number(state.previous);
        to.text(state.failure);
        to.number(state.failure_status);
        to.number(state.umask);
    });
    for (const HostState::Group &group : state.groups) {
        add(out, Section::Group, [&group](WireWriter &to) {
            to.text(group.key);
            to.text(group.bound);
            to.text(group.endpoint);
            to.number(static_cast<std::uint8_t>(group.shared));
            write_numbers(to, group.sockets);
        });
    }
    for (const HostState::Worker &worker : state.workers)
        add(out, Section::Worker, [&worker](WireWriter &to) { write_worker(to, worker); });
    for (const HostState::Waiter &waiter : state.waiters) {
        add(out, Section::Waiter, [&waiter](WireWriter &to) {
            to.number(waiter.socket);
            to.text(waiter.id);
        });
    }
    add(out, Section::Inherited, [&state](WireWriter &to) { write_numbers(to, state.inherited); });
    add(out, Section::Control, [&state](WireWriter &to) {
        to.number(state.control);
        to.text(state.control_path);
    });
    add(out, Section::Pidfile, [&state](WireWriter &to) {
        to.number(state.pidfile);
        to.text(state.pidfile_path);
    });
    add(out, Section::Notify, [&state](WireWriter &to) {
        to.text(state.notify.socket);
        to.number(state.notify.watchdog_usec);
        to.number(static_cast<std::uint8_t>(state.notify.tell_pid));
    });
    return out.bytes();
}

Result<HostState> decode_state(std::string_view bytes)
{
    const auto spoiled = [](const char *why) { return Error{Status::PluginFailed, std::string("host state: ") + why}; };
    WireReader in(bytes);
    std::uint32_t magic = 0;
    in.number(magic);
    if (in.bad() || magic != kMagic) return spoiled("expected the state of a running host, got other bytes");
    HostState state;
    while (!in.bad() && !in.at_end()) {
        Section section{};
        std::string content;
        in.number(section);
        in.text(content);
        if (in.bad()) break;
        WireReader inner(content);
        read_section(state, section, inner);
        if (inner.bad()) return spoiled("a section contradicts itself or is cut off");
    }
    if (in.bad()) return spoiled("it is cut off");
    return state;
}

} // namespace hawser::host
