// Tests: tests/config/golden_test.cpp
#include "config/document.hpp"

#include "config/depth.hpp"

#define TOML_HEADER_ONLY 0
#include <toml++/toml.h>

#include <algorithm>

namespace hawser::host {
namespace {

constexpr const char *kTooDeep = "expected at most 64 tables and lists in each other, got more";

// The byte at `offset` of the text as a position.
Position place_of(std::uint32_t file, std::string_view text, std::size_t offset)
{
    Position at{file, 1, 1};
    for (const char c : text.substr(0, offset)) {
        if (c == '\n') {
            ++at.line;
            at.column = 1;
        } else if ((static_cast<unsigned char>(c) & 0xc0) != 0x80) {
            ++at.column;
        }
    }
    return at;
}

Position position(std::uint32_t file, const toml::source_position &at)
{
    return {file, static_cast<std::uint32_t>(at.line), static_cast<std::uint32_t>(at.column)};
}

bool convert(const toml::node &from, std::uint32_t file, int depth, Item &to);

bool convert_table(const toml::table &from, std::uint32_t file, int depth, Item &to)
{
    to.kind = Item::Kind::Table;
    to.items.reserve(from.size());
    for (const auto &[key, node] : from) {
        Item &item = to.items.emplace_back();
        item.key = std::string(key.str());
        item.key_at = position(file, key.source().begin);
        if (!convert(node, file, depth + 1, item)) return false;
        // A table that dotted keys or sub-headers made stands where its key does.
        if (item.at.line == 0) item.at = item.key_at;
    }
    const auto earlier = [](const Item &a, const Item &b) { return a.key_at < b.key_at; };
    std::stable_sort(to.items.begin(), to.items.end(), earlier);
    return true;
}

bool convert(const toml::node &from, std::uint32_t file, int depth, Item &to)
{
    if (depth > static_cast<int>(kMostDepth)) return false;
    to.at = position(file, from.source().begin);
    to.end = position(file, from.source().end);
    switch (from.type()) {
    case toml::node_type::table:
        return convert_table(*from.as_table(), file, depth, to);
    case toml::node_type::array:
        to.kind = Item::Kind::Array;
        for (const toml::node &node : *from.as_array()) {
            if (!convert(node, file, depth + 1, to.items.emplace_back())) return false;
        }
        return true;
    case toml::node_type::string:
        to.kind = Item::Kind::String;
        to.text = from.as_string()->get();
        return true;
    case toml::node_type::integer:
        to.kind = Item::Kind::Integer;
        to.integer = from.as_integer()->get();
        return true;
    case toml::node_type::floating_point:
        to.kind = Item::Kind::Float;
        to.real = from.as_floating_point()->get();
        return true;
    case toml::node_type::boolean:
        to.kind = Item::Kind::Boolean;
        to.integer = from.as_boolean()->get() ? 1 : 0;
        return true;
    default:
        to.kind = Item::Kind::Date;
        return true;
    }
}

// The parser's own words, made to look like ours.
std::string tidy(std::string_view words)
{
    std::string text(words);
    if (text.starts_with("Error while parsing ")) text = "cannot read " + text.substr(20);
    if (!text.empty() && text[0] >= 'A' && text[0] <= 'Z') text[0] = static_cast<char>(text[0] | 0x20);
    while (text.ends_with('.')) text.pop_back();
    for (char &c : text) {
        if (c == '\n' || c == '\r') c = ' ';
    }
    return text;
}

} // namespace

const Item *Item::find(std::string_view name) const
{
    for (const Item &item : items) {
        if (item.key == name) return &item;
    }
    return nullptr;
}

Item *Item::find(std::string_view name) { return const_cast<Item *>(std::as_const(*this).find(name)); }

std::string_view kind_name(Item::Kind kind)
{
    switch (kind) {
    case Item::Kind::String:
        return "a string";
    case Item::Kind::Integer:
        return "an integer";
    case Item::Kind::Float:
        return "a float";
    case Item::Kind::Boolean:
        return "a boolean";
    case Item::Kind::Date:
        return "a date";
    case Item::Kind::Array:
        return "a list";
    case Item::Kind::Table:
        break;
    }
    return "a table";
}

std::optional<Item> parse_document(std::uint32_t file, const Sources &sources, Problems &problems)
{
    const std::string_view text = sources.text(file);
    if (const std::size_t nul = text.find('\0'); nul != std::string_view::npos) {
        problems.add(place_of(file, text, nul), "expected text, got a NUL byte");
        return std::nullopt;
    }
    if (const auto deep = too_deep(text)) {
        problems.add(place_of(file, text, *deep), kTooDeep);
        return std::nullopt;
    }
    try {
        const toml::table table = toml::parse(text, std::string_view(sources.name(file)));
        Item root;
        if (!convert(table, file, 0, root)) {
            problems.add({file, 1, 1}, kTooDeep);
            return std::nullopt;
        }
        root.at = {file, 1, 1};
        return root;
    } catch (const toml::parse_error &error) {
        Position at = position(file, error.source().begin);
        if (at.line == 0) at = {file, 1, 1};
        problems.add(at, tidy(error.description()));
    } catch (const std::exception &error) {
        problems.add({file, 1, 1}, error.what());
    }
    return std::nullopt;
}

} // namespace hawser::host
