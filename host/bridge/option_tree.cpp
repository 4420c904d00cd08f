// Tests: tests/unit/bridge/option_tree_test.cpp
#include "bridge/option_tree.hpp"

namespace hawser::host {
namespace {

static_assert(static_cast<std::uint32_t>(Value::Type::String) == HAWSER_STRING);
static_assert(static_cast<std::uint32_t>(Value::Type::Duration) == HAWSER_DURATION);
static_assert(static_cast<std::uint32_t>(Value::Type::Path) == HAWSER_PATH);
static_assert(static_cast<std::uint32_t>(Value::Type::Table) == HAWSER_TABLE);
static_assert(static_cast<std::uint32_t>(Value::Type::Object) == HAWSER_OBJECT);

hawser_str text_of(const std::string &text) { return {text.data(), text.size()}; }

} // namespace

bool OptionTree::build(const Value &table, const Resolve &resolve) { return fill(table, root_, resolve); }

bool OptionTree::fill_items(const std::vector<Value> &from, hawser_value &to, const Resolve &resolve)
{
    std::vector<hawser_value> &items = items_.emplace_back(from.size());
    to.count = static_cast<std::uint32_t>(from.size());
    to.as.items = items.data();
    for (std::size_t i = 0; i < from.size(); ++i) {
        if (!fill(from[i], items[i], resolve)) return false;
    }
    return true;
}

bool OptionTree::fill(const Value &from, hawser_value &to, const Resolve &resolve)
{
    to = {};
    to.key = text_of(from.key);
    to.type = static_cast<std::uint32_t>(from.type);
    switch (from.type) {
    case Value::Type::String:
    case Value::Type::Path:
        to.as.string = text_of(from.text);
        return true;
    case Value::Type::Integer:
    case Value::Type::Boolean:
    case Value::Type::Duration:
    case Value::Type::Size:
        to.as.integer = from.integer;
        return true;
    case Value::Type::Float:
        to.as.real = from.real;
        return true;
    case Value::Type::List:
    case Value::Type::Table:
        return fill_items(from.items, to, resolve);
    case Value::Type::Object:
        break;
    }
    hawser_object &object = objects_.emplace_back();
    to.as.object = &object;
    if (from.has_with) {
        hawser_value &with = withs_.emplace_back();
        with.type = HAWSER_TABLE;
        if (!fill_items(from.items, with, resolve)) return false;
        object.with = &with;
    }
    return resolve(from, object);
}

} // namespace hawser::host
