// Numbers of the functions that the host calls, as they stand in a crumb (sdk: hawser/abi.h, HAWSER_CRUMB).
#pragma once

#include "hawser/abi.h"

#include <cstdint>

namespace hawser::host::crumb {

inline constexpr std::uint32_t kShare = 1, kUnshare = 2, kCreate = 3, kGetInterface = 4, kDrain = 5, kDestroy = 6;
inline constexpr std::uint32_t kOpen = 7;             // hawser_protocol
inline constexpr std::uint32_t kStart = 7, kStop = 8; // hawser_service
inline constexpr std::uint32_t kSessionOpen = 65, kSessionData = 66, kSessionDrained = 67, kSessionEof = 68,
                               kSessionTimer = 69, kSessionDrain = 70, kSessionPark = 71, kSessionClose = 72;
inline constexpr std::uint32_t kReceiver = 160;                                // + n: hawser_receiver
inline constexpr std::uint32_t kProcess = 168;                                 // + n: hawser_process_events
inline constexpr std::uint32_t kReady = 176;                                   // + 1: what hawser_ready.watch was given
inline constexpr std::uint32_t kComplete = 192, kPosted = 193, kRelease = 194; // and plugin/entry_names.hpp

// The crumb of a call into a plugin, for as long as the call lasts.
class Left {
public:
    Left(hawser_loop &loop, std::uint32_t tag, std::uint32_t entry)
        : loop_(loop)
        , was_(hawser_enter(&loop, HAWSER_CRUMB(tag, entry)))
    {}
    ~Left() { hawser_enter(&loop_, was_); }
    Left(const Left &) = delete;
    Left &operator=(const Left &) = delete;

private:
    hawser_loop &loop_;
    std::uint32_t was_;
};

} // namespace hawser::host::crumb
