// Tests: tests/unit/worker/compartment_test.cpp
#include "bridge/plugin_set.hpp"

#include "bridge/crumbs.hpp"
#include "bridge/guard.hpp"
#include "plugin/entry_names.hpp"
#include "plugin/library.hpp"

#include <cstddef>
#include <cstring>

namespace hawser::host {
namespace {

constexpr std::size_t kMostKinds = 1024;

Error refused(const std::string &plugin, const std::string &why)
{
    return {Status::PluginFailed, "plugin \"" + plugin + "\": " + why};
}

// The members of minor 0 that the host calls without asking.
std::string wrong_with(const hawser_kind *kind)
{
    if (kind == nullptr) return "one of its kinds is null";
    if (kind->role == nullptr || kind->name == nullptr) return "a kind has no role or no name";
    const std::string what = "kind \"" + std::string(kind->name) + "\": ";
    const bool protocol = std::strcmp(kind->role, HAWSER_PROTOCOL) == 0;
    const bool service = std::strcmp(kind->role, HAWSER_SERVICE) == 0;
    const std::size_t least = protocol  ? sizeof(hawser_protocol)
                              : service ? sizeof(hawser_service)
                                        : sizeof(hawser_kind);
    if (kind->struct_size < least) {
        return what + "its table has " + std::to_string(kind->struct_size) + " bytes, expected at least " +
               std::to_string(least);
    }
    if (kind->create == nullptr || kind->destroy == nullptr) return what + "create or destroy is missing";
    if (protocol) {
        const hawser_session *session = reinterpret_cast<const hawser_protocol *>(kind)->session;
        if (session == nullptr || session->struct_size < sizeof(hawser_session))
            return what + "it has no session table";
    }
    return {};
}

// Opens the library, which runs its static initializers.
Result<PluginEntry> open_with_crumb(const PluginRef &ref, hawser_loop &loop, std::uint32_t tag)
{
    const crumb::Left left(loop, tag, kInitializers);
    return open_plugin(ref.copy.empty() ? ref.path : ref.copy, ref.path);
}

Result<const hawser_plugin *> call_entry(const PluginRef &ref, PluginEntry entry, const hawser_host *host)
{
    hawser_error error{};
    error.struct_size = sizeof error;
    std::string thrown;
    const hawser_plugin *plugin = contain([&] { return entry(host, &error); },
                                          [&](const std::string &text) -> const hawser_plugin * {
                                              thrown = text;
                                              return nullptr;
                                          });
    if (!thrown.empty()) return refused(ref.name, "its entry threw: " + thrown);
    if (plugin == nullptr) {
        error.text[sizeof error.text - 1] = '\0';
        return refused(ref.name, error.text[0] != '\0' ? std::string("its entry refused: ") + error.text
                                                       : "its entry refused without a reason");
    }
    return plugin;
}

// What the entry gave is read here for the first time: it may be anything.
std::string wrong_with(const hawser_plugin *plugin)
{
    if (plugin->struct_size < sizeof(hawser_plugin)) {
        return "its plugin table has " + std::to_string(plugin->struct_size) + " bytes, expected at least " +
               std::to_string(sizeof(hawser_plugin));
    }
    if (plugin->abi_minor > HAWSER_ABI_MINOR) {
        return "needs ABI 1." + std::to_string(plugin->abi_minor) + ", this host speaks 1." +
               std::to_string(HAWSER_ABI_MINOR) + "; use a newer host";
    }
    if (plugin->kind_count > kMostKinds) {
        return "its table says that it has " + std::to_string(plugin->kind_count) + " kinds, expected at most " +
               std::to_string(kMostKinds);
    }
    if (plugin->kinds == nullptr && plugin->kind_count > 0) return "its table of kinds is null";
    for (std::size_t i = 0; i < plugin->kind_count; ++i) {
        std::string why = wrong_with(plugin->kinds[i]);
        if (!why.empty()) return why;
    }
    return {};
}

} // namespace

Result<void> PluginSet::load(const PluginRef &ref, const hawser_host *host, hawser_loop &loop, std::uint32_t tag)
{
    const auto entry = open_with_crumb(ref, loop, tag);
    if (!entry) return refused(ref.name, entry.error().text);
    const crumb::Left left(loop, tag, kPluginEntry);
    const auto plugin = call_entry(ref, *entry, host);
    if (!plugin) return plugin.error();
    if (const std::string why = wrong_with(*plugin); !why.empty()) return refused(ref.name, why);
    plugins_.push_back({ref.name, *plugin});
    return {};
}

Result<const hawser_kind *> PluginSet::find(std::size_t plugin, const std::string &role, const std::string &kind) const
{
    const Loaded &loaded = plugins_[plugin];
    if (loaded.plugin == nullptr) return refused(loaded.name, "it is in quarantine");
    for (std::size_t i = 0; i < loaded.plugin->kind_count; ++i) {
        const hawser_kind *found = loaded.plugin->kinds[i];
        if (role == found->role && kind == found->name) return found;
    }
    return refused(loaded.name, "its manifest names the kind \"" + kind + "\" with role \"" + role +
                                    "\", but its code offers none such");
}

} // namespace hawser::host
