// hawser/testing/library.hpp: a plugin as it was built, for a test that drives what is shipped. Part of
// hawser/testing.hpp for those who include it beside that.
#pragma once

#include "hawser/abi.h"
#include "hawser/error.hpp"

#include <dlfcn.h>

#include <cstddef>
#include <string>
#include <string_view>

namespace hawser::testing {

class Library {
public:
    // Throws Error if it cannot be loaded, is no plugin, or refuses. It stays loaded, as in the host.
    explicit Library(const std::string &path)
    {
        void *handle = ::dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE);
        if (handle == nullptr) throw Error(path + ": " + ::dlerror());
        void *symbol = ::dlsym(handle, "hawser_plugin_v1");
        if (symbol == nullptr) throw Error(path + ": expected a plugin that exports hawser_plugin_v1, got none");
        const auto entry = reinterpret_cast<hawser_entry>(symbol);
        hawser_error error{};
        error.struct_size = sizeof error;
        static const hawser_host kHost{sizeof(hawser_host), HAWSER_ABI_MINOR, nullptr, nullptr, nullptr, nullptr};
        plugin_ = entry(&kHost, &error);
        if (plugin_ == nullptr) throw Error(path + ": " + error.text);
        path_ = path;
    }
    // For an Instance. Throws Error if the plugin offers no kind of this name.
    const hawser_kind *kind(std::string_view name) const
    {
        for (std::size_t i = 0; i < plugin_->kind_count; ++i)
            if (plugin_->kinds[i]->name == name) return plugin_->kinds[i];
        throw Error(path_ + ": expected a kind \"" + std::string(name) + "\", got none");
    }

private:
    const hawser_plugin *plugin_;
    std::string path_;
};

} // namespace hawser::testing
