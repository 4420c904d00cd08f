// Notes where a worker crashes, in its status page, and lets it crash then: the signal ends the process as it would
// have, so that core dumps and debuggers see what they always see.
#pragma once

#include "seam/crash_record.hpp"

#include <cstddef>

namespace hawser::host {

// A stack of its own for the signal handlers of one thread: without it, one that has used its stack up dies unnoticed.
// Made and destroyed on that thread.
class SignalStack {
public:
    SignalStack();
    ~SignalStack();
    SignalStack(const SignalStack &) = delete;
    SignalStack &operator=(const SignalStack &) = delete;

private:
    void *memory_ = nullptr;
};

// For the whole process, from now on; `record` outlives it. Not under a sanitizer, which reports by itself.
void watch_for_crashes(CrashRecord &record);
// The libraries that are loaded now, so that addresses can be told by name.
void note_modules(CrashRecord &record);

} // namespace hawser::host
