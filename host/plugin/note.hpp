// Reads a plugin's manifest from the ELF note in its file, without loading it (sdk: hawser/manifest.h). Every length
// and offset of the file is checked; nothing in it is believed.
#pragma once

#include "base/result.hpp"

#include <string>
#include <string_view>

namespace hawser::host {

// Whether the beginning of a file, at least 64 bytes of a longer one, is that of a shared library for this machine. The
// Error's text says what it is instead.
Result<void> check_elf_header(std::string_view image);

// `image`: the whole file. Errors say what is wrong with the file, to stand behind its path.
Result<std::string> read_manifest_note(std::string_view image);

} // namespace hawser::host
