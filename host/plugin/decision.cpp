// Tests: tests/unit/plugin/decision_test.cpp
#include "plugin/decision.hpp"

#include "hawser/abi.h"
#include "plugin/catalogue.hpp"
#include "plugin/dynamic.hpp"
#include "plugin/note.hpp"
#include "plugin/trust.hpp"

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <utility>

namespace hawser::host {
namespace {

namespace fs = std::filesystem;

constexpr const char *kEntry = "hawser_plugin_v1";
constexpr const char *kBuildWithFunction = "build it with hawser_add_plugin(), which exports the entry alone";

std::string owner_and_mode(const struct stat &status)
{
    char mode[8];
    std::snprintf(mode, sizeof mode, "%04o", static_cast<unsigned>(status.st_mode) & 07777U);
    return "user " + std::to_string(status.st_uid) + ", mode " + mode;
}

// Some of many names in one line.
std::string listed(const std::vector<std::string> &names)
{
    constexpr std::size_t kMost = 8;
    std::string all;
    for (std::size_t i = 0; i < std::min(names.size(), kMost); ++i) all += (i > 0 ? ", " : "") + names[i];
    if (names.size() > kMost) all += " and " + std::to_string(names.size() - kMost) + " more";
    return all;
}

class Decider {
public:
    Decider(std::string path, const std::vector<std::string> &directories)
        : path_(std::move(path))
        , directories_(directories)
    {}

    Decision run()
    {
        open();
        writers();
        directories();
        elf();
        manifest();
        abi();
        kinds();
        place();
        duplicates();
        dynamic();
        conclude();
        return std::move(decision_);
    }

private:
    using State = Step::State;

    void add(std::string name, State state, std::string text, std::string fix = {})
    {
        decision_.steps.push_back({std::move(name), state, std::move(text), std::move(fix)});
    }
    // A step whose error says behind ";" what to do.
    void refuse(std::string name, const std::string &error, std::string fix = {})
    {
        const std::size_t semicolon = error.rfind("; ");
        if (fix.empty() && semicolon != std::string::npos)
            add(std::move(name), State::Failed, error.substr(0, semicolon), error.substr(semicolon + 2));
        else
            add(std::move(name), State::Failed, error, std::move(fix));
    }
    void skip(std::string name) { add(std::move(name), State::Skipped, "not looked at: a step before it failed"); }

    void open()
    {
        if (fs::path(path_).extension() != ".so")
            add("name", State::Failed, "expected a name that ends in \".so\"", "rename it; other files are not read");
        else
            add("name", State::Passed, "ends in \".so\"");
        auto file = open_regular(path_);
        decision_.exists = file.ok() || file.error().status != Status::NoFile;
        if (!file) return refuse("regular file", file.error().text);
        file_ = std::move(*file);
        add("regular file", State::Passed, std::to_string(file_->status.st_size) + " bytes");
    }

    void writers()
    {
        if (!file_) return skip("owner and mode");
        auto checked = check_writers(file_->status);
        if (checked)
            add("owner and mode", State::Passed, owner_and_mode(file_->status));
        else
            refuse("owner and mode", checked.error().text,
                   "it must belong to root or the running user, and nobody else may write to it: chown, chmod go-w");
    }

    void directories()
    {
        std::vector<std::pair<std::string, std::string>> heard;
        const auto walked = walk_directories(
            fs::path(path_).parent_path().string(), [&heard](const std::string &directory, const std::string &wrong) {
                const auto same =
                    std::find_if(heard.begin(), heard.end(), [&](const auto &each) { return each.first == directory; });
                if (same == heard.end())
                    heard.emplace_back(directory, wrong);
                else if (!wrong.empty())
                    same->second = wrong;
            });
        for (const auto &[directory, wrong] : heard) {
            if (wrong.empty())
                add("directory " + directory, State::Passed, "nobody else can replace what is in it");
            else
                refuse("directory " + directory, wrong, "chown or chmod go-w " + directory);
        }
        if (!walked) refuse("directory", walked.error().text);
    }

    void elf()
    {
        if (!file_) return skip("library");
        image_.emplace(file_->fd.get(), static_cast<std::uint64_t>(file_->status.st_size));
        auto elf = ElfFile::open(*image_);
        if (!elf) return refuse("library", elf.error().text, "build it as a shared library for this machine");
        add("library", State::Passed, "a shared library for this machine");
        if (auto checked = elf->check_segments(); !checked) return refuse("segments", checked.error().text);
        add("segments", State::Passed, std::to_string(elf->segments().size()) + " segments, all within the file");
        elf_.emplace(std::move(*elf));
    }

    void manifest()
    {
        if (!elf_) return skip("manifest");
        auto text = read_manifest_note(*elf_);
        if (!text)
            return refuse(
                "manifest", text.error().text,
                "build it with hawser_add_plugin(), or put HAWSER_MANIFEST (hawser/manifest.h) into a source");
        Sources sources;
        Problems problems;
        manifest_ = parse_manifest(*text, "plugin.toml", sources, problems);
        if (manifest_) {
            add("manifest", State::Passed,
                manifest_->name + ' ' + manifest_->version + ", " + std::to_string(text->size()) + " bytes");
            return;
        }
        std::string all;
        for (const Problem &problem : problems.sorted()) all += format_problem(sources, problem);
        all.erase(all.find_last_not_of('\n') + 1);
        add("manifest", State::Failed, all, "correct plugin.toml and build it again");
    }

