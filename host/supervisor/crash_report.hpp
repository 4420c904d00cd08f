// A crash in words: one file for each, and what the log says of it.
#pragma once

#include "supervisor/launcher.hpp"
#include "supervisor/worker_handle.hpp"

#include <string>
#include <utility>
#include <vector>

namespace hawser::host {

// Fields for the log: "at" (the place in the library that crashed) and "report" (the path of the file that was written
// to `directory`, which is made; the newest kMostReports stay). Empty where the worker left no record: it was killed,
// or ended by itself. What a worker left is not believed: every number and text of it is checked.
inline constexpr std::size_t kMostReports = 50;
std::vector<std::pair<std::string, std::string>> report_crash(WorkerHandle &worker, const WorkerEnd &end,
                                                              const std::string &directory, const std::string &config);

} // namespace hawser::host
