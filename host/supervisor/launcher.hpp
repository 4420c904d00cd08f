// Starts workers: in processes of their own, or with --single on threads of this one. A running worker is known by its
// channel, its status page, and a descriptor that can be read once it has ended.
#pragma once

#include "base/log.hpp"
#include "base/result.hpp"
#include "seam/channel.hpp"
#include "seam/snapshot.hpp"
#include "seam/status_page.hpp"

#include <functional>
#include <memory>
#include <optional>
#include <string>

namespace hawser::host {

struct WorkerEnd {
    int signal = 0; // that ended the process, or 0
    int status = 0; // exit status
};

class RunningWorker {
public:
    virtual ~RunningWorker() = default;
    virtual int ended_fd() const = 0; // readable once it has ended
    virtual WorkerEnd reap() = 0;     // REQUIRES: it has ended
    // At once. A thread cannot be ended from outside: its process ends, with `single`.
    virtual void kill(Status single) = 0;
    virtual int pid() const = 0;
};

struct Launched {
    std::unique_ptr<RunningWorker> worker;
    std::unique_ptr<Channel> channel; // our end
    StatusPage page;
};

// What a worker writes to: descriptors of the supervisor, which keeps them.
struct WorkerFiles {
    int log = 2;            // of the snapshot's log_format
    int standard_error = 2; // what libraries and sanitizers print; the log itself where that is a file
    int access = -1;        // -1: off
    bool operator==(const WorkerFiles &) const = default;
};

class Launcher {
public:
    virtual ~Launcher() = default;
    virtual Result<Launched> launch(const Snapshot &snapshot, const WorkerFiles &files) = 0;
};

// Into the root directory of the configuration, if there is one: once plugins are loaded and services started.
using EnterRoot = std::function<Result<void>()>;

// What a worker is (host/worker): given by whoever composes the program, since the supervisor knows no worker.
using RunWorker = std::function<Status(const Snapshot &, Channel &, StatusPage &, Log &, const EnterRoot &)>;

// Executes this program's own file, by descriptor.
Result<std::unique_ptr<Launcher>> process_launcher();
std::unique_ptr<Launcher> thread_launcher(Log &log, RunWorker run, EnterRoot enter);

// A child of this process that was a worker before exec. `process`: of its pidfd.
std::unique_ptr<RunningWorker> adopt_process(int pid, Fd process);

// The other side of process_launcher: the hidden command `worker`.
Status worker_main(const RunWorker &run);

} // namespace hawser::host
