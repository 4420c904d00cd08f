// The resource `static`: the files below a directory.
// Tests: plugins/static/tests/static_test.cpp, tests/system/http_test.cpp
#include "answer.hpp"
#include "cache.hpp"
#include "file.hpp"
#include "listing.hpp"
#include "types.hpp"

#include "hawser/hawser.hpp"
#include "hawser/http.hpp"
#include "hawser/http_accept.hpp"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <string>
#include <utility>
#include <vector>

namespace {

using namespace static_files;

// Names and types of the options.
class Settings {
public:
    explicit Settings(const hawser::Node &node)
        : listing(node.option("listing").boolean())
        , neighbours(node.option("precompressed").boolean())
        , fallback(file_name("fallback", node.option("fallback").text()))
        , not_found(file_name("not_found", node.option("not_found").text()))
    {
        const hawser::Value names = node.option("index"), all = node.option("types");
        for (std::uint32_t i = 0; i < names.count(); ++i) {
            if (names[i].text().empty())
                throw hawser::Error("index", "expected names of files like \"index.html\", got \"\"");
            index.push_back(file_name("index", names[i].text()));
        }
        for (std::uint32_t i = 0; i < all.count(); ++i) add_type(all[i].key(), all[i].text());
    }

    std::string_view type(std::string_view path) const
    {
        const std::size_t dot = path.rfind('.');
        if (dot == std::string_view::npos || path.find('/', dot) != std::string_view::npos) return type_of("");
        const std::string extension = lower(std::string(path.substr(dot + 1)));
        for (const auto &[own, is] : types_) {
            if (own == extension) return is;
        }
        return type_of(extension);
    }

    const bool listing, neighbours;
    const std::string fallback, not_found; // below the root; empty: none
    std::vector<std::string> index;

private:
    static std::string file_name(const std::string &option, std::string_view name)
    {
        if (name.starts_with('/') || name.ends_with('/'))
            throw hawser::Error(option,
                                "expected names of files like \"index.html\", got \"" + std::string(name) + '"');
        return std::string(name);
    }

    void add_type(std::string_view key, std::string_view type)
    {
        const std::string option = "types." + std::string(key);
        if (key.empty() || key.find_first_of("./") != std::string_view::npos)
            throw hawser::Error(option,
                                "expected an extension like \"wasm\", without a dot, got \"" + std::string(key) + '"');
        const bool plain = std::all_of(type.begin(), type.end(), [](char c) { return c >= ' ' && c <= '~'; });
        if (type.find('/') == std::string_view::npos || !plain)
            throw hawser::Error(option,
                                "expected a content type like \"text/plain\", got \"" + std::string(type) + '"');
        types_.emplace_back(lower(std::string(key)), type);
    }

    static std::string lower(std::string text)
    {
        for (char &c : text) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c;
        return text;
    }

    std::vector<std::pair<std::string, std::string_view>> types_; // extension in lower case, type
};

std::string_view cache_control_of(const hawser::Node &node)
{
    const std::string_view value = node.option("cache_control").text();
    if (!hawser::http::is_field_value(value))
        throw hawser::Error("cache_control", "expected a value like \"max-age=3600\" without control characters");
    return value;
}

class StaticFiles {
public:
    explicit StaticFiles(hawser::Node node)
        : node_(node)
        , settings_(node)
        , cache_(root_, settings_.neighbours)
        , answers_(cache_control_of(node), static_cast<std::size_t>(node.option("max_ranges").integer()))
    {
        const std::string directory(node.option("root").path());
        if (const int error = root_.open(directory); error != 0)
            throw hawser::Error("root", directory + ": " + std::strerror(error));
    }

