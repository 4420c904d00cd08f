// A project outside of the tree, built against the installed SDK; and what a Markdown file shows.
#pragma once

#include "process.hpp"

#include <string>
#include <vector>

namespace hawser::test {

std::string read(const std::string &path);

// Installs the SDK below `directory` and builds the project `source` against it, in `directory`/build. Empty, or what
// failed.
std::string build(const TempDir &directory, const std::string &source, const std::string &c, const std::string &cxx);

// The n-th block of a language in a Markdown file; empty: there is none.
std::string block(const std::string &markdown, const std::string &language, std::size_t n);
// The languages of its blocks, in order.
std::vector<std::string> languages(const std::string &markdown);

} // namespace hawser::test
