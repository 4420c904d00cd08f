// Tests: tests/unit/app/schema_test.cpp
#include "app/schema.hpp"

#include "app/commands.hpp"
#include "app/json_text.hpp"
#include "app/option_schema.hpp"
#include "config/host_keys.hpp"
#include "plugin/catalogue.hpp"

#include <algorithm>
#include <map>
#include <string>
#include <utility>

namespace json = boost::json;

namespace hawser::host {
namespace {

constexpr std::string_view kName = "^[a-z][a-z0-9_-]{0,63}$";

// A kind under the names by which a configuration may call it.
struct Named {
    std::string plugin;
    const KindSpec *kind = nullptr;
    json::array names;
};

// What a table that picks a kind may hold: its own keys, then the options of the kind.
struct Table {
    std::string word; // the key that picks: "protocol"
    std::vector<OptionSpec> own;
};

std::string in_pointer(std::string text)
{
    std::replace(text.begin(), text.end(), '/', '-');
    return text;
}

class Builder {
public:
    explicit Builder(const std::vector<FoundPlugin> &plugins)
        : plugins_(plugins)
        , options_([this](const OptionSpec &spec) { return object(spec); })
    {}

    json::object build()
    {
        json::object properties;
        for (const OptionSpec &spec : host_keys().root) properties[spec.name] = root_key(spec);
        json::object schema{{"$schema", "https://json-schema.org/draft/2020-12/schema"},
                            {"title", "Hawser configuration"},
                            {"type", "object"},
                            {"properties", std::move(properties)},
                            {"additionalProperties", false}};
        schema["$defs"] = std::move(definitions_);
        return schema;
    }

private:
    static json::object described(const OptionSpec &spec, json::object schema)
    {
        schema["description"] = spec.text;
        return schema;
    }

    json::object root_key(const OptionSpec &spec)
    {
        const HostKeys &keys = host_keys();
        if (spec.name == "host") return described(spec, options_.table(keys.host));
        if (spec.name == "log") return described(spec, options_.table(keys.log));
        if (spec.name == "compartments") return described(spec, by_name(options_.table(keys.compartment)));
        if (spec.name == "listeners") {
            definitions_["listener"] = choice({"protocol", keys.listener}, kinds("protocol", ""));
            return described(spec, by_name({{"$ref", "#/$defs/listener"}}));
        }
        if (spec.name == "services") {
            definitions_["service"] = choice({"service", keys.service}, kinds("service", ""));
            return described(spec, by_name({{"$ref", "#/$defs/service"}}));
        }
        return options_.option(spec);
    }

    static json::object by_name(json::object each)
    {
        return {{"type", "object"},
                {"propertyNames", json::object{{"pattern", kName}}},
                {"additionalProperties", std::move(each)}};
    }

    // Those of a word, resources also of a role. A name that two plugins offer needs the plugin's in front.
    std::vector<Named> kinds(const std::string &word, const std::string &role) const
    {
        std::map<std::string, int> offered;
        for_each_kind(word, [&offered](const Manifest &, const KindSpec &kind) { ++offered[kind.name]; });
        std::vector<Named> all;
        for_each_kind(word, [&](const Manifest &manifest, const KindSpec &kind) {
            if (!role.empty() && kind.role != role) return;
            Named named{manifest.name, &kind, {}};
            if (offered[kind.name] == 1) named.names.emplace_back(kind.name);
            named.names.emplace_back(manifest.name + '.' + kind.name);
            all.push_back(std::move(named));
        });
        return all;
    }

    template<typename Visit>
    void for_each_kind(const std::string &word, Visit visit) const
    {
        for (const FoundPlugin &found : plugins_) {
            if (!found.refused.empty()) continue;
            for (const KindSpec &kind : found.manifest->kinds) {
                if (kind.word == word) visit(*found.manifest, kind);
            }
        }
    }

    // Editors read `properties` alone, so that it holds the options of all kinds; if, then and else hold a table to
    // those of the kind that it names. A chain, not "allOf": taplo offers no keys of a schema that has one.
    json::object choice(const Table &table, const std::vector<Named> &kinds)
    {
        std::map<std::string, std::vector<json::object>> options;
        for (const Named &named : kinds) {
            for (const OptionSpec &spec : named.kind->options) {
                json::object schema = options_.option(spec);
                std::vector<json::object> &known = options[spec.name];
                if (std::find(known.begin(), known.end(), schema) == known.end()) known.push_back(std::move(schema));
            }
        }
        json::object schema = options_.table(table.own);
        schema.erase("additionalProperties");
        json::object &properties = schema["properties"].as_object();
        properties[table.word] = pick(table, kinds);
        for (auto &[name, schemas] : options) {
            if (schemas.size() == 1)
                properties[name] = schemas.front();
            else
                properties[name] = json::object{{"anyOf", json::array(schemas.begin(), schemas.end())}};
        }
        json::object rest;
        for (auto named = kinds.rbegin(); named != kinds.rend(); ++named) {
            json::object only = held_to(table, *named, options);
            json::object when{{"properties", json::object{{table.word, json::object{{"enum", named->names}}}}},
                              {"required", json::array{table.word}}};
            json::object link{{"if", std::move(when)}, {"then", std::move(only)}};
            if (!rest.empty()) link["else"] = std::move(rest);
            rest = std::move(link);
        }
        for (auto &[key, value] : rest) schema[key] = value;
        return schema;
    }

