// The dynamic section of a library, read without loading it: what it exports, what it wants of others, and how it is
// linked. Every length and offset is checked.
#pragma once

#include "base/result.hpp"
#include "plugin/elf_file.hpp"

#include <string>
#include <vector>

namespace hawser::host {

struct Dynamic {
    std::vector<std::string> exported;  // symbols that it defines for others
    std::vector<std::string> undefined; // symbols that it wants and that may not be absent
    std::vector<std::string> unique;    // STB_GNU_UNIQUE: the loader keeps such a library and merges its symbols
    std::vector<std::string> needed;    // libraries, as they are named in it
    std::vector<std::string> paths;     // where those are looked for first; $ORIGIN is left as it is
    bool text_relocations = false;      // its code is written to while it is loaded
    std::size_t initializers = 0;       // functions that run when it is loaded
};

// Errors: it has no dynamic section, or one that is damaged. REQUIRES: its segments were checked.
Result<Dynamic> read_dynamic(const ElfFile &file);

// Those of `dynamic.undefined` that none of the libraries it needs defines, nor one that these need. A library that
// cannot be found or read is named in `missing` instead. `origin`: the directory of the plugin.
std::vector<std::string> unresolved(const Dynamic &dynamic, const std::string &origin,
                                    std::vector<std::string> &missing);

} // namespace hawser::host
