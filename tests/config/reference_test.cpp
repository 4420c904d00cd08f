// conf/reference.toml holds every declared key, as it is declared: a line "key = value # meaning" or "# key = …", in
// its table, that says the default and the bounds.
#include "config/host_keys.hpp"
#include "config/manifest.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <map>
#include <sstream>

namespace hawser::host {
namespace {

namespace fs = std::filesystem;

std::string read(const fs::path &path)
{
    std::ifstream in(path);
    return {std::istreambuf_iterator<char>(in), {}};
}

// "host" → "drain_timeout" → its line, with the remarks that follow it.
using Tables = std::map<std::string, std::map<std::string, std::string>>;

Tables reference()
{
    Tables tables;
    std::string table, key;
    std::istringstream lines(read(HAWSER_SOURCE "/conf/reference.toml"));
    for (std::string line; std::getline(lines, line);) {
        const std::size_t first = line.find_first_not_of(' ');
        if (first == std::string::npos) continue;
        if (line[0] == '[') {
            table = line.substr(1, line.find(']') - 1);
            key.clear();
            continue;
        }
        if (first > 0 && line[first] == '#' && !key.empty()) {
            tables[table][key] += line;
            continue;
        }
        const std::string declared = line.starts_with("# ") ? line.substr(2) : line;
        key = declared.substr(0, declared.find_first_of(" ="));
        if (declared.find(" = ") != std::string::npos) tables[table][key] = declared;
    }
    return tables;
}

std::string unquoted(const std::string &text)
{
    return text.size() > 1 && text.front() == '"' ? text.substr(1, text.size() - 2) : text;
}

// What is missing of the declaration.
void expect_told(const OptionSpec &spec, const std::string &line)
{
    const std::size_t remark = line.find(" # ");
    EXPECT_NE(remark, std::string::npos) << "no meaning: " << line;
    const auto says = [&line](const std::string &text) { return line.find(text) != std::string::npos; };
    if (spec.fallback) EXPECT_TRUE(says(spec.default_text)) << "default " << spec.default_text << ": " << line;
    if (spec.min) EXPECT_TRUE(says(unquoted(spec.min_text))) << "from " << spec.min_text << ": " << line;
    if (spec.max) EXPECT_TRUE(says(unquoted(spec.max_text))) << "to " << spec.max_text << ": " << line;
    for (const std::string &choice : spec.choices) EXPECT_TRUE(says(choice)) << choice << ": " << line;
    for (const std::string &word : spec.words) EXPECT_TRUE(says(word)) << word << ": " << line;
    if (spec.required) EXPECT_TRUE(says("required")) << line;
}

void expect_all(const std::vector<OptionSpec> &specs, const std::string &table, const Tables &tables)
{
    for (const OptionSpec &spec : specs) {
        if (spec.has == OptionSpec::Has::No || spec.type == OptionSpec::Type::Routes) continue;
        SCOPED_TRACE('[' + table + "] " + spec.name);
        if (!spec.keys.empty()) {
            expect_all(spec.keys, table + '.' + spec.name, tables);
            continue;
        }
        const auto found = tables.find(table);
        ASSERT_NE(found, tables.end()) << "no such table";
        const auto line = found->second.find(spec.name);
        if (line == found->second.end())
            ADD_FAILURE() << "no such line";
        else
            expect_told(spec, line->second);
    }
}

TEST(Reference, HoldsEveryKeyOfTheHostWithDefaultRangeAndMeaning)
{
    const Tables tables = reference();
    const HostKeys &keys = host_keys();
    expect_all({keys.root.front()}, "", tables);
    expect_all(keys.host, "host", tables);
    expect_all(keys.log, "log", tables);
    expect_all(keys.listener, "listeners.web", tables);
    expect_all(keys.service, "services.heartbeat", tables);
    expect_all(keys.compartment, "compartments.apart", tables);
}

// The table that shows a kind: the fullest one with resource = "KIND".
std::string table_of(const Tables &tables, const std::string &word, const std::string &kind)
{
    std::string best;
    std::size_t most = 0;
    for (const auto &[name, lines] : tables) {
        const auto line = lines.find(word);
        if (line == lines.end() || line->second.find('"' + kind + '"') == std::string::npos || lines.size() <= most)
            continue;
        best = name;
        most = lines.size();
    }
    return best;
}

TEST(Reference, HoldsEveryOptionOfEveryShippedPlugin)
{
    const Tables tables = reference();
    const std::string all = read(HAWSER_SOURCE "/conf/reference.toml");
    std::size_t kinds = 0;
    for (const auto &entry : fs::directory_iterator(HAWSER_SOURCE "/plugins")) {
        if (!fs::exists(entry.path() / "plugin.toml")) continue;
        Sources sources;
        Problems problems;
        const auto manifest = parse_manifest(read(entry.path() / "plugin.toml"), "plugin.toml", sources, problems);
        ASSERT_TRUE(manifest) << entry.path();
        for (const KindSpec &kind : manifest->kinds) {
            SCOPED_TRACE(kind.word + ' ' + kind.name);
            ++kinds;
            const bool shown = !table_of(tables, kind.word, kind.name).empty();
            EXPECT_TRUE(shown || all.find(kind.word + " = \"" + kind.name + '"') != std::string::npos);
            if (!kind.options.empty()) expect_all(kind.options, table_of(tables, kind.word, kind.name), tables);
        }
    }
    EXPECT_GE(kinds, 7U);
}

} // namespace
} // namespace hawser::host
