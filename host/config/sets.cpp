// Tests: tests/config/golden_test.cpp
#include "config/sets.hpp"

#include "base/text.hpp"

#include <algorithm>
#include <utility>

namespace hawser::host {
namespace {

constexpr std::string_view kAssign = "v = "; // what stands before a value so that it is a document

std::uint32_t characters(std::string_view text)
{
    return static_cast<std::uint32_t>(
        std::count_if(text.begin(), text.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xc0) != 0x80; }));
}

std::string_view trimmed(std::string_view text)
{
    while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
    while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
    return text;
}

class Parser {
public:
    Parser(std::uint32_t file, std::string_view text)
        : file_(file)
        , text_(text)
    {}

    // The keys before "=", where i_ stands then.
    bool keys(std::vector<Override::Part> &path)
    {
        for (;;) {
            skip_blanks();
            Override::Part part{{}, here()};
            if (!(i_ < text_.size() && (text_[i_] == '"' || text_[i_] == '\'') ? quoted(part.key) : bare(part.key)))
                return false;
            path.push_back(std::move(part));
            skip_blanks();
            if (i_ >= text_.size()) return false;
            if (text_[i_] == '=') return true;
            if (text_[i_++] != '.') return false;
        }
    }

    Item value()
    {
        // "k = v" is meant as it would be in a file; in "k= v" the blank may be.
        if (i_ > 0 && (text_[i_ - 1] == ' ' || text_[i_ - 1] == '\t')) {
            while (i_ + 1 < text_.size() && (text_[i_ + 1] == ' ' || text_[i_ + 1] == '\t')) ++i_;
        }
        const std::string_view text = text_.substr(i_ + 1);
        Sources sources;
        Problems problems;
        auto root = parse_document(sources.add("", std::string(kAssign) + std::string(text)), sources, problems);
        Item value;
        if (root && root->items.size() == 1 && root->items[0].key == "v") {
            value = std::move(root->items[0]);
            move_all(value, characters(text_.substr(0, i_ + 1)));
        } else {
            value.kind = Item::Kind::String;
            value.text = std::string(text);
            value.at = {file_, 1, characters(text_.substr(0, i_ + 1)) + 1};
        }
        value.key.clear();
        value.end = {file_, 1, characters(text_) + 1};
        return value;
    }

    Position here() const { return {file_, 1, characters(text_.substr(0, i_)) + 1}; }

private:
    void skip_blanks()
    {
        while (i_ < text_.size() && (text_[i_] == ' ' || text_[i_] == '\t')) ++i_;
    }

    // As TOML has it, escapes included.
    bool quoted(std::string &key)
    {
        const char quote = text_[i_];
        std::size_t end = i_ + 1;
        while (end < text_.size() && text_[end] != quote) end += text_[end] == '\\' && quote == '"' ? 2 : 1;
        if (end >= text_.size()) return false;
        Sources sources;
        Problems problems;
        const std::string document = std::string(text_.substr(i_, end + 1 - i_)) + " = 1";
        const auto root = parse_document(sources.add("", document), sources, problems);
        if (!root || root->items.size() != 1) return false;
        key = root->items[0].key;
        i_ = end + 1;
        return true;
    }

    bool bare(std::string &key)
    {
        const std::size_t end = std::min(text_.find_first_of(".=", i_), text_.size());
        key = std::string(trimmed(text_.substr(i_, end - i_)));
        i_ = end;
        return !key.empty();
    }

    // From where they stood in the made document to where they stand in the text.
    void move_all(Item &item, std::uint32_t before) const
    {
        for (Position *at : {&item.at, &item.key_at, &item.end}) {
            at->file = file_;
            if (at->line == 1) at->column = at->column - static_cast<std::uint32_t>(kAssign.size()) + before;
        }
        for (Item &inner : item.items) move_all(inner, before);
    }

    std::uint32_t file_;
    std::string_view text_;
    std::size_t i_ = 0;
};

} // namespace

bool parse_override(std::uint32_t file, std::string_view text, Override &to, Problems &problems)
{
    if (valid_utf8(text) != text) {
        problems.add({file, 0, 0}, "expected UTF-8, got other bytes in \"" + valid_utf8(text) + '"');
        return false;
    }
    Parser parser(file, text);
    if (!parser.keys(to.path)) {
        problems.add(parser.here(), "expected KEY=VALUE like \"listeners.web.address=127.0.0.1:0\"");
        return false;
    }
    to.value = parser.value();
    return true;
}

bool apply_override(Override given, Item &root, Problems &problems)
{
    Item *at = &root;
    std::string way;
    for (const Override::Part &part : given.path) {
        if (at->kind != Item::Kind::Table) {
            problems.add(part.at, way + ": expected a table in which \"" + part.key + "\" can be set, got " +
                                      std::string(kind_name(at->kind)));
            return false;
        }
        Item *next = at->find(part.key);
        if (next == nullptr) {
            next = &at->items.emplace_back();
            next->key = part.key;
            next->key_at = next->at = part.at;
        }
        way += (way.empty() ? "" : ".") + part.key;
        at = next;
    }
    given.value.key = at->key;
    given.value.key_at = given.path.back().at;
    given.value.others = std::move(at->others);
    if (at->end.line != 0) given.value.others.emplace_back(at->at, at->end);
    *at = std::move(given.value);
    return true;
}

} // namespace hawser::host
