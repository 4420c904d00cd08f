// A host and one loop on its thread, as plugins see them.
#pragma once

#include "bridge/host_face.hpp"
#include "bridge/loop_face.hpp"

#include <chrono>
#include <functional>
#include <future>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <utility>

namespace hawser::host::test {

class Rig {
public:
    explicit Rig(bool checks = false)
        : checks_(checks)
    {
        node.struct_size = sizeof node;
        node.tag = 5;
        node.host = host.abi();
        node.name = {"service.test", 12};
        thread_ = std::thread([this] { loop.run(); });
    }
    ~Rig()
    {
        if (thread_.joinable()) end();
    }
    void end()
    {
        in_loop([this] { face.abort_connections(true); });
        in_loop([] {});
        pool.stop(5'000'000'000);
        loop.stop();
        thread_.join();
    }
    void in_loop(const std::function<void()> &work)
    {
        std::promise<void> done;
        loop.submit([&] {
            work();
            done.set_value();
        });
        done.get_future().wait();
    }
    // Looks in the loop's thread, again every millisecond for at most 20 s. Never without a pause: two threads that
    // wake each other leave other processes, those that are waited for too, nothing of the machine.
    bool eventually(const std::function<bool()> &holds)
    {
        struct Look {
            Loop &loop;
            const std::function<bool()> &holds;
            std::uint64_t until;
            std::promise<bool> found = {};
            TimerHeap::Place place = nullptr;
            void look()
            {
                const bool held = holds();
                if (held || loop.now() > until)
                    found.set_value(held);
                else
                    loop.timers().start(
                        loop.now() + 1'000'000, [](void *me) { static_cast<Look *>(me)->look(); }, this, &place);
            }
        };
        Look look{loop, holds, 0};
        auto found = look.found.get_future();
        in_loop([&] {
            look.until = loop.now() + 20'000'000'000;
            look.look();
        });
        return found.get();
    }

    const bool checks_;
    alignas(64) unsigned char memory[LoopFace::kMemory]{};
    hawser_loop *abi = LoopFace::place(memory, 0);
    LoopCounters counters;
    Log log{LogSettings{Level::Error, LogFormat::Text, 2}};
    OffloadPool pool{4, 64};
    HostFace host{log, pool};
    const bool checks_are_set = (host.set_checks(checks_), true); // before there is a loop
    Loop loop{0, abi->now, abi->wall, counters};
    LoopFace face{host, loop, abi};
    hawser_node node{};
    std::string heard; // for the loop's thread

private:
    std::thread thread_;
};

// What the host says of its plugins.
struct Broken {
    explicit Broken(Rig &rig)
    {
        rig.host.on_broken([this](std::uint32_t tag, std::uint32_t entry, const std::string &text) {
            const std::lock_guard lock(mutex);
            all += std::to_string(tag) + '/' + std::to_string(entry) + ' ' + text + '\n';
        });
    }
    std::string take()
    {
        const std::lock_guard lock(mutex);
        return std::exchange(all, {});
    }
    std::mutex mutex;
    std::string all;
};

} // namespace hawser::host::test
