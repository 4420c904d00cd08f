// The resource `errors`: another one, with pages of one's own in the place of its errors.
// Tests: plugins/errors/tests/errors_test.cpp
#include "hawser/hawser.hpp"
#include "hawser/http.hpp"
#include "hawser/http_filter.hpp"

#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <map>
#include <memory>
#include <string>
#include <string_view>

namespace {

constexpr std::size_t kMost = 1 << 20;

struct Page {
    std::string body;
    std::string_view type;
};

class Pages {
public:
    explicit Pages(const hawser::Value &table)
    {
        for (std::uint32_t i = 0; i < table.count(); ++i) add(table[i].key(), std::string(table[i].path()));
    }
    const Page *find(std::uint32_t status) const
    {
        if (status < 400) return nullptr;
        for (const std::uint32_t each : {status, status / 100}) { // "4xx" is kept as 4
            if (const auto found = pages_.find(each); found != pages_.end()) return &found->second;
        }
        return nullptr;
    }

private:
    void add(std::string_view key, const std::string &path)
    {
        const std::string option = "pages." + std::string(key);
        const auto digit = [key](std::size_t i) { return key[i] >= '0' && key[i] <= '9'; };
        const bool of_class = key == "4xx" || key == "5xx";
        const bool one = key.size() == 3 && (key[0] == '4' || key[0] == '5') && digit(1) && digit(2);
        if (!of_class && !one)
            throw hawser::Error(option, "expected a status from 400 to 599, \"4xx\" or \"5xx\", got \"" +
                                            std::string(key) + '"');
        const auto number = [key](std::size_t i) { return static_cast<std::uint32_t>(key[i] - '0'); };
        const std::uint32_t status = of_class ? number(0) : number(0) * 100 + number(1) * 10 + number(2);
        pages_.emplace(status, Page{read(option, path), type_of(path)});
    }

    static std::string read(const std::string &option, const std::string &path)
    {
        const std::unique_ptr<std::FILE, int (*)(std::FILE *)> file(std::fopen(path.c_str(), "re"), std::fclose);
        std::string body(kMost + 1, '\0');
        if (file) body.resize(std::fread(body.data(), 1, body.size(), file.get()));
        if (!file || std::ferror(file.get()) != 0) throw hawser::Error(option, path + ": " + std::strerror(errno));
        if (body.size() > kMost) throw hawser::Error(option, path + ": expected at most 1 MiB");
        return body;
    }

    static std::string_view type_of(std::string_view path)
    {
        if (path.ends_with(".html") || path.ends_with(".htm")) return "text/html; charset=utf-8";
        if (path.ends_with(".json")) return "application/json";
        return "text/plain; charset=utf-8";
    }

    std::map<std::uint32_t, Page> pages_;
};

class Paged : public hawser::http::Filter<Paged> {
public:
    explicit Paged(const Pages &pages)
        : pages_(pages)
    {}

    std::int32_t respond(std::uint32_t status, const hawser_field *fields, std::size_t count, const hawser_piece *body,
                         std::size_t pieces)
    {
        const Page *page = pages_.find(status);
        if (page == nullptr) return Filter::respond(status, fields, count, body, pieces);
        release_all(body, pieces);
        return send(*page, hawser::http::Head(status, fields, count));
    }
    std::int32_t begin(std::uint32_t status, const hawser_field *fields, std::size_t count, std::int64_t length)
    {
        page_ = pages_.find(status);
        if (page_ == nullptr) return Filter::begin(status, fields, count, length);
        // The fields are views: what is kept of them is copied.
        copies_ = std::make_unique<Copies>(status, fields, count);
        return HAWSER_OK;
    }
    std::int32_t write(const hawser_piece *body, std::size_t pieces)
    {
        if (page_ == nullptr) return Filter::write(body, pieces);
        release_all(body, pieces);
        return HAWSER_OK;
    }
    std::int32_t send_file(std::intptr_t fd, std::uint64_t offset, std::uint64_t length, void (*release)(void *),
                           void *ctx)
    {
        if (page_ == nullptr) return Filter::send_file(fd, offset, length, release, ctx);
        if (release != nullptr) release(ctx);
        return HAWSER_OK;
    }
    std::int32_t end(const hawser_field *trailers, std::size_t count)
    {
        if (page_ == nullptr) return Filter::end(trailers, count);
        hawser::http::Head head(copies_->status, nullptr, 0);
        for (const auto &[name, value] : copies_->fields) head.add(name, value);
        return send(*page_, std::move(head));
    }

private:
    struct Copies {
        Copies(std::uint32_t with, const hawser_field *from, std::size_t count)
            : status(with)
        {
            for (std::size_t i = 0; i < count; ++i)
                fields.emplace_back(hawser::view(from[i].name), hawser::view(from[i].value));
        }
        std::uint32_t status;
        std::vector<std::pair<std::string, std::string>> fields;
    };

    // What describes the body that is not sent goes with it.
    std::int32_t send(const Page &page, hawser::http::Head head)
    {
        constexpr std::array<std::string_view, 8> kOfTheBody{
            "Content-Encoding", "Content-Language", "Content-Location", "Content-Range", "ETag",
            "Last-Modified",    "Accept-Ranges",    "Content-Length"};
        for (const std::string_view name : kOfTheBody) head.remove(name);
        head.set("Content-Type", page.type);
        // The page lives as long as the instance.
        const hawser_piece piece{page.body.data(), page.body.size(), [](void *) {}, nullptr};
        return Filter::respond(head.status, head.fields(), head.count(), &piece, 1);
    }

    const Pages &pages_;
    const Page *page_ = nullptr; // in the place of an answer in parts
    std::unique_ptr<Copies> copies_;
};

class Errors {
public:
    explicit Errors(const hawser::Node &node)
        : node_(node)
        , inner_(node, "inner")
        , pages_(node.option("pages"))
    {}
    void request(hawser::http::Exchange exchange, hawser::http::Request request)
    {
        Paged::serve(node_, inner_, exchange, request, pages_);
    }

private:
    hawser::Node node_;
    hawser::http::Inner inner_;
    Pages pages_;
};

} // namespace

HAWSER_PLUGIN(hawser::http::resource<Errors>("errors"))
