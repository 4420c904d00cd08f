// The files of sdk/templates, in the program. Folders: `all`, a kind ("protocol"), a language ("cpp"), both
// ("cpp-protocol"); in paths and texts @name@ and others stand for what hawser new fills in.
#pragma once

#include <span>
#include <string_view>

namespace hawser::host {

struct TemplateFile {
    std::string_view path; // "cpp-protocol/tests/@name@_test.cpp"
    std::string_view text;
};

// In the order of their paths.
std::span<const TemplateFile> template_files();

} // namespace hawser::host
