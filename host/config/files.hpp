// One merged tree from the configuration's file, its fragments, and the values of --set.
#pragma once

#include "config/document.hpp"
#include "config/load.hpp"
#include "config/scalars.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace hawser::host {

struct Document {
    Item root;
    std::vector<std::string> directories; // by file number: what relative paths in it are relative to
    bool missing = false;                 // the file does not exist or cannot be opened; Loaded::status says which
    bool unreadable = false;              // it is no TOML: the root is empty

    // `text` of a value at `at`, absolute and without "." and "..".
    std::string absolute(const std::string &text, Position at) const;
};

bool is_path(std::string_view text); // not empty, no NUL

// Problems are collected; the tree holds what could be read. Strings are substituted.
Document read_document(const LoadRequest &request, Loaded &loaded);

} // namespace hawser::host
