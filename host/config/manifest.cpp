// Tests: tests/unit/config/manifest_test.cpp
#include "config/manifest.hpp"

#include "config/convert.hpp"
#include "config/host_keys.hpp"
#include "config/option_spec.hpp"
#include "config/scalars.hpp"

#include <algorithm>
#include <array>
#include <charconv>

namespace hawser::host {
namespace {

constexpr std::array<std::string_view, 3> kWords{"protocol", "resource", "service"};

bool parse_number(std::string_view text, std::uint32_t &number)
{
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    return error == std::errc() && end == text.data() + text.size() && !text.empty();
}

class ManifestReader {
public:
    ManifestReader(const Item &root, Problems &problems)
        : root_(root)
        , in_(problems)
    {}

    Manifest read()
    {
        in_.known(root_, "manifest", {"name", "version", "abi", "summary", "protocol", "resource", "service"});
        manifest_.name = need_text("name");
        if (const Item *name = root_.find("name"); name != nullptr && !manifest_.name.empty()) {
            if (!is_plain_name(manifest_.name)) in_.wrong(*name, "name", "lower-case letters, digits, \"_\" and \"-\"");
            if (manifest_.name == "why")
                in_.wrong(*name, "name", "another name than \"why\", a word of the command line");
        }
        manifest_.version = need_text("version");
        if (const Item *summary = root_.find("summary")) manifest_.summary = in_.text(*summary, "summary");
        read_abi();
        for (const std::string_view word : kWords) read_kinds(std::string(word));
        if (manifest_.kinds.empty())
            in_.problems.add(root_.at, "manifest: expected a table like [protocol.NAME], got no kind");
        return std::move(manifest_);
    }

private:
    std::string need_text(const char *key)
    {
        const Item *item = root_.find(key);
        if (item != nullptr) return in_.text(*item, key);
        in_.problems.add(root_.at, std::string("manifest: expected the key \"") + key + "\", got none");
        return {};
    }

    void read_abi()
    {
        const std::string text = need_text("abi");
        const Item *item = root_.find("abi");
        if (item == nullptr || item->kind != Item::Kind::String) return;
        const std::size_t dot = text.find('.');
        if (dot == std::string::npos || !parse_number(std::string_view(text).substr(0, dot), manifest_.abi_major) ||
            !parse_number(std::string_view(text).substr(dot + 1), manifest_.abi_minor))
            in_.wrong(*item, "abi", "\"MAJOR.MINOR\" like \"1.0\"");
    }

    void read_kinds(const std::string &word)
    {
        const Item *table = root_.find(word);
        if (table == nullptr) return;
        if (!in_.is_table(*table, word)) return;
        for (const Item &item : table->items) {
            const std::string path = word + '.' + item.key;
            if (!in_.is_table(item, path)) continue;
            if (!is_plain_name(item.key))
                in_.problems.add(item.key_at,
                                 path + ": expected a name of lower-case letters, digits, \"_\" and \"-\"");
            manifest_.kinds.push_back(read_kind(word, item, path));
        }
    }

    KindSpec read_kind(const std::string &word, const Item &item, const std::string &path)
    {
        std::vector<std::string> keys{"text", "options", "provides", "requires", "optional", "exclusive"};
        if (word == "resource") keys.emplace_back("role");
        if (word == "protocol") keys.emplace_back("alpn");
        in_.known(item, path, keys);
        KindSpec kind;
        kind.word = word;
        kind.name = item.key;
        kind.role = word == "protocol" ? "hawser.protocol/1" : word == "service" ? "hawser.service/1" : "";
        if (word == "resource") {
            const Item *role = item.find("role");
            if (role == nullptr)
                in_.problems.add(item.key_at, path + ": expected the key \"role\", like \"hawser.http.resource/1\"");
            else
                kind.role = in_.interface_id(*role, path + ".role");
        }
        if (const Item *text = item.find("text")) kind.text = in_.text(*text, path + ".text");
        kind.alpn = texts(item, "alpn", path);
        kind.requires_ = texts(item, "requires", path);
        kind.optional_ = texts(item, "optional", path);
        kind.exclusive = texts(item, "exclusive", path);
        if (const Item *provides = item.find("provides")) read_provides(*provides, path + ".provides", kind);
        if (const Item *options = item.find("options"))
            kind.options = read_option_specs(*options, path + ".options", reserved_keys(word), in_);
        return kind;
    }

    std::vector<std::string> texts(const Item &item, const char *key, const std::string &path)
    {
        const Item *list = item.find(key);
        return list != nullptr ? in_.texts(*list, path + '.' + key) : std::vector<std::string>();
    }

    void read_provides(const Item &list, const std::string &path, KindSpec &kind)
    {
        if (list.kind != Item::Kind::Array) {
            in_.wrong(list, path, "a list of tables");
            return;
        }
        for (const Item &item : list.items) {
            if (!in_.is_table(item, path)) continue;
            in_.known(item, path, {"interface", "threads"});
            ProvidedInterface provided;
            if (const Item *id = item.find("interface"))
                provided.interface = in_.interface_id(*id, path + ".interface");
            else
                in_.problems.add(item.at, path + ": expected the key \"interface\", got none");
            if (const Item *threads = item.find("threads")) {
                const std::string word = in_.text(*threads, path + ".threads");
                if (word != "any" && word != "loop") in_.wrong(*threads, path + ".threads", "\"any\" or \"loop\"");
                provided.any_thread = word == "any";
            }
            kind.provides.push_back(std::move(provided));
        }
    }

    const Item &root_;
    SpecReader in_;
    Manifest manifest_;
};

} // namespace

std::vector<std::string> names_of(const std::vector<OptionSpec> &specs)
{
    std::vector<std::string> names;
    for (const OptionSpec &spec : specs) names.push_back(spec.name);
    return names;
}

std::vector<std::string> reserved_keys(const std::string &word)
{
    std::vector<std::string> names;
    if (word == "protocol") names = names_of(host_keys().listener);
    if (word == "service") names = names_of(host_keys().service);
    if (word == "resource") names = {"resource"};
    return names;
}

bool is_plain_name(std::string_view text)
{
    if (text.empty() || text.size() > 64 || text[0] < 'a' || text[0] > 'z') return false;
    return std::all_of(text.begin(), text.end(),
                       [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' || c == '-'; });
}

std::optional<Manifest> parse_manifest(std::string_view text, const std::string &name, Sources &sources,
                                       Problems &problems)
{
    const std::uint32_t file = sources.add(name, std::string(text));
    Problems mine;
    const auto root = parse_document(file, sources, mine);
    std::optional<Manifest> manifest;
    if (root) manifest = ManifestReader(*root, mine).read();
    const bool good = mine.empty();
    for (Problem &problem : mine.sorted()) problems.add(problem.at, std::move(problem.text), std::move(problem.hint));
    return good ? manifest : std::nullopt;
}

} // namespace hawser::host
