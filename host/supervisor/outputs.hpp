// What the host writes to: events, and a line for each request. Opened here, by the supervisor alone, and passed to the
// workers. For the supervisor's thread.
#pragma once

#include "base/fd.hpp"
#include "base/log.hpp"
#include "base/result.hpp"
#include "config/plan.hpp"
#include "supervisor/launcher.hpp"

#include <string>
#include <vector>

namespace hawser::host {

// Where the log daemons of this machine listen.
struct LogDaemons {
    std::string syslog = "/dev/log";
    std::string journal = "/run/systemd/journal/socket";
};

class Outputs {
public:
    explicit Outputs(LogDaemons daemons = {})
        : daemons_(std::move(daemons))
    {}

    // `detached`: workers that print something have no terminal for it. Errors name the key and the path.
    Result<void> open(const LogPlan &plan, bool detached);

    LogSettings log() const; // "auto" resolved
    WorkerFiles files() const;

    struct Reopened {
        std::vector<std::string> paths;
        std::vector<Error> failed; // the old file stays
        bool log = false, access = false;
    };
    // Opens the files anew, under the same descriptors.
    Reopened reopen();
    // Connects anew, under the same descriptor, where the socket at the daemon's path is another one than before: it
    // was restarted. True: it did.
    bool follow();
    bool follows() const { return is_datagram(log().format); }

private:
    Result<void> connect_to(const std::string &key, const std::string &path);

    LogDaemons daemons_;
    LogPlan plan_;
    Fd log_, access_; // a file or a socket; a file
    Fd null_;
    std::string daemon_; // path of the socket in use
    std::string seen_;   // which socket it was
    bool detached_ = false;
};

} // namespace hawser::host
