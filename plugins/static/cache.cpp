// Tests: plugins/static/tests/cache_test.cpp
#include "cache.hpp"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <utility>

namespace static_files {
namespace {

bool same(const struct stat &a, const struct stat &b)
{
    return a.st_dev == b.st_dev && a.st_ino == b.st_ino && a.st_size == b.st_size &&
           a.st_mtim.tv_sec == b.st_mtim.tv_sec && a.st_mtim.tv_nsec == b.st_mtim.tv_nsec && a.st_mode == b.st_mode;
}

} // namespace

Entry::Entry(std::string of, OpenFile file)
    : path(std::move(of))
    , status(file.status)
    , fd(file.fd)
{}

Entry::~Entry()
{
    if (fd >= 0) ::close(fd);
}

Cache::~Cache()
{
    while (newest_ != nullptr) forget(newest_);
}

Entry *Cache::find(std::string_view path, std::uint64_t now, std::int64_t wall, int &error)
{
    const auto found = entries_.find(path);
    if (found == entries_.end()) return load(path, now, wall, error);
    Entry *entry = found->second;
    if (is_as_it_was(*entry, now)) {
        to_front(entry);
        return entry;
    }
    const OpenFile file = root_.find(entry->path);
    if (file.fd >= 0 && same(file.status, entry->status)) {
        ::close(file.fd);
        entry->looked = now;
        look_for_neighbours(*entry);
        to_front(entry);
        return entry;
    }
    if (file.fd >= 0) ::close(file.fd);
    const std::string again(path); // `path` may be of the entry
    forget(entry);
    return load(again, now, wall, error);
}

// A small one may be some time behind; of a large one the size that is promised must be there: looked at once a turn.
bool Cache::is_as_it_was(Entry &entry, std::uint64_t now)
{
    if (now - entry.looked >= kLook) return false;
    if (entry.is_small() || entry.measured == now) return true;
    entry.measured = now;
    struct stat status {};
    return ::fstat(entry.fd, &status) == 0 && same(status, entry.status);
}

Entry *Cache::load(std::string_view path, std::uint64_t now, std::int64_t wall, int &error)
{
    const OpenFile file = root_.find(std::string(path));
    if (file.fd < 0) {
        error = file.error;
        return nullptr;
    }
    auto *entry = new Entry(std::string(path), file);
    entry->looked = entry->measured = now;
    if (entry->is_directory()) {
        ::close(std::exchange(entry->fd, -1));
    } else {
        entry->etag = etag_of(file.status);
        entry->changed = http_date(std::min<std::int64_t>(file.status.st_mtim.tv_sec, wall));
        if (entry->size() <= kSmall) {
            entry->content.resize(entry->size());
            const ssize_t n = ::pread(entry->fd, entry->content.data(), entry->content.size(), 0);
            if (n != static_cast<ssize_t>(entry->content.size())) { // it changed while it was read
                error = EAGAIN;
                entry->let_go();
                return nullptr;
            }
            ::close(std::exchange(entry->fd, -1));
        }
        look_for_neighbours(*entry);
    }
    keep(entry);
    return entry;
}

// One that is older than the file is of what the file was before.
void Cache::look_for_neighbours(Entry &entry) const
{
    entry.neighbours = 0;
    if (!neighbours_ || entry.is_directory()) return;
    for (std::size_t i = 0; i < kNeighbours.size(); ++i) {
        const OpenFile file = root_.find(entry.path + std::string(kNeighbours[i].extension));
        if (file.fd < 0) continue;
        ::close(file.fd);
        const timespec &is = file.status.st_mtim, &own = entry.status.st_mtim;
        const bool older = is.tv_sec < own.tv_sec || (is.tv_sec == own.tv_sec && is.tv_nsec < own.tv_nsec);
        if (S_ISREG(file.status.st_mode) && !older) entry.neighbours |= static_cast<std::uint8_t>(1U << i);
    }
}

void Cache::keep(Entry *entry)
{
    if (entries_.size() >= kMostEntries) forget(oldest_);
    entries_.emplace(entry->path, entry);
    entry->older = newest_;
    (newest_ != nullptr ? newest_->newer : oldest_) = entry;
    newest_ = entry;
}

void Cache::unlink(Entry *entry)
{
    (entry->newer != nullptr ? entry->newer->older : newest_) = entry->older;
    (entry->older != nullptr ? entry->older->newer : oldest_) = entry->newer;
    entry->newer = entry->older = nullptr;
}

void Cache::to_front(Entry *entry)
{
    if (entry == newest_) return;
    unlink(entry);
    entry->older = newest_;
    newest_->newer = entry;
    newest_ = entry;
}

void Cache::forget(Entry *entry)
{
    unlink(entry);
    entries_.erase(entry->path);
    entry->let_go();
}

} // namespace static_files
