// Tests: tests/config/golden_test.cpp
#include "config/convert.hpp"

#include "config/scalars.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

namespace hawser::host {
namespace {

using Type = OptionSpec::Type;

std::string got(const Item &item, Type type)
{
    const bool secret = type == Type::Secret;
    if (item.kind == Item::Kind::String && !secret) return "got " + quoted_short(item.text);
    if (item.kind == Item::Kind::Integer && !secret) return "got " + std::to_string(item.integer);
    return "got " + std::string(kind_name(item.kind));
}

// An option as messages call it.
std::string said(const Conversion &how, const std::string &name)
{
    return (how.owner.empty() ? "" : how.owner + ": ") + name.substr(how.unsaid);
}

std::string article(Type type)
{
    const std::string name(option_type_name(type));
    const bool vowel = std::string("aeiou").find(name[0]) != std::string::npos;
    return (vowel ? "an " : "a ") + name;
}

class Converter {
public:
    Converter(const Item &item, const OptionSpec &spec, const std::string &name, Conversion &how)
        : item_(item)
        , spec_(spec)
        , name_(name)
        , how_(how)
    {}

    std::optional<Value> run()
    {
        if (how_.seen) how_.seen(name_, item_.at);
        if (how_.secret && spec_.type == Type::Secret) how_.secret(item_);
        const bool is_word = item_.kind == Item::Kind::String &&
                             std::find(spec_.words.begin(), spec_.words.end(), item_.text) != spec_.words.end();
        if (is_word) return text(Value::Type::String);
        switch (spec_.type) {
        case Type::String:
        case Type::Secret:
            return shaped(text(Value::Type::String));
        case Type::Address:
            return address();
        case Type::Path:
            return path();
        case Type::Enum:
            return choice();
        case Type::Integer:
            return integer();
        case Type::Float:
            return real();
        case Type::Boolean:
            return boolean();
        case Type::Duration:
            return quantity(Value::Type::Duration, parse_duration, kDurationShape);
        case Type::Size:
            return quantity(Value::Type::Size, parse_size, kSizeShape);
        case Type::List:
            return list();
        case Type::Table:
            return table();
        case Type::Service:
        case Type::Resource:
        case Type::Routes:
            break;
        }
        Value value;
        value.type = Value::Type::Object;
        if (how_.object && how_.object(item_, spec_, name_, value)) return value;
        return std::nullopt;
    }

private:
    std::optional<Value> wrong(const std::string &expected, std::string hint = {})
    {
        how_.problems.add(item_.at, said(how_, name_) + ": expected " + expected + ", " + got(item_, spec_.type),
                          std::move(hint));
        return std::nullopt;
    }

    std::optional<Value> text(Value::Type type)
    {
        if (item_.kind != Item::Kind::String) return wrong(spec_.like.empty() ? article(spec_.type) : spec_.like);
        Value value;
        value.type = type;
        value.text = item_.text;
        return value;
    }
    // Texts of the host's own keys have a shape that only it knows.
    std::optional<Value> shaped(std::optional<Value> value)
    {
        if (!value || spec_.format.empty() || !how_.check) return value;
        std::string hint;
        const std::string problem = how_.check(spec_, value->text, hint);
        if (problem.empty()) return value;
        how_.problems.add(item_.at, said(how_, name_) + ": " + problem, std::move(hint));
        return std::nullopt;
    }
    std::optional<Value> address()
    {
        auto value = text(Value::Type::String);
        if (value && value->text.find(':') == std::string::npos)
            return wrong("an address like \"tcp:host:port\" or \"unix:/path\"");
        return value;
    }
    std::optional<Value> path()
    {
        auto value = text(Value::Type::Path);
        if (!value) return value;
        if (value->text.empty() || value->text.find('\0') != std::string::npos) return wrong("a path");
        value->text = how_.path(value->text, item_.at);
        return shaped(std::move(value));
    }
    std::optional<Value> choice()
    {
        const bool known = item_.kind == Item::Kind::String &&
                           std::find(spec_.choices.begin(), spec_.choices.end(), item_.text) != spec_.choices.end();
        if (known) return text(Value::Type::String);
        std::string all;
        for (const std::string &each : spec_.choices) all += (all.empty() ? "\"" : ", \"") + each + '"';
        return wrong("one of " + all, meant(item_.text, spec_.choices));
    }
    std::string words() const
    {
        std::string all;
        for (const std::string &word : spec_.words) all += " or \"" + word + '"';
        return all;
    }
    // "an integer from 1 to 64 or \"auto\"".
    std::string with_range() const
    {
        const bool both = spec_.min && spec_.max;
        return article(spec_.type) + (both ? " from " + spec_.min_text + " to " + spec_.max_text : "") + words();
    }
    std::optional<Value> in_range(Value value)
    {
        const bool real = value.type == Value::Type::Float;
        const bool low = spec_.min && (real ? value.real < spec_.min->real : value.integer < spec_.min->integer);
        const bool high = spec_.max && (real ? value.real > spec_.max->real : value.integer > spec_.max->integer);
        if (!low && !high) return value;
        if (spec_.min && spec_.max) return wrong(with_range());
        return wrong((low ? "at least " + spec_.min_text : "at most " + spec_.max_text) + words());
    }
    std::optional<Value> integer()
    {
        if (item_.kind != Item::Kind::Integer) return wrong(with_range());
        Value value;
        value.type = Value::Type::Integer;
        value.integer = item_.integer;
        return in_range(value);
    }
    std::optional<Value> real()
    {
        if (item_.kind != Item::Kind::Integer && item_.kind != Item::Kind::Float) return wrong("a number");
        Value value;
        value.type = Value::Type::Float;
        value.real = item_.kind == Item::Kind::Integer ? static_cast<double>(item_.integer) : item_.real;
        if (!std::isfinite(value.real)) return wrong("a finite number");
        return in_range(value);
    }
    std::optional<Value> boolean()
    {
        if (item_.kind != Item::Kind::Boolean) return wrong("true or false");
        Value value;
        value.type = Value::Type::Boolean;
        value.integer = item_.integer;
        return value;
    }
    std::optional<Value> quantity(Value::Type type, std::optional<std::int64_t> (*parse)(std::string_view),
                                  std::string_view shape)
    {
        if (item_.kind != Item::Kind::String) return wrong(std::string(shape), "it is a string with its unit");
        const auto number = parse(item_.text);
        if (!number) return wrong(std::string(shape));
        Value value;
        value.type = type;
        value.integer = *number;
        return in_range(value);
    }
    std::optional<Value> list()
    {
        Value value;
        value.type = Value::Type::List;
        if (item_.kind != Item::Kind::Array) {
            if (!spec_.single) return wrong("a list");
            auto only = convert_option(item_, spec_.items[0], name_, how_);
            if (!only) return std::nullopt;
            value.items.push_back(std::move(*only));
            return value;
        }
        bool good = true;
        for (std::size_t i = 0; i < item_.items.size(); ++i) {
            auto each = convert_option(item_.items[i], spec_.items[0], name_ + '[' + std::to_string(i) + ']', how_);
            if (each)
                value.items.push_back(std::move(*each));
            else
                good = false;
        }
        if (!good) return std::nullopt;
        return value;
    }
    std::optional<Value> table()
    {
        if (item_.kind != Item::Kind::Table) return wrong("a table");
        Value value;
        value.type = Value::Type::Table;
        if (spec_.items.empty()) {
            const bool others = std::exchange(how_.others_allowed, false);
            const bool kept = convert_table(item_, spec_.keys, {}, said(how_, name_), name_ + '.', how_, value);
            how_.others_allowed = others;
            if (!kept) return std::nullopt;
            return value;
        }
        bool good = true;
        for (const Item &item : item_.items) {
            auto each = convert_option(item, spec_.items[0], name_ + '.' + item.key, how_);
            if (!each) {
                good = false;
                continue;
            }
            each->key = item.key;
            value.items.push_back(std::move(*each));
        }
        if (!good) return std::nullopt;
        return value;
    }

