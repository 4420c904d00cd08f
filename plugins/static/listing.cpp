// Tests: plugins/static/tests/conditions_test.cpp
#include "listing.hpp"

#include "file.hpp"
#include "hawser/http_form.hpp"
#include "hawser/http_problem.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <memory>

namespace static_files {
namespace {

std::string link(std::string_view column, std::string_view key, std::string_view query)
{
    const bool again = query.find("sort=" + std::string(key)) != std::string_view::npos;
    const bool down = again && query.find("order=desc") == std::string_view::npos;
    return "<a href=\"?sort=" + std::string(key) + (down ? "&amp;order=desc" : "") + "\">" + std::string(column) +
           "</a>";
}

bool is_utf8(std::string_view text)
{
    for (std::size_t at = 0; at < text.size();) {
        const auto first = static_cast<unsigned char>(text[at]);
        const std::size_t n = first < 0x80 ? 1 : first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;
        if ((first >= 0x80 && first < 0xc2) || first > 0xf4 || at + n > text.size()) return false;
        for (std::size_t k = 1; k < n; ++k) {
            if ((static_cast<unsigned char>(text[at + k]) & 0xc0) != 0x80) return false;
        }
        at += n;
    }
    return true;
}

} // namespace

bool read_directory(int fd, std::vector<Listed> &all)
{
    const int own = ::openat(fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (own < 0) return false;
    const std::unique_ptr<DIR, int (*)(DIR *)> directory(::fdopendir(own), ::closedir);
    if (!directory) {
        ::close(own);
        return false;
    }
    while (const dirent *each = ::readdir(directory.get())) {
        struct stat status {};
        if (each->d_name[0] == '.' || !is_utf8(each->d_name)) continue;
        if (::fstatat(own, each->d_name, &status, 0) != 0) continue; // gone, or a link to nothing
        const bool is_directory = S_ISDIR(status.st_mode);
        if (!is_directory && !S_ISREG(status.st_mode)) continue;
        all.push_back({each->d_name, is_directory, is_directory ? 0 : static_cast<std::uint64_t>(status.st_size),
                       status.st_mtim.tv_sec});
        if (all.size() == kMostListed) break;
    }
    sort_by({}, all);
    return true;
}

void sort_by(std::string_view query, std::vector<Listed> &all)
{
    const auto says = [query](std::string_view what) { return query.find(what) != std::string_view::npos; };
    const bool by_size = says("sort=size"), by_time = says("sort=time"), down = says("order=desc");
    std::sort(all.begin(), all.end(), [&](const Listed &a, const Listed &b) {
        if (a.directory != b.directory) return a.directory;
        const Listed &first = down ? b : a, &second = down ? a : b;
        if (by_size && a.size != b.size) return first.size < second.size;
        if (by_time && a.changed != b.changed) return first.changed < second.changed;
        return first.name < second.name;
    });
}

std::string listing_html(std::string_view path, std::string_view query, const std::vector<Listed> &all)
{
    std::string out = "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\n"
                      "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<title>" +
                      hawser::http::html_escaped(path) +
                      "</title>\n<style>body{font:1rem/1.5 system-ui,sans-serif;margin:2rem auto;max-width:60rem;"
                      "padding:0 1rem;color-scheme:light dark}table{border-collapse:collapse;width:100%}"
                      "td,th{padding:.15rem .8rem .15rem 0;text-align:left}td+td,th+th{white-space:nowrap}"
                      ".n{text-align:right;font-variant-numeric:tabular-nums}</style></head>\n<body><h1>" +
                      hawser::http::html_escaped(path) + "</h1>\n<table><thead><tr><th>" + link("Name", "name", query) +
                      "</th><th class=\"n\">" + link("Size", "size", query) + "</th><th>" +
                      link("Changed", "time", query) + "</th></tr></thead>\n<tbody>\n";
    if (path != "/") out += "<tr><td><a href=\"../\">../</a></td><td></td><td></td></tr>\n";
    for (const Listed &each : all) {
        const std::string slash = each.directory ? "/" : "";
        out += "<tr><td><a href=\"" + hawser::http::percent_encoded(each.name) + slash + "\">" +
               hawser::http::html_escaped(each.name) + slash + "</a></td><td class=\"n\">" +
               (each.directory ? "" : std::to_string(each.size)) + "</td><td>" + http_date(each.changed) +
               "</td></tr>\n";
    }
    return out + "</tbody></table></body></html>\n";
}

std::string listing_json(const std::vector<Listed> &all)
{
    std::string out = "[";
    for (const Listed &each : all) {
        out += (out.size() > 1 ? "," : "") + std::string("\n{\"name\":") + hawser::http::json_string(each.name) +
               ",\"type\":\"" + (each.directory ? "directory" : "file") + '"' +
               (each.directory ? "" : ",\"size\":" + std::to_string(each.size)) + ",\"changed\":\"" +
               http_date(each.changed) + "\"}";
    }
    return out + "\n]\n";
}

} // namespace static_files
