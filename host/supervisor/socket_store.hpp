// The listening sockets, kept over generations and crashes: nothing in an accept queue is lost when a worker dies or is
// replaced. For the supervisor's thread.
#pragma once

#include "config/plan.hpp"
#include "net/listen.hpp"
#include "seam/channel.hpp"

#include <map>
#include <string>
#include <vector>

namespace hawser::host {

struct BindFailure {
    Position at;
    Error error;
};

class SocketStore {
public:
    ~SocketStore();

    // Opens what `plan` names and is not open yet. On failure nothing that was open before has changed.
    std::vector<BindFailure> open(const HostPlan &plan);
    // Closes what `plan` does not name; call it once nobody accepts from there any more.
    void keep_only(const HostPlan &plan);

    // Duplicates of a compartment's sockets for its worker.
    Result<std::vector<PassedSocket>> pass(const CompartmentPlan &compartment) const;

    struct Bound {
        std::string listener, address, protocol;
    };
    std::vector<Bound> bound(const HostPlan &plan) const;

private:
    static std::string key(const ListenerPlan &listener, std::size_t address);
    std::map<std::string, ListenGroup> groups_;
};

} // namespace hawser::host
