// What a supervisor leaves to the program that takes its place by exec: a sealed memory file beside the descriptors
// that stay open. Read by the version before and after: unknown sections and members are passed over, absent ones are
// empty.
#pragma once

#include "base/endpoint.hpp"
#include "base/result.hpp"
#include "config/plan.hpp"
#include "supervisor/notify.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace hawser::host {

// Descriptors are numbers in here: they are open in the process that reads this, and belong to whoever takes them.
struct HostState {
    struct Group { // of SocketStore
        std::string key, bound, endpoint;
        bool shared = false;
        std::vector<int> sockets;
    };
    struct Worker {
        CompartmentPlan plan;
        std::uint64_t generation = 0, started_at = 0, ready_at = 0, since_wall = 0;
        std::uint32_t state = 0;   // WorkerHandle::State
        std::uint64_t kill_at = 0; // monotonic; 0: no deadline
        bool retiring = false, served = false;
        std::int32_t pid = 0, process = -1, channel = -1, page = -1;
    };
    struct Waiter { // a client of the control socket that waits for the end of this
        std::int32_t socket = -1;
        std::string id; // JSON
    };

    std::string version; // of the program that wrote it
    std::uint64_t generation = 0, started_at = 0, begun_at = 0;
    std::int32_t previous = -1; // the program that ran before: back to it if this one cannot serve
    std::string failure;        // … and it could not: why
    std::int32_t failure_status = 0;
    std::uint32_t umask = 022; // that the host was started with
    std::vector<Group> groups;
    std::vector<Worker> workers;
    std::vector<Waiter> waiters;
    std::vector<int> inherited; // sockets that the host was started with, under their numbers
    std::int32_t control = -1, pidfile = -1;
    std::string control_path, pidfile_path;
    NotifySettings notify;

    std::vector<int> descriptors() const; // all of them
};

std::string encode_state(const HostState &state);
Result<HostState> decode_state(std::string_view bytes);

} // namespace hawser::host
