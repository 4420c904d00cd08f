// Tests: tests/faults/crash_test.cpp, tests/faults/stall_test.cpp
#include "supervisor/code_places.hpp"

#include "base/text.hpp"
#include "plugin/symbols.hpp"

#include <algorithm>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <system_error>

namespace hawser::host {
namespace {

namespace fs = std::filesystem;

std::string hexadecimal(std::uint64_t number)
{
    char text[24];
    std::snprintf(text, sizeof text, "0x%llx", static_cast<unsigned long long>(number));
    return text;
}

std::string own_path()
{
    std::error_code error;
    return fs::read_symlink("/proc/self/exe", error).string();
}

// Of a caller the address is that of the next instruction.
std::uint64_t called_from(const std::uint64_t *frames, std::size_t i)
{
    return frames[i] - (i > 0 && frames[i] > 0 ? 1 : 0);
}

} // namespace

CodePlaces::CodePlaces(const CrashRecord &left, const CompartmentPlan &plan)
    : record_(std::make_unique<CrashRecord>())
    , plan_(plan)
{
    std::memcpy(record_.get(), &left, sizeof *record_);
    record_->frames = record_->state == 2 ? std::min(record_->frames, CrashRecord::kMostFrames) : 0;
    record_->modules = std::min(record_->modules, CrashRecord::kMostModules);
    for (std::uint32_t i = 0; i < record_->modules; ++i) record_->module[i].path[CrashModule::kMostPath - 1] = '\0';
}

const CrashModule *CodePlaces::module_of(std::uint64_t address) const
{
    const CrashModule *const begin = record_->module, *const end = begin + record_->modules;
    const CrashModule *const found = std::find_if(
        begin, end, [address](const CrashModule &each) { return address >= each.begin && address < each.end; });
    return found != end ? found : nullptr;
}

const PluginRef *CodePlaces::plugin_in(std::uint64_t address) const
{
    const CrashModule *module = module_of(address);
    if (module == nullptr) return nullptr;
    const auto found = std::find_if(plan_.plugins.begin(), plan_.plugins.end(),
                                    [module](const PluginRef &plugin) { return plugin.copy == module->path; });
    return found != plan_.plugins.end() ? &*found : nullptr;
}

// The file that people know, where it is a copy of a plugin.
std::string CodePlaces::shown(const std::string &path) const
{
    for (const PluginRef &plugin : plan_.plugins) {
        if (plugin.copy == path) return fs::path(plugin.path).filename().string();
    }
    return fs::path(path).filename().string();
}

std::string CodePlaces::at(std::uint64_t address) const
{
    const CrashModule *module = module_of(address);
    if (module == nullptr) return hexadecimal(address);
    const std::uint64_t offset = address - module->bias;
    const std::string path = module->path;
    std::string text = printable(shown(path)) + '+' + hexadecimal(offset);
    const std::string name = function_at(path == "hawser" ? own_path() : path, offset);
    return name.empty() ? text : text + " (" + printable(name) + ')';
}

std::vector<std::string> CodePlaces::all(const std::uint64_t *frames, std::size_t count) const
{
    std::vector<std::string> texts;
    for (std::size_t i = 0; i < count; ++i) texts.push_back(at(called_from(frames, i)));
    return texts;
}

std::string CodePlaces::in_plugin(const std::uint64_t *frames, std::size_t count) const
{
    for (std::size_t i = 0; i < count; ++i) {
        if (plugin_in(called_from(frames, i)) != nullptr) return at(called_from(frames, i));
    }
    return {};
}

const PluginRef *CodePlaces::plugin_of(const std::uint64_t *frames, std::size_t count) const
{
    for (std::size_t i = 0; i < count; ++i) {
        if (const PluginRef *plugin = plugin_in(called_from(frames, i)); plugin != nullptr) return plugin;
    }
    return nullptr;
}

} // namespace hawser::host
