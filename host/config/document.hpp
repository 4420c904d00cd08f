// A TOML text as a tree with the position of every key and value, tables in the order of the file. toml++ parses;
// nothing beyond document.cpp knows it.
#pragma once

#include "config/source.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace hawser::host {

struct Item {
    enum class Kind : std::uint8_t { String, Integer, Float, Boolean, Date, Array, Table };
    Kind kind = Kind::Table;
    std::string key; // in a table
    Position key_at;
    Position at;
    Position end; // behind it; only of a value that a file or --set gave
    std::string text;
    std::int64_t integer = 0; // also Boolean
    double real = 0;
    std::vector<Item> items; // of an Array or a Table
    // Where values stand that this one replaced, or that were refused beside it: secrets if this is one.
    std::vector<std::pair<Position, Position>> others;

    const Item *find(std::string_view name) const;
    Item *find(std::string_view name);
};

std::string_view kind_name(Item::Kind kind); // "a string", "an integer" …

// Parses the text of `file`. A syntax error, bytes that are no UTF-8 or NUL, is added to the problems; nothing then.
std::optional<Item> parse_document(std::uint32_t file, const Sources &sources, Problems &problems);

} // namespace hawser::host
