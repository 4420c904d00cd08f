// hawser/options.hpp: typed access to options. The host has checked them against the manifest: what is declared is
// there with its type, unless it has no default and is not required. Views live until the instance is destroyed.
#pragma once

#include "hawser/abi.h"
#include "hawser/error.hpp"

#include <chrono>
#include <concepts>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

namespace hawser {

// One value, or none. Asking an absent value, or one of another type, throws Error: the manifest and the code disagree.
// An entry that a list or table does not have is an absent value.
class Value {
public:
    explicit Value(const hawser_value *value, std::string_view name = {})
        : value_(value)
        , name_(name)
    {}

    explicit operator bool() const { return value_ != nullptr; }
    std::string_view key() const { return view(need(0).key); }

    std::string_view text() const { return view(need(HAWSER_STRING).as.string); }
    std::int64_t integer() const { return need(HAWSER_INTEGER).as.integer; }
    double real() const { return need(HAWSER_FLOAT).as.real; }
    bool boolean() const { return need(HAWSER_BOOLEAN).as.integer != 0; }
    std::chrono::nanoseconds duration() const { return std::chrono::nanoseconds(need(HAWSER_DURATION).as.integer); }
    std::uint64_t size() const { return static_cast<std::uint64_t>(need(HAWSER_SIZE).as.integer); }
    std::string_view path() const { return view(need(HAWSER_PATH).as.string); } // NUL-terminated beyond its end
    const hawser_object &object() const { return *need(HAWSER_OBJECT).as.object; }

    // Of a list or a table.
    std::uint32_t count() const { return holds_items() ? value_->count : 0; }
    Value operator[](std::integral auto i) const
    {
        return Value(std::cmp_less(i, count()) && std::cmp_greater_equal(i, 0) ? &value_->as.items[i] : nullptr, name_);
    }
    Value operator[](const char *name) const { return Value(count() > 0 ? hawser_find(value_, name) : nullptr, name); }

private:
    const hawser_value &need(std::uint32_t type) const
    {
        const std::string expected = std::string("expected ") + (type != 0 ? type_name(type) : "a value") + ", got ";
        if (value_ == nullptr)
            throw Error(std::string(name_), expected + "none; declare it in plugin.toml or test for it");
        if (type != 0 && value_->type != type)
            throw Error(std::string(name_), expected + type_name(value_->type) + "; the code and plugin.toml disagree");
        return *value_;
    }
    bool holds_items() const
    {
        return value_ != nullptr && (value_->type == HAWSER_LIST || value_->type == HAWSER_TABLE);
    }
    static const char *type_name(std::uint32_t type)
    {
        constexpr const char *kNames[] = {"an unknown type", "a string",   "an integer", "a float",
                                          "a boolean",       "a duration", "a size",     "a path",
                                          "a list",          "a table",    "an object"};
        return kNames[type <= HAWSER_OBJECT ? type : 0];
    }
    const hawser_value *value_;
    std::string_view name_;
};

} // namespace hawser
