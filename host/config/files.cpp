// Tests: tests/config/golden_test.cpp
#include "config/files.hpp"

#include <glob.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>

namespace hawser::host {
namespace {

namespace fs = std::filesystem;

constexpr std::uintmax_t kMostBytes = 16U << 20;

// Reads a file for parsing; the Error's text stands behind its name.
Result<std::string> read_text(const std::string &path)
{
    std::error_code error;
    const fs::file_status status = fs::status(path, error);
    if (status.type() == fs::file_type::not_found) return Error{Status::NoFile, "there is no such file"};
    if (status.type() == fs::file_type::directory) return Error{Status::BadConfig, "expected a file, got a directory"};
    if (status.type() != fs::file_type::regular)
        return Error{Status::BadConfig, error ? error.message() : "expected a regular file"};
    if (fs::file_size(path, error) > kMostBytes) return Error{Status::BadConfig, "expected at most 16 MiB"};
    std::ifstream in(path, std::ios::binary);
    if (!in) return Error{Status::BadConfig, std::string("cannot be read: ") + std::strerror(errno)};
    return std::string(std::istreambuf_iterator<char>(in), {});
}

class Reader {
public:
    Reader(const LoadRequest &request, Loaded &loaded)
        : request_(request)
        , loaded_(loaded)
    {}

    Document read()
    {
        std::error_code error;
        const std::string here = fs::current_path(error).string();
        if (request_.path.empty()) {
            parse(request_.name, request_.text, here);
        } else {
            read_main();
        }
        if (!document_.missing) {
            include_fragments();
            for (const std::string &set : request_.sets) apply(set, here);
            substitute_strings(document_.root);
        }
        return std::move(document_);
    }

private:
    void read_main()
    {
        auto text = read_text(request_.path);
        const std::string path = absolute_path(request_.path);
        if (!text) {
            document_.missing = text.error().status == Status::NoFile;
            loaded_.problems.add({add_source(request_.path, "", ""), 0, 0}, text.error().text);
            return;
        }
        loaded_.files.push_back(path);
        parse(request_.path, std::move(*text), fs::path(path).parent_path().string());
    }

    static std::string absolute_path(const std::string &path)
    {
        std::error_code error;
        return fs::absolute(path, error).lexically_normal().string();
    }

    std::uint32_t add_source(std::string name, std::string text, std::string directory)
    {
        const std::uint32_t file = loaded_.sources.add(std::move(name), std::move(text));
        document_.directories.push_back(std::move(directory));
        return file;
    }

    void parse(std::string name, std::string text, std::string directory)
    {
        const std::uint32_t file = add_source(std::move(name), std::move(text), std::move(directory));
        if (auto root = parse_document(file, loaded_.sources, loaded_.problems)) document_.root = std::move(*root);
    }

    void include_fragments()
    {
        const Item *include = document_.root.find("include");
        if (include == nullptr) return;
        if (include->kind != Item::Kind::Array) {
            loaded_.problems.add(include->at,
                                 "include: expected a list of paths, got " + std::string(kind_name(include->kind)));
            return;
        }
        const Item wanted = *include; // merging moves the tree
        for (const Item &pattern : wanted.items) {
            if (pattern.kind != Item::Kind::String)
                loaded_.problems.add(pattern.at,
                                     "include: expected a path, got " + std::string(kind_name(pattern.kind)));
            else
                include_pattern(pattern);
        }
    }

    void include_pattern(const Item &pattern)
    {
        const std::string path = document_.absolute(pattern.text, pattern.at);
        const bool is_pattern = pattern.text.find_first_of("*?[") != std::string::npos;
        if (!is_pattern) {
            include_file(path, pattern.at);
            return;
        }
        glob_t found{};
        if (::glob(path.c_str(), 0, nullptr, &found) == 0) {
            for (std::size_t i = 0; i < found.gl_pathc; ++i) include_file(found.gl_pathv[i], pattern.at);
        }
        ::globfree(&found);
    }

    void include_file(const std::string &path, Position from)
    {
        if (std::find(loaded_.files.begin(), loaded_.files.end(), path) != loaded_.files.end()) return;
        auto text = read_text(path);
        if (!text) {
            loaded_.problems.add(from, "include: " + path + ": " + text.error().text);
            return;
        }
        loaded_.files.push_back(path);
        const std::string shown = fs::path(request_.path).is_absolute() || request_.path.empty()
                                      ? path
                                      : fs::path(path).lexically_proximate(fs::current_path()).string();
        const std::uint32_t file = add_source(shown, std::move(*text), fs::path(path).parent_path().string());
        auto root = parse_document(file, loaded_.sources, loaded_.problems);
        if (!root) return;
        if (const Item *nested = root->find("include")) {
            loaded_.problems.add(nested->key_at, "include: fragments do not include others");
            std::erase_if(root->items, [](const Item &item) { return item.key == "include"; });
        }
        merge(document_.root, std::move(*root));
    }

