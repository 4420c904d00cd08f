// Tests: tests/unit/plugin/catalogue_test.cpp
#include "plugin/library.hpp"

#include <boost/dll/shared_library.hpp>
#include <boost/dll/shared_library_load_mode.hpp>

#include <exception>

namespace hawser::host {

namespace dll = boost::dll;

Result<PluginEntry> open_plugin(const std::string &path)
{
    try {
        // Left to the end of the process on purpose: what a plugin handed out lives as long, and unloading code that
        // threads or destructors may still run is never safe.
        auto *library = new dll::shared_library(path, dll::load_mode::rtld_now | dll::load_mode::rtld_local);
        if (!library->has("hawser_plugin_v1"))
            return Error{Status::PluginFailed,
                         path + ": it does not export hawser_plugin_v1; see HAWSER_PUBLIC in abi.h"};
        return reinterpret_cast<PluginEntry>(&library->get<void()>("hawser_plugin_v1"));
    } catch (const std::exception &error) {
        return Error{Status::PluginFailed, path + ": cannot be loaded: " + error.what()};
    }
}

} // namespace hawser::host
