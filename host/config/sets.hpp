// One value of --set: "listeners.web.address=127.0.0.1:0".
#pragma once

#include "config/document.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace hawser::host {

struct Override {
    struct Part {
        std::string key;
        Position at;
    };
    std::vector<Part> path;
    Item value; // TOML, else a string; positions are those in the --set text
};

// Splits `text`, which is that of `file`. False: it is no KEY=VALUE in UTF-8, and a problem was added.
bool parse_override(std::uint32_t file, std::string_view text, Override &to, Problems &problems);

// Puts the value into the tree, in place of what is there; tables on the way are made. False: a problem was added,
// since something on the way is no table.
bool apply_override(Override given, Item &root, Problems &problems);

} // namespace hawser::host
