// The host's own keys: one table of what there is and what this build has, and their typed values.
#pragma once

#include "config/files.hpp"
#include "config/plan.hpp"

#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace hawser::host {

// A key of the host's. One without its function yet is accepted only with the value that asks for nothing.
struct Key {
    enum class Has : std::uint8_t { Yes, No, OnlyNeutral };
    std::string_view name;
    Has has = Has::Yes;
    Item::Kind type = Item::Kind::Table; // OnlyNeutral: of the value that asks for nothing
};
std::span<const Key> root_keys();
std::span<const Key> listener_keys(); // beside the options of its protocol

// Reads host tables; what is wrong becomes a problem and leaves the default.
class SettingsReader {
public:
    SettingsReader(const Document &document, Problems &problems, unsigned cores)
        : document_(document)
        , problems_(problems)
        , cores_(cores)
    {}

    void read_host(HostPlan &plan, const std::string &default_plugin_directory);
    void read_log(LogPlan &log);
    void read_compartments(HostPlan &plan);
    void read_listener(const Item &table, const std::string &owner, ListenerPlan &listener);
    RestartPolicy read_restart(const Item &table, const std::string &owner);

    // Adds a problem for each key that is unknown or not available; `more` are known too. `owner`: "[host]".
    void check_keys(const Item &table, const std::string &owner, std::span<const Key> keys);
    // A table at `key` of `parent`, or null: absent, or a problem was added.
    const Item *table_at(const Item &parent, std::string_view key, const std::string &owner);
    std::optional<std::string> text_at(const Item &table, std::string_view key, const std::string &owner);
    std::optional<std::string> path_at(const Item &table, std::string_view key, const std::string &owner);

private:
    template<typename Number>
    void size_at(const Item &table, std::string_view key, const std::string &owner, Number &value);
    void duration_at(const Item &table, std::string_view key, const std::string &owner, std::uint64_t &value);
    void count_at(const Item &table, std::string_view key, const std::string &owner, std::uint64_t least,
                  std::uint64_t most, std::uint64_t &value);
    void boolean_at(const Item &table, std::string_view key, const std::string &owner, bool &value);
    void loops_at(const Item &table, const std::string &owner, unsigned &loops);
    void read_addresses(const Item &table, const std::string &owner, ListenerPlan &listener);
    void read_address(const Item &item, const std::string &owner, ListenerPlan &listener);
    void wrong(const Item &item, const std::string &what, std::string_view expected, std::string hint = {});

    const Document &document_;
    Problems &problems_;
    unsigned cores_;
    unsigned host_loops_ = 0; // 0: not given
};

} // namespace hawser::host
