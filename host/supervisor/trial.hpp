// The first half of an upgrade: the program that is on disk now is run once beside the host, to say whether it could
// take its place. It reads the state and the configuration and creates everything in throwaway workers, without
// sockets.
#pragma once

#include "base/exit_status.hpp"
#include "base/fd.hpp"
#include "base/result.hpp"
#include "config/load.hpp"
#include "supervisor/events.hpp"

#include <cstdint>
#include <functional>
#include <iosfwd>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace hawser::host {

struct TrialVerdict {
    bool passed = false;
    std::string why; // what it said, or how it ended
};

class Trial {
public:
    // `binary`: the program, opened; `state`: the memory file. told() comes once, from the event loop.
    static Result<std::unique_ptr<Trial>> start(Events &events, int binary, int state, std::uint64_t timeout_ns,
                                                std::function<void(const TrialVerdict &)> told);
    ~Trial(); // ends it
    int pid() const { return pid_; }

private:
    Trial(Events &events, int pid, Fd process, Fd words, std::function<void(const TrialVerdict &)> told);
    void hear();
    void ended();
    void end_group();

    Events &events_;
    int pid_;
    Fd process_, words_;
    std::string said_;
    bool late_ = false, reaped_ = false;
    std::function<void(const TrialVerdict &)> told_;
    Events::Id on_end_ = 0, on_words_ = 0, on_late_ = 0;
};

// The other side: what such a program does. `loaded`: its configuration.
Status try_to_take_over(const Loaded &loaded, int state, std::ostream &out, std::ostream &err);

} // namespace hawser::host
