// Tests: tests/config/golden_test.cpp
#include "config/convert.hpp"

#include "config/scalars.hpp"

#include <algorithm>
#include <cmath>

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
        switch (spec_.type) {
        case Type::String:
        case Type::Secret:
            return text(Value::Type::String);
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
        if (item_.kind != Item::Kind::String) return wrong(article(spec_.type));
        Value value;
        value.type = type;
        value.text = item_.text;
        return value;
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
        return value;
    }
    std::optional<Value> choice()
    {
        auto value = text(Value::Type::String);
        if (!value || std::find(spec_.choices.begin(), spec_.choices.end(), value->text) != spec_.choices.end())
            return value;
        std::string all;
        for (const std::string &each : spec_.choices) all += (all.empty() ? "\"" : ", \"") + each + '"';
        return wrong("one of " + all, meant(value->text, spec_.choices));
    }
    std::optional<Value> in_range(Value value)
    {
        const bool real = value.type == Value::Type::Float;
        if (spec_.min && (real ? value.real < spec_.min->real : value.integer < spec_.min->integer))
            return wrong("at least " + spec_.min_text);
        if (spec_.max && (real ? value.real > spec_.max->real : value.integer > spec_.max->integer))
            return wrong("at most " + spec_.max_text);
        return value;
    }
    std::optional<Value> integer()
    {
        if (item_.kind != Item::Kind::Integer) return wrong("an integer");
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
        if (item_.kind != Item::Kind::Array) return wrong("a list");
        Value value;
        value.type = Value::Type::List;
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
            if (!convert_table(item_, spec_.keys, {}, said(how_, name_), name_ + '.', how_, value)) return std::nullopt;
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
        if (spec == nullptr) {
            std::vector<std::string> known = reserved;
            for (const OptionSpec &each : specs) known.push_back(each.name);
            how.problems.add(item.key_at, owner + ": unknown key \"" + item.key + "\"", meant(item.key, known));
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
                             owner + ": expected the option \"" + spec.name + "\", got none");
            good = false;
        }
    }
    return good;
}

} // namespace hawser::host