    const Item &item_;
    const OptionSpec &spec_;
    const std::string &name_;
    Conversion &how_;
};

// A value of the declared type that asks for nothing: false, 0, "0", an empty list.
bool asks_for_nothing(const Item &item, Type type)
{
    switch (type) {
    case Type::Boolean:
        return item.kind == Item::Kind::Boolean && item.integer == 0;
    case Type::Integer:
        return item.kind == Item::Kind::Integer && item.integer == 0;
    case Type::Size:
    case Type::Duration:
        return item.kind == Item::Kind::String && item.text == "0";
    case Type::List:
        return item.kind == Item::Kind::Array && item.items.empty();
    default:
        return false;
    }
}

const OptionSpec *find_spec(const std::vector<OptionSpec> &specs, const std::string &name)
{
    const auto found = std::find_if(specs.begin(), specs.end(), [&](const OptionSpec &s) { return s.name == name; });
    return found != specs.end() ? &*found : nullptr;
}

} // namespace

std::optional<Value> convert_option(const Item &item, const OptionSpec &spec, const std::string &name, Conversion &how)
{
    return Converter(item, spec, name, how).run();
}

bool convert_table(const Item &table, const std::vector<OptionSpec> &specs, const std::vector<std::string> &reserved,
                   const std::string &owner, const std::string &prefix, Conversion &how, Value &to)
{
    bool good = true;
    for (const Item &item : table.items) {
        if (std::find(reserved.begin(), reserved.end(), item.key) != reserved.end()) continue;
        const OptionSpec *spec = find_spec(specs, item.key);
        if (spec == nullptr && how.others_allowed) continue;
        if (spec == nullptr) {
            std::vector<std::string> known = reserved;
            for (const OptionSpec &each : specs) known.push_back(each.name);
            how.problems.add(item.key_at, owner + ": unknown key \"" + item.key + "\"", meant(item.key, known));
            good = false;
            continue;
        }
        const bool available = spec->has == OptionSpec::Has::Yes ||
                               (spec->has == OptionSpec::Has::Neutral && asks_for_nothing(item, spec->type));
        if (!available) {
            how.problems.add(item.key_at, owner + ": \"" + item.key + "\" is not available in this build",
                             "remove the key, or use a build that has it");
            good = false;
            continue;
        }
        auto value = convert_option(item, *spec, prefix + item.key, how);
        if (!value) {
            good = false;
            continue;
        }
        value->key = item.key;
        to.items.push_back(std::move(*value));
    }
    for (const OptionSpec &spec : specs) {
        if (table.find(spec.name) != nullptr) continue;
        if (spec.fallback) {
            to.items.push_back(*spec.fallback);
            to.items.back().key = spec.name;
        } else if (spec.required) {
            how.problems.add(table.key_at.line != 0 ? table.key_at : table.at,
                             owner + ": expected the " + std::string(how.noun) + " \"" + spec.name + "\", got none");
            good = false;
        }
    }
    return good;
}

} // namespace hawser::host
