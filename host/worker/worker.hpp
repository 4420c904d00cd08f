// All that a worker is. run_worker binds nothing, reads no TOML, handles no process signal: it is told everything by
// its snapshot and its channel. The supervisor runs it in a process of its own (`hawser worker`) or, with --single, on
// a thread of the only process.
#pragma once

#include "base/log.hpp"
#include "seam/channel.hpp"
#include "seam/snapshot.hpp"
#include "seam/status_page.hpp"

#include <functional>

namespace hawser::host {

// Serves until it is told to drain or stop, or the channel ends (then it drains within 5 seconds). Returns the exit
// status. Blocks; needs no other thread of the caller. `page` outlives the call; so does `log`.
// `enter`: into the root directory of the configuration, once all is loaded and started, before Ready.
Status run_worker(const Snapshot &snapshot, Channel &channel, StatusPage &page, Log &log,
                  const std::function<Result<void>()> &enter);

} // namespace hawser::host
