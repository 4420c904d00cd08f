// One loop of a worker with its thread and what it serves. Made, started and ended by the worker's own thread.
#pragma once

#include "bridge/loop_face.hpp"
#include "bridge/mooring.hpp"
#include "seam/status_page.hpp"

#include <functional>
#include <memory>
#include <thread>
#include <vector>

namespace hawser::host {

class LoopThread {
public:
    LoopThread(HostFace &host, unsigned index, LoopCell &cell);
    ~LoopThread(); // REQUIRES: not running

    void run();  // starts the thread
    void join(); // stops the loop and waits for its thread

    // Runs `work` on the loop and waits for its end, at most `timeout_ns`. False: it did not end in time; the loop is
    // stuck, and nothing that `work` refers to may go away.
    bool call(std::function<void()> work, std::uint64_t timeout_ns);

    LoopFace &face() { return face_; }
    std::vector<std::unique_ptr<Mooring>> &moorings() { return moorings_; } // for the loop's thread

private:
    hawser_loop *abi_;
    Loop loop_;
    LoopFace face_;
    std::vector<std::unique_ptr<Mooring>> moorings_;
    std::thread thread_;
};

} // namespace hawser::host
