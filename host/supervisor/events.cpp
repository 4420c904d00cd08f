// Tests: tests/unit/supervisor/control_server_test.cpp
#include "supervisor/events.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>

#include <chrono>
#include <map>
#include <optional>

namespace asio = boost::asio;

namespace hawser::host {

struct Events::Engine {
    struct Watch {
        explicit Watch(asio::io_context &io, int fd)
            : descriptor(io, fd)
        {}
        asio::posix::stream_descriptor descriptor;
        std::function<void()> ready;
    };

    asio::io_context io{1};
    std::map<Id, std::shared_ptr<Watch>> watches;
    std::map<Id, std::shared_ptr<asio::steady_timer>> timers;
    std::optional<asio::signal_set> signals;
    std::function<void(int)> hear;
    Id last = 0;

    void wait(Id id, const std::shared_ptr<Watch> &watch)
    {
        watch->descriptor.async_wait(asio::posix::stream_descriptor::wait_read,
                                     [this, id, watch](const boost::system::error_code &error) {
                                         if (error || watches.count(id) == 0) return;
                                         watch->ready();
                                         if (watches.count(id) != 0) wait(id, watch);
                                     });
    }
    void wait_signal()
    {
        signals->async_wait([this](const boost::system::error_code &error, int signal) {
            if (error) return;
            hear(signal);
            wait_signal();
        });
    }
};

Events::Events()
    : engine_(std::make_unique<Engine>())
{}

Events::~Events()
{
    for (auto &[id, watch] : engine_->watches) watch->descriptor.release();
}

Events::Id Events::on_readable(int fd, std::function<void()> ready)
{
    const Id id = ++engine_->last;
    auto watch = std::make_shared<Engine::Watch>(engine_->io, fd);
    watch->ready = std::move(ready);
    engine_->watches.emplace(id, watch);
    engine_->wait(id, watch);
    return id;
}

Events::Id Events::after(std::uint64_t ns, std::function<void()> due)
{
    const Id id = ++engine_->last;
    auto timer = std::make_shared<asio::steady_timer>(engine_->io, std::chrono::nanoseconds(ns));
    engine_->timers.emplace(id, timer);
    timer->async_wait([this, id, timer, due = std::move(due)](const boost::system::error_code &error) {
        if (error || engine_->timers.erase(id) == 0) return;
        due();
    });
    return id;
}

void Events::cancel(Id &id)
{
    if (const auto watch = engine_->watches.find(id); watch != engine_->watches.end()) {
        watch->second->descriptor.release();
        engine_->watches.erase(watch);
    }
    if (const auto timer = engine_->timers.find(id); timer != engine_->timers.end()) {
        timer->second->cancel();
        engine_->timers.erase(timer);
    }
    id = 0;
}

void Events::on_signals(const std::vector<int> &signals, std::function<void(int)> hear)
{
    engine_->signals.emplace(engine_->io);
    for (const int signal : signals) engine_->signals->add(signal);
    engine_->hear = std::move(hear);
    engine_->wait_signal();
}

void Events::post(std::function<void()> work) { asio::post(engine_->io, std::move(work)); }

void Events::run()
{
    const auto work = asio::make_work_guard(engine_->io);
    engine_->io.run();
}

void Events::stop() { engine_->io.stop(); }

} // namespace hawser::host
