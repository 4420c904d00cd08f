// Tests: tests/unit/supervisor/socket_store_test.cpp
#include "supervisor/socket_store.hpp"

#include <fcntl.h>

#include <cerrno>

namespace hawser::host {
namespace {

ListenOptions options_of(const SocketOptions &socket)
{
    const int mode = socket.mode == SocketOptions().mode ? -1 : static_cast<int>(socket.mode);
    return {socket.backlog, socket.send_buffer, socket.receive_buffer, socket.no_delay,
            mode,           socket.owner,       socket.group};
}

} // namespace

SocketStore::~SocketStore() { close_all(); }

void SocketStore::close_all()
{
    for (const auto &[name, group] : groups_) unlink_group(group);
    groups_.clear();
}

// An address with a fixed port is the same socket whoever names it; port 0 is another one for each place that asks.
std::string SocketStore::key(const ListenerPlan &listener, std::size_t address)
{
    const Endpoint &endpoint = listener.addresses[address];
    if (endpoint.scheme != Endpoint::Scheme::Tcp || endpoint.port != 0) return endpoint.text();
    return endpoint.text() + ' ' + listener.name + ' ' + std::to_string(address);
}

Result<ListenGroup> SocketStore::make(const Endpoint &endpoint, const ListenOptions &options, unsigned loops) const
{
    const bool comes_along = endpoint.scheme == Endpoint::Scheme::Systemd || endpoint.scheme == Endpoint::Scheme::Fd;
    if (comes_along && inherited_ != nullptr) return inherited_->group(endpoint, options);
    if (endpoint.scheme == Endpoint::Scheme::Stdio && stdio_) {
        auto connection = stdio_();
        if (!connection) return std::move(connection.error());
        ListenGroup group;
        group.shared = group.once = true;
        group.bound = endpoint.text();
        group.endpoint = endpoint;
        group.sockets.push_back(std::move(*connection));
        return group;
    }
    return listen_on(endpoint, options, loops);
}

std::vector<BindFailure> SocketStore::open(const HostPlan &plan)
{
    std::vector<BindFailure> failures;
    std::vector<std::string> opened;
    for (const CompartmentPlan &compartment : plan.compartments) {
        for (const ListenerPlan &listener : compartment.listeners) {
            for (std::size_t i = 0; i < listener.addresses.size(); ++i) {
                const ListenOptions options = options_of(listener.socket);
                const std::string name = key(listener, i);
                if (const auto open = groups_.find(name); open != groups_.end()) {
                    renew_options(open->second, options);
                    if (auto added = add_sockets(open->second, options, compartment.loops); !added)
                        failures.push_back({listener.origins[i], added.error()});
                    if (auto set = set_path_rights(open->second.endpoint, options); !set)
                        failures.push_back({listener.origins[i], set.error()});
                    continue;
                }
                auto group = make(listener.addresses[i], options, compartment.loops);
                if (!group) {
                    failures.push_back({listener.origins[i], group.error()});
                    continue;
                }
                groups_.emplace(name, std::move(*group));
                opened.push_back(name);
            }
        }
    }
    if (failures.empty()) return failures;
    for (const std::string &name : opened) {
        unlink_group(groups_.at(name));
        groups_.erase(name);
    }
    return failures;
}

std::set<std::string> SocketStore::keys(const HostPlan &plan)
{
    std::set<std::string> named;
    for (const CompartmentPlan &compartment : plan.compartments) {
        for (const ListenerPlan &listener : compartment.listeners) {
            for (std::size_t i = 0; i < listener.addresses.size(); ++i) named.insert(key(listener, i));
        }
    }
    return named;
}

std::vector<ListenerAddress> SocketStore::unserved(const CompartmentPlan &compartment, const HostPlan &plan)
{
    const std::set<std::string> named = keys(plan);
    std::vector<ListenerAddress> all;
    for (std::uint32_t l = 0; l < compartment.listeners.size(); ++l) {
        const ListenerPlan &listener = compartment.listeners[l];
        for (std::uint32_t a = 0; a < listener.addresses.size(); ++a) {
            if (named.count(key(listener, a)) == 0) all.push_back({l, a});
        }
    }
    return all;
}

void SocketStore::keep_only(const HostPlan &plan)
{
    const std::set<std::string> named = keys(plan);
    for (auto group = groups_.begin(); group != groups_.end();) {
        if (named.count(group->first) > 0) {
            ++group;
            continue;
        }
        unlink_group(group->second);
        group = groups_.erase(group);
    }
}

Result<std::vector<PassedSocket>> SocketStore::pass(const CompartmentPlan &compartment)
{
    std::vector<PassedSocket> passed;
    for (std::uint32_t l = 0; l < compartment.listeners.size(); ++l) {
        const ListenerPlan &listener = compartment.listeners[l];
        for (std::uint32_t a = 0; a < listener.addresses.size(); ++a) {
            const auto found = groups_.find(key(listener, a));
            if (found == groups_.end())
                return Error{Status::System, listener.addresses[a].text() + ": its sockets are closed"};
            ListenGroup &group = found->second;
            for (std::uint32_t loop = 0; loop < group.sockets.size(); ++loop) {
                Fd fd(::fcntl(group.sockets[loop].get(), F_DUPFD_CLOEXEC, 3));
                if (!fd) return system_error("cannot pass a listening socket", errno);
                passed.push_back({l, a, loop, group.shared, group.bound, std::move(fd)});
            }
            if (group.once) group.sockets.clear();
        }
    }
    return passed;
}

std::vector<HostState::Group> SocketStore::leave() const
{
    std::vector<HostState::Group> left;
    for (const auto &[name, group] : groups_) {
        HostState::Group &each = left.emplace_back();
        each.key = name;
        each.bound = group.bound;
        each.endpoint = group.endpoint.text();
        each.shared = group.shared;
        for (const Fd &socket : group.sockets) each.sockets.push_back(socket.get());
    }
    return left;
}

void SocketStore::adopt(const std::vector<HostState::Group> &groups)
{
    for (const HostState::Group &each : groups) {
        ListenGroup group;
        group.bound = each.bound;
        group.shared = each.shared;
        if (auto endpoint = parse_listen_endpoint(each.endpoint)) group.endpoint = std::move(*endpoint);
        for (const int socket : each.sockets) group.sockets.emplace_back(socket);
        groups_.insert_or_assign(each.key, std::move(group));
    }
}

std::vector<SocketStore::Bound> SocketStore::bound(const HostPlan &plan) const
{
    std::vector<Bound> all;
    for (const CompartmentPlan &compartment : plan.compartments) {
        for (const ListenerPlan &listener : compartment.listeners) {
            for (std::size_t i = 0; i < listener.addresses.size(); ++i) {
                const auto group = groups_.find(key(listener, i));
                if (group != groups_.end())
                    all.push_back({listener.name, group->second.bound, compartment.nodes[listener.node].kind});
            }
        }
    }
    return all;
}

} // namespace hawser::host
