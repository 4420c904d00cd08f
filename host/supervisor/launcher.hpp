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
    virtual void kill() = 0;          // at once; a thread cannot be, and is told to stop instead
    virtual int pid() const = 0;
};

struct Launched {
    std::unique_ptr<RunningWorker> worker;
    std::unique_ptr<Channel> channel; // our end
    StatusPage page;
};

class Launcher {
public:
    virtual ~Launcher() = default;
    virtual Result<Launched> launch(const Snapshot &snapshot) = 0;
};

// What a worker is (host/worker): given by whoever composes the program, since the supervisor knows no worker.
using RunWorker = std::function<Status(const Snapshot &, Channel &, StatusPage &, Log &)>;

// `log_fd` becomes the workers' standard error. Executes this program's own file, by descriptor.
Result<std::unique_ptr<Launcher>> process_launcher(int log_fd);
std::unique_ptr<Launcher> thread_launcher(Log &log, RunWorker run);

// The other side of process_launcher: the hidden command `worker`.
Status worker_main(const RunWorker &run);

} // namespace hawser::host
