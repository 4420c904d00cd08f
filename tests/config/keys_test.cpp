// Every mistake that a declaration alone tells, made with every key of the host.
#include "config/host_keys.hpp"
#include "config/load.hpp"

#include <gtest/gtest.h>

#include <functional>

namespace hawser::host {
namespace {

using Type = OptionSpec::Type;

// A table of the configuration, and what else must stand in it.
struct Place {
    std::string header, rest;
    const std::vector<OptionSpec> &keys;
};

std::vector<Place> places()
{
    const HostKeys &all = host_keys();
    return {{"[host]\n", "", all.host},
            {"[log]\n", "", all.log},
            {"[listeners.a]\n", "address = \"127.0.0.1:0\"\nprotocol = \"only\"\n", all.listener},
            {"[services.s]\n", "service = \"store\"\n", all.service},
            {"[compartments.main]\n", "", all.compartment}};
}

// "limits.connections" in its table, with a value as TOML has it.
std::string with(const Place &place, const std::string &path, const std::string &value)
{
    const std::size_t dot = path.find('.');
    const std::string key = path.substr(0, dot);
    std::string rest;
    for (std::size_t at = 0; at < place.rest.size();) {
        const std::size_t end = place.rest.find('\n', at) + 1;
        const std::string line = place.rest.substr(at, end - at);
        if (!line.starts_with(key + " =")) rest += line;
        at = end;
    }
    std::string text = value;
    if (dot != std::string::npos) text = "{ " + path.substr(dot + 1) + " = " + value + " }";
    return place.header + key + " = " + text + '\n' + rest;
}

std::vector<Problem> problems_of(const std::string &toml)
{
    LoadRequest request;
    request.name = "keys";
    request.text = toml;
    request.default_plugin_directory = "/plugins";
    request.cores = 4;
    request.environment = [](const std::string &) { return std::nullopt; };
    request.find_plugins = [](const std::vector<std::string> &) {
        FoundPlugin found;
        found.path = "/plugins/p.so";
        Sources sources;
        Problems problems;
        found.manifest =
            parse_manifest("name = \"p\"\nversion = \"1.0.0\"\nabi = \"1.0\"\n[protocol.only]\n[service.store]\n", "p",
                           sources, problems);
        return std::vector<FoundPlugin>{found};
    };
    return load_config(request).problems.sorted();
}

bool tells(const std::vector<Problem> &problems, const std::string &what)
{
    for (const Problem &problem : problems) {
        if (problem.at.line > 0 && problem.text.find(what) != std::string::npos) return true;
    }
    return false;
}

std::string all_of(const std::vector<Problem> &problems)
{
    std::string all;
    for (const Problem &problem : problems) all += problem.text + '\n';
    return all;
}

using Visit = std::function<void(const Place &, const std::string &, const OptionSpec &)>;

void visit(const Place &place, const std::vector<OptionSpec> &keys, const std::string &prefix, const Visit &each)
{
    for (const OptionSpec &spec : keys) {
        each(place, prefix + spec.name, spec);
        visit(place, spec.keys, prefix + spec.name + '.', each);
    }
}

// How many keys there were.
std::size_t for_each_key(const Visit &each)
{
    std::size_t count = 0;
    for (const Place &place : places()) {
        visit(place, place.keys, "", [&](const Place &where, const std::string &path, const OptionSpec &spec) {
            SCOPED_TRACE(where.header + path);
            ++count;
            each(where, path, spec);
        });
    }
    return count;
}

std::string another_type(Type type)
{
    const bool takes_numbers = type == Type::Integer || type == Type::Float || type == Type::Boolean;
    return takes_numbers ? "\"x\"" : "7";
}

TEST(Keys, EachNamesItselfForAValueOfAnotherType)
{
    const std::size_t count = for_each_key([](const Place &place, const std::string &path, const OptionSpec &spec) {
        const auto problems = problems_of(with(place, path, another_type(spec.type)));
        const std::string name = path.substr(path.rfind('.') == std::string::npos ? 0 : path.rfind('.') + 1);
        if (spec.has != OptionSpec::Has::Yes)
            EXPECT_TRUE(tells(problems, '"' + name + "\" is not available in this build")) << all_of(problems);
        else
            EXPECT_TRUE(tells(problems, ": " + path + ": expected ")) << all_of(problems);
    });
    EXPECT_GE(count, 50U);
}

TEST(Keys, EachIsUnknownWithALetterTooMany)
{
    for_each_key([](const Place &place, const std::string &path, const OptionSpec &spec) {
        const auto problems = problems_of(with(place, path + "x", "7"));
        EXPECT_TRUE(tells(problems, "\"" + spec.name + "x\"")) << all_of(problems);
    });
}

std::string beyond(Type type, const Bound &bound, int by)
{
    if (type == Type::Float) return std::to_string(bound.real + by);
    std::string number = std::to_string(bound.integer + by);
    if (type == Type::Duration) return '"' + number + "ns\"";
    if (type == Type::Size) return '"' + number + "B\"";
    return number;
}

TEST(Keys, EachSaysItsRangeForAValueOutsideOfIt)
{
    std::size_t bounds = 0;
    for_each_key([&](const Place &place, const std::string &path, const OptionSpec &spec) {
        const auto refuses = [&](const std::optional<Bound> &bound, const std::string &written, int by) {
            if (!bound || spec.has != OptionSpec::Has::Yes || (bound->integer == 0 && spec.type != Type::Integer))
                return;
            ++bounds;
            const auto problems = problems_of(with(place, path, beyond(spec.type, *bound, by)));
            const std::string inner = written.substr(written[0] == '"' ? 1 : 0, written.find_last_not_of('"') + 1);
            EXPECT_TRUE(tells(problems, ": " + path + ": expected ") && tells(problems, inner)) << all_of(problems);
        };
        refuses(spec.min, spec.min_text, -1);
        refuses(spec.max, spec.max_text, 1);
    });
    EXPECT_GE(bounds, 15U);
}

TEST(Keys, EachTakesItsDefault)
{
    std::size_t defaults = 0;
    for_each_key([&](const Place &place, const std::string &path, const OptionSpec &spec) {
        if (!spec.fallback || spec.has != OptionSpec::Has::Yes) return;
        ++defaults;
        const auto problems = problems_of(with(place, path, spec.default_text));
        EXPECT_TRUE(problems.empty()) << all_of(problems);
    });
    EXPECT_GE(defaults, 20U);
}

} // namespace
} // namespace hawser::host
