// The file with the process id of the host: locked while it lives, so that a stale one is told from one in use.
#pragma once

#include "base/fd.hpp"
#include "base/result.hpp"

#include <string>

namespace hawser::host {

class Pidfile {
public:
    Pidfile() = default;
    ~Pidfile(); // removes it, unless another process has put its own there
    Pidfile(const Pidfile &) = delete;
    Pidfile &operator=(const Pidfile &) = delete;

    // Locks `path` and writes this process's id; whoever reads sees the old file or the new one, whole. Errors: System
    // (a live process has it, and which; no directory; a file system that is read-only), NotPermitted.
    Result<void> take(const std::string &path);

    // The one that the program before this one took, in this process; its lock is held still.
    void adopt(const std::string &path, Fd file);
    int file() const { return file_.get(); } // -1: none
    const std::string &path() const { return path_; }

private:
    std::string path_;
    Fd file_;
};

} // namespace hawser::host
