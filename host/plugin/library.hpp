// A loaded plugin library. Opened with RTLD_NOW | RTLD_LOCAL through Boost.DLL and never closed: what it handed out
// lives as long as the process. Opening runs the library's constructors: only workers do it.
#pragma once

#include "base/result.hpp"

#include <string>

struct hawser_plugin;
struct hawser_host;
struct hawser_error;

namespace hawser::host {

using PluginEntry = const hawser_plugin *(*)(const hawser_host *, hawser_error *);

// The address of the plugin's one exported function. Errors: PluginFailed, with the loader's own words; `shown` is the
// file as people know it.
Result<PluginEntry> open_plugin(const std::string &path, const std::string &shown);

} // namespace hawser::host
