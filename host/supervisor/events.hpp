// What the supervisor waits for: descriptors, times, signals. Boost.Asio behind a few functions, so that the rest of
// the folder compiles without it. For one thread, but post().
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

namespace hawser::host {

class Events {
public:
    using Id = std::uint64_t; // 0 is none

    Events();
    ~Events();
    Events(const Events &) = delete;
    Events &operator=(const Events &) = delete;

    // Calls `ready` whenever `fd` can be read, until cancel(); the descriptor stays the caller's and open until then.
    Id on_readable(int fd, std::function<void()> ready);
    Id after(std::uint64_t ns, std::function<void()> due);
    void cancel(Id &id); // and sets it to 0; an id that has ended, or 0, is nothing
    void on_signals(const std::vector<int> &signals, std::function<void(int)> hear);
    void post(std::function<void()> work); // [any-thread]

    void run(); // until stop()
    void stop();

private:
    struct Engine;
    std::unique_ptr<Engine> engine_;
};

} // namespace hawser::host
