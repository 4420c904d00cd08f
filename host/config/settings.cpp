// Tests: tests/config/golden_test.cpp
#include "config/settings.hpp"

#include "config/host_keys.hpp"
#include "config/listener_settings.hpp"
#include "config/option_spec.hpp"
#include "config/rights.hpp"
#include "config/scalars.hpp"

#include <algorithm>
#include <cmath>

namespace hawser::host {
namespace {

std::string check_log_output(const std::string &text)
{
    if (is_path(text)) return {};
    return "expected \"stderr\", \"syslog\", \"journald\" or the path of a file, got " + quoted_short(text);
}

std::string check_file_output(const std::string &text, std::string &hint)
{
    const bool is_place = text == "stdout" || text == "syslog" || text == "journald";
    if (is_path(text) && !is_place) return {};
    if (is_place) hint = text == "stdout" ? "use \"/dev/stdout\"" : "for a file of this name use \"./" + text + '"';
    return "expected \"stderr\" or the path of a file, got " + quoted_short(text);
}

// The formats of config/host_keys.cpp.
std::string check_format(const OptionSpec &spec, const std::string &text, std::string &hint)
{
    if (spec.format == "word" && text.empty()) return "expected a string that is not empty, got \"\"";
    if (spec.format == "socket_path" && text.size() > kMostSocketPath) {
        return "expected a path of at most " + std::to_string(kMostSocketPath) + " bytes, got " +
               std::to_string(text.size()) + ": " + text;
    }
    if (spec.format == "file_output") return check_file_output(text, hint);
    if (spec.format == "log_output") return check_log_output(text);
    if (std::string wrong = check_rights_format(spec.format, text, hint); !wrong.empty()) return wrong;
    return check_listener_format(spec.format, text);
}

} // namespace

std::optional<std::string> text_at(const Item &table, std::string_view key)
{
    const Item *item = table.find(key);
    if (item == nullptr || item->kind != Item::Kind::String || item->text.empty()) return std::nullopt;
    return item->text;
}

const Value *SettingsReader::Section::find(std::string_view name) const
{
    const auto found =
        std::find_if(keys.items.begin(), keys.items.end(), [name](const Value &value) { return value.key == name; });
    return found != keys.items.end() ? &*found : nullptr;
}

SettingsReader::Section SettingsReader::read(const Item *table, const std::vector<OptionSpec> &specs,
                                             const std::string &owner, bool others_allowed)
{
    Section section;
    Conversion how{problems_, owner,
                   [this](const std::string &text, Position at) { return document_.absolute(text, at); }};
    how.seen = [&section](const std::string &path, Position at) { section.at.emplace(path, at); };
    how.check = check_format;
    how.noun = "key";
    how.others_allowed = others_allowed;
    const Item absent;
    convert_table(table != nullptr ? *table : absent, specs, {}, owner, "", how, section.keys);
    return section;
}

const Item *SettingsReader::table_at(const Item &parent, std::string_view key, const std::string &owner)
{
    const Item *item = parent.find(key);
    if (item == nullptr || item->kind == Item::Kind::Table) return item;
    problems_.add(item->at, owner + ": expected a table, got " + std::string(kind_name(item->kind)));
    return nullptr;
}

// The tables of the root are read one by one; here only what is unknown.
void SettingsReader::read_root()
{
    const std::vector<std::string> known = names_of(host_keys().root);
    for (const Item &item : document_.root.items) {
        if (std::find(known.begin(), known.end(), item.key) == known.end())
            problems_.add(item.key_at, "configuration: unknown key \"" + item.key + '"', meant(item.key, known));
    }
}

unsigned SettingsReader::loops_of(const Section &section, unsigned otherwise) const
{
    const Value *loops = section.find("loops");
    if (loops == nullptr) return otherwise;
    return loops->type == Value::Type::Integer ? static_cast<unsigned>(loops->integer) : cores_;
}

void SettingsReader::read_host(HostPlan &plan, const std::string &default_plugin_directory)
{
    const Section host = read(table_at(document_.root, "host", "[host]"), host_keys().host, "[host]");
    host_loops_ = loops_of(host, cores_);
    take(host.find("drain_timeout"), plan.drain_timeout_ns);
    take(host.find("start_timeout"), plan.start_timeout_ns);
    take(host.find("stall_limit"), plan.stall_limit_ns);
    if (const Value *control = host.find("control")) plan.control = control->text;
    if (const Value *state = host.find("state")) plan.state = state->text;
    if (const Value *watch = host.find("watch")) plan.watch = watch->integer != 0;
    if (const Value *checks = host.find("abi_check")) plan.checks = checks->integer != 0;
    if (const Value *plugins = host.find("plugins")) {
        for (const Value &directory : plugins->items) plan.plugins.push_back(directory.text);
    } else if (host.at.count("plugins") == 0) {
        plan.plugins = {default_plugin_directory};
    }
    host_rights_ = read_rights(host.keys, host.at, problems_);
    plan.origin.options = host.at;
}

void SettingsReader::read_log(LogPlan &plan)
{
    const Section log = read(table_at(document_.root, "log", "[log]"), host_keys().log, "[log]");
    if (const Value *level = log.find("level")) parse_level(level->text, plan.level);
    if (const Value *format = log.find("format")) {
        plan.format = format->text == "text"   ? LogPlan::Format::Text
                      : format->text == "json" ? LogPlan::Format::Json
                                               : LogPlan::Format::Auto;
    }
    if (const Value *access = log.find("access")) read_access({*access, log.at}, plan.access);
    plan.origin.options = log.at;
    const Value *output = log.find("output");
    if (output == nullptr || output->text == "stderr") return;
    if (output->text == "syslog" || output->text == "journald") {
        plan.output = output->text == "syslog" ? LogPlan::Output::Syslog : LogPlan::Output::Journald;
        if (plan.format == LogPlan::Format::Auto) return;
        problems_.add(log.at.at("format"), "[log]: format: expected \"auto\" with output \"" + output->text +
                                               "\", which has a format of its own, got \"" + log.find("format")->text +
                                               '"');
        return;
    }
    plan.output = LogPlan::Output::File;
    plan.path = document_.absolute(output->text, log.at.at("output"));
}

void SettingsReader::read_access(const Section &section, AccessPlan &plan) const
{
    const Value *output = section.find("output"), *format = section.find("format");
    if (output == nullptr || format == nullptr) return;
    plan.format = format->text == "json" ? AccessFormat::Json : AccessFormat::Combined;
    if (output->text != "stderr") plan.path = document_.absolute(output->text, section.at.at("access.output"));
}

void SettingsReader::read_compartments(HostPlan &plan)
{
    plan.compartments.emplace_back();
    plan.compartments.front().name = "main";
    plan.compartments.front().loops = host_loops_;
    plan.compartments.front().rights = host_rights_;
    const Item *all = table_at(document_.root, "compartments", "[compartments]");
    if (all == nullptr) return;
    for (const Item &item : all->items) {
        const std::string owner = "compartment \"" + item.key + '"';
        const Item *table = table_at(*all, item.key, owner);
        if (table == nullptr) continue;
        if (!is_plain_name(item.key))
            problems_.add(item.key_at, owner + ": expected a name of lower-case letters, digits, \"_\" and \"-\"");
        CompartmentPlan compartment;
        compartment.name = item.key;
        read_compartment(*table, owner, compartment);
        if (item.key == "main")
            plan.compartments.front() = std::move(compartment);
        else
            plan.compartments.push_back(std::move(compartment));
    }
    std::sort(plan.compartments.begin() + 1, plan.compartments.end(),
              [](const CompartmentPlan &a, const CompartmentPlan &b) { return a.name < b.name; });
}

void SettingsReader::read_compartment(const Item &table, const std::string &owner, CompartmentPlan &plan)
{
    const Section section = read(&table, host_keys().compartment, owner);
    plan.loops = loops_of(section, host_loops_);
    plan.rights = host_rights_;
    read_user(owner, section.keys, section.at, problems_, plan.rights);
    take(section.find("memory"), plan.limits.memory);
    take(section.find("descriptors"), plan.limits.descriptors);
    if (const Value *cpu = section.find("cpu")) plan.limits.cpu = cpu->real;
    // More loops than processors only take time from each other.
    if (section.find("loops") == nullptr && plan.limits.cpu > 0)
        plan.loops = std::min(plan.loops, static_cast<unsigned>(std::ceil(plan.limits.cpu)));
    plan.origin.options = section.at;
}

// The table `name` of a section; where it is absent, its defaults.
SettingsReader::Section SettingsReader::inner(const Section &section, const std::vector<OptionSpec> &specs,
                                              const std::string &name, const std::string &owner)
{
    const Value *table = section.find(name);
    if (table == nullptr) return read(nullptr, keys_of(specs, name), owner + ": " + name);
    return {*table, section.at};
}

RestartPolicy SettingsReader::read_service(const Item &table, const std::string &owner)
{
    const std::vector<OptionSpec> &specs = host_keys().service;
    const Section section = inner(read(&table, specs, owner, true), specs, "restart", owner);
    RestartPolicy restart;
    if (const Value *policy = section.find("policy")) {
        restart.when = policy->text == "never"    ? RestartPolicy::When::Never
                       : policy->text == "always" ? RestartPolicy::When::Always
                                                  : RestartPolicy::When::OnFailure;
    }
    take(section.find("limit"), restart.limit);
    take(section.find("within"), restart.within_ns);
    return restart;
}

} // namespace hawser::host
