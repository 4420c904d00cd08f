// Finds plugins without running them: scans directories, checks trust, reads the manifest from each file's ELF note.
// Every file that ends in .so is either usable or refused with a reason; one bad file hides no good one.
#pragma once

#include "config/load.hpp"

#include <string>
#include <vector>

namespace hawser::host {

// In the order of `directories`, within one by name. A directory that cannot be read is itself an entry with a reason.
// Duplicate names: all but none win: each is refused, its reason naming both paths.
std::vector<FoundPlugin> find_plugins(const std::vector<std::string> &directories);

// One file, by the same rules (no duplicates known).
FoundPlugin inspect_plugin(const std::string &path);

// Why this host cannot speak with a plugin of this manifest, and what to do, or "".
std::string wrong_abi(const Manifest &manifest);

} // namespace hawser::host
