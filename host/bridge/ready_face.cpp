// Tests: tests/unit/bridge/ready_test.cpp
#include "bridge/ready_face.hpp"

#include "bridge/crumbs.hpp"
#include "bridge/host_face.hpp"
#include "bridge/loop_face.hpp"

#include <sys/epoll.h>

#include <cerrno>
#include <memory>

struct hawser_watch {};

namespace hawser::host {
namespace {

std::uint32_t events_of(std::uint32_t what)
{
    std::uint32_t events = 0;
    if ((what & HAWSER_READABLE) != 0) events |= EPOLLIN;
    if ((what & HAWSER_WRITABLE) != 0) events |= EPOLLOUT;
    return events;
}

// Owned by itself: it ends after unwatch, with the turn that is under way, and rests then.
class Watched final : public hawser_watch, public Watch, public Guest {
public:
    using Hear = void (*)(void *self, std::uint32_t what);
    Watched(LoopFace &face, std::uint32_t tag, int fd, Hear hear, void *self)
        : face_(face)
        , tag_(tag)
        , fd_(fd)
        , hear_(hear)
        , self_(self)
    {
        face_.enter(*this);
    }
    ~Watched() { face_.leave(*this); }
    Watched(const Watched &) = delete;
    Watched &operator=(const Watched &) = delete;

    int begin(std::uint32_t what) { return face_.loop().add(fd_, events_of(what), this) ? 0 : errno; }
    void change(std::uint32_t what)
    {
        if (goes_on("hawser_ready.change")) face_.loop().modify(fd_, events_of(what), this);
    }
    void end()
    {
        if (!goes_on("hawser_ready.unwatch")) return;
        hear_ = nullptr;
        face_.loop().remove(fd_);
        const auto rest = [](const Task &task) {
            auto *self = static_cast<Watched *>(task.first);
            self->face_.leave(*self);
            self->face_.rest({self, [](LoopFace &, void *which) { delete static_cast<Watched *>(which); }});
        };
        face_.loop().post({rest, this});
    }

private:
    bool goes_on(const char *call)
    {
        return face_.here(call, tag_) && (hear_ != nullptr || face_.ended(call, tag_, "a watch that goes on"));
    }
    // The descriptor is its plugin's, which ends the watch when it is destroyed.
    void abort() override {}
    void on_ready(std::uint32_t events) override
    {
        if (hear_ == nullptr) return;
        std::uint32_t what = 0;
        if ((events & EPOLLIN) != 0) what |= HAWSER_READABLE;
        if ((events & EPOLLOUT) != 0) what |= HAWSER_WRITABLE;
        if ((events & (EPOLLERR | EPOLLHUP)) != 0) what |= HAWSER_BROKEN;
        const crumb::Left left(*face_.abi(), tag_, crumb::kReady + 1);
        try {
            hear_(self_, what);
        } catch (...) {
            face_.host().threw(tag_, crumb::kReady + 1);
        }
    }

    LoopFace &face_;
    std::uint32_t tag_;
    int fd_;
    Hear hear_;
    void *self_;
};

Watched &of(hawser_watch *watch) { return *static_cast<Watched *>(watch); }

std::int32_t begin(hawser_loop *loop, const hawser_node *node, std::int32_t fd, std::uint32_t what,
                   void (*on_ready)(void *, std::uint32_t), void *self, hawser_watch **watch) noexcept
{
    LoopFace &face = LoopFace::of(loop);
    if (!face.here("hawser_ready.watch", node->tag)) return HAWSER_INVALID;
    if (face.is_ending()) return HAWSER_CLOSED;
    auto made = std::make_unique<Watched>(face, node->tag, fd, on_ready, self);
    const int error = made->begin(what);
    if (error == EEXIST) return HAWSER_BUSY;
    if (error == EBADF || error == EPERM || error == EINVAL) return HAWSER_INVALID;
    if (error != 0) return HAWSER_LIMIT;
    *watch = made.release();
    return HAWSER_OK;
}

void change(hawser_watch *watch, std::uint32_t what) noexcept { of(watch).change(what); }
void end(hawser_watch *watch) noexcept { of(watch).end(); }

} // namespace

const hawser_ready kReadiness = {sizeof(hawser_ready), 0, begin, change, end};

} // namespace hawser::host
