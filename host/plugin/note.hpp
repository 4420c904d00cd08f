// Reads a plugin's manifest from the ELF note in its file, without loading it (sdk: hawser/manifest.h). Every length
// and offset of the file is checked; nothing in it is believed.
#pragma once

#include "base/result.hpp"

#include <string>
#include <string_view>

namespace hawser::host {

// `image`: the whole file. Errors say what is wrong with the file, to stand behind its path.
Result<std::string> read_manifest_note(std::string_view image);

} // namespace hawser::host