    void abi()
    {
        if (!manifest_) return skip("ABI");
        const std::string wrong = wrong_abi(*manifest_);
        if (!wrong.empty()) return refuse("ABI", wrong);
        add("ABI", State::Passed,
            "built for " + std::to_string(manifest_->abi_major) + '.' + std::to_string(manifest_->abi_minor) +
                ", this host speaks " + std::to_string(HAWSER_ABI_MAJOR) + ".0 to " + std::to_string(HAWSER_ABI_MAJOR) +
                '.' + std::to_string(HAWSER_ABI_MINOR));
    }

    void kinds()
    {
        if (!manifest_) return skip("kinds");
        std::string all;
        for (const KindSpec &kind : manifest_->kinds)
            all += (all.empty() ? "" : ", ") + kind.word + ' ' + kind.name + " (" + kind.role + ')';
        add("kinds", State::Passed, all);
    }

    // Whether a search would come to the file at all.
    void place()
    {
        std::error_code error;
        const fs::path mine = fs::canonical(fs::path(path_).parent_path(), error);
        for (const std::string &directory : directories_) {
            std::error_code none;
            if (error || fs::canonical(directory, none) != mine || none) continue;
            searched_ = true;
            return add("searched", State::Passed, "in " + directory);
        }
        add("searched", State::Warning, "its directory is not one of those searched: " + listed(directories_),
            "add it to [host] plugins, or name it with --directory");
    }

    void duplicates()
    {
        if (!manifest_) return skip("duplicates");
        std::vector<std::string> same;
        for (const FoundPlugin &found : find_plugins(directories_)) {
            std::error_code error;
            const bool itself = fs::equivalent(found.path, path_, error) && !error;
            if (!itself && found.manifest && found.manifest->name == manifest_->name &&
                (found.refused.empty() || found.refused.starts_with("two plugins")))
                same.push_back(found.path);
        }
        if (same.empty())
            add("duplicates", State::Passed, "no other plugin is named \"" + manifest_->name + '"');
        else
            add("duplicates", State::Failed,
                "two plugins are named \"" + manifest_->name + "\": this and " + listed(same), "remove one of them");
    }

    void dynamic()
    {
        if (!elf_) return skip("exports");
        auto read = read_dynamic(*elf_);
        if (!read) return refuse("exports", read.error().text, kBuildWithFunction);
        exports(*read);
        undefined(*read);
        if (read->text_relocations)
            add("relocations", State::Warning, "its code is written to while it is loaded", "compile it with -fPIC");
        else
            add("relocations", State::Passed, "none in its code");
        add("initializers", State::Passed,
            std::to_string(read->initializers) + " functions run when it is loaded, before its entry is called");
    }

    void exports(const Dynamic &dynamic)
    {
        std::vector<std::string> others = dynamic.exported;
        if (std::erase(others, kEntry) == 0)
            return refuse("exports", std::string("it does not export ") + kEntry, kBuildWithFunction);
        if (!dynamic.unique.empty())
            add("exports", State::Warning, "symbols that the whole process shares: " + listed(dynamic.unique),
                kBuildWithFunction);
        else if (!others.empty())
            add("exports", State::Warning, "more than the entry: " + listed(others), kBuildWithFunction);
        else
            add("exports", State::Passed, std::string(kEntry) + " alone");
    }

    void undefined(const Dynamic &dynamic)
    {
        std::vector<std::string> missing;
        const std::string origin = fs::path(path_).parent_path().string();
        const std::vector<std::string> left = unresolved(dynamic, origin, missing);
        if (!missing.empty())
            add("libraries", State::Warning, "not found in the usual directories: " + listed(missing),
                "install them, or give it a RUNPATH");
        else
            add("libraries", State::Passed, dynamic.needed.empty() ? "none needed" : listed(dynamic.needed));
        if (!missing.empty())
            skip("undefined symbols");
        else if (!left.empty())
            add("undefined symbols", State::Warning, "defined by none of the libraries that it needs: " + listed(left),
                "link what defines them, with -Wl,-z,defs to find them when it is built");
        else
            add("undefined symbols", State::Passed, std::to_string(dynamic.undefined.size()) + ", all defined");
    }

    void conclude()
    {
        decision_.usable = std::none_of(decision_.steps.begin(), decision_.steps.end(),
                                        [](const Step &step) { return step.state == State::Failed; });
        if (!decision_.usable)
            add("usable", State::Failed, "no: see the steps that failed");
        else if (!searched_)
            add("usable", State::Passed, "yes, once it is found");
        else
            add("usable", State::Passed, "yes");
    }

    const std::string path_;
    const std::vector<std::string> &directories_;
    Decision decision_;
    std::optional<TrustedFile> file_;
    std::optional<Image> image_;
    std::optional<ElfFile> elf_;
    std::optional<Manifest> manifest_;
    bool searched_ = false;
};

} // namespace

Decision decide_plugin(const std::string &path, const std::vector<std::string> &directories)
{
    return Decider(path, directories).run();
}

} // namespace hawser::host
