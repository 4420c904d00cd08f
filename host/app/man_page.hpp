// Manual pages, made from the table of commands and from the declarations of the host's keys, so that they cannot say
// anything else than the program does.
#pragma once

#include <iosfwd>
#include <string_view>

namespace hawser::host {

// `page`: "hawser.1" or "hawser.toml.5"; false: another one, and nothing was printed.
bool print_man_page(std::string_view page, std::ostream &out);

} // namespace hawser::host
