// Listening sockets that the process was started with: by number ("fd:3"), or by the name that systemd gave them
// (sd_listen_fds(3): LISTEN_PID, LISTEN_FDS, LISTEN_FDNAMES). They are kept for the life of the host, so that a
// listener that a reload removes can come back.
#pragma once

#include "base/endpoint.hpp"
#include "net/listen.hpp"

#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace hawser::host {

class InheritedSockets {
public:
    // Owns every listening stream socket that is open now, and closes it on exec from now on: before the process opens
    // any of its own. `variable` is the environment's.
    // `others`: descriptors that are somebody else's.
    static InheritedSockets take(const std::function<std::optional<std::string>(const std::string &)> &variable,
                                 const std::set<int> &others = {});
    std::vector<int> descriptors() const; // their numbers

    // Duplicates, shared by all loops, for an endpoint systemd: or fd:. Errors: System, if there is none; the text
    // begins with the address.
    Result<ListenGroup> group(const Endpoint &endpoint, const ListenOptions &options) const;

private:
    Result<ListenGroup> missing(const Endpoint &endpoint) const;
    std::map<int, Fd> sockets_; // by the number that they came with
    std::multimap<std::string, int> names_;
};

} // namespace hawser::host
