// Tests: tests/unit/config/manifest_test.cpp
#include "config/option_spec.hpp"

#include "config/convert.hpp"
#include "config/scalars.hpp"

#include <algorithm>
#include <array>

namespace hawser::host {
namespace {

using Type = OptionSpec::Type;

constexpr std::array<std::string_view, 15> kTypeNames{"string", "integer", "float",   "boolean",  "duration",
                                                      "size",   "path",    "address", "secret",   "enum",
                                                      "list",   "table",   "service", "resource", "routes"};

bool has_range(Type type)
{
    return type == Type::Integer || type == Type::Float || type == Type::Duration || type == Type::Size;
}
bool is_object(Type type) { return type == Type::Service || type == Type::Resource || type == Type::Routes; }

bool holds_object(const OptionSpec &spec)
{
    return is_object(spec.type) || std::any_of(spec.items.begin(), spec.items.end(), holds_object) ||
           std::any_of(spec.keys.begin(), spec.keys.end(), holds_object);
}

class OptionReader {
public:
    OptionReader(const Item &item, const std::string &path, SpecReader &in)
        : item_(item)
        , path_(path)
        , in_(in)
    {}

    OptionSpec read()
    {
        spec_.name = item_.key;
        if (!in_.is_table(item_, path_) || !read_type()) return spec_;
        in_.known(item_, path_, keys());
        if (const Item *text = item_.find("text")) spec_.text = in_.text(*text, path_ + ".text");
        if (const Item *required = item_.find("required")) spec_.required = in_.boolean(*required, path_ + ".required");
        read_shape();
        if (in_.of_host) read_host_words();
        bound("min", spec_.min, spec_.min_text);
        bound("max", spec_.max, spec_.max_text);
        if (spec_.min && spec_.max && (spec_.min->real > spec_.max->real || spec_.min->integer > spec_.max->integer))
            in_.problems.add(item_.find("min")->at, path_ + ": expected min to be at most max");
        read_default();
        return std::move(spec_);
    }

private:
    bool read_type()
    {
        const Item *type = item_.find("type");
        if (type == nullptr) {
            in_.problems.add(item_.key_at.line != 0 ? item_.key_at : item_.at,
                             path_ + ": expected the key \"type\", got none");
            return false;
        }
        const std::string name = in_.text(*type, path_ + ".type");
        const auto *found = std::find(kTypeNames.begin(), kTypeNames.end(), name);
        if (found == kTypeNames.end()) {
            const std::vector<std::string> all(kTypeNames.begin(), kTypeNames.end());
            if (!name.empty())
                in_.problems.add(type->at, path_ + ".type: unknown type \"" + name + "\"", meant(name, all));
            return false;
        }
        spec_.type = static_cast<Type>(found - kTypeNames.begin());
        return true;
    }

    std::vector<std::string> keys() const
    {
        std::vector<std::string> keys{"type", "text", "required"};
        const auto add = [&keys](std::initializer_list<const char *> more) {
            keys.insert(keys.end(), more.begin(), more.end());
        };
        if (!is_object(spec_.type)) add({"default"});
        if (has_range(spec_.type)) add({"min", "max"});
        if (spec_.type == Type::Enum) add({"choices"});
        if (spec_.type == Type::List) add({"items"});
        if (spec_.type == Type::Table) add({"items", "keys"});
        if (is_object(spec_.type)) add({"interface"});
        if (spec_.type == Type::Routes) add({"entry", "stand_in"});
        if (in_.of_host) add({"has", "words", "single", "format", "like"});
        return keys;
    }

    void read_shape()
    {
        if (spec_.type == Type::Enum) {
            if (const Item *choices = item_.find("choices")) spec_.choices = in_.texts(*choices, path_ + ".choices");
            if (spec_.choices.empty()) in_.problems.add(item_.at, path_ + ": expected \"choices\", a list of strings");
        }
        if (const Item *items = item_.find("items"); items != nullptr && !is_object(spec_.type)) {
            Item one = *items;
            one.key = "items";
            spec_.items.push_back(OptionReader(one, path_ + ".items", in_).read());
        }
        if (const Item *keys = item_.find("keys"); keys != nullptr && spec_.type == Type::Table)
            spec_.keys = read_option_specs(*keys, path_ + ".keys", {}, in_);
        if (spec_.type == Type::List && spec_.items.empty())
            in_.problems.add(item_.at, path_ + ": expected \"items\", like { type = \"string\" }");
        if (spec_.type == Type::Table && spec_.items.empty() == (item_.find("keys") == nullptr))
            in_.problems.add(item_.at, path_ + ": expected either \"keys\" or \"items\"");
        if (!is_object(spec_.type)) return;
        if (const Item *id = item_.find("interface"))
            spec_.interface = in_.interface_id(*id, path_ + ".interface");
        else
            in_.problems.add(item_.at, path_ + ": expected the key \"interface\", what it must implement");
        if (const Item *stand_in = item_.find("stand_in")) spec_.stand_in = in_.text(*stand_in, path_ + ".stand_in");
        if (const Item *entry = item_.find("entry"))
            spec_.entry = read_option_specs(*entry, path_ + ".entry", reserved_keys("resource"), in_);
        for (const OptionSpec &each : spec_.entry) {
            if (holds_object(each))
                in_.problems.add(item_.find("entry")->find(each.name)->key_at,
                                 path_ + ".entry." + each.name + ": expected plain values, got a service or resources");
        }
    }

