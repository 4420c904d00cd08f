// Tests: tests/unit/config/source_test.cpp
#include "config/source.hpp"

#include "base/text.hpp"

#include <algorithm>
#include <tuple>

namespace hawser::host {
namespace {

constexpr std::size_t kMostShown = 160; // bytes of a source line

bool starts_character(char c) { return (static_cast<unsigned char>(c) & 0xc0) != 0x80; }

// The byte where character `column` (from 1) of `line` begins.
std::size_t byte_of(std::string_view line, std::uint32_t column)
{
    std::size_t i = 0;
    for (std::uint32_t seen = 1; i < line.size(); ++i) {
        if (!starts_character(line[i])) continue;
        if (seen++ == column) break;
    }
    return i;
}

std::string with_caret(std::string_view line, std::uint32_t column)
{
    std::size_t at = byte_of(line, column);
    std::size_t from = 0;
    if (line.size() > kMostShown && at > kMostShown / 2) {
        from = std::min(at - kMostShown / 2, line.size() - 1);
        while (from < line.size() && !starts_character(line[from])) ++from;
    }
    std::size_t to = std::min(line.size(), from + kMostShown);
    while (to < line.size() && !starts_character(line[to])) ++to;
    at = std::clamp(at, from, to);
    const std::string before = printable(line.substr(from, at - from));
    std::string caret;
    for (const char c : before) {
        if (c == '\t')
            caret += '\t';
        else if (starts_character(c))
            caret += ' ';
    }
    return "  " + before + printable(line.substr(at, to - at)) + "\n  " + caret + "^\n";
}

} // namespace

std::uint32_t Sources::add(std::string name, std::string text)
{
    File file{std::move(name), std::move(text), {0}};
    for (std::size_t i = 0; (i = file.text.find('\n', i)) != std::string::npos;) file.lines.push_back(++i);
    files_.push_back(std::move(file));
    return static_cast<std::uint32_t>(files_.size() - 1);
}

std::string_view Sources::line(Position position) const
{
    if (position.file >= files_.size() || position.line == 0) return {};
    const File &file = files_[position.file];
    if (position.line > file.lines.size()) return {};
    std::string_view text = std::string_view(file.text).substr(file.lines[position.line - 1]);
    text = text.substr(0, text.find('\n'));
    if (text.ends_with('\r')) text.remove_suffix(1);
    constexpr std::string_view kByteOrderMark = "\xef\xbb\xbf"; // not counted in columns
    if (position.line == 1 && text.starts_with(kByteOrderMark)) text.remove_prefix(kByteOrderMark.size());
    return text;
}

void Sources::hide(Position from, Position to)
{
    if (from.line != 0 && from < to) hidden_.emplace_back(from, to);
}

std::string Sources::shown_line(Position position) const
{
    const std::string_view text = line(position);
    const auto touches = [&](const Span &span) {
        return span.first.file == position.file && span.first.line <= position.line &&
               position.line <= span.second.line;
    };
    if (std::none_of(hidden_.begin(), hidden_.end(), touches)) return std::string(text);
    std::string out;
    Position at{position.file, position.line, 0};
    for (const char c : text) {
        const bool starts = starts_character(c);
        if (starts) ++at.column;
        const bool hidden = std::any_of(hidden_.begin(), hidden_.end(),
                                        [&at](const Span &span) { return span.first <= at && at < span.second; });
        if (!hidden)
            out += c;
        else if (starts)
            out += '*';
    }
    return out;
}

void Problems::add(Position at, std::string text, std::string hint)
{
    problems_.push_back({at, std::move(text), std::move(hint)});
}

std::vector<Problem> Problems::sorted() const
{
    std::vector<Problem> all = problems_;
    std::stable_sort(all.begin(), all.end(), [](const Problem &a, const Problem &b) { return a.at < b.at; });
    const auto same = [](const Problem &a, const Problem &b) { return a.at == b.at && a.text == b.text; };
    all.erase(std::unique(all.begin(), all.end(), same), all.end());
    return all;
}

std::string format_problem(const Sources &sources, const Problem &problem)
{
    std::string out;
    if (problem.at.file < sources.size()) out += printable(sources.name(problem.at.file)) + ':';
    if (problem.at.line > 0) out += std::to_string(problem.at.line) + ':' + std::to_string(problem.at.column) + ':';
    if (!out.empty()) out += ' ';
    out += printable(problem.text) + '\n';
    if (problem.at.line > 0) out += with_caret(sources.shown_line(problem.at), problem.at.column);
    if (!problem.hint.empty()) out += "  hint: " + printable(problem.hint) + '\n';
    return out;
}

} // namespace hawser::host
