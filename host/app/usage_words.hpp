// What may stand where on a command's line, read from the table's own text: "[NAME] | why FILE" is a NAME or nothing,
// or the word `why` and then a FILE.
#pragma once

#include "app/command.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace hawser::host {

// What a value is, so that a shell can offer some.
enum class Complete { Nothing, Config, File, Directory, Command, Shell };
Complete complete_as(std::string_view placeholder); // "CONFIG", "FILE", "KEY=VALUE" …

// Each alternative of a command's arguments, word by word, without brackets: {{"NAME"}, {"why", "FILE"}}.
using Alternatives = std::vector<std::vector<std::string>>;
Alternatives alternatives(std::string_view arguments);
bool is_word(std::string_view token); // stands for itself, not for a value

// What may come at `position` (from 0): words that stand for themselves, and what values are.
struct Offered {
    std::vector<std::string> words;
    std::vector<Complete> values;
};
Offered offered_at(const Alternatives &all, std::size_t position);

} // namespace hawser::host
