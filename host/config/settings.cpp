// Tests: tests/config/golden_test.cpp
#include "config/settings.hpp"

#include "config/option_spec.hpp"
#include "config/scalars.hpp"

#include <algorithm>

namespace hawser::host {
namespace {

constexpr auto kNo = Key::Has::No;
constexpr auto kNeutral = Key::Has::OnlyNeutral;

constexpr Key kRoot[] = {{"include"}, {"host"}, {"log"}, {"listeners"}, {"services"}, {"compartments"}};
constexpr Key kHost[] = {{"plugins"},
                         {"loops"},
                         {"watch", kNeutral, Item::Kind::Boolean},
                         {"control"},
                         {"drain_timeout"},
                         {"user", kNo},
                         {"group", kNo},
                         {"umask", kNo},
                         {"directory", kNo},
                         {"chroot", kNo},
                         {"state", kNo},
                         {"stall_limit", kNo},
                         {"abi_check", kNeutral, Item::Kind::Boolean}};
constexpr Key kLog[] = {{"level"}, {"output"}, {"format"}, {"access", kNo}};
constexpr Key kListener[] = {{"address"}, {"protocol"}, {"tls", kNo}, {"limits"}, {"socket"}, {"compartment"}};
constexpr Key kLimits[] = {{"connections"},
                           {"per_address", kNeutral, Item::Kind::Integer},
                           {"accept_rate", kNeutral, Item::Kind::Integer},
                           {"bytes_per_second", kNeutral, Item::Kind::String}};
constexpr Key kSocket[] = {
    {"backlog"}, {"send_buffer"}, {"receive_buffer"}, {"no_delay"}, {"proxy_protocol", kNeutral, Item::Kind::Array}};
constexpr Key kCompartment[] = {{"loops"}, {"user", kNo}, {"memory", kNo}, {"descriptors", kNo}, {"cpu", kNo}};
constexpr Key kRestart[] = {{"policy"}, {"limit"}, {"within"}};

// Asks for nothing, in the type that the key will have.
bool is_neutral(const Item &item, Item::Kind kind)
{
    return item.kind == kind && item.integer == 0 && item.items.empty() && (item.text.empty() || item.text == "0");
}

std::string got(const Item &item)
{
    if (item.kind == Item::Kind::String) return "got " + quoted_short(item.text);
    if (item.kind == Item::Kind::Integer) return "got " + std::to_string(item.integer);
    return "got " + std::string(kind_name(item.kind));
}

} // namespace

std::span<const Key> root_keys() { return kRoot; }
std::span<const Key> listener_keys() { return kListener; }

void SettingsReader::wrong(const Item &item, const std::string &what, std::string_view expected, std::string hint)
{
    problems_.add(item.at, what + ": expected " + std::string(expected) + ", " + got(item), std::move(hint));
}

void SettingsReader::check_keys(const Item &table, const std::string &owner, std::span<const Key> keys)
{
    for (const Item &item : table.items) {
        const auto *key = std::find_if(keys.data(), keys.data() + keys.size(),
                                       [&](const Key &each) { return each.name == item.key; });
        if (key == keys.data() + keys.size()) {
            std::vector<std::string> names;
            for (const Key &each : keys) names.emplace_back(each.name);
            problems_.add(item.key_at, owner + ": unknown key \"" + item.key + "\"", meant(item.key, names));
        } else if (key->has == kNo || (key->has == kNeutral && !is_neutral(item, key->type))) {
            problems_.add(item.key_at, owner + ": \"" + item.key + "\" is not available in this build",
                          "remove the key, or use a build that has it");
        }
    }
}

const Item *SettingsReader::table_at(const Item &parent, std::string_view key, const std::string &owner)
{
    const Item *item = parent.find(key);
    if (item == nullptr || item->kind == Item::Kind::Table) return item;
    wrong(*item, owner, "a table");
    return nullptr;
}

std::optional<std::string> SettingsReader::text_at(const Item &table, std::string_view key, const std::string &owner)
{
    const Item *item = table.find(key);
    if (item == nullptr) return std::nullopt;
    if (item->kind == Item::Kind::String && !item->text.empty()) return item->text;
    wrong(*item, owner + ": " + std::string(key), "a string that is not empty");
    return std::nullopt;
}

std::optional<std::string> SettingsReader::path_at(const Item &table, std::string_view key, const std::string &owner)
{
    auto text = text_at(table, key, owner);
    if (!text || is_path(*text)) return text;
    wrong(*table.find(key), owner + ": " + std::string(key), "a path");
    return std::nullopt;
}

template<typename Number>
void SettingsReader::size_at(const Item &table, std::string_view key, const std::string &owner, Number &value)
{
    const Item *item = table.find(key);
    if (item == nullptr) return;
    const auto parsed = item->kind == Item::Kind::String ? parse_size(item->text) : std::nullopt;
    if (parsed && *parsed <= (1LL << 30))
        value = static_cast<Number>(*parsed);
    else
        wrong(*item, owner + ": " + std::string(key), std::string(kSizeShape) + ", at most \"1GiB\"");
}

void SettingsReader::duration_at(const Item &table, std::string_view key, const std::string &owner,
                                 std::uint64_t &value)
{
    const Item *item = table.find(key);
    if (item == nullptr) return;
    const auto parsed = item->kind == Item::Kind::String ? parse_duration(item->text) : std::nullopt;
    if (parsed)
        value = static_cast<std::uint64_t>(*parsed);
    else
        wrong(*item, owner + ": " + std::string(key), kDurationShape,
              item->kind == Item::Kind::String ? "" : "it is a string with its unit");
}

void SettingsReader::count_at(const Item &table, std::string_view key, const std::string &owner, std::uint64_t least,
                              std::uint64_t most, std::uint64_t &value)
{
    const Item *item = table.find(key);
    if (item == nullptr) return;
    const bool fits = item->kind == Item::Kind::Integer && item->integer >= 0 &&
                      static_cast<std::uint64_t>(item->integer) >= least &&
                      static_cast<std::uint64_t>(item->integer) <= most;
    if (fits)
        value = static_cast<std::uint64_t>(item->integer);
    else
        wrong(*item, owner + ": " + std::string(key),
              "a number from " + std::to_string(least) + " to " + std::to_string(most));
}

void SettingsReader::boolean_at(const Item &table, std::string_view key, const std::string &owner, bool &value)
{
    const Item *item = table.find(key);
    if (item == nullptr) return;
    if (item->kind == Item::Kind::Boolean)
        value = item->integer != 0;
    else
        wrong(*item, owner + ": " + std::string(key), "true or false");
}

void SettingsReader::loops_at(const Item &table, const std::string &owner, unsigned &loops)
{
    constexpr std::uint64_t kMostLoops = 64;
    const Item *item = table.find("loops");
    if (item == nullptr) return;
    if (item->kind == Item::Kind::String && item->text == "auto") {
        loops = cores_;
    } else if (item->kind == Item::Kind::Integer && item->integer >= 1 &&
               static_cast<std::uint64_t>(item->integer) <= kMostLoops) {
        loops = static_cast<unsigned>(item->integer);
    } else {
        wrong(*item, owner + ": loops", "a number from 1 to 64 or \"auto\"");
    }
}

void SettingsReader::read_host(HostPlan &plan, const std::string &default_plugin_directory)
{
    const Item empty;
    const Item *found = table_at(document_.root, "host", "[host]");
    const Item &host = found != nullptr ? *found : empty;
    check_keys(host, "[host]", kHost);
    host_loops_ = cores_;
    loops_at(host, "[host]", host_loops_);
    duration_at(host, "drain_timeout", "[host]", plan.drain_timeout_ns);
    if (const auto control = path_at(host, "control", "[host]")) {
        plan.control = document_.absolute(*control, host.find("control")->at);
        if (plan.control.size() > 107) wrong(*host.find("control"), "[host]: control", "a path of at most 107 bytes");
    }
    const Item *plugins = host.find("plugins");
    if (plugins == nullptr) {
        plan.plugins = {default_plugin_directory};
        return;
    }
    const bool is_list = plugins->kind == Item::Kind::Array;
    if (!is_list) wrong(*plugins, "[host]: plugins", "a list of directories");
    for (const Item &item : plugins->items) {
        if (is_list && item.kind == Item::Kind::String && is_path(item.text))
            plan.plugins.push_back(document_.absolute(item.text, item.at));
        else if (is_list)
            wrong(item, "[host]: plugins", "a directory");
    }
}

void SettingsReader::read_log(LogPlan &plan)
{
    const Item *log = table_at(document_.root, "log", "[log]");
    if (log == nullptr) return;
    check_keys(*log, "[log]", kLog);
    if (const auto level = text_at(*log, "level", "[log]"); level && !parse_level(*level, plan.level))
        wrong(*log->find("level"), "[log]: level", "\"error\", \"warning\", \"info\" or \"debug\"");
    if (const auto format = text_at(*log, "format", "[log]")) {
        if (*format == "text")
            plan.format = LogPlan::Format::Text;
        else if (*format == "json")
            plan.format = LogPlan::Format::Json;
        else if (*format != "auto")
            wrong(*log->find("format"), "[log]: format", "\"auto\", \"text\" or \"json\"");
    }
    const auto output = path_at(*log, "output", "[log]");
    if (!output || *output == "stderr") return;
    const Item &item = *log->find("output");
    if (*output == "syslog" || *output == "journald") {
        problems_.add(item.at, "[log]: output \"" + *output + "\" is not available in this build",
                      "use \"stderr\" or the path of a file");
        return;
    }
    plan.output = LogPlan::Output::File;
    plan.path = document_.absolute(*output, item.at);
}

void SettingsReader::read_compartments(HostPlan &plan)
{
    plan.compartments.emplace_back();
    plan.compartments.front().name = "main";
    plan.compartments.front().loops = host_loops_;
    const Item *all = table_at(document_.root, "compartments", "[compartments]");
    if (all == nullptr) return;
    for (const Item &item : all->items) {
        const std::string owner = "compartment \"" + item.key + '"';
        if (item.kind != Item::Kind::Table) {
            wrong(item, owner, "a table");
            continue;
        }
        if (!is_plain_name(item.key))
            problems_.add(item.key_at, owner + ": expected a name of lower-case letters, digits, \"_\" and \"-\"");
        check_keys(item, owner, kCompartment);
        CompartmentPlan compartment;
        compartment.name = item.key;
        compartment.loops = host_loops_;
        loops_at(item, owner, compartment.loops);
        if (item.key == "main")
            plan.compartments.front() = std::move(compartment);
        else
            plan.compartments.push_back(std::move(compartment));
    }
    std::sort(plan.compartments.begin() + 1, plan.compartments.end(),
              [](const CompartmentPlan &a, const CompartmentPlan &b) { return a.name < b.name; });
}

void SettingsReader::read_address(const Item &item, const std::string &owner, ListenerPlan &listener)
{
    if (item.kind != Item::Kind::String) {
        wrong(item, owner + ": address", "an address like \"127.0.0.1:8080\"");
        return;
    }
    auto endpoint = parse_listen_endpoint(item.text);
    if (!endpoint) {
        problems_.add(item.at, owner + ": address: " + endpoint.error().text);
        return;
    }
    if (endpoint->scheme == Endpoint::Scheme::Systemd || endpoint->scheme == Endpoint::Scheme::Fd) {
        problems_.add(item.at, owner + ": address \"" + item.text + "\" is not available in this build",
                      "use \"tcp:\" or \"unix:\"");
        return;
    }
    if (endpoint->scheme == Endpoint::Scheme::Unix) {
        endpoint->path = document_.absolute(endpoint->path, item.at);
        if (endpoint->path.size() > 107) {
            problems_.add(item.at, owner + ": address: expected a path of at most 107 bytes, got " +
                                       std::to_string(endpoint->path.size()) + ": " + endpoint->path);
            return;
        }
    }
    const bool twice =
        std::find(listener.addresses.begin(), listener.addresses.end(), *endpoint) != listener.addresses.end();
    if (twice && endpoint->port != 0) {
        problems_.add(item.at, owner + ": address \"" + item.text + "\" stands twice");
        return;
    }
    listener.addresses.push_back(std::move(*endpoint));
    listener.origins.push_back(item.at);
}

void SettingsReader::read_addresses(const Item &table, const std::string &owner, ListenerPlan &listener)
{
    const Item *address = table.find("address");
    if (address == nullptr) {
        problems_.add(table.key_at, owner + ": expected the key \"address\", got none");
    } else if (address->kind == Item::Kind::Array) {
        if (address->items.empty()) wrong(*address, owner + ": address", "at least one address");
        for (const Item &item : address->items) read_address(item, owner, listener);
    } else {
        read_address(*address, owner, listener);
    }
}

void SettingsReader::read_listener(const Item &table, const std::string &owner, ListenerPlan &listener)
{
    read_addresses(table, owner, listener);
    if (const Item *limits = table_at(table, "limits", owner + ": limits")) {
        check_keys(*limits, owner + ": limits", kLimits);
        count_at(*limits, "connections", owner + ": limits", 0, 1'000'000'000, listener.limits.connections);
    }
    if (const Item *socket = table_at(table, "socket", owner + ": socket")) {
        check_keys(*socket, owner + ": socket", kSocket);
        std::uint64_t backlog = static_cast<std::uint64_t>(listener.socket.backlog);
        count_at(*socket, "backlog", owner + ": socket", 1, 65535, backlog);
        listener.socket.backlog = static_cast<int>(backlog);
        size_at(*socket, "send_buffer", owner + ": socket", listener.socket.send_buffer);
        size_at(*socket, "receive_buffer", owner + ": socket", listener.socket.receive_buffer);
        boolean_at(*socket, "no_delay", owner + ": socket", listener.socket.no_delay);
    }
}

RestartPolicy SettingsReader::read_restart(const Item &table, const std::string &owner)
{
    RestartPolicy restart;
    const Item *item = table_at(table, "restart", owner + ": restart");
    if (item == nullptr) return restart;
    check_keys(*item, owner + ": restart", kRestart);
    if (const auto policy = text_at(*item, "policy", owner + ": restart")) {
        if (*policy == "never")
            restart.when = RestartPolicy::When::Never;
        else if (*policy == "always")
            restart.when = RestartPolicy::When::Always;
        else if (*policy != "on-failure")
            wrong(*item->find("policy"), owner + ": restart: policy", "\"never\", \"on-failure\" or \"always\"");
    }
    std::uint64_t limit = restart.limit;
    count_at(*item, "limit", owner + ": restart", 0, 1000, limit);
    restart.limit = static_cast<unsigned>(limit);
    duration_at(*item, "within", owner + ": restart", restart.within_ns);
    return restart;
}

} // namespace hawser::host
