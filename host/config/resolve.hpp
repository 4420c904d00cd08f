// Listeners, services and their resources against the manifests: the nodes of each compartment.
#pragma once

#include "config/convert.hpp"
#include "config/files.hpp"
#include "config/kinds.hpp"
#include "config/settings.hpp"

#include <map>
#include <set>
#include <string>
#include <vector>

namespace hawser::host {

class Resolver {
public:
    // `plan` has its compartments already.
    Resolver(const Document &document, const std::vector<FoundPlugin> &plugins, SettingsReader &settings,
             Sources &sources, Problems &problems, HostPlan &plan)
        : document_(document)
        , plugins_(plugins)
        , settings_(settings)
        , sources_(sources)
        , problems_(problems)
        , plan_(plan)
    {}

    void run();

private:
    // A service of the configuration while it is resolved: what names it comes after it.
    struct Service {
        const Item *item = nullptr;
        enum class State : std::uint8_t { New, InHand, Done } state = State::New;
        std::uint32_t compartment = kNone, node = kNone;
        const KindSpec *kind = nullptr;
    };
    // What a node is built from.
    struct Wanted {
        std::uint32_t compartment = 0;
        std::string name;  // "listener.web"
        std::string owner; // "listener \"web\"", for messages
        KindChoice choice;
        const Item *table = nullptr;
        std::vector<std::string> reserved;     // keys that are not options of the kind
        std::vector<OptionSpec> entry_options; // of all owners of routes above: what is nested may not declare them
    };
    // kNone: problems were added, or the compartment is not known.
    std::uint32_t build(const Wanted &wanted);
    // How the options of a table are converted into `node`; `object` may be null.
    Conversion conversion(const std::string &owner, NodePlan &node, ObjectFiller object);
    void check_interfaces(const Wanted &wanted);
    void take_exclusive(const Wanted &wanted);
    bool fill_object(const Wanted &wanted, const Item &item, const OptionSpec &spec, const std::string &option,
                     Value &value, NodePlan &node);
    bool fill_service(const Wanted &wanted, const Item &item, const OptionSpec &spec, Value &value);
    bool fill_routes(const Wanted &wanted, const Item &item, const OptionSpec &spec, const std::string &option,
                     Value &value, NodePlan &node);
    bool fill_resource(const Wanted &wanted, const Item &item, const OptionSpec &spec, const std::string &name,
                       const std::string &owner, const std::string &option, Value &value, NodePlan &node);
    bool clashes(const KindSpec &kind, const std::vector<OptionSpec> &entries, const std::string &owner, Position at);

    void read_listener(const Item &item);
    void check_shared(const Item &item, const std::string &owner, const ListenerPlan &listener);
    Service *resolve_service(const std::string &name);
    std::uint32_t compartment_of(const Item &table, const std::string &owner);
    std::uint32_t plugin_of(std::uint32_t compartment, const FoundPlugin &plugin);
    std::string unique_name(std::uint32_t compartment, const std::string &holder, const std::string &pattern);

    const Document &document_;
    const std::vector<FoundPlugin> &plugins_;
    SettingsReader &settings_;
    Sources &sources_;
    Problems &problems_;
    HostPlan &plan_;
    std::map<std::string, Service> services_;
    std::vector<std::string> in_hand_;              // names of services, for a cycle's message
    std::set<std::string> names_;                   // of nodes
    std::map<std::string, const Item *> addresses_; // the listener of each
    std::map<std::string, std::string> exclusive_;  // the owner of each
};

} // namespace hawser::host