    void request(hawser::http::Exchange exchange, hawser::http::Request request)
    {
        if (request.method() != HAWSER_HTTP_GET && request.method() != HAWSER_HTTP_HEAD) {
            exchange.respond({405, kPlain, "405 Method Not Allowed\n", {{"Allow", "GET, HEAD"}}});
            return;
        }
        // A file system takes two slashes for one: what would be seen here may be the path of another route.
        if (request.rest().find("//") != std::string_view::npos) return redirect(exchange, request, false);
        if (!decode_path(request.rest(), path_)) return refuse(exchange, request, ENOENT);
        // Of the whole path: below a route "/files" nothing is left of "/files", and of "/files/" a slash.
        const bool slash = request.path().ends_with('/');
        std::string_view path = path_;
        while (path.starts_with('/')) path.remove_prefix(1);
        const bool named = !path.empty();
        while (path.ends_with('/')) path.remove_suffix(1);
        int error = 0;
        Entry *entry = find(path, error);
        if (entry == nullptr) return refuse(exchange, request, error);
        if (entry->is_directory()) {
            if (slash) return serve_directory(exchange, request, path);
            return redirect(exchange, request, true);
        }
        if (slash && named) return refuse(exchange, request, ENOENT); // "file.txt/" is no file
        answer(exchange, request, *entry, 200);
    }

private:
    Entry *find(std::string_view path, int &error)
    {
        const hawser_loop &loop = *node_.loop();
        Entry *entry = cache_.find(path, loop.now, loop.wall / 1'000'000'000, error);
        if (entry != nullptr && entry->type.empty() && !entry->is_directory()) entry->type = settings_.type(path);
        return entry;
    }

    static std::uint32_t status_of(int error)
    {
        switch (error) {
        case EACCES:
        case EPERM:
            return 403;
        case EAGAIN:
        case EMFILE:
        case ENFILE:
        case ENOMEM:
            return 503;
        default:
            return 404; // missing, beyond the root, a loop of links: the client learns no more
        }
    }

    void refuse(hawser::http::Exchange exchange, hawser::http::Request request, int error)
    {
        const std::uint32_t status = status_of(error);
        if (status == 404 && refuse_with_page(exchange, request)) return;
        const char *text = status == 403   ? "403 Forbidden\n"
                           : status == 503 ? "503 Service Unavailable\n"
                                           : "404 Not Found\n";
        exchange.respond(status, kPlain, text);
    }

    // The page of an application whose paths are no files, or one's own for what is not there.
    bool refuse_with_page(hawser::http::Exchange exchange, hawser::http::Request request)
    {
        const bool falls_back = !settings_.fallback.empty();
        const std::string &page = falls_back ? settings_.fallback : settings_.not_found;
        int error = 0;
        Entry *entry = page.empty() ? nullptr : find(page, error);
        if (entry == nullptr || entry->is_directory()) return false;
        answer(exchange, request, *entry, falls_back ? 200 : 404);
        return true;
    }

    // To the path with single slashes, and for a directory with one at its end.
    static void redirect(hawser::http::Exchange exchange, hawser::http::Request request, bool directory)
    {
        std::string to;
        for (const char c : request.path()) {
            if (c != '/' || !to.ends_with('/')) to += c;
        }
        if (directory) to += '/';
        if (!request.query().empty()) to += '?' + std::string(request.query());
        exchange.respond({301, kPlain, "301 Moved Permanently\n", {{"Location", to}}});
    }

    // `path`: of the directory, without slashes around it.
    void serve_directory(hawser::http::Exchange exchange, hawser::http::Request request, std::string_view path)
    {
        for (const std::string &name : settings_.index) {
            index_path_.assign(path);
            if (!path.empty()) index_path_ += '/';
            index_path_ += name;
            int error = 0;
            Entry *entry = find(index_path_, error);
            if (entry != nullptr && !entry->is_directory()) return answer(exchange, request, *entry, 200);
            // It is there, but may not or cannot be read now.
            if (entry == nullptr && status_of(error) != 404) return refuse(exchange, request, error);
        }
        if (settings_.listing) return list(exchange, request, path);
        refuse(exchange, request, ENOENT);
    }

    void list(hawser::http::Exchange exchange, hawser::http::Request request, std::string_view path)
    {
        std::vector<Listed> all;
        const OpenFile directory = root_.find(std::string(path));
        const bool read = directory.fd >= 0 && read_directory(directory.fd, all);
        const int error = directory.fd >= 0 ? errno : directory.error;
        if (directory.fd >= 0) ::close(directory.fd);
        if (!read) return refuse(exchange, request, error);
        sort_by(request.query(), all);
        const std::string_view accept = request.field("accept");
        const int json = hawser::http::liking(accept, "application/json");
        const bool as_json = json > std::max(hawser::http::liking(accept, "text/html"), 0);
        hawser::http::Response response{200,
                                        as_json ? "application/json" : "text/html; charset=utf-8",
                                        as_json ? listing_json(all)
                                                : listing_html(request.path(), request.query(), all),
                                        {{"Vary", "Accept"}, {"Cache-Control", "no-cache"}}};
        exchange.respond(std::move(response));
    }

    void answer(hawser::http::Exchange exchange, hawser::http::Request request, Entry &entry, std::uint32_t status)
    {
        if (entry.neighbours == 0) return answers_.send(exchange.raw(), *request.raw(), entry, nullptr, {}, status);
        entry.hold();
        const std::size_t which = best_neighbour(request.field("accept-encoding"), entry.neighbours);
        Entry *coded = nullptr;
        if (which < kNeighbours.size()) {
            int error = 0;
            coded = find(entry.path + std::string(kNeighbours[which].extension), error);
            if (coded != nullptr && coded->is_directory()) coded = nullptr;
        }
        answers_.send(exchange.raw(), *request.raw(), entry, coded,
                      coded != nullptr ? kNeighbours[which].coding : std::string_view(), status);
        entry.let_go();
    }

    // Beyond the end: none of them.
    static std::size_t best_neighbour(std::string_view accept, std::uint8_t there)
    {
        std::size_t best = kNeighbours.size();
        int most = 0;
        for (std::size_t i = 0; !accept.empty() && i < kNeighbours.size(); ++i) {
            if ((there & 1U << i) == 0) continue;
            const int weight = hawser::http::liking(accept, kNeighbours[i].coding);
            if (weight <= most) continue;
            most = weight;
            best = i;
        }
        return best;
    }

    hawser::Node node_;
    Settings settings_;
    Root root_;
    Cache cache_;
    Answers answers_;
    std::string path_, index_path_; // of the request at hand
};

} // namespace

HAWSER_PLUGIN(hawser::http::resource<StaticFiles>("static"))
