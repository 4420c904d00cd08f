// Tests: tests/unit/worker/compartment_test.cpp
#include "bridge/plugin_set.hpp"

#include "plugin/library.hpp"

#include <cstddef>
#include <cstring>

namespace hawser::host {
namespace {

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

} // namespace

Result<void> PluginSet::load(const PluginRef &ref, const hawser_host *host)
{
    auto entry = open_plugin(ref.path);
    if (!entry) return std::move(entry.error());
    hawser_error error{};
    error.struct_size = sizeof error;
    const hawser_plugin *plugin = (*entry)(host, &error);
    if (plugin == nullptr) {
        error.text[sizeof error.text - 1] = '\0';
        return refused(ref.name, error.text[0] != '\0' ? std::string("its entry refused: ") + error.text
                                                       : "its entry refused without a reason");
    }
    if (plugin->struct_size < sizeof(hawser_plugin)) return refused(ref.name, "its plugin table is too short");
    if (plugin->abi_minor > HAWSER_ABI_MINOR) {
        return refused(ref.name, "needs ABI 1." + std::to_string(plugin->abi_minor) + ", this host speaks 1." +
                                     std::to_string(HAWSER_ABI_MINOR) + "; use a newer host");
    }
    for (std::size_t i = 0; i < plugin->kind_count; ++i) {
        const std::string why = wrong_with(plugin->kinds[i]);
        if (!why.empty()) return refused(ref.name, why);
    }
    plugins_.push_back({ref.name, plugin});
    return {};
}

Result<const hawser_kind *> PluginSet::find(std::size_t plugin, const std::string &role, const std::string &kind) const
{
    const Loaded &loaded = plugins_[plugin];
    for (std::size_t i = 0; i < loaded.plugin->kind_count; ++i) {
        const hawser_kind *found = loaded.plugin->kinds[i];
        if (role == found->role && kind == found->name) return found;
    }
    return refused(loaded.name, "its manifest names the kind \"" + kind + "\" with role \"" + role +
                                    "\", but its code offers none such");
}

} // namespace hawser::host
