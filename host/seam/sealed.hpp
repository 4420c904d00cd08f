// Memory files that nobody can change any more, for what one process tells another.
#pragma once

#include "base/fd.hpp"
#include "base/result.hpp"

#include <string>
#include <string_view>

namespace hawser::host {

Result<Fd> write_sealed(const char *name, std::string_view bytes);
// All of it. Errors: it is no sealed memory file, or larger than 256 MiB.
Result<std::string> read_sealed(int fd);

} // namespace hawser::host
