// Tests: tests/system/watch_test.cpp
#include "supervisor/watcher.hpp"

#include "loop/loop.hpp"

#include <sys/inotify.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <vector>

namespace hawser::host {
namespace {

constexpr std::uint64_t kQuiet = 200'000'000;     // without an event, then it has settled
constexpr std::uint64_t kLongest = 5'000'000'000; // a file that is written for longer is taken as it is
constexpr std::uint32_t kDone = IN_CLOSE_WRITE | IN_MOVED_TO | IN_MOVED_FROM | IN_DELETE | IN_ATTRIB;
constexpr std::uint32_t kOpen = IN_CREATE | IN_MODIFY;
constexpr const char *kSwapped = "..data"; // the link by which a Kubernetes volume changes all its files at once

bool counts(const Watcher::Place &place, const std::string &name)
{
    if (name == kSwapped || place.names.count(name) > 0) return true;
    if (place.libraries && name.ends_with(".so")) return true;
    return place.all && !name.starts_with('.') && !name.ends_with('~');
}

} // namespace

Watcher::Watcher(Events &events, Log &log, std::function<void(const std::string &)> settled)
    : events_(events)
    , log_(log)
    , settled_(std::move(settled))
{}

Watcher::~Watcher()
{
    events_.cancel(on_readable_);
    events_.cancel(timer_);
}

void Watcher::watch(const Places &places)
{
    if (!inotify_ && !places.empty()) {
        inotify_.reset(::inotify_init1(IN_CLOEXEC | IN_NONBLOCK));
        if (!inotify_) {
            log_.write(Level::Error, "host", "watch_failed", {{"error", std::strerror(errno)}});
            return;
        }
        on_readable_ = events_.on_readable(inotify_.get(), [this] { readable(); });
    }
    for (auto each = directories_.begin(); each != directories_.end();) {
        const bool stays = places.count(each->second) > 0;
        if (!stays) ::inotify_rm_watch(inotify_.get(), each->first);
        each = stays ? std::next(each) : directories_.erase(each);
    }
    places_ = places;
    for (const auto &[directory, place] : places) {
        const int watch = ::inotify_add_watch(inotify_.get(), directory.c_str(), kDone | kOpen | IN_ONLYDIR);
        if (watch >= 0)
            directories_[watch] = directory;
        else
            log_.write(Level::Warning, "host", "watch_failed",
                       {{"directory", directory}, {"error", std::strerror(errno)}});
    }
}

void Watcher::readable()
{
    alignas(inotify_event) char buffer[16384];
    for (;;) {
        const ssize_t n = ::read(inotify_.get(), buffer, sizeof buffer);
        if (n <= 0) return;
        for (ssize_t at = 0; at < n;) {
            inotify_event event{};
            std::memcpy(&event, buffer + at, sizeof event);
            const char *name = buffer + at + sizeof event;
            changed(event.wd, event.mask, event.len > 0 ? std::string(name, ::strnlen(name, event.len)) : "");
            at += static_cast<ssize_t>(sizeof event + event.len);
        }
    }
}

void Watcher::changed(int watch, std::uint32_t mask, const std::string &name)
{
    if ((mask & IN_IGNORED) != 0) directories_.erase(watch);
    const bool lost = (mask & IN_Q_OVERFLOW) != 0;
    const auto directory = directories_.find(watch);
    if (!lost && (directory == directories_.end() || !counts(places_[directory->second], name))) return;
    const std::string path = lost ? "more than could be followed" : directory->second + '/' + name;
    if ((mask & kDone) != 0) open_.erase(path);
    if ((mask & IN_MODIFY) != 0) open_.insert(path);
    if (changed_.empty()) first_ = monotonic_now();
    changed_.insert(path);
    events_.cancel(timer_);
    timer_ = events_.after(kQuiet, [this] { settle(); });
}

void Watcher::settle()
{
    timer_ = 0;
    if (!open_.empty() && monotonic_now() - first_ < kLongest) {
        timer_ = events_.after(kQuiet, [this] { settle(); });
        return;
    }
    open_.clear();
    std::string what;
    for (const std::string &path : changed_) what += (what.empty() ? "" : " ") + path;
    changed_.clear();
    settled_(what);
}

} // namespace hawser::host
