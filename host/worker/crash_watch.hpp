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

// Before the first call into a plugin, in every mode: the unwinder of this program gets what it looks at first. A
// plugin with an unwinder of its own ends the process otherwise when it throws, as does a handler that has to load one.
void prepare_unwinder();
// For the whole process, from now on; the records outlive it. Crashes are not watched for under a sanitizer, which
// reports by itself.
void watch_for_crashes(CrashRecord &record);
// A worker that can have no more memory ends, as a crash where it asked for more: nothing in it could go on. For all
// that allocates by this program's C++ runtime. After watch_for_crashes.
void crash_without_memory();
// A call of exit that is not the worker's own end is one too, where it was called; from now on and, since what is
// registered last is called first, once more when plugins are loaded, before their destructors of static objects.
void crash_at_exit();
// The worker's own end follows.
void expect_exit();
// Answers stall_signal() with where the thread is that it is sent to.
void answer_for_stalls(StallRecord &record);
// The libraries that are loaded now, so that addresses can be told by name.
void note_modules(CrashRecord &record);

} // namespace hawser::host
