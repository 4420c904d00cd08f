// hawser/watch.hpp: descriptors of other libraries, and what changes in a directory.
//
//     hawser::Watch watch(node, ::PQsocket(db), HAWSER_READABLE, [&](std::uint32_t) { consume(db); });
//
//     hawser::DirectoryWatch folder(node, "/srv/spool");
//     while (const auto change = co_await folder.next()) co_await take(change->name);
//
// POSIX, DirectoryWatch: Linux. A manifest says requires = ["hawser.ready/1"]. [loop]
#pragma once

#include "hawser/node.hpp"
#include "hawser/ready.h"
#include "hawser/sync.hpp"
#include "hawser/task.hpp"
#include "hawser/wait.hpp"

#include <sys/inotify.h>
#include <unistd.h>

#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <deque>
#include <functional>
#include <optional>
#include <string>
#include <utility>

namespace hawser {

// Calls back in every turn in which a descriptor is ready. The descriptor outlives this.
class Watch {
public:
    // `what`: HAWSER_READABLE, HAWSER_WRITABLE or both; f hears what has come, and of HAWSER_BROKEN unasked. What it
    // throws is logged. Throws StatusError: HAWSER_INVALID (a file, or no descriptor), HAWSER_BUSY (watched already).
    Watch(const Node &node, int fd, std::uint32_t what, std::function<void(std::uint32_t)> f)
        : node_(node)
        , f_(std::move(f))
        , api_(static_cast<const hawser_ready *>(node.host()->get_interface(node.host(), HAWSER_READY)))
    {
        const std::int32_t status =
            api_ != nullptr ? api_->watch(node.loop(), node.raw(), fd, what, ready, this, &watch_) : HAWSER_UNSUPPORTED;
        if (status < 0)
            throw StatusError(status, status == HAWSER_UNSUPPORTED ? "the host has no hawser.ready/1"
                                      : status == HAWSER_BUSY      ? "this descriptor is watched already"
                                      : status == HAWSER_INVALID   ? "expected a descriptor that is not always ready"
                                                                   : "the descriptor cannot be watched");
    }
    Watch(const Watch &) = delete;
    Watch &operator=(const Watch &) = delete;
    ~Watch() { api_->unwatch(watch_); }
    void change(std::uint32_t what) { api_->change(watch_, what); }

private:
    static void HAWSER_CALL ready(void *self, std::uint32_t what) noexcept
    {
        const Watch &watch = *static_cast<Watch *>(self);
        const Node node = watch.node_;
        const auto f = watch.f_; // it may end this
        detail::guarded_call([&] { f(what); },
                             [&](std::string_view why) {
                                 node.error("watch_failed", {{"error", why}});
                             });
    }
    Node node_;
    std::function<void(std::uint32_t)> f_;
    const hawser_ready *api_;
    hawser_watch *watch_ = nullptr;
};

struct Change {
    enum What { made, written, removed, missed } what; // missed: there were too many; look at the directory itself
    std::string name;                                  // of the entry; empty: missed
    friend bool operator==(const Change &, const Change &) = default;
};

// What happens to the entries of one directory: made (or moved in), written and closed, removed (or moved out).
class DirectoryWatch {
public:
    // Throws Error with the path and the system's reason.
    DirectoryWatch(const Node &node, const std::string &path)
        : fd_{::inotify_init1(IN_NONBLOCK | IN_CLOEXEC)}
    {
        constexpr std::uint32_t kEvents = IN_CREATE | IN_MOVED_TO | IN_CLOSE_WRITE | IN_DELETE | IN_MOVED_FROM |
                                          IN_DELETE_SELF | IN_MOVE_SELF | IN_ONLYDIR;
        if (fd_.number < 0 || ::inotify_add_watch(fd_.number, path.c_str(), kEvents) < 0)
            throw Error(path + ": " + std::strerror(errno));
        watch_.emplace(node, fd_.number, HAWSER_READABLE, [this](std::uint32_t) { read(); });
    }
    DirectoryWatch(const DirectoryWatch &) = delete;
    DirectoryWatch &operator=(const DirectoryWatch &) = delete;

    // The next one; nothing when the directory itself has gone.
    Task<std::optional<Change>> next()
    {
        while (changes_.empty() && !gone_) co_await changed_.wait();
        if (changes_.empty()) co_return std::nullopt;
        Change first = std::move(changes_.front());
        changes_.pop_front();
        co_return first;
    }

private:
    struct Descriptor {
        int number;
        explicit Descriptor(int of)
            : number(of)
        {}
        Descriptor(const Descriptor &) = delete;
        Descriptor &operator=(const Descriptor &) = delete;
        ~Descriptor()
        {
            if (number >= 0) ::close(number);
        }
    };
    static constexpr std::size_t kMost = 10'000; // changes that nobody has asked for yet

    void read()
    {
        alignas(inotify_event) char bytes[16384];
        const ssize_t n = ::read(fd_.number, bytes, sizeof bytes);
        for (ssize_t at = 0; at < n;) {
            const auto *event = reinterpret_cast<const inotify_event *>(bytes + at);
            at += static_cast<ssize_t>(sizeof(inotify_event) + event->len);
            take(*event);
        }
        if (gone_) watch_->change(0);
        gone_ ? changed_.set() : changed_.pulse(); // may end this
    }
    void take(const inotify_event &event)
    {
        constexpr std::uint32_t kGone = IN_DELETE_SELF | IN_MOVE_SELF | IN_IGNORED | IN_UNMOUNT;
        if ((event.mask & kGone) != 0) {
            gone_ = true;
        } else if ((event.mask & IN_Q_OVERFLOW) != 0 || changes_.size() >= kMost) {
            changes_.clear();
            changes_.push_back({Change::missed, {}});
        } else {
            const Change::What what = (event.mask & (IN_CREATE | IN_MOVED_TO)) != 0 ? Change::made
                                      : (event.mask & IN_CLOSE_WRITE) != 0          ? Change::written
                                                                                    : Change::removed;
            changes_.push_back({what, event.len > 0 ? std::string(event.name) : std::string()});
        }
    }
    Descriptor fd_;
    std::deque<Change> changes_;
    Event changed_;
    bool gone_ = false;
    std::optional<Watch> watch_; // ends before the descriptor
};

} // namespace hawser
