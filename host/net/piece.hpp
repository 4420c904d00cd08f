// Bytes to send, and why a connection ended. Same shapes and numbers as in the plugin boundary (sdk: hawser/abi.h),
// which this layer does not know; host/bridge asserts that they agree.
#pragma once

#include <cstddef>
#include <cstdint>

namespace hawser::host {

// Without `release` the bytes are copied before the call returns; with it they are sent from where they lie and
// release(ctx) runs exactly once when they are no longer needed, also when the call is refused.
struct Piece {
    const char *p = nullptr;
    std::size_t n = 0;
    void (*release)(void *ctx) = nullptr;
    void *ctx = nullptr;

    void done() const noexcept // one that throws ends the process: what was half sent cannot be mended
    {
        if (release != nullptr) release(ctx);
    }
};

enum class Outcome : std::int32_t {
    Ok = 0,
    Full = 2, // taken, but above the high mark
    Closed = -1,
    Reset = -2,
    TimedOut = -3,
    Cancelled = -4,
    Refused = -5,
    Limit = -6,
    Invalid = -7,
    Unsupported = -8,
    NotFound = -9,
    Moved = -11, // to another process
    Failed = -12,
};

enum class CloseHow : std::uint32_t { Shutdown = 1, Close = 2, Linger = 3, Abort = 4 };

} // namespace hawser::host