    void read_host_words()
    {
        if (const Item *has = item_.find("has"))
            spec_.has = in_.text(*has, path_ + ".has") == "no" ? OptionSpec::Has::No : OptionSpec::Has::Neutral;
        if (const Item *words = item_.find("words")) spec_.words = in_.texts(*words, path_ + ".words");
        if (const Item *single = item_.find("single")) spec_.single = in_.boolean(*single, path_ + ".single");
        if (const Item *format = item_.find("format")) spec_.format = in_.text(*format, path_ + ".format");
        if (const Item *like = item_.find("like")) spec_.like = in_.text(*like, path_ + ".like");
    }

    // min and max are written as the option itself is.
    void bound(const char *key, std::optional<Bound> &bound, std::string &as_written)
    {
        const Item *item = item_.find(key);
        if (item == nullptr || !has_range(spec_.type)) return;
        OptionSpec unbounded;
        unbounded.type = spec_.type;
        const auto value = convert(*item, unbounded, path_ + '.' + key);
        if (!value) return;
        bound = Bound{value->real, value->integer};
        as_written = item->kind == Item::Kind::String ? '"' + item->text + '"' : number(*item);
    }

    static std::string number(const Item &item)
    {
        if (item.kind == Item::Kind::Integer) return std::to_string(item.integer);
        std::string text = std::to_string(item.real);
        while (text.ends_with('0') && !text.ends_with(".0")) text.pop_back();
        return text;
    }

    std::optional<Value> convert(const Item &item, const OptionSpec &spec, const std::string &path)
    {
        Conversion how{in_.problems, {}, [](const std::string &text, Position) { return text; }};
        return convert_option(item, spec, path, how);
    }

    void read_default()
    {
        const Item *item = item_.find("default");
        if (item == nullptr || is_object(spec_.type)) return;
        if (holds_object(spec_)) {
            in_.problems.add(item->key_at, path_ + ": expected no default, since it holds a service or resources");
            return;
        }
        if (spec_.required) in_.problems.add(item->key_at, path_ + ": expected a default or required = true, got both");
        spec_.fallback = convert(*item, spec_, path_ + ".default");
        if (spec_.type == Type::Path && item->kind == Item::Kind::String && !item->text.starts_with('/'))
            in_.wrong(*item, path_ + ".default", "an absolute path");
        spec_.default_text = text_of(*item);
    }

    static std::string text_of(const Item &item)
    {
        switch (item.kind) {
        case Item::Kind::String:
            return '"' + item.text + '"';
        case Item::Kind::Boolean:
            return item.integer != 0 ? "true" : "false";
        case Item::Kind::Integer:
        case Item::Kind::Float:
            return number(item);
        case Item::Kind::Array: {
            std::string all;
            for (const Item &each : item.items) all += (all.empty() ? "" : ", ") + text_of(each);
            return '[' + all + ']';
        }
        default:
            return "{…}";
        }
    }

    const Item &item_;
    const std::string path_;
    SpecReader &in_;
    OptionSpec spec_;
};

} // namespace

std::string_view option_type_name(Type type) { return kTypeNames[static_cast<std::size_t>(type)]; }

void SpecReader::wrong(const Item &item, const std::string &path, const std::string &expected)
{
    const std::string got = item.kind == Item::Kind::String ? '"' + item.text + '"' : std::string(kind_name(item.kind));
    problems.add(item.at, path + ": expected " + expected + ", got " + got);
}

bool SpecReader::is_table(const Item &item, const std::string &path)
{
    if (item.kind == Item::Kind::Table) return true;
    wrong(item, path, "a table");
    return false;
}

std::string SpecReader::text(const Item &item, const std::string &path)
{
    if (item.kind == Item::Kind::String && !item.text.empty()) return item.text;
    wrong(item, path, "a string that is not empty");
    return {};
}

bool SpecReader::boolean(const Item &item, const std::string &path)
{
    if (item.kind != Item::Kind::Boolean) wrong(item, path, "true or false");
    return item.kind == Item::Kind::Boolean && item.integer != 0;
}

std::vector<std::string> SpecReader::texts(const Item &item, const std::string &path)
{
    std::vector<std::string> all;
    if (item.kind != Item::Kind::Array) wrong(item, path, "a list of strings");
    for (const Item &each : item.items) all.push_back(text(each, path));
    return all;
}

std::string SpecReader::interface_id(const Item &item, const std::string &path)
{
    std::string id = text(item, path);
    const std::size_t slash = id.rfind('/');
    const bool shaped = slash != std::string::npos && slash > 0 && slash + 1 < id.size() &&
                        id.find_first_not_of("0123456789", slash + 1) == std::string::npos;
    if (!id.empty() && !shaped) wrong(item, path, "an id and its revision like \"org.example.sql/1\"");
    return id;
}

void SpecReader::known(const Item &table, const std::string &path, const std::vector<std::string> &keys)
{
    for (const Item &item : table.items) {
        if (std::find(keys.begin(), keys.end(), item.key) == keys.end())
            problems.add(item.key_at, path + ": unknown key \"" + item.key + "\"", meant(item.key, keys));
    }
}

std::vector<OptionSpec> read_option_specs(const Item &table, const std::string &path,
                                          const std::vector<std::string> &reserved, SpecReader &in)
{
    std::vector<OptionSpec> specs;
    if (!in.is_table(table, path)) return specs;
    for (const Item &item : table.items) {
        const std::string name = path + '.' + item.key;
        if (!is_plain_name(item.key))
            in.problems.add(item.key_at, name + ": expected a name of lower-case letters, digits, \"_\" and \"-\"");
        if (std::find(reserved.begin(), reserved.end(), item.key) != reserved.end())
            in.problems.add(item.key_at, name + ": the host reserves this key; choose another name");
        specs.push_back(OptionReader(item, name, in).read());
    }
    return specs;
}

} // namespace hawser::host
