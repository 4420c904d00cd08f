// Tests: tests/config/golden_test.cpp
#include "config/files.hpp"

#include "base/text.hpp"
#include "config/sets.hpp"

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

Error unreadable(int error)
{
    const bool permission = error == EACCES || error == EPERM;
    return {permission ? Status::NotPermitted : Status::BadConfig,
            std::string("cannot be read: ") + std::strerror(error)};
}

// Reads a file for parsing; the Error's text stands behind its name.
Result<std::string> read_text(const std::string &path)
{
    std::error_code error;
    const fs::file_status status = fs::status(path, error);
    if (status.type() == fs::file_type::not_found) return Error{Status::NoFile, "there is no such file"};
    if (error) return unreadable(error.value());
    if (status.type() == fs::file_type::directory) return Error{Status::BadConfig, "expected a file, got a directory"};
    if (status.type() != fs::file_type::regular) return Error{Status::BadConfig, "expected a regular file"};
    if (fs::file_size(path, error) > kMostBytes) return Error{Status::BadConfig, "expected at most 16 MiB"};
    std::ifstream in(path, std::ios::binary);
    if (!in) return unreadable(errno);
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
            read_sets(here);
            apply_sets(true);
            include_fragments();
            apply_sets(false);
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
            document_.missing = true;
            loaded_.status = text.error().status;
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
        auto root = parse_document(file, loaded_.sources, loaded_.problems);
        document_.unreadable = !root;
        if (root) document_.root = std::move(*root);
    }

    void read_sets(const std::string &here)
    {
        for (const std::string &text : request_.sets) {
            Override given;
            if (parse_override(add_source("--set", text, here), text, given, loaded_.problems))
                sets_.push_back(std::move(given));
        }
    }

    // Those of `include`, before fragments are read, or else all others. Beside a file that could not be read they
    // would only seem incomplete.
    void apply_sets(bool of_include)
    {
        if (document_.unreadable) return;
        for (const Override &given : sets_) {
            if ((given.path.front().key == "include") == of_include)
                apply_override(given, document_.root, loaded_.problems);
        }
    }

    void include_fragments()
    {
        Item *include = document_.root.find("include");
        if (include == nullptr) return;
        substitute_strings(*include);
        if (include->kind != Item::Kind::Array) {
            loaded_.problems.add(include->at,
                                 "include: expected a list of paths, got " + std::string(kind_name(include->kind)));
            return;
        }
        const Item wanted = *include; // merging moves the tree
        for (const Item &pattern : wanted.items) {
            if (pattern.kind == Item::Kind::String && !is_path(pattern.text))
                loaded_.problems.add(pattern.at, "include: expected a path, got \"" + pattern.text + '"');
            else if (pattern.kind != Item::Kind::String)
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
        const std::string directory = escaped(document_.absolute(".", pattern.at));
        const std::string wanted = fs::path(pattern.text).is_absolute() ? path : joined(directory, pattern.text);
        loaded_.included.push_back(fs::path(path).parent_path().string());
        glob_t found{};
        const int result = ::glob(wanted.c_str(), 0, cannot_be_searched, &found);
        for (std::size_t i = 0; i < found.gl_pathc; ++i)
            include_file(fs::path(found.gl_pathv[i]).lexically_normal().string(), pattern.at);
        if (result == GLOB_ABORTED)
            loaded_.problems.add(pattern.at,
                                 "include: " + path + ": its directory cannot be searched: " + std::strerror(errno));
        ::globfree(&found);
    }

    // For glob(): what is not there matches nothing, anything else ends the search.
    static int cannot_be_searched(const char *, int error) { return error != ENOENT && error != ENOTDIR ? 1 : 0; }

    // The directory's own characters are no pattern.
    static std::string escaped(const std::string &path)
    {
        std::string out;
        for (const char c : path) {
            if (c == '*' || c == '?' || c == '[' || c == ']' || c == '\\') out += '\\';
            out += c;
        }
        return out;
    }

    static std::string joined(const std::string &directory, const std::string &pattern)
    {
        return directory.ends_with('/') ? directory + pattern : directory + '/' + pattern;
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
                refuse_second(*same, item);
        }
    }

    void refuse_second(Item &first, const Item &second)
    {
        first.others.emplace_back(second.at, second.end);
        loaded_.problems.add(second.key_at, "\"" + second.key + "\" is set twice, first at " + place(first.key_at));
    }

    void substitute_strings(Item &item)
    {
        for (Item &inner : item.items) substitute_strings(inner);
        if (item.kind != Item::Kind::String || item.text.find('$') == std::string::npos) return;
        auto text = substitute(item.text, request_.environment);
        if (text && valid_utf8(*text) == *text)
            item.text = std::move(*text);
        else if (text)
            loaded_.problems.add(item.at, "expected environment variables in UTF-8, got other bytes");
        else
            loaded_.problems.add(item.at, text.error().text);
    }

    const LoadRequest &request_;
    Loaded &loaded_;
    Document document_;
    std::vector<Override> sets_;
};

} // namespace

std::string Document::absolute(const std::string &text, Position at) const
{
    const fs::path path(text);
    if (path.is_absolute()) return path.lexically_normal().string();
    return (fs::path(directories[at.file]) / path).lexically_normal().string();
}

bool is_path(std::string_view text) { return !text.empty() && text.find('\0') == std::string_view::npos; }

Document read_document(const LoadRequest &request, Loaded &loaded) { return Reader(request, loaded).read(); }

} // namespace hawser::host
