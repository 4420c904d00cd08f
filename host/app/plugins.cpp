// Tests: tests/system/cli_test.cpp
#include "app/commands.hpp"
#include "app/option_text.hpp"
#include "app/table.hpp"
#include "base/text.hpp"
#include "plugin/catalogue.hpp"
#include "supervisor/supervisor.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

#include <algorithm>
#include <filesystem>
#include <iostream>

namespace json = boost::json;

namespace hawser::host {
namespace {

namespace fs = std::filesystem;

std::string abi_of(const Manifest &manifest)
{
    return std::to_string(manifest.abi_major) + '.' + std::to_string(manifest.abi_minor);
}

std::string kinds_of(const Manifest &manifest)
{
    std::string all;
    for (const KindSpec &kind : manifest.kinds) all += (all.empty() ? "" : ", ") + kind.word + ' ' + kind.name;
    return all;
}

void add_options(Table &table, const std::vector<OptionSpec> &options, const std::string &prefix)
{
    for (const OptionSpec &option : options) {
        table.row({prefix + option.name, type_of(option), default_of(option), range_of(option), option.text});
        add_options(table, option.keys, prefix + option.name + '.');
        add_options(table, option.entry, prefix + option.name + ".*.");
    }
}

void print_interfaces(const KindSpec &kind, std::ostream &out)
{
    for (const ProvidedInterface &provided : kind.provides)
        out << "  provides " << provided.interface << (provided.any_thread ? " on any loop\n" : " on its own loop\n");
    for (const std::string &each : kind.requires_) out << "  requires " << each << " of the host\n";
    for (const std::string &each : kind.optional_) out << "  uses " << each << " of the host, if it is there\n";
}

json::object interfaces_json(const KindSpec &kind)
{
    json::array provides;
    for (const ProvidedInterface &each : kind.provides)
        provides.push_back(json::object{{"interface", each.interface}, {"threads", each.any_thread ? "any" : "loop"}});
    return {{"provides", std::move(provides)},
            {"requires", json::array(kind.requires_.begin(), kind.requires_.end())},
            {"optional", json::array(kind.optional_.begin(), kind.optional_.end())}};
}

void print_one(const FoundPlugin &found, std::ostream &out)
{
    const Manifest &manifest = *found.manifest;
    out << manifest.name << ' ' << manifest.version << " (ABI " << abi_of(manifest) << ")\n";
    if (!manifest.summary.empty()) out << printable(manifest.summary) << '\n';
    out << printable(found.path) << '\n';
    for (const KindSpec &kind : manifest.kinds) {
        out << '\n' << kind.word << ' ' << kind.name << (kind.text.empty() ? "" : ": " + kind.text) << '\n';
        print_interfaces(kind, out);
        if (kind.options.empty()) {
            out << "  no options\n";
            continue;
        }
        Table table({"OPTION", "TYPE", "DEFAULT", "RANGE", ""});
        add_options(table, kind.options, "");
        table.print(out, "  ");
    }
}

json::array options_json(const std::vector<OptionSpec> &options)
{
    json::array rows;
    for (const OptionSpec &option : options) {
        json::object row;
        row["name"] = option.name;
        row["type"] = std::string(option_type_name(option.type));
        row["required"] = option.required;
        if (option.fallback) row["default"] = option.default_text;
        if (!option.min_text.empty()) row["min"] = option.min_text;
        if (!option.max_text.empty()) row["max"] = option.max_text;
        if (!option.interface.empty()) row["interface"] = option.interface;
        row["text"] = option.text;
        if (!option.choices.empty()) row["choices"] = json::array(option.choices.begin(), option.choices.end());
        if (!option.keys.empty()) row["keys"] = options_json(option.keys);
        if (!option.entry.empty()) row["entry"] = options_json(option.entry);
        rows.push_back(std::move(row));
    }
    return rows;
}

json::object plugin_json(const FoundPlugin &found)
{
    json::object row;
    row["path"] = valid_utf8(found.path);
    row["usable"] = found.refused.empty();
    if (!found.refused.empty()) row["refused"] = valid_utf8(found.refused);
    if (!found.manifest) return row;
    row["name"] = found.manifest->name;
    row["version"] = found.manifest->version;
    row["abi"] = abi_of(*found.manifest);
    row["summary"] = found.manifest->summary;
    json::array kinds;
    for (const KindSpec &kind : found.manifest->kinds) {
        kinds.push_back(json::object{{"kind", kind.word},
                                     {"name", kind.name},
                                     {"role", kind.role},
                                     {"text", kind.text},
                                     {"interfaces", interfaces_json(kind)},
                                     {"options", options_json(kind.options)}});
    }
    row["kinds"] = std::move(kinds);
    return row;
}

json::object unknown_json(const std::string &name)
{
    return {{"name", valid_utf8(name)}, {"usable", false}, {"refused", "there is no such plugin"}};
}

void print_all(const std::vector<FoundPlugin> &all, const std::vector<std::string> &directories, std::ostream &out)
{
    Table table({"NAME", "VERSION", "ABI", "KINDS", "PATH"});
    std::vector<const FoundPlugin *> refused;
    for (const FoundPlugin &found : all) {
        if (!found.refused.empty())
            refused.push_back(&found);
        else
            table.row({found.manifest->name, found.manifest->version, abi_of(*found.manifest),
                       kinds_of(*found.manifest), found.path});
    }
    if (table.empty()) {
        out << "no plugins in";
        for (const std::string &directory : directories) out << ' ' << printable(directory);
        out << '\n';
    } else {
        table.print(out, "");
    }
    if (refused.empty()) return;
    out << "\nrefused:\n";
    for (const FoundPlugin *found : refused)
        out << "  " << printable(found->path) << "\n    " << printable(found->refused) << '\n';
}

Status show_all(const std::vector<FoundPlugin> &all, const std::vector<std::string> &searched,
                const Arguments &arguments, const Surroundings &around)
{
    if (!arguments.has("json")) {
        print_all(all, searched, around.out);
        return Status::Ok;
    }
    json::array rows;
    for (const FoundPlugin &found : all) rows.push_back(plugin_json(found));
    around.out << json::serialize(rows) << '\n';
    return Status::Ok;
}

// The usable one of this name, else one that is refused, else null.
const FoundPlugin *find_named(const std::vector<FoundPlugin> &all, const std::string &name)
{
    const FoundPlugin *best = nullptr;
    for (const FoundPlugin &found : all) {
        const bool named = found.manifest ? found.manifest->name == name : fs::path(found.path).stem() == name;
        if (named && (best == nullptr || (!best->refused.empty() && found.refused.empty()))) best = &found;
    }
    return best;
}

Status show_one(const FoundPlugin *found, const std::string &name, const Arguments &arguments,
                const Surroundings &around)
{
    std::string why;
    if (found == nullptr)
        why = "no plugin \"" + name + "\"; \"hawser plugins\" lists what there is";
    else if (!found->refused.empty())
        why = found->path + " is refused: " + found->refused;
    if (!why.empty()) around.err << "hawser plugins: " << printable(why) << '\n';
    if (arguments.has("json"))
        around.out << json::serialize(found != nullptr ? plugin_json(*found) : unknown_json(name)) << '\n';
    else if (why.empty())
        print_one(*found, around.out);
    return why.empty() ? Status::Ok : Status::BadConfig;
}

} // namespace

Status plugins_command(const Arguments &arguments, const Surroundings &around)
{
    if (!arguments.words.empty() && arguments.words.front() == "why") return plugins_why(arguments, around);
    if (arguments.words.size() > 1)
        return refuse("plugins", "expected one NAME, got 2; see \"hawser help plugins\"", Status::Usage, arguments,
                      around);
    Status status = Status::Ok;
    const std::vector<std::string> searched =
        searched_directories("plugins", arguments.value("config"), arguments, around, status);
    if (status != Status::Ok) return status;
    const std::vector<FoundPlugin> all = find_plugins(searched);
    if (arguments.words.empty()) return show_all(all, searched, arguments, around);
    const std::string &name = arguments.words.front();
    return show_one(find_named(all, name), name, arguments, around);
}

} // namespace hawser::host
