// One TOML value to a checked Value, by the option's declaration.
#pragma once

#include "config/document.hpp"
#include "config/manifest.hpp"

#include <functional>
#include <optional>
#include <string>

namespace hawser::host {

using ObjectFiller =
    std::function<bool(const Item &, const OptionSpec &, const std::string &option_path, Value &value)>;

struct Conversion {
    Problems &problems;
    std::string owner; // "listener \"web\"", put before every message; may be empty
    // Made absolute: the text of a path and where it stands.
    std::function<std::string(const std::string &, Position)> path;
    // Service, Resource and Routes: fills the value, or adds problems and says false. Null: they are refused.
    ObjectFiller object = nullptr;
    // Hears where each option stood: "limits.rate", "items[2].name".
    std::function<void(const std::string &option_path, Position)> seen = {};
    std::size_t unsaid = 0; // characters at the front of option paths that messages leave out
    // Hears of each value that messages must not show; may be null.
    std::function<void(const Item &)> secret = nullptr;
    // What is wrong with a text of the spec's format, to stand behind the option's name; "": nothing.
    std::function<std::string(const OptionSpec &, const std::string &text, std::string &hint)> check = {};
    std::string_view noun = "option"; // what one is called where it is missing
    bool others_allowed = false;      // keys that are not declared belong to somebody else
};

// `name`: how the option is called in messages and its path. Nothing: problems were added.
std::optional<Value> convert_option(const Item &item, const OptionSpec &spec, const std::string &name, Conversion &how);

// The known options of `specs` that `table` sets, others refused unless `reserved`; defaults filled in, required ones
// asked for at `table`'s place. `owner`: "listener \"web\"" for messages. False: problems were added.
bool convert_table(const Item &table, const std::vector<OptionSpec> &specs, const std::vector<std::string> &reserved,
                   const std::string &owner, const std::string &prefix, Conversion &how, Value &to);

} // namespace hawser::host
