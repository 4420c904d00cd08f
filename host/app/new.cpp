// Tests: tests/unit/app/new_test.cpp, tests/system/new_test.cpp
#include "app/commands.hpp"
#include "app/templates.hpp"
#include "base/text.hpp"

#include "hawser/abi.h"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <ostream>
#include <utility>

namespace hawser::host {
namespace {

namespace fs = std::filesystem;

using Values = std::vector<std::pair<std::string, std::string>>;

constexpr std::array<std::string_view, 3> kKinds{"protocol", "resource", "service"};
constexpr std::array<std::string_view, 3> kLanguages{"cpp", "c", "rust"};

bool is_name(const std::string &name)
{
    const auto letter = [](char c) { return c >= 'a' && c <= 'z'; };
    return !name.empty() && name.size() <= 40 && letter(name[0]) && std::all_of(name.begin(), name.end(), [&](char c) {
        return letter(c) || (c >= '0' && c <= '9') || c == '_';
    });
}

// Words of a language that cannot name a function or a crate, and names that would meet others.
bool is_taken(const std::string &name)
{
    constexpr std::array<std::string_view, 8> kTaken{"test", "hawser", "main", "std", "core", "self", "crate", "build"};
    return std::find(kTaken.begin(), kTaken.end(), name) != kTaken.end();
}

std::string filled(std::string_view text, const Values &values)
{
    std::string out(text);
    for (const auto &[name, value] : values) {
        const std::string placeholder = '@' + name + '@';
        for (std::size_t at = 0; (at = out.find(placeholder, at)) != std::string::npos; at += value.size())
            out.replace(at, placeholder.size(), value);
    }
    return out;
}

// Where the SDK of this program is: <prefix>/include/hawser beside <prefix>/bin. Empty: a compiler finds it by itself,
// or it is not installed there.
std::string sdk_prefix()
{
    std::error_code error;
    const fs::path prefix = fs::read_symlink("/proc/self/exe", error).parent_path().parent_path();
    if (prefix == "/usr" || prefix == "/usr/local" || !fs::exists(prefix / "include/hawser/abi.h", error)) return {};
    return prefix.string();
}

Values values_for(const std::string &kind, const std::string &language, const std::string &name)
{
    Values values{{"name", name}, {"plugins", default_plugin_directory()}};
    values.emplace_back("abi", std::to_string(HAWSER_ABI_MAJOR) + '.' + std::to_string(HAWSER_ABI_MINOR));
    const std::string prefix = sdk_prefix();
    const bool rust = language == "rust";
    values.emplace_back("output", rust ? "target/release" : "build");
    values.emplace_back("build", rust ? "cargo build --release"
                                      : "cmake -B build" + (prefix.empty() ? "" : " -DCMAKE_PREFIX_PATH=" + prefix) +
                                            " && cmake --build build");
    values.emplace_back("test", rust ? "cargo test" : "ctest --test-dir build --output-on-failure");
    if (kind == "protocol") {
        values.emplace_back("summary", "Greets, and gives back every line");
        values.emplace_back("call", "Then `nc 127.0.0.1 7000` talks to it.");
    } else if (kind == "resource") {
        values.emplace_back("summary", "Greets whoever the path names");
        values.emplace_back("call", "Then `curl http://127.0.0.1:8080/ada` greets.");
    } else {
        values.emplace_back("summary", "Logs an event now and then");
        values.emplace_back("call", "Then the log has an event `tick` every second.");
    }
    return values;
}

// Writes all files into `into`; what went wrong, or "".
std::string write_files(const fs::path &into, const std::string &kind, const std::string &language,
                        const Values &values)
{
    const std::array<std::string, 4> folders{"all", kind, language, language + '-' + kind};
    for (const TemplateFile &file : template_files()) {
        const std::size_t slash = file.path.find('/');
        if (std::find(folders.begin(), folders.end(), file.path.substr(0, slash)) == folders.end()) continue;
        std::string path = filled(file.path.substr(slash + 1), values);
        if (path == "gitignore") path = ".gitignore";
        const fs::path to = into / path;
        std::error_code error;
        fs::create_directories(to.parent_path(), error);
        std::ofstream out(to, std::ios::binary);
        out << filled(file.text, values) << std::flush;
        if (!out) return "cannot write " + to.string();
    }
    return {};
}

} // namespace

Status new_command(const Arguments &arguments, const Surroundings &around)
{
    const auto wrong = [&around](const std::string &why) {
        around.err << "hawser new: " << why << "; see \"hawser help new\"\n";
        return Status::Usage;
    };
    const std::string &kind = arguments.words[0], &name = arguments.words[1];
    const std::string language = arguments.has("language") ? arguments.value("language") : "cpp";
    if (std::find(kKinds.begin(), kKinds.end(), kind) == kKinds.end())
        return wrong("expected protocol, resource or service, got \"" + printable(kind) + '"');
    if (std::find(kLanguages.begin(), kLanguages.end(), language) == kLanguages.end())
        return wrong("--language: expected cpp, c or rust, got \"" + printable(language) + '"');
    if (!is_name(name))
        return wrong("expected a name of small letters, digits and _ that begins with a letter, got \"" +
                     printable(name) + '"');
    if (is_taken(name)) return wrong("\"" + name + "\" is a name that others need; choose another");

    const fs::path target = arguments.has("directory") ? fs::path(arguments.value("directory")) : fs::path(name);
    std::error_code error;
    if (fs::exists(target, error)) {
        around.err << "hawser new: " << target.string() << " is there already; move it away, or say --directory DIR\n";
        return Status::System;
    }
    // All or nothing: it gets its name when it is whole.
    const fs::path draft = target.string() + ".new-" + std::to_string(::getpid());
    const Values values = values_for(kind, language, name);
    std::string failed = write_files(draft, kind, language, values);
    if (failed.empty()) {
        fs::rename(draft, target, error);
        if (error) failed = "cannot make " + target.string() + ": " + error.message();
    }
    if (!failed.empty()) {
        fs::remove_all(draft, error);
        around.err << "hawser new: " << failed << '\n';
        return Status::System;
    }
    around.out << target.string() << ": a " << kind << ", ready to build:\n\n  cd " << target.string()
               << filled("\n  @build@\n  @test@\n  hawser run hawser.toml\n", values);
    return Status::Ok;
}

} // namespace hawser::host
