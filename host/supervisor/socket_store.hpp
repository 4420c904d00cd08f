// The listening sockets, kept over generations and crashes: nothing in an accept queue is lost when a worker dies or is
// replaced. For the supervisor's thread.
#pragma once

#include "config/plan.hpp"
#include "net/inherited.hpp"
#include "net/listen.hpp"
#include "seam/channel.hpp"
#include "supervisor/host_state.hpp"

#include <functional>
#include <map>
#include <set>
#include <string>
#include <vector>

namespace hawser::host {

struct BindFailure {
    Position at;
    Error error;
};

class SocketStore {
public:
    using Connect = std::function<Result<Fd>()>;
    // `inherited`: for systemd: and fd:; outlives this. Null: there is none of them. `stdio`: makes the connection of
    // stdio:, which the first worker gets that serves it.
    explicit SocketStore(const InheritedSockets *inherited = nullptr, Connect stdio = {})
        : inherited_(inherited)
        , stdio_(std::move(stdio))
    {}
    ~SocketStore();

    // Opens what `plan` names and is not open yet. On failure nothing that was open before has changed.
    std::vector<BindFailure> open(const HostPlan &plan);
    // Closes what `plan` does not name, and all. Whoever has duplicates goes on accepting until it closes them too.
    void keep_only(const HostPlan &plan);
    void close_all();
    // The addresses of a compartment that `plan` does not name.
    static std::vector<ListenerAddress> unserved(const CompartmentPlan &compartment, const HostPlan &plan);

    // Duplicates of a compartment's sockets for its worker; the connection of stdio: itself.
    Result<std::vector<PassedSocket>> pass(const CompartmentPlan &compartment);

    // For the program that takes the place of this one, and from the one before. The connection of stdio: is not among
    // them.
    std::vector<HostState::Group> leave() const;
    void adopt(const std::vector<HostState::Group> &groups);

    struct Bound {
        std::string listener, address, protocol;
    };
    std::vector<Bound> bound(const HostPlan &plan) const; // those that are open

private:
    static std::string key(const ListenerPlan &listener, std::size_t address);
    static std::set<std::string> keys(const HostPlan &plan);
    Result<ListenGroup> make(const Endpoint &endpoint, const ListenOptions &options, unsigned loops) const;

    const InheritedSockets *inherited_;
    Connect stdio_;
    std::map<std::string, ListenGroup> groups_;
};

} // namespace hawser::host
