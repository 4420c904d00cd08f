// Completions for shells, made from the table of commands: commands, their words, options, and what values are.
#pragma once

#include <iosfwd>
#include <string_view>

namespace hawser::host {

// `shell`: "bash", "zsh" or "fish"; false: another one, and nothing was printed.
bool print_completion(std::string_view shell, std::ostream &out);

} // namespace hawser::host
