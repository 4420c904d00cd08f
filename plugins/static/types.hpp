// Content types by the extension of a file's name.
#pragma once

#include <string_view>

namespace static_files {

// `extension`: lower case, without the dot. "application/octet-stream" for one that is not known.
std::string_view type_of(std::string_view extension);

} // namespace static_files
