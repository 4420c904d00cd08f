// Tests: tests/config/golden_test.cpp
#include "config/resolve.hpp"
#include "config/host_interfaces.hpp"

#include "config/convert.hpp"
#include "config/option_spec.hpp"

#include <algorithm>

namespace hawser::host {

void Resolver::run()
{
    settings_.read_root();
    if (const Item *services = settings_.table_at(document_.root, "services", "[services]")) {
        for (const Item &item : services->items) {
            if (item.kind == Item::Kind::Table)
                services_[item.key].item = &item;
            else
                problems_.add(item.at, "service \"" + item.key + "\": expected a table");
        }
        for (const Item &item : services->items) resolve_service(item.key);
    }
    if (const Item *listeners = settings_.table_at(document_.root, "listeners", "[listeners]")) {
        for (const Item &item : listeners->items) read_listener(item);
    }
}

std::uint32_t Resolver::compartment_of(const Item &table, const std::string &owner)
{
    const auto name = text_at(table, "compartment");
    if (!name) return 0;
    std::vector<std::string> known;
    for (std::uint32_t i = 0; i < plan_.compartments.size(); ++i) {
        if (plan_.compartments[i].name == *name) return i;
        known.push_back(plan_.compartments[i].name);
    }
    const std::string hint = meant(*name, known);
    problems_.add(table.find("compartment")->at, owner + ": no compartment \"" + *name + '"',
                  hint.empty() ? "add [compartments." + *name + "]" : hint);
    return kNone;
}

std::uint32_t Resolver::plugin_of(std::uint32_t compartment, const FoundPlugin &plugin)
{
    std::vector<PluginRef> &loaded = plan_.compartments[compartment].plugins;
    for (std::uint32_t i = 0; i < loaded.size(); ++i) {
        if (loaded[i].path == plugin.path) return i;
    }
    loaded.push_back(
        {plugin.manifest->name, plugin.manifest->version, plugin.path, plugin.version_tag, plugin.manifest_text, {}});
    return static_cast<std::uint32_t>(loaded.size() - 1);
}

// "listener.web" and "POST /in" make "listener.web/in"; where that is taken, "listener.web[POST /in]".
std::string Resolver::unique_name(std::uint32_t compartment, const std::string &holder, const std::string &pattern)
{
    const std::size_t slash = pattern.find('/');
    const std::string prefix = std::to_string(compartment) + ' ';
    std::string name = holder + (slash != std::string::npos ? pattern.substr(slash) : '/' + pattern);
    if (!names_.insert(prefix + name).second) {
        name = holder + '[' + pattern + ']';
        names_.insert(prefix + name);
    }
    return name;
}

void Resolver::read_listener(const Item &item)
{
    const std::string owner = "listener \"" + item.key + '"';
    if (item.kind != Item::Kind::Table) {
        problems_.add(item.at, owner + ": expected a table, got " + std::string(kind_name(item.kind)));
        return;
    }
    if (!is_plain_name(item.key))
        problems_.add(item.key_at, owner + ": expected a name of lower-case letters, digits, \"_\" and \"-\"");
    ListenerPlan listener;
    listener.name = item.key;
    settings_.read_listener(item, owner, listener);
    check_shared(item, owner, listener);
    const std::uint32_t compartment = compartment_of(item, owner);
    const auto protocol = text_at(item, "protocol");
    if (!protocol) return;
    Wanted wanted;
    wanted.choice = choose_kind(plugins_, "protocol", *protocol, owner, item.find("protocol")->at, problems_);
    if (wanted.choice.kind == nullptr) return;
    wanted.compartment = compartment;
    wanted.name = "listener." + item.key;
    wanted.owner = owner;
    wanted.table = &item;
    wanted.reserved = reserved_keys("protocol");
    listener.node = build(wanted);
    if (listener.node != kNone) plan_.compartments[compartment].listeners.push_back(std::move(listener));
}

// Both would bind it, and each connection would go to one of them by chance.
void Resolver::check_shared(const Item &item, const std::string &owner, const ListenerPlan &listener)
{
    for (std::size_t i = 0; i < listener.addresses.size(); ++i) {
        const Endpoint &address = listener.addresses[i];
        if (address.scheme == Endpoint::Scheme::Tcp && address.port == 0) continue;
        const auto [other, first] = addresses_.emplace(address.text(), &item);
        if (!first && other->second != &item)
            problems_.add(listener.origins[i], owner + ": address \"" + address.text() + "\" is that of listener \"" +
                                                   other->second->key + "\" too");
    }
}

Resolver::Service *Resolver::resolve_service(const std::string &name)
{
    const auto found = services_.find(name);
    if (found == services_.end() || found->second.item == nullptr) return nullptr;
    Service &service = found->second;
    if (service.state == Service::State::Done) return &service;
    const std::string owner = "service \"" + name + '"';
    const Item &item = *service.item;
    if (service.state == Service::State::InHand) {
        std::string circle;
        for (auto i = std::find(in_hand_.begin(), in_hand_.end(), name); i != in_hand_.end(); ++i) circle += *i + " → ";
        problems_.add(item.key_at, "services depend on each other in a circle: " + circle + name);
        return &service;
    }
    service.state = Service::State::InHand;
    in_hand_.push_back(name);
    if (!is_plain_name(name))
        problems_.add(item.key_at, owner + ": expected a name of lower-case letters, digits, \"_\" and \"-\"");
    service.compartment = compartment_of(item, owner);
    const RestartPolicy restart = settings_.read_service(item, owner);
    if (const auto kind = text_at(item, "service")) {
        Wanted wanted;
        wanted.choice = choose_kind(plugins_, "service", *kind, owner, item.find("service")->at, problems_);
        service.kind = wanted.choice.kind;
        if (service.kind != nullptr) {
            wanted.compartment = service.compartment;
            wanted.name = "service." + name;
            wanted.owner = owner;
            wanted.table = &item;
            wanted.reserved = reserved_keys("service");
            service.node = build(wanted);
            if (service.node != kNone) plan_.compartments[service.compartment].nodes[service.node].restart = restart;
        }
    }
    in_hand_.pop_back();
    service.state = Service::State::Done;
    return &service;
}

void Resolver::check_interfaces(const Wanted &wanted)
{
    for (const std::string &id : wanted.choice.kind->requires_) {
        if (std::find(kHostInterfaces.begin(), kHostInterfaces.end(), id) != kHostInterfaces.end()) continue;
        problems_.add(wanted.table->key_at, wanted.owner + ": \"" + wanted.choice.kind->name +
                                                "\" requires the host's interface \"" + id +
                                                "\", which is not available in this build");
    }
}

Conversion Resolver::conversion(const std::string &owner, NodePlan &node, ObjectFiller object)
{
    return {problems_,
            owner,
            [this](const std::string &text, Position at) { return document_.absolute(text, at); },
            std::move(object),
            [&node](const std::string &option, Position at) { node.origin.options.emplace(option, at); },
            0,
            [this](const Item &item) {
                sources_.hide(item.at, item.end);
                for (const auto &[from, to] : item.others) sources_.hide(from, to);
            }};
}

std::uint32_t Resolver::build(const Wanted &wanted)
{
    check_interfaces(wanted);
    NodePlan node;
    node.name = wanted.name;
    node.role = wanted.choice.kind->role;
    node.kind = wanted.choice.kind->name;
    node.options.type = Value::Type::Table;
    node.origin.node = wanted.table->key_at;
    Conversion how = conversion(wanted.owner, node,
                                [&](const Item &item, const OptionSpec &spec, const std::string &option, Value &value) {
                                    return fill_object(wanted, item, spec, option, value, node);
                                });
    const bool good =
        convert_table(*wanted.table, wanted.choice.kind->options, wanted.reserved, wanted.owner, "", how, node.options);
    if (!good || wanted.compartment == kNone) return kNone;
    node.plugin = plugin_of(wanted.compartment, *wanted.choice.plugin);
    take_exclusive(wanted);
    std::vector<NodePlan> &nodes = plan_.compartments[wanted.compartment].nodes;
    nodes.push_back(std::move(node));
    return static_cast<std::uint32_t>(nodes.size() - 1);
}

void Resolver::take_exclusive(const Wanted &wanted)
{
    for (const std::string &what : wanted.choice.kind->exclusive) {
        const auto [holder, is_first] = exclusive_.emplace(what, wanted.owner);
        if (is_first)
            plan_.compartments[wanted.compartment].exclusive.push_back(what);
        else
            problems_.add(wanted.table->key_at,
                          wanted.owner + ": \"" + wanted.choice.kind->name + "\" needs \"" + what +
                              "\" for itself: expected it to be free, " + holder->second + " has it",
                          "remove one of the two");
    }
}

bool Resolver::fill_object(const Wanted &wanted, const Item &item, const OptionSpec &spec, const std::string &option,
                           Value &value, NodePlan &node)
{
    if (spec.type == OptionSpec::Type::Service) return fill_service(wanted, item, spec, value);
    if (spec.type == OptionSpec::Type::Routes) return fill_routes(wanted, item, spec, option, value, node);
    const std::string name = wanted.name + '.' + option;
    return fill_resource(wanted, item, spec, name, wanted.owner + ": " + option, option, value, node);
}

bool Resolver::fill_service(const Wanted &wanted, const Item &item, const OptionSpec &spec, Value &value)
{
    if (item.kind != Item::Kind::String) {
        problems_.add(item.at,
                      wanted.owner + ": expected the name of a service, got " + std::string(kind_name(item.kind)));
        return false;
    }
    Service *service = resolve_service(item.text);
    if (service == nullptr) {
        std::vector<std::string> known;
        for (const auto &[name, each] : services_) known.push_back(name);
        const std::string hint = meant(item.text, known);
        problems_.add(item.at, wanted.owner + ": no service \"" + item.text + '"',
                      hint.empty() ? "add [services." + item.text + "]" : hint);
        return false;
    }
    if (service->kind == nullptr || service->node == kNone) return false; // said already
    if (wanted.compartment != kNone && service->compartment != wanted.compartment) {
        problems_.add(item.at,
                      wanted.owner + ": the service \"" + item.text + "\" is in the compartment \"" +
                          plan_.compartments[service->compartment].name + "\", this in \"" +
                          plan_.compartments[wanted.compartment].name + '"',
                      "a service is used within its own compartment only");
        return false;
    }
    const auto &provides = service->kind->provides;
    const auto offered = std::find_if(provides.begin(), provides.end(),
                                      [&](const ProvidedInterface &each) { return each.interface == spec.interface; });
    if (offered == provides.end()) {
        problems_.add(item.at, wanted.owner + ": expected a service that provides \"" + spec.interface + "\", got \"" +
                                   item.text + "\", a " + service->kind->name);
        return false;
    }
    // A service and what it holds live on its loop; everything else has an instance on each.
    const unsigned loops = plan_.compartments[service->compartment].loops;
    if (!offered->any_thread && loops > 1 && !wanted.name.starts_with("service.")) {
        problems_.add(item.at,
                      wanted.owner + ": the interface \"" + spec.interface + "\" of the service \"" + item.text +
                          "\" may be called on one loop only: expected a compartment with one, got " +
                          std::to_string(loops),
                      "set loops = 1 for the compartment of both");
        return false;
    }
    value.node = service->node;
    value.interface = spec.interface;
    return true;
}

bool Resolver::clashes(const KindSpec &kind, const std::vector<OptionSpec> &entries, const std::string &owner,
                       Position at)
{
    for (const OptionSpec &entry : entries) {
        const bool declared = std::any_of(kind.options.begin(), kind.options.end(),
                                          [&](const OptionSpec &option) { return option.name == entry.name; });
        if (!declared) continue;
        problems_.add(at, owner + ": the resource \"" + kind.name + "\" declares the option \"" + entry.name +
                              "\", which belongs to the owner of the routes");
        return true;
    }
    return false;
}

bool Resolver::fill_routes(const Wanted &wanted, const Item &item, const OptionSpec &spec, const std::string &option,
                           Value &value, NodePlan &node)
{
    if (item.kind != Item::Kind::Table) {
        problems_.add(item.at, wanted.owner + ": " + option + ": expected a table of routes, got " +
                                   std::string(kind_name(item.kind)));
        return false;
    }
    value.type = Value::Type::Table;
    if (!spec.stand_in.empty()) node.stand_ins.emplace(spec.name, spec.stand_in);
    bool good = true;
    for (const Item &entry : item.items) {
        const std::string path = option + '.' + entry.key;
        node.origin.options.emplace(path, entry.key_at);
        Value route;
        route.type = Value::Type::Object;
        const std::string name = unique_name(wanted.compartment, wanted.name, entry.key);
        const std::string owner = wanted.owner + ": route \"" + entry.key + '"';
        if (!fill_resource(wanted, entry, spec, name, owner, path, route, node)) {
            good = false;
            continue;
        }
        route.key = entry.key;
        value.items.push_back(std::move(route));
    }
    return good;
}

bool Resolver::fill_resource(const Wanted &wanted, const Item &item, const OptionSpec &spec, const std::string &name,
                             const std::string &owner, const std::string &option, Value &value, NodePlan &node)
{
    if (item.kind != Item::Kind::Table) {
        problems_.add(item.at, owner + ": expected a table like { resource = \"text\", … }, got " +
                                   std::string(kind_name(item.kind)));
        return false;
    }
    // The owner's options for this entry: only those, out of the same table.
    Item mine;
    mine.at = item.at;
    mine.key_at = item.key_at;
    for (const Item &each : item.items) {
        const bool is_entry = std::any_of(spec.entry.begin(), spec.entry.end(),
                                          [&](const OptionSpec &entry) { return entry.name == each.key; });
        if (is_entry) mine.items.push_back(each);
    }
    Value with;
    Conversion how = conversion(owner, node, nullptr);
    how.unsaid = option.size() + 1;
    const bool entries_good = convert_table(mine, spec.entry, {}, owner, option + '.', how, with);

    const Item *named = item.find("resource");
    const auto kind = text_at(item, "resource");
    if (!kind) {
        const bool wrong = named != nullptr;
        problems_.add(wrong ? named->at : item.key_at,
                      owner + (wrong ? ": resource: expected a string that is not empty"
                                     : ": expected the key \"resource\", got none"));
        return false;
    }
    const Position kind_at = named->at;
    Wanted inner;
    inner.choice = choose_kind(plugins_, "resource", *kind, owner, kind_at, problems_);
    if (inner.choice.kind == nullptr) return false;
    if (inner.choice.kind->role != spec.interface) {
        problems_.add(kind_at, owner + ": expected a resource with the role \"" + spec.interface + "\", got \"" +
                                   *kind + "\" with the role \"" + inner.choice.kind->role + '"');
        return false;
    }
    inner.entry_options = wanted.entry_options;
    inner.entry_options.insert(inner.entry_options.end(), spec.entry.begin(), spec.entry.end());
    if (clashes(*inner.choice.kind, inner.entry_options, owner, kind_at)) return false;
    inner.compartment = wanted.compartment;
    inner.name = name;
    inner.owner = owner;
    inner.table = &item;
    inner.reserved = {"resource"};
    for (const OptionSpec &entry : spec.entry) inner.reserved.push_back(entry.name);

    value.node = build(inner);
    value.items = std::move(with.items);
    value.has_with = !spec.entry.empty();
    return entries_good && value.node != kNone;
}

} // namespace hawser::host
