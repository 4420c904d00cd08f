// What is fuzzed: each takes any bytes, and ends the process if what must hold does not. The same functions run over
// the corpora in the tests, and under libFuzzer by scripts/fuzz.
#pragma once

#include <string_view>

namespace hawser::fuzz {

// A connection of the HTTP engine: however its bytes are cut, requests and answers are the same.
void http(std::string_view input);
// Values of header fields that plugins read: ranges, entity tags, dates, preferences, credentials; and paths of files.
void fields(std::string_view input);
// The header of the PROXY protocol, in any parts.
void proxy(std::string_view input);
// A plugin's file: its ELF structures, its note, the manifest in it.
void library(std::string_view input);
// A configuration (of a golden case only the TOML text), and a manifest.
void config(std::string_view input);

// Ends the process, with what did not hold.
void demand(bool holds, const char *what);

} // namespace hawser::fuzz
