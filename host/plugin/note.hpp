// Reads a plugin's manifest from the ELF note in its file, without loading it (sdk: hawser/manifest.h). Every length
// and offset of the file is checked; nothing in it is believed.
#pragma once

#include "base/result.hpp"
#include "plugin/elf_file.hpp"

#include <string>
#include <string_view>

namespace hawser::host {

// Errors say what is wrong with the file, to stand behind its path. REQUIRES: its segments were checked.
Result<std::string> read_manifest_note(const ElfFile &file);

// The same of a whole file in memory, with the checks before it.
Result<std::string> read_manifest_note(std::string_view bytes);

} // namespace hawser::host
