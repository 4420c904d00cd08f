// Tests: tests/config/golden_test.cpp
#include "config/load.hpp"

#include "config/files.hpp"
#include "config/resolve.hpp"
#include "config/settings.hpp"

#include <filesystem>

namespace hawser::host {

Loaded load_config(const LoadRequest &request)
{
    Loaded loaded;
    const Document document = read_document(request, loaded);
    if (document.missing) return loaded;
    loaded.unreadable = document.unreadable;
    HostPlan plan;
    if (!request.path.empty()) {
        std::error_code error;
        plan.path = std::filesystem::absolute(request.path, error).lexically_normal().string();
    }
    SettingsReader settings(document, loaded.problems, request.cores);
    settings.read_host(plan, request.default_plugin_directory);
    settings.read_log(plan.log);
    settings.read_compartments(plan);
    loaded.control = plan.control;
    loaded.plugin_directories = plan.plugins;
    if (request.find_plugins) loaded.plugins = request.find_plugins(plan.plugins);
    // What could not be read leaves holes; what hangs on them would be reported as wrong too.
    Resolver(document, loaded.plugins, settings, loaded.sources, loaded.problems, plan).run();
    // A compartment that nothing is in needs no worker; `main` always is one.
    std::erase_if(plan.compartments,
                  [](const CompartmentPlan &each) { return each.name != "main" && each.nodes.empty(); });
    if (loaded.problems.empty())
        loaded.plan = std::move(plan);
    else
        loaded.status = Status::BadConfig;
    return loaded;
}

} // namespace hawser::host
