// What a worker that crashes leaves in the status page: where, and how it came there. Written by the signal handler of
// worker/crash_watch.hpp; whoever reads it believes none of it, and copies it first.
#pragma once

#include <csignal>
#include <cstdint>

namespace hawser::host {

// Above those that the C library keeps for itself.
inline int stall_signal() { return SIGRTMIN + 7; }

struct CrashModule {
    static constexpr std::uint32_t kMostPath = 232;
    std::uint64_t begin, end; // addresses of its code
    std::uint64_t bias;       // what is added to the addresses of its file
    char path[kMostPath];     // with its NUL; longer ones are cut
};

// Where a loop's thread was when the supervisor asked for it, by the signal kStallSignal.
struct StallRecord {
    static constexpr std::uint32_t kMostFrames = 48;
    std::uint32_t answers; // there is somebody who writes here; else the signal would end the worker
    std::uint32_t count;   // of answers; written last
    std::uint32_t frames, reserved;
    std::uint64_t frame[kMostFrames];
};

struct CrashRecord {
    static constexpr std::uint32_t kMostFrames = 48, kMostModules = 96;
    // Ended by itself, as a crash: it could have no more memory; a plugin called exit.
    static constexpr std::uint32_t kNoMemory = 1, kExit = 2;
    std::uint32_t state; // 0: none; 1: signal and instruction; 2: the frames too. Written last
    std::int32_t signal, code;
    std::uint32_t frames;
    std::uint64_t address;     // that could not be accessed
    std::uint64_t instruction; // that did it
    std::uint64_t frame[kMostFrames];
    std::uint32_t modules; // once plugins are loaded
    std::uint32_t cause;   // kNoMemory, kExit, or 0: what `signal` says
    std::int32_t thread;   // its kernel id
    std::uint32_t reserved;
    CrashModule module[kMostModules];
};

} // namespace hawser::host
