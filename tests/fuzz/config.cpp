#include "targets.hpp"

#include "config/load.hpp"

#include <fstream>
#include <iterator>
#include <optional>
#include <string>
#include <vector>

namespace hawser::fuzz {
namespace {

using namespace host;

// A manifest, or the problems it has.
std::optional<Manifest> manifest_of(std::string_view text)
{
    Sources sources;
    Problems problems;
    auto manifest = parse_manifest(text, "a.so", sources, problems);
    demand(manifest.has_value() == problems.empty(), "there is a manifest, or a problem");
    for (const Problem &each : problems.sorted()) demand(!format_problem(sources, each).empty(), "a problem is told");
    return manifest;
}

// One of those of the golden cases.
FoundPlugin plugin(const std::string &name)
{
    std::ifstream in(std::string(HAWSER_CASES) + "/plugins/" + name + ".toml", std::ios::binary);
    const std::string text{std::istreambuf_iterator<char>(in), {}};
    FoundPlugin found;
    found.path = "/plugins/" + name + ".so";
    found.manifest = manifest_of(text);
    demand(found.manifest.has_value(), "the manifests of the cases are good");
    return found;
}

} // namespace

void config(std::string_view input)
{
    static const std::vector<FoundPlugin> plugins = {plugin("other"), plugin("store"), plugin("web")};
    for (const char *end : {"\n@@ ", "\n----------\n"}) input = input.substr(0, input.find(end));
    manifest_of(input);
    LoadRequest request;
    request.text = input;
    request.name = "fuzz.toml";
    request.environment = [](const std::string &name) { return name == "A" ? std::optional("a") : std::nullopt; };
    request.find_plugins = [](const auto &) { return plugins; };
    const Loaded loaded = load_config(request);
    demand(loaded.plan.has_value() == loaded.problems.empty(), "there is a plan, or a problem");
    for (const Problem &each : loaded.problems.sorted())
        demand(!format_problem(loaded.sources, each).empty(), "a problem is told");
}

} // namespace hawser::fuzz
