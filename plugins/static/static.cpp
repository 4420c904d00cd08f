// The resource `static`: the files below a directory.
// Tests: plugins/static/tests/static_test.cpp, tests/system/http_test.cpp
#include "file.hpp"
#include "types.hpp"

#include "hawser/hawser.hpp"
#include "hawser/http.hpp"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <string>
#include <utility>
#include <vector>

namespace {

using namespace static_files;

// Small files go out with their head in one send; larger ones are sent by the kernel.
constexpr std::int64_t kSmall = 16384;

class StaticFiles {
public:
    explicit StaticFiles(hawser::Node node)
        : node_(node)
    {
        const std::string directory(node.option("root").path());
        if (const int error = root_.open(directory); error != 0)
            throw hawser::Error("root", directory + ": " + std::strerror(error));
        const hawser::Value index = node.option("index");
        for (std::uint32_t i = 0; i < index.count(); ++i) add_index(index[i].text());
        const hawser::Value types = node.option("types");
        for (std::uint32_t i = 0; i < types.count(); ++i) add_type(types[i].key(), types[i].text());
    }

    void request(hawser::http::Exchange exchange, hawser::http::Request request)
    {
        if (request.method() != HAWSER_HTTP_GET && request.method() != HAWSER_HTTP_HEAD) {
            exchange.respond({405, kPlain, "405 Method Not Allowed\n", {{"Allow", "GET, HEAD"}}});
            return;
        }
        std::string path;
        if (!decode_path(request.rest(), path)) return refuse(exchange, 404);
        // Of the whole path: below a route "/files" nothing is left of "/files", and of "/files/" a slash.
        const bool slash = request.path().ends_with('/');
        path.erase(0, path.find_first_not_of('/'));
        OpenFile file = root_.find(without_slashes(path));
        if (file.fd >= 0 && S_ISDIR(file.status.st_mode)) {
            ::close(file.fd);
            if (!slash) return redirect(exchange, request);
            path = without_slashes(path);
            file = find_index(path);
        } else if (file.fd >= 0 && slash && !path.empty()) {
            ::close(file.fd); // "file.txt/" is no file
            return refuse(exchange, 404);
        }
        if (file.fd < 0) return refuse(exchange, status_of(file.error));
        answer(exchange, request, file, path);
    }

private:
    static constexpr const char *kPlain = "text/plain; charset=utf-8";

    void add_index(std::string_view name)
    {
        if (name.empty() || name.starts_with('/') || name.ends_with('/'))
            throw hawser::Error("index",
                                "expected names of files like \"index.html\", got \"" + std::string(name) + '"');
        index_.emplace_back(name);
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

    static std::string without_slashes(std::string path)
    {
        while (!path.empty() && path.back() == '/') path.pop_back();
        return path;
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

    static void refuse(hawser::http::Exchange exchange, std::uint32_t status)
    {
        const char *text = status == 403   ? "403 Forbidden\n"
                           : status == 503 ? "503 Service Unavailable\n"
                                           : "404 Not Found\n";
        exchange.respond(status, kPlain, text);
    }

    static void redirect(hawser::http::Exchange exchange, hawser::http::Request request)
    {
        std::string path(request.path());
        // "//host" would be another site's address.
        while (path.starts_with("//")) path.erase(0, 1);
        std::string to = path + '/';
        if (!request.query().empty()) to += '?' + std::string(request.query());
        exchange.respond({301, kPlain, "301 Moved Permanently\n", {{"Location", to}}});
    }

    OpenFile find_index(std::string &path) const
    {
        OpenFile none;
        none.error = ENOENT;
        const std::string directory = path.empty() ? "" : path + '/';
        for (const std::string &name : index_) {
            OpenFile file = root_.find(directory + name);
            if (file.fd >= 0 && S_ISREG(file.status.st_mode)) {
                path = directory + name;
                return file;
            }
            if (file.fd >= 0)
                ::close(file.fd);
            else if (status_of(file.error) != 404)
                return file; // it is there, but may not or cannot be read now
        }
        return none;
    }

    std::string_view content_type(const std::string &path) const
    {
        const std::size_t dot = path.rfind('.');
        if (dot == std::string::npos || path.find('/', dot) != std::string::npos) return type_of("");
        const std::string extension = lower(path.substr(dot + 1));
        for (const auto &[own, type] : types_) {
            if (own == extension) return type;
        }
        return type_of(extension);
    }

    // RFC 9110 § 13.2.2: If-None-Match decides alone where it is given.
    static bool is_unchanged(hawser::http::Request request, const std::string &etag, std::int64_t changed)
    {
        const std::string_view tags = request.field("if-none-match");
        if (!tags.empty()) return names_etag(tags, etag);
        const std::string_view since = request.field("if-modified-since");
        if (since.empty()) return false;
        const std::int64_t time = parse_http_date(since);
        return time >= 0 && changed <= time;
    }

    void answer(hawser::http::Exchange exchange, hawser::http::Request request, OpenFile file, const std::string &path)
    {
        const std::string etag = etag_of(file.status);
        // Never later than the answer itself (RFC 9110 § 8.8.2.1).
        const std::int64_t now = node_.loop()->wall / 1'000'000'000;
        const std::string changed = http_date(std::min<std::int64_t>(file.status.st_mtim.tv_sec, now));
        const hawser_field fields[] = {{hawser::str("ETag"), hawser::str(etag)},
                                       {hawser::str("Last-Modified"), hawser::str(changed)},
                                       {hawser::str("Content-Type"), hawser::str(content_type(path))}};
        hawser_http_exchange *raw = exchange.raw();
        if (is_unchanged(request, etag, file.status.st_mtim.tv_sec)) {
            ::close(file.fd);
            raw->api->respond(raw, 304, fields, 2, nullptr, 0);
            return;
        }
        const std::int64_t size = file.status.st_size;
        if (size <= kSmall && request.method() == HAWSER_HTTP_GET) {
            char content[kSmall];
            const ssize_t n = ::pread(file.fd, content, static_cast<std::size_t>(size), 0);
            ::close(file.fd);
            if (n != size) return refuse(exchange, 503); // it changed while it was read
            const hawser_piece piece{content, static_cast<std::size_t>(n), nullptr, nullptr};
            raw->api->respond(raw, 200, fields, 3, &piece, 1);
            return;
        }
        raw->api->begin(raw, 200, fields, 3, size);
        raw->api->send_file(raw, file.fd, 0, static_cast<std::uint64_t>(size), close_file,
                            reinterpret_cast<void *>(static_cast<std::intptr_t>(file.fd)));
        raw->api->end(raw, nullptr, 0);
    }

    static void HAWSER_CALL close_file(void *fd) noexcept
    {
        ::close(static_cast<int>(reinterpret_cast<std::intptr_t>(fd)));
    }

    hawser::Node node_;
    std::vector<std::pair<std::string, std::string_view>> types_; // of the options: extension in lower case, type
    Root root_;
    std::vector<std::string> index_;
};

} // namespace

HAWSER_PLUGIN(hawser::http::resource<StaticFiles>("static"))
