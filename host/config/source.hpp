// The texts that a configuration came from, positions in them, and problems with source line and caret.
#pragma once

#include <compare>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace hawser::host {

struct Position {
    std::uint32_t file = 0;   // index into Sources
    std::uint32_t line = 0;   // from 1; 0: no place in particular
    std::uint32_t column = 0; // from 1, in characters
    auto operator<=>(const Position &) const = default;
};

// File names (as they are shown) and their texts.
class Sources {
public:
    std::uint32_t add(std::string name, std::string text);
    const std::string &name(std::uint32_t file) const { return files_[file].name; }
    std::string_view text(std::uint32_t file) const { return files_[file].text; }
    std::string_view line(Position position) const; // without its newline; empty if there is none
    std::size_t size() const { return files_.size(); }

    // What stands from `from` to before `to` is a secret: shown_line() has asterisks in its place.
    void hide(Position from, Position to);
    std::string shown_line(Position position) const; // line() without secrets; as many characters

private:
    struct File {
        std::string name, text;
        std::vector<std::size_t> lines; // where each begins
    };
    using Span = std::pair<Position, Position>;
    std::vector<File> files_;
    std::vector<Span> hidden_;
};

struct Problem {
    Position at;
    std::string text; // "what was expected, got what": lower case, no full stop
    std::string hint; // what to do, or empty
};

// Collects the problems of one configuration; shows them sorted by file and line, each once.
class Problems {
public:
    void add(Position at, std::string text, std::string hint = {});
    bool empty() const { return problems_.empty(); }
    std::vector<Problem> sorted() const;

private:
    std::vector<Problem> problems_;
};

// "file:line:column: text", the source line, a caret below the column, "  hint: …"; one string, newline at the end.
std::string format_problem(const Sources &sources, const Problem &problem);

} // namespace hawser::host