    static json::object pick(const Table &table, const std::vector<Named> &kinds)
    {
        json::array names;
        for (const Named &named : kinds) names.insert(names.end(), named.names.begin(), named.names.end());
        json::object schema;
        for (const OptionSpec &spec : table.own) {
            if (spec.name == table.word) schema["description"] = spec.text;
        }
        if (names.empty()) {
            schema["not"] = json::object();
            return schema;
        }
        schema["anyOf"] = json::array{json::object{{"enum", std::move(names)}}, variable()};
        return schema;
    }

    // The keys of one kind. What `properties` says of a key already is not said again.
    json::object held_to(const Table &table, const Named &named,
                         const std::map<std::string, std::vector<json::object>> &options)
    {
        json::object properties;
        json::array required;
        for (const OptionSpec &spec : table.own) {
            if (spec.has != OptionSpec::Has::No) properties[spec.name] = true;
        }
        for (const OptionSpec &spec : named.kind->options) {
            if (options.at(spec.name).size() == 1)
                properties[spec.name] = true;
            else
                properties[spec.name] = options_.option(spec);
            if (spec.required) required.emplace_back(spec.name);
        }
        json::object schema{{"properties", std::move(properties)}, {"additionalProperties", false}};
        if (!named.kind->text.empty()) schema["title"] = named.kind->text;
        if (!required.empty()) schema["required"] = std::move(required);
        return schema;
    }

    // A service, a resource or a table of them.
    json::object object(const OptionSpec &spec)
    {
        if (spec.type == OptionSpec::Type::Service) return {{"type", "string"}, {"minLength", 1}};
        json::object one{{"$ref", "#/$defs/" + resource(spec)}};
        if (spec.type == OptionSpec::Type::Resource) return one;
        return {{"type", "object"}, {"additionalProperties", std::move(one)}};
    }

    // The name of the definition for a resource of this interface, beside the owner's options for each of its routes.
    std::string resource(const OptionSpec &spec)
    {
        std::string name = "resource-" + in_pointer(spec.interface);
        for (const OptionSpec &entry : spec.entry) name += '-' + entry.name;
        Table table{"resource", spec.entry};
        OptionSpec word;
        word.name = "resource";
        word.required = true;
        word.text = "The resource, a kind of a plugin; \"plugin.kind\" where two offer the same";
        table.own.insert(table.own.begin(), std::move(word));
        std::vector<Named> fitting = kinds("resource", spec.interface);
        std::erase_if(fitting, [&spec](const Named &named) { return clashes(*named.kind, spec.entry); });
        return define(std::move(name), table, fitting);
    }

    static bool clashes(const KindSpec &kind, const std::vector<OptionSpec> &entries)
    {
        return std::any_of(kind.options.begin(), kind.options.end(), [&entries](const OptionSpec &option) {
            return std::any_of(entries.begin(), entries.end(),
                               [&option](const OptionSpec &entry) { return entry.name == option.name; });
        });
    }

    // Two owners may declare the same names differently: then each has a definition of its own.
    std::string define(std::string name, const Table &table, const std::vector<Named> &fitting)
    {
        json::object own = options_.table(table.own);
        for (int i = 2;; ++i) {
            const auto [known, added] = owners_.emplace(name, own);
            if (added) break;
            if (known->second == own) return name; // is there, or is being made by a caller of this
            name = name.substr(0, name.find('_')) + '_' + std::to_string(i);
        }
        json::object made = choice(table, fitting);
        definitions_[name] = std::move(made);
        return name;
    }

    const std::vector<FoundPlugin> &plugins_;
    OptionSchema options_;
    json::object definitions_;
    std::map<std::string, json::object> owners_; // of each definition of a resource
};

} // namespace

json::object config_schema(const std::vector<FoundPlugin> &plugins) { return Builder(plugins).build(); }

Status schema_command(const Arguments &arguments, const Surroundings &around)
{
    Status status = Status::Ok;
    const std::string config = arguments.words.empty() ? "" : arguments.words.front();
    const std::vector<std::string> searched = searched_directories("schema", config, arguments, around, status);
    if (status != Status::Ok) return status;
    print_indented(config_schema(find_plugins(searched)), around.out);
    return Status::Ok;
}

} // namespace hawser::host
