// Tests: tests/config/golden_test.cpp
#include "config/kinds.hpp"

#include "config/scalars.hpp"

#include <filesystem>

namespace hawser::host {
namespace {

struct Wanted {
    std::string plugin, kind; // plugin: empty if any
};

Wanted split(const std::string &name)
{
    const std::size_t dot = name.find('.');
    if (dot == std::string::npos || dot == 0) return {"", name}; // ".x" names nothing
    return {name.substr(0, dot), name.substr(dot + 1)};
}

std::string file_stem(const std::string &path) { return std::filesystem::path(path).stem().string(); }

// A refused plugin that would have it, by its manifest or else by its file's name.
const FoundPlugin *refused_with(const std::vector<FoundPlugin> &plugins, const std::string &word, const Wanted &wanted)
{
    for (const FoundPlugin &plugin : plugins) {
        if (plugin.refused.empty()) continue;
        if (!plugin.manifest) {
            if (file_stem(plugin.path) == (wanted.plugin.empty() ? wanted.kind : wanted.plugin)) return &plugin;
            continue;
        }
        for (const KindSpec &kind : plugin.manifest->kinds) {
            const bool named = wanted.plugin.empty() || plugin.manifest->name == wanted.plugin;
            if (kind.word == word && kind.name == wanted.kind && named) return &plugin;
        }
    }
    return nullptr;
}

// Why a directory could not be searched, or "".
std::string refused_directory(const std::vector<FoundPlugin> &plugins)
{
    for (const FoundPlugin &plugin : plugins) {
        if (plugin.is_directory) return plugin.path + ": " + plugin.refused;
    }
    return {};
}

void explain_none(const std::vector<FoundPlugin> &plugins, const std::string &word, const std::string &name,
                  const std::string &owner, Position at, Problems &problems)
{
    const std::string what = owner + ": no " + word + " \"" + name + '"';
    if (const FoundPlugin *refused = refused_with(plugins, word, split(name))) {
        problems.add(at, what + ": " + refused->path + " is refused: " + refused->refused);
        return;
    }
    std::vector<std::string> known;
    for (const FoundPlugin &plugin : plugins) {
        if (!plugin.refused.empty()) continue;
        for (const KindSpec &kind : plugin.manifest->kinds) {
            if (kind.word != word) continue;
            known.push_back(kind.name);
            if (name.find('.') != std::string::npos) known.push_back(plugin.manifest->name + '.' + kind.name);
        }
    }
    std::string hint = meant(name, known);
    const std::string unsearched = known.empty() ? refused_directory(plugins) : "";
    if (hint.empty() && !unsearched.empty())
        hint = unsearched;
    else if (hint.empty())
        hint = known.empty() ? "no plugin that was found offers a " + word : "\"hawser plugins\" lists what there is";
    problems.add(at, what, hint);
}

} // namespace

KindChoice choose_kind(const std::vector<FoundPlugin> &plugins, const std::string &word, const std::string &name,
                       const std::string &owner, Position at, Problems &problems)
{
    const Wanted wanted = split(name);
    KindChoice choice;
    for (const FoundPlugin &plugin : plugins) {
        if (!plugin.refused.empty()) continue;
        if (!wanted.plugin.empty() && plugin.manifest->name != wanted.plugin) continue;
        for (const KindSpec &kind : plugin.manifest->kinds) {
            if (kind.word != word || kind.name != wanted.kind) continue;
            if (choice.kind != nullptr) {
                problems.add(at,
                             owner + ": two plugins offer the " + word + " \"" + name + "\": " + choice.plugin->path +
                                 " and " + plugin.path,
                             "write \"" + plugin.manifest->name + '.' + kind.name + "\" or \"" +
                                 choice.plugin->manifest->name + '.' + kind.name + '"');
                return {};
            }
            choice = {&plugin, &kind};
        }
    }
    if (choice.kind == nullptr) explain_none(plugins, word, name, owner, at, problems);
    return choice;
}

} // namespace hawser::host
