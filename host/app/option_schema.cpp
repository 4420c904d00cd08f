// Tests: tests/unit/app/schema_test.cpp
#include "app/option_schema.hpp"

#include <string>
#include <utility>

namespace json = boost::json;

namespace hawser::host {
namespace {

using Type = OptionSpec::Type;

constexpr std::string_view kVariable = "|\\$"; // or a variable anywhere in the string
constexpr std::string_view kDuration = "^(0|[0-9]+(ns|us|ms|s|m|h|d))$";
constexpr std::string_view kSize = "^(0|[0-9]+(B|KiB|MiB|GiB|TiB))$";
constexpr std::string_view kListen =
    "^(tcp:)?([0-9.]+|\\[[0-9A-Fa-f:.]+\\]):[0-9]{1,5}$|^unix:.|^systemd:.|^fd:[0-9]+$|^stdio:";
constexpr std::string_view kMode = "^[0-7]{1,4}$";

json::object shaped(std::string_view pattern)
{
    return {{"type", "string"}, {"pattern", std::string(pattern) + std::string(kVariable)}};
}

json::object text(const OptionSpec &spec)
{
    if (spec.format == "listen") return shaped(kListen);
    if (spec.format == "mode") return shaped(kMode);
    json::object schema{{"type", "string"}};
    if (!spec.format.empty() || spec.type == Type::Path) schema["minLength"] = 1;
    return schema;
}

json::object number(const OptionSpec &spec)
{
    const bool real = spec.type == Type::Float;
    json::object schema{{"type", real ? "number" : "integer"}};
    const auto bound = [&](const char *key, const std::optional<Bound> &value) {
        if (value && real)
            schema[key] = value->real;
        else if (value)
            schema[key] = value->integer;
    };
    bound("minimum", spec.min);
    bound("maximum", spec.max);
    return schema;
}

json::array strings(const std::vector<std::string> &texts)
{
    json::array all;
    for (const std::string &each : texts) all.emplace_back(each);
    return all;
}

std::string range(const OptionSpec &spec)
{
    if (spec.type != Type::Duration && spec.type != Type::Size) return {};
    if (spec.min && spec.max) return "; from " + spec.min_text + " to " + spec.max_text;
    if (spec.min) return "; at least " + spec.min_text;
    if (spec.max) return "; at most " + spec.max_text;
    return {};
}

std::string unquoted(const std::string &written)
{
    const bool quoted = written.size() >= 2 && written.front() == '"';
    return quoted ? written.substr(1, written.size() - 2) : written;
}

// The declared default, or nothing where it cannot be written plainly.
std::optional<json::value> fallback(const Value &value, const std::string &written)
{
    switch (value.type) {
    case Value::Type::String:
    case Value::Type::Path:
        return json::value(value.text);
    case Value::Type::Integer:
        return json::value(value.integer);
    case Value::Type::Float:
        return json::value(value.real);
    case Value::Type::Boolean:
        return json::value(value.integer != 0);
    case Value::Type::Duration:
    case Value::Type::Size:
        return json::value(unquoted(written));
    case Value::Type::List: {
        json::array all;
        for (const Value &item : value.items) {
            if (item.type != Value::Type::String) return std::nullopt;
            all.emplace_back(item.text);
        }
        return json::value(std::move(all));
    }
    default:
        return std::nullopt;
    }
}

// A key that this build knows but cannot do anything with takes only what asks for nothing.
json::object nothing(Type type)
{
    switch (type) {
    case Type::Boolean:
        return {{"const", false}};
    case Type::Integer:
        return {{"const", 0}};
    case Type::List:
        return {{"type", "array"}, {"maxItems", 0}};
    default:
        return {{"const", "0"}};
    }
}

} // namespace

json::object variable() { return {{"type", "string"}, {"pattern", "\\$"}}; }

json::object OptionSchema::list(const OptionSpec &spec) const
{
    json::object each = option(spec.items[0]);
    json::object all{{"type", "array"}, {"items", each}};
    if (!spec.single) return all;
    if (spec.required) all["minItems"] = 1;
    return {{"anyOf", json::array{std::move(each), std::move(all)}}};
}

json::object OptionSchema::plain(const OptionSpec &spec) const
{
    switch (spec.type) {
    case Type::String:
    case Type::Secret:
    case Type::Path:
        return text(spec);
    case Type::Integer:
    case Type::Float:
        return number(spec);
    case Type::Boolean:
        return {{"type", "boolean"}};
    case Type::Duration:
        return shaped(kDuration);
    case Type::Size:
        return shaped(kSize);
    case Type::Address:
        return shaped(":");
    case Type::Enum:
        return {{"anyOf", json::array{json::object{{"enum", strings(spec.choices)}}, variable()}}};
    case Type::List:
        return list(spec);
    case Type::Table:
        if (spec.items.empty()) return table(spec.keys);
        return {{"type", "object"}, {"additionalProperties", option(spec.items[0])}};
    case Type::Service:
    case Type::Resource:
    case Type::Routes:
        break;
    }
    return object_(spec);
}

json::object OptionSchema::option(const OptionSpec &spec) const
{
    json::object schema = spec.has == OptionSpec::Has::Neutral ? nothing(spec.type) : plain(spec);
    if (!spec.words.empty()) {
        json::object word{{"enum", strings(spec.words)}};
        schema = {{"anyOf", json::array{std::move(schema), std::move(word), variable()}}};
    }
    if (!spec.text.empty()) schema["description"] = spec.text + range(spec);
    if (!spec.fallback) return schema;
    if (auto value = fallback(*spec.fallback, spec.default_text)) schema["default"] = std::move(*value);
    return schema;
}

json::object OptionSchema::table(const std::vector<OptionSpec> &specs) const
{
    json::object properties;
    json::array required;
    for (const OptionSpec &spec : specs) {
        if (spec.has == OptionSpec::Has::No) continue;
        properties[spec.name] = option(spec);
        if (spec.required) required.emplace_back(spec.name);
    }
    json::object schema{{"type", "object"}, {"properties", std::move(properties)}, {"additionalProperties", false}};
    if (!required.empty()) schema["required"] = std::move(required);
    return schema;
}

} // namespace hawser::host
