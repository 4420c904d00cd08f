// What a directory holds, as a page or as JSON. Pure, but for reading the directory.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace static_files {

struct Listed {
    std::string name;
    bool directory = false;
    std::uint64_t size = 0;
    std::int64_t changed = 0; // seconds
};

// The files and directories in the one that `fd` is open on, without hidden ones, directories first, by name; at most
// kMostListed. False: it cannot be read.
inline constexpr std::size_t kMostListed = 10'000;
bool read_directory(int fd, std::vector<Listed> &all);

// By "sort=name", "size" or "time" of a query, "order=desc".
void sort_by(std::string_view query, std::vector<Listed> &all);

// `path`: of the request, percent-encoded, with the slash at its end.
std::string listing_html(std::string_view path, std::string_view query, const std::vector<Listed> &all);
std::string listing_json(const std::vector<Listed> &all);

} // namespace static_files
