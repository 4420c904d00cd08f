// Tests: tests/unit/plugin/catalogue_test.cpp
#include "plugin/library.hpp"

#include <boost/dll/shared_library.hpp>
#include <boost/dll/shared_library_load_mode.hpp>

#include <dlfcn.h>

#include <exception>

namespace hawser::host {

namespace dll = boost::dll;

Result<PluginEntry> open_plugin(const std::string &path)
{
    try {
        dll::shared_library library(path, dll::load_mode::rtld_now | dll::load_mode::rtld_local);
        // It stays to the end of the process: what a plugin handed out lives as long, and unloading code that threads
        // or destructors may still run is never safe. So the handle's own end unloads nothing.
        if (::dlopen(path.c_str(), RTLD_NOW | RTLD_NOLOAD | RTLD_NODELETE) == nullptr)
            return Error{Status::PluginFailed, path + ": cannot be kept loaded"};
        if (!library.has("hawser_plugin_v1"))
            return Error{Status::PluginFailed,
                         path + ": it does not export hawser_plugin_v1; see HAWSER_PUBLIC in abi.h"};
        return reinterpret_cast<PluginEntry>(&library.get<void()>("hawser_plugin_v1"));
    } catch (const std::exception &error) {
        return Error{Status::PluginFailed, path + ": cannot be loaded: " + error.what()};
    } catch (...) {
        // Of a static initializer of the library.
        return Error{Status::PluginFailed, path + ": cannot be loaded: an exception that is no std::exception"};
    }
}

} // namespace hawser::host
