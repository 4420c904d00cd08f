// hawser/testing/options.hpp: options as a configuration would give them. Part of hawser/testing.hpp.
#pragma once

#include "hawser/abi.h"

#include <chrono>
#include <cstdint>
#include <deque>
#include <initializer_list>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace hawser::testing {

// One value: text, whole number, float, bool, time, list, table, object. Paths and secrets are text that says so.
class Option {
public:
    Option(const char *text)
        : Option(std::string(text))
    {}
    Option(std::string text)
        : type_(HAWSER_STRING)
        , text_(std::move(text))
    {}
    Option(bool value)
        : type_(HAWSER_BOOLEAN)
        , integer_(value ? 1 : 0)
    {}
    Option(int value)
        : Option(static_cast<std::int64_t>(value))
    {}
    Option(std::int64_t value)
        : type_(HAWSER_INTEGER)
        , integer_(value)
    {}
    Option(double value)
        : type_(HAWSER_FLOAT)
        , real_(value)
    {}
    template<typename Rep, typename Period>
    Option(std::chrono::duration<Rep, Period> value)
        : type_(HAWSER_DURATION)
        , integer_(std::chrono::nanoseconds(value).count())
    {}
    Option(const hawser_object *object)
        : type_(HAWSER_OBJECT)
        , object_(object)
    {}
    Option(std::vector<Option> items)
        : type_(HAWSER_LIST)
        , items_(std::move(items))
    {}
    static Option size(std::uint64_t bytes) { return Option(HAWSER_SIZE, static_cast<std::int64_t>(bytes)); }
    static Option path(std::string text)
    {
        Option option(std::move(text));
        option.type_ = HAWSER_PATH;
        return option;
    }
    // NOLINTNEXTLINE(performance-unnecessary-value-param): it is moved on
    static Option table(std::vector<std::pair<std::string, Option>> entries)
    {
        Option option(HAWSER_TABLE, 0);
        for (auto &[key, value] : entries) {
            option.items_.push_back(std::move(value));
            option.items_.back().key_ = std::move(key);
        }
        return option;
    }

    // Fills `to`; what it points to lives as long as this and `store`.
    void fill(hawser_value &to, std::deque<std::vector<hawser_value>> &store) const
    {
        to = {};
        to.key = {key_.data(), key_.size()};
        to.type = type_;
        if (type_ == HAWSER_STRING || type_ == HAWSER_PATH)
            to.as.string = {text_.data(), text_.size()};
        else if (type_ == HAWSER_FLOAT)
            to.as.real = real_;
        else if (type_ == HAWSER_OBJECT)
            to.as.object = object_;
        else if (type_ == HAWSER_LIST || type_ == HAWSER_TABLE)
            fill_items(to, store);
        else
            to.as.integer = integer_;
    }

private:
    Option(std::uint32_t type, std::int64_t value)
        : type_(type)
        , integer_(value)
    {}
    void fill_items(hawser_value &to, std::deque<std::vector<hawser_value>> &store) const
    {
        store.emplace_back(items_.size());
        std::vector<hawser_value> &values = store.back();
        to.count = static_cast<std::uint32_t>(items_.size());
        to.as.items = values.data();
        for (std::size_t i = 0; i < items_.size(); ++i) items_[i].fill(values[i], store);
    }
    std::string key_;
    std::uint32_t type_;
    std::int64_t integer_ = 0;
    double real_ = 0;
    std::string text_;
    const hawser_object *object_ = nullptr;
    std::vector<Option> items_;
};

using Options = std::vector<std::pair<std::string, Option>>;

// A table of options as an instance gets it.
class OptionTable {
public:
    explicit OptionTable(Options options)
        : option_(Option::table(std::move(options)))
    {
        option_.fill(value_, store_);
    }
    OptionTable(const OptionTable &) = delete;
    OptionTable &operator=(const OptionTable &) = delete;
    const hawser_value *raw() const { return &value_; }

private:
    Option option_;
    std::deque<std::vector<hawser_value>> store_;
    hawser_value value_{};
};

} // namespace hawser::testing
