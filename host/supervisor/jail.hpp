// A way into another root directory for a process that has no privileges any more: a child that shares only the view of
// the file system with it (CLONE_FS), runs no code but its own, may do nothing but change roots, and ends when it did.
#pragma once

#include "base/fd.hpp"
#include "base/result.hpp"

#include <string>

namespace hawser::host {

class Jail {
public:
    Jail() = default;
    ~Jail(); // a child that was not asked ends
    Jail(Jail &&) = delete;

    // Starts the child. REQUIRES: this process has its privileges, and one thread. `inside`: the working directory in
    // the new root. Errors: System.
    Result<void> prepare(const std::string &root, const std::string &inside);
    // Changes the root and the working directory of the whole process, once; nothing where none was prepared.
    Result<void> enter();

private:
    std::string root_;
    Fd socket_;
    int child_ = -1;
};

} // namespace hawser::host
