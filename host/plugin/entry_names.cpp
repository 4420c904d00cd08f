// Tests: tests/unit/plugin/entry_names_test.cpp
#include "plugin/entry_names.hpp"

#include "hawser/abi.h"

#include <array>

namespace hawser::host {

std::string_view entry_name(std::uint32_t entry, std::string_view role)
{
    constexpr std::array<std::string_view, 7> kKind{"",      "share",  "unshare", "create", "get_interface",
                                                    "drain", "destroy"};
    constexpr std::array<std::string_view, 9> kSession{"",         "on_open",  "on_data", "on_drained", "on_eof",
                                                       "on_timer", "on_drain", "park",    "on_close"};
    constexpr std::array<std::string_view, 5> kHandler{"", "on_body", "on_body_end", "on_drained", "on_close"};
    constexpr std::array<std::string_view, 6> kReceiver{"",         "on_open",    "on_datagram",
                                                        "on_error", "on_drained", "on_close"};
    constexpr std::array<std::string_view, 3> kProcess{"", "on_exit", "on_errors"};
    constexpr std::uint32_t kFirstReceiver = 160, kFirstProcess = 168, kReady = 177;
    constexpr std::array<std::string_view, 6> kOthers{"complete", "post",  "release",
                                                      "work",     "entry", "static initializers"};
    constexpr std::uint32_t kFirstOther = 192;
    static_assert(kInitializers == kFirstOther + kOthers.size() - 1);
    if (entry >= 1 && entry < kKind.size()) return kKind[entry];
    if (entry == 7) return role == HAWSER_PROTOCOL ? "open" : role == HAWSER_SERVICE ? "start" : "on_request";
    if (entry == 8) return "stop";
    if (entry > 64 && entry < 64 + kSession.size()) return kSession[entry - 64];
    if (entry > 128 && entry < 128 + kHandler.size()) return kHandler[entry - 128];
    if (entry > kFirstReceiver && entry < kFirstReceiver + kReceiver.size()) return kReceiver[entry - kFirstReceiver];
    if (entry > kFirstProcess && entry < kFirstProcess + kProcess.size()) return kProcess[entry - kFirstProcess];
    if (entry == kReady) return "on_ready";
    if (entry >= kFirstOther && entry < kFirstOther + kOthers.size()) return kOthers[entry - kFirstOther];
    return "a callback";
}

} // namespace hawser::host
