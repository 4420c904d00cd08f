// Tests: tests/unit/plugin/catalogue_test.cpp
#include "plugin/library.hpp"

#include <boost/dll/shared_library.hpp>
#include <boost/dll/shared_library_load_mode.hpp>

#include <dlfcn.h>

#include <exception>

namespace hawser::host {

namespace dll = boost::dll;

namespace {

// What a static initializer throws must not leave dlopen, whose lock it would take along; so it ends the process here,
// by whichever compiler the host was built.
std::exception_ptr load(dll::shared_library &library, const std::string &path) noexcept
{
    try {
        library.load(path, dll::load_mode::rtld_now | dll::load_mode::rtld_local);
        return nullptr;
    } catch (const boost::system::system_error &) {
        return std::current_exception();
    }
}

} // namespace

Result<PluginEntry> open_plugin(const std::string &path, const std::string &shown)
{
    try {
        dll::shared_library library;
        if (const std::exception_ptr refused = load(library, path)) std::rethrow_exception(refused);
        // It stays to the end of the process: what a plugin handed out lives as long, and unloading code that threads
        // or destructors may still run is never safe. So the handle's own end unloads nothing.
        if (::dlopen(path.c_str(), RTLD_NOW | RTLD_NOLOAD | RTLD_NODELETE) == nullptr)
            return Error{Status::PluginFailed, shown + ": cannot be kept loaded"};
        if (!library.has("hawser_plugin_v1"))
            return Error{Status::PluginFailed,
                         shown + ": it does not export hawser_plugin_v1; see HAWSER_PUBLIC in abi.h"};
        return reinterpret_cast<PluginEntry>(&library.get<void()>("hawser_plugin_v1"));
    } catch (const std::exception &error) {
        return Error{Status::PluginFailed, shown + ": cannot be loaded: " + error.what()};
    }
}

} // namespace hawser::host