    std::string place(Position at) const
    {
        return loaded_.sources.name(at.file) + ':' + std::to_string(at.line) + ':' + std::to_string(at.column);
    }

    void merge(Item &into, Item from)
    {
        for (Item &item : from.items) {
            Item *same = into.find(item.key);
            if (same == nullptr)
                into.items.push_back(std::move(item));
            else if (same->kind == Item::Kind::Table && item.kind == Item::Kind::Table)
                merge(*same, std::move(item));
            else
                loaded_.problems.add(item.key_at, "\"" + item.key + "\" is set twice, first at " + place(same->key_at));
        }
    }

    // "a.b.\"c d\"=VALUE"
    void apply(const std::string &set, const std::string &here)
    {
        const std::uint32_t file = add_source("--set", set, here);
        std::vector<std::string> path;
        std::size_t i = 0;
        const bool shaped = parse_key(set, i, path);
        if (!shaped) {
            loaded_.problems.add({file, 1, static_cast<std::uint32_t>(i + 1)},
                                 "expected KEY=VALUE like \"listeners.web.address=127.0.0.1:0\"");
            return;
        }
        Item *at = &document_.root;
        const Position key_at{file, 1, 1};
        for (const std::string &key : path) {
            if (at->kind != Item::Kind::Table) *at = replace(*at, {});
            Item *next = at->find(key);
            if (next == nullptr) {
                next = &at->items.emplace_back();
                next->key = key;
                next->key_at = next->at = key_at;
            }
            at = next;
        }
        Item value = parse_value(set.substr(i + 1), {file, 1, static_cast<std::uint32_t>(i + 2)});
        value.key_at = key_at;
        *at = replace(*at, std::move(value));
    }

    static Item replace(const Item &old, Item value)
    {
        value.key = old.key;
        return value;
    }

    static bool parse_key(const std::string &set, std::size_t &i, std::vector<std::string> &path)
    {
        for (;;) {
            std::string part;
            if (i < set.size() && (set[i] == '"' || set[i] == '\'')) {
                const std::size_t end = set.find(set[i], i + 1);
                if (end == std::string::npos) return false;
                part = set.substr(i + 1, end - i - 1);
                i = end + 1;
            } else {
                const std::size_t end = std::min(set.find_first_of(".=", i), set.size());
                part = set.substr(i, end - i);
                i = end;
                if (part.empty()) return false;
            }
            path.push_back(std::move(part));
            if (i >= set.size()) return false;
            if (set[i] == '=') return true;
            if (set[i++] != '.') return false;
        }
    }

    // TOML, else the string itself.
    static Item parse_value(const std::string &text, Position at)
    {
        Sources sources;
        Problems problems;
        const std::uint32_t file = sources.add("", "v = " + text);
        auto root = parse_document(file, sources, problems);
        Item value;
        if (root && root->items.size() == 1 && root->items[0].key == "v") {
            value = std::move(root->items[0]);
        } else {
            value.kind = Item::Kind::String;
            value.text = text;
        }
        place_all(value, at);
        return value;
    }

    static void place_all(Item &item, Position at)
    {
        item.at = item.key_at = at;
        for (Item &inner : item.items) place_all(inner, at);
    }

    void substitute_strings(Item &item)
    {
        for (Item &inner : item.items) substitute_strings(inner);
        if (item.kind != Item::Kind::String || item.text.find('$') == std::string::npos) return;
        auto text = substitute(item.text, request_.environment);
        if (text)
            item.text = std::move(*text);
        else
            loaded_.problems.add(item.at, text.error().text);
    }

    const LoadRequest &request_;
    Loaded &loaded_;
    Document document_;
};

} // namespace

std::string Document::absolute(const std::string &text, Position at) const
{
    const fs::path path(text);
    if (path.is_absolute()) return path.lexically_normal().string();
    return (fs::path(directories[at.file]) / path).lexically_normal().string();
}

Document read_document(const LoadRequest &request, Loaded &loaded) { return Reader(request, loaded).read(); }

} // namespace hawser::host
