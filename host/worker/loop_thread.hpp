// One loop of a worker with its thread and what it serves. Made, started and ended by the worker's own thread.
#pragma once

#include "bridge/loop_face.hpp"
#include "bridge/mooring.hpp"
#include "seam/channel.hpp"
#include "seam/status_page.hpp"
#include "worker/ferry.hpp"
#include "worker/landing.hpp"

#include <functional>
#include <future>
#include <memory>
#include <thread>
#include <vector>

namespace hawser::host {

// A listening socket of this loop and which address it is.
struct Berth {
    ListenerAddress address;
    std::unique_ptr<Mooring> mooring;
};

class LoopThread {
public:
    LoopThread(HostFace &host, unsigned index, LoopCell &cell);
    ~LoopThread(); // REQUIRES: not running

    void run();  // starts the thread
    void join(); // stops the loop and waits for its thread

    // Runs `work` on the loop and waits for its end, at most `timeout_ns`. False: it did not end in time; the loop is
    // stuck, and nothing that `work` refers to may go away.
    bool call(std::function<void()> work, std::uint64_t timeout_ns);

    // The same without waiting: the future is ready once `work` has ended, and invalid if the loop takes no work any
    // more.
    std::future<void> begin(std::function<void()> work);

    LoopFace &face() { return face_; }
    // For the loop's thread:
    std::vector<Berth> &berths() { return berths_; }
    // Takes connections to the next generation; null: there is none that takes them.
    std::unique_ptr<Ferry> &ferry() { return ferry_; }
    std::vector<std::unique_ptr<Landing>> &landings() { return landings_; } // from older ones

private:
    hawser_loop *abi_;
    Loop loop_;
    LoopFace face_;
    std::vector<Berth> berths_;
    std::unique_ptr<Ferry> ferry_;
    std::vector<std::unique_ptr<Landing>> landings_;
    LoopCell &cell_;
    std::thread thread_;
};

} // namespace hawser::host
