// Looks at the loops of all workers that serve: one that has been in a call of a plugin for 100 ms is told of, with the
// plugin and where its code is; one that stays there longer than the limit is replaced. The workers do nothing for it:
// what is looked at is in their status pages. For the supervisor's thread.
#pragma once

#include "base/log.hpp"
#include "supervisor/events.hpp"
#include "supervisor/fleet.hpp"

#include <cstdint>
#include <map>
#include <string>
#include <utility>

namespace hawser::host {

class StallWatch {
public:
    static constexpr std::uint64_t kStall = 100'000'000; // ns in one turn of a loop
    StallWatch(Events &events, Fleet &fleet, Log &log, std::uint64_t limit_ns);
    ~StallWatch();
    StallWatch(const StallWatch &) = delete;
    StallWatch &operator=(const StallWatch &) = delete;

    void set_limit(std::uint64_t limit_ns) { limit_ = limit_ns; } // 0: none

private:
    struct Stall {
        std::uint64_t turn = 0;    // of the loop
        std::uint32_t answers = 0; // how many frames had been told before this was asked for
        std::uint64_t lasted = 0;  // ns that it was seen
        std::string in;            // the call
        bool asked = false, told = false;
    };
    void look();
    void look_at(WorkerHandle &worker);
    void look_at(WorkerHandle &worker, unsigned loop);
    void ask(WorkerHandle &worker, unsigned loop, Stall &stall);
    void tell(WorkerHandle &worker, unsigned loop, Stall &stall);
    void replace(WorkerHandle &worker, unsigned loop, const Stall &stall);

    Events &events_;
    Fleet &fleet_;
    Log &log_;
    std::uint64_t limit_;
    std::uint64_t looked_, step_ = 0;                  // when it last looked, and what counts since the look before
    std::map<std::pair<int, unsigned>, Stall> stalls_; // by the worker's process and the loop
    Events::Id timer_ = 0;
};

} // namespace hawser::host
