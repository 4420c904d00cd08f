// What a worker is told at start: one value in a sealed memfd. A versioned binary format with a bounds-checked reader;
// supervisor and worker are of the same build or one version apart, so unknown trailing members are skipped.
#pragma once

#include "base/fd.hpp"
#include "base/result.hpp"
#include "config/plan.hpp"

#include <cstdint>

namespace hawser::host {

struct Snapshot {
    std::uint64_t generation = 0;
    std::uint64_t drain_timeout_ns = 0;
    Level log_level = Level::Info;
    LogFormat log_format = LogFormat::Text;          // "auto" is already resolved
    AccessFormat access = AccessFormat::Off;         // its file comes as an Output
    bool single = false;                             // the worker shares its process with the supervisor
    std::uint64_t start_timeout_ns = 30'000'000'000; // of each service
    bool rehearses = false;                          // ready once all is created; starts nothing
    CompartmentPlan compartment;
    bool checks = false; // abi_check
};

Result<Fd> write_snapshot(const Snapshot &snapshot); // a memfd sealed against any change
Result<Snapshot> read_snapshot(int fd);              // never trusts a length; the seals are verified

} // namespace hawser::host
