// Files that were opened a short time ago, with what every answer says of them. Small ones are kept in memory, of
// larger ones the descriptor. Looked at again once a second, a larger one at each use. For one loop's thread.
#pragma once

#include "file.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <unordered_map>

namespace static_files {

// Coded neighbours of a file: "style.css.br".
struct Neighbour {
    std::string_view extension, coding;
};
inline constexpr std::array<Neighbour, 3> kNeighbours{{{".br", "br"}, {".zst", "zstd"}, {".gz", "gzip"}}};

// One file or directory. Counted: whoever sends from it holds it.
class Entry {
public:
    Entry(std::string path, OpenFile file);
    Entry(const Entry &) = delete;
    Entry &operator=(const Entry &) = delete;

    void hold() { ++uses_; }
    void let_go()
    {
        if (--uses_ == 0) delete this;
    }
    bool is_directory() const { return S_ISDIR(status.st_mode); }
    bool is_small() const { return fd < 0; } // all of it is in `content`; or a directory
    std::uint64_t size() const { return static_cast<std::uint64_t>(status.st_size); }

    const std::string path; // below the root
    struct stat status;
    int fd = -1; // of a large file
    std::string content, etag, changed;
    std::string_view type;       // its Content-Type, by whoever has the entry
    std::uint8_t neighbours = 0; // 1 << index into kNeighbours: there is such a file, not older
    std::uint64_t looked = 0;    // when
    std::uint64_t measured = 0;  // when the size of a large one was
    Entry *newer = nullptr, *older = nullptr;

private:
    ~Entry();
    std::uint32_t uses_ = 1;
};

class Cache {
public:
    static constexpr std::size_t kSmall = 16384; // bytes that are kept in memory
    static constexpr std::size_t kMostEntries = 1024;

    // `looks_for_neighbours`: whether Entry::neighbours is filled.
    Cache(const Root &root, bool looks_for_neighbours)
        : root_(root)
        , neighbours_(looks_for_neighbours)
    {}
    ~Cache();
    Cache(const Cache &) = delete;
    Cache &operator=(const Cache &) = delete;

    // The entry of a path below the root, valid until the next call unless it is held; null: `error` is the errno.
    // `now`: ns of the loop; `wall`: the time of day in seconds, which no Last-Modified is later than.
    Entry *find(std::string_view path, std::uint64_t now, std::int64_t wall, int &error);

private:
    static constexpr std::uint64_t kLook = 1'000'000'000; // ns
    struct Hash {
        using is_transparent = void;
        std::size_t operator()(std::string_view text) const { return std::hash<std::string_view>()(text); }
    };

    static bool is_as_it_was(Entry &entry, std::uint64_t now);
    Entry *load(std::string_view path, std::uint64_t now, std::int64_t wall, int &error);
    void look_for_neighbours(Entry &entry) const;
    void keep(Entry *entry);
    void forget(Entry *entry);
    void unlink(Entry *entry);
    void to_front(Entry *entry);

    const Root &root_;
    const bool neighbours_;
    std::unordered_map<std::string_view, Entry *, Hash, std::equal_to<>> entries_; // keys: Entry::path
    Entry *newest_ = nullptr, *oldest_ = nullptr;
};

} // namespace static_files
