// The host's own keys, checked by their declarations (config/host_keys.hpp), as typed values.
#pragma once

#include "config/convert.hpp"
#include "config/files.hpp"
#include "config/plan.hpp"

#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace hawser::host {

// Reads host tables; what is wrong becomes a problem and leaves the default.
class SettingsReader {
public:
    SettingsReader(const Document &document, Problems &problems, unsigned cores)
        : document_(document)
        , problems_(problems)
        , cores_(cores)
    {}

    void read_root();
    void read_host(HostPlan &plan, const std::string &default_plugin_directory);
    void read_log(LogPlan &log);
    void read_compartments(HostPlan &plan);
    // Its keys beside the options of its protocol.
    void read_listener(const Item &table, const std::string &owner, ListenerPlan &listener);
    RestartPolicy read_service(const Item &table, const std::string &owner);

    // A table at `key` of `parent`, or null: absent, or a problem was added. `owner`: "[host]".
    const Item *table_at(const Item &parent, std::string_view key, const std::string &owner);

private:
    // The checked keys of one host table, and where each stands.
    struct Section {
        Value keys;
        std::map<std::string, Position> at;
        const Value *find(std::string_view name) const;
    };
    // `table` may be null: absent, so that the defaults are as declared.
    Section read(const Item *table, const std::vector<OptionSpec> &specs, const std::string &owner,
                 bool others_allowed = false);
    Section inner(const Section &section, const std::vector<OptionSpec> &specs, const std::string &name,
                  const std::string &owner);
    void read_access(const Section &section, AccessPlan &plan) const;
    void read_compartment(const Item &table, const std::string &owner, CompartmentPlan &plan);
    unsigned loops_of(const Section &section, unsigned otherwise) const;
    void read_addresses(const Section &section, const std::string &owner, ListenerPlan &listener);

    void read_limits(const Section &section, const std::string &owner, ListenerLimits &limits);
    void read_socket(const Section &section, const std::string &owner, ListenerPlan &listener);
    template<typename Number>
    static void take(const Value *value, Number &to)
    {
        if (value != nullptr) to = static_cast<Number>(value->integer);
    }

    const Document &document_;
    Problems &problems_;
    unsigned cores_;
    unsigned host_loops_ = 1;
    WorkerRights host_rights_;
};

// The text at `key` of `table` if it is one that is not empty. What is wrong with it is said by whoever checks the
// declared keys.
std::optional<std::string> text_at(const Item &table, std::string_view key);

} // namespace hawser::host
