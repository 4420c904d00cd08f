// hawser/life.hpp: when the host runs, and its end: what is done then, and who asks for it.
//
//     hawser::WhenRunning announce_{node, [this] { announce(); }};         // once everything serves
//     hawser::on_shutdown(node, hawser::Phase::before, [this] { tell(); });
//     hawser::request_stop(node, 3, "the licence has expired");            // the host ends with status 3
//
// WhenRunning, running and request_stop: a manifest says requires = ["hawser.life/1"]. [loop], what asks [any-thread]
#pragma once

#include "hawser/life.h"
#include "hawser/node.hpp"
#include "hawser/task.hpp"
#include "hawser/wait.hpp"

#include <coroutine>
#include <functional>
#include <string>
#include <string_view>
#include <utility>

namespace hawser {
namespace detail {

inline const hawser_life &life_of(const hawser_host *host)
{
    const auto *life = static_cast<const hawser_life *>(host->get_interface(host, HAWSER_LIFE));
    if (life == nullptr) throw StatusError(HAWSER_UNSUPPORTED, "the host has no hawser.life/1");
    return *life;
}

class [[nodiscard]] Running : Operation {
public:
    bool await_ready() const noexcept { return false; }
    template<Waits P>
    void await_suspend(std::coroutine_handle<P> handle)
    {
        const hawser_life &life = life_of(handle.promise().resumption.root->node.host());
        waiting = &handle.promise().resumption;
        life.running(loop(), &op);
    }
    void await_resume() const noexcept {}
};

} // namespace detail

// Until this generation serves: every service has started, every listener accepts.
inline detail::Running running() { return {}; }

// Calls f once this generation serves, unless it ends first. What f throws is logged.
class WhenRunning {
public:
    WhenRunning(const Node &node, std::function<void()> f)
        : node_(node)
        , f_(std::move(f))
    {
        pending_.op.complete = completed;
        pending_.owner = this;
        detail::life_of(node.host()).running(node.loop(), &pending_.op);
    }
    WhenRunning(const WhenRunning &) = delete;
    WhenRunning &operator=(const WhenRunning &) = delete;
    ~WhenRunning() { node_.loop()->api->cancel(node_.loop(), &pending_.op); }

private:
    struct Pending {
        hawser_op op{};
        WhenRunning *owner = nullptr;
    };
    static void HAWSER_CALL completed(hawser_op *op, std::int64_t) noexcept
    {
        WhenRunning &self = *reinterpret_cast<Pending *>(op)->owner;
        const Node node = self.node_;
        const auto f = std::move(self.f_); // it may end this
        detail::guarded_call([&] { f(); },
                             [&](std::string_view why) {
                                 node.error("when_running_failed", {{"error", why}});
                             });
    }
    Node node_;
    std::function<void()> f_;
    Pending pending_;
};

// When what was given to on_shutdown() is called.
enum class Phase : unsigned {
    before, // the host drains: nothing new comes, what is in flight goes on
    during, // the service stops, or the instance is about to go; whoever depends on it has stopped
    after,  // the instance has gone; what f uses must not be of it
};

// Calls f when the instance of this node on this loop ends, each once, the last added first in each phase. What f
// throws is logged. For a service that is started again after a failure, `before` and `during` have been called then.
// Throws Error where the node has no instance on this thread, or none any more.
inline void on_shutdown(const Node &node, Phase phase, std::function<void()> f)
{
    detail::Home *home = detail::Home::of(node.raw());
    if (home == nullptr) throw Error("on_shutdown: expected the node of an instance on this loop, got another");
    home->hooks.phases[static_cast<unsigned>(phase)].push_back(std::move(f));
}

// Asks for the end of the host, as SIGTERM does; it ends with `status`, 0 … 63, unless something was cut off. Throws
// Error for another. [any-thread]
inline void request_stop(const Node &node, int status, std::string_view why)
{
    if (detail::life_of(node.host()).stop(node.raw(), status, str(why)) != HAWSER_OK)
        throw Error("request_stop: expected a status of 0 to 63, got " + std::to_string(status));
}

} // namespace hawser
