// hawser/testing/descriptors.hpp: real descriptors, looked at when the test says so, behind hawser.ready/1. Part of
// hawser/testing.hpp.
#pragma once

#include "hawser/ready.h"
#include "hawser/testing/loop.hpp"
#include "hawser/testing/problems.hpp"

#include <poll.h>

#include <algorithm>
#include <functional>
#include <memory>
#include <string>
#include <vector>

struct hawser_watch {};

namespace hawser::testing {

class Descriptors {
public:
    Descriptors(Loop &loop, Problems &problems)
        : loop_(loop)
        , problems_(problems)
    {}
    Descriptors(const Descriptors &) = delete;
    Descriptors &operator=(const Descriptors &) = delete;
    ~Descriptors()
    {
        if (!watched_.empty())
            problems_.report(std::to_string(watched_.size()) + " descriptors are still watched at the end");
    }
    // Tells of those that are ready, or become so within `ms` of real time. False: none was.
    bool look(int ms = 0)
    {
        std::vector<pollfd> all;
        for (const auto &each : watched_) all.push_back({each->fd, each->events, 0});
        if (::poll(all.data(), all.size(), ms) <= 0) return false;
        const auto now = watched_; // they may change
        for (std::size_t i = 0; i < all.size(); ++i) {
            std::uint32_t what = 0;
            if ((all[i].revents & POLLIN) != 0) what |= HAWSER_READABLE;
            if ((all[i].revents & POLLOUT) != 0) what |= HAWSER_WRITABLE;
            if ((all[i].revents & (POLLERR | POLLHUP)) != 0) what |= HAWSER_BROKEN;
            if (what == 0) continue;
            loop_.call([each = now[i], what] {
                if (each->on_ready != nullptr) each->on_ready(each->self, what);
            });
        }
        loop_.run();
        return true;
    }
    const hawser_ready *api() const { return &kApi; }
    // The descriptors that a node's host has.
    static inline Descriptors &(*of_node)(const hawser_node *) = nullptr;

private:
    struct Watched : hawser_watch {
        Descriptors *owner;
        int fd;
        short events;
        void(HAWSER_CALL *on_ready)(void *, std::uint32_t);
        void *self;
    };
    static short events_of(std::uint32_t what)
    {
        return static_cast<short>(((what & HAWSER_READABLE) != 0 ? POLLIN : 0) |
                                  ((what & HAWSER_WRITABLE) != 0 ? POLLOUT : 0));
    }
    static std::int32_t HAWSER_CALL watch(hawser_loop *, const hawser_node *node, std::int32_t fd, std::uint32_t what,
                                          void(HAWSER_CALL *on_ready)(void *, std::uint32_t), void *self,
                                          hawser_watch **made) noexcept
    {
        Descriptors &all = of_node(node);
        if (fd < 0) return HAWSER_INVALID;
        for (const auto &each : all.watched_)
            if (each->fd == fd) return HAWSER_BUSY;
        auto watched = std::make_shared<Watched>();
        watched->owner = &all;
        watched->fd = fd;
        watched->events = events_of(what);
        watched->on_ready = on_ready;
        watched->self = self;
        all.watched_.push_back(watched);
        *made = watched.get();
        return HAWSER_OK;
    }
    static void HAWSER_CALL change(hawser_watch *watch, std::uint32_t what) noexcept
    {
        static_cast<Watched *>(watch)->events = events_of(what);
    }
    static void HAWSER_CALL unwatch(hawser_watch *watch) noexcept
    {
        auto &watched = *static_cast<Watched *>(watch);
        watched.on_ready = nullptr;
        std::vector<std::shared_ptr<Watched>> &all = watched.owner->watched_;
        all.erase(std::find_if(all.begin(), all.end(), [&](const auto &each) { return each.get() == &watched; }));
    }
    static constexpr hawser_ready kApi{sizeof(hawser_ready), 0, watch, change, unwatch};

    Loop &loop_;
    Problems &problems_;
    std::vector<std::shared_ptr<Watched>> watched_;
};

} // namespace hawser::testing
