// Tests: tests/unit/plugin/catalogue_test.cpp
#include "plugin/catalogue.hpp"

#include "hawser/abi.h"
#include "plugin/note.hpp"
#include "plugin/trust.hpp"

#include <algorithm>
#include <filesystem>
#include <map>
#include <set>
#include <system_error>

namespace hawser::host {
namespace {

namespace fs = std::filesystem;

std::string tag_of(const struct stat &status)
{
    return std::to_string(status.st_dev) + ':' + std::to_string(status.st_ino) + ':' + std::to_string(status.st_size) +
           ':' + std::to_string(status.st_ctim.tv_sec) + '.' + std::to_string(status.st_ctim.tv_nsec);
}

std::string first_problem(const Problems &problems)
{
    const std::vector<Problem> all = problems.sorted();
    const Problem &first = all.front();
    std::string text = "manifest wrong at line " + std::to_string(first.at.line) + ": " + first.text;
    if (!first.hint.empty()) text += "; " + first.hint;
    if (all.size() > 1) text += " (and " + std::to_string(all.size() - 1) + " more)";
    return text;
}

std::string read_into(FoundPlugin &found)
{
    auto file = open_trusted(found.path);
    if (!file) return file.error().text;
    found.version_tag = tag_of(file->status);
    const Image image(file->fd.get(), static_cast<std::uint64_t>(file->status.st_size));
    auto elf = ElfFile::open(image);
    if (!elf) return elf.error().text;
    if (auto checked = elf->check_segments(); !checked) return checked.error().text;
    auto text = read_manifest_note(*elf);
    if (!text) return text.error().text;
    Sources sources;
    Problems problems;
    found.manifest = parse_manifest(*text, found.path + ": manifest", sources, problems);
    if (!found.manifest) return first_problem(problems);
    found.manifest_text = std::move(*text);
    return wrong_abi(*found.manifest);
}

FoundPlugin refusal(const std::string &path, std::string why)
{
    FoundPlugin found;
    found.path = path;
    found.refused = std::move(why);
    return found;
}

void scan(const std::string &directory, std::vector<FoundPlugin> &all)
{
    std::error_code error;
    std::vector<std::string> paths;
    fs::directory_iterator entries(directory, error);
    for (const fs::directory_iterator end; !error && entries != end; entries.increment(error)) {
        if (entries->path().extension() == ".so") paths.push_back(entries->path().string());
    }
    if (error) {
        all.push_back(refusal(directory, "the directory cannot be read: " + error.message()));
        all.back().is_directory = true;
    }
    std::sort(paths.begin(), paths.end());
    for (const std::string &path : paths) all.push_back(inspect_plugin(path));
}

// Each of several plugins of one name is refused: the order of a directory must decide nothing.
void refuse_duplicates(std::vector<FoundPlugin> &all)
{
    std::map<std::string, std::vector<FoundPlugin *>> by_name;
    for (FoundPlugin &found : all) {
        if (found.refused.empty()) by_name[found.manifest->name].push_back(&found);
    }
    for (const auto &[name, same] : by_name) {
        if (same.size() < 2) continue;
        for (FoundPlugin *found : same) {
            const FoundPlugin *other = found == same[0] ? same[1] : same[0];
            found->refused = "two plugins are named \"" + name + "\": " + found->path + " and " + other->path +
                             "; remove one of them";
        }
    }
}

} // namespace

std::string wrong_abi(const Manifest &manifest)
{
    const std::string spoken = "this host speaks " + std::to_string(HAWSER_ABI_MAJOR) + ".0 to " +
                               std::to_string(HAWSER_ABI_MAJOR) + '.' + std::to_string(HAWSER_ABI_MINOR);
    const std::string built = "built for ABI " + std::to_string(manifest.abi_major) + '.' +
                              std::to_string(manifest.abi_minor) + ", " + spoken;
    if (manifest.abi_major == HAWSER_ABI_MAJOR && manifest.abi_minor <= HAWSER_ABI_MINOR) return {};
    if (manifest.abi_major < HAWSER_ABI_MAJOR) return built + "; rebuild it against this host's SDK";
    return built + "; use a newer host, or rebuild it against this host's SDK";
}

FoundPlugin inspect_plugin(const std::string &path)
{
    FoundPlugin found;
    found.path = path;
    found.refused = read_into(found);
    return found;
}

std::vector<FoundPlugin> find_plugins(const std::vector<std::string> &directories)
{
    std::vector<FoundPlugin> all;
    std::set<std::string> searched; // one that is named twice, also by a link, would hold duplicates of all
    for (const std::string &directory : directories) {
        std::error_code error;
        const std::string real = fs::canonical(directory, error).string();
        if (error || searched.insert(real).second) scan(directory, all);
    }
    refuse_duplicates(all);
    return all;
}

} // namespace hawser::host
