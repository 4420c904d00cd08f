// Takes the idle connections of one loop to the worker of the next generation, and takes back those that it refuses.
// One packet is under way at a time. What was not answered for is still held here, so that nothing is lost when the
// other side dies: it is opened again, on this loop. For the loop's thread.
#pragma once

#include "base/fd.hpp"
#include "bridge/instances.hpp"
#include "bridge/loop_face.hpp"
#include "loop/loop.hpp"
#include "seam/parcel.hpp"
#include "worker/ports.hpp"

#include <atomic>
#include <cstdint>
#include <deque>
#include <functional>
#include <vector>

namespace hawser::host {

// What the loops of a compartment count together. [any-thread]
struct Movement {
    std::atomic<std::uint64_t> under_way{0}; // parked here, not answered for
    std::atomic<std::uint64_t> moved{0};     // the next generation has them
    std::atomic<std::uint32_t> arriving{0};  // older generations that may still send some
    std::function<void()> changed;           // one of the first or the last has come to 0
};

class Ferry final : public Watch, public Carrier {
public:
    // `channel`: a connected SOCK_SEQPACKET socket, non-blocking. All others outlive this.
    Ferry(LoopFace &loop, Fd channel, const Instances &instances, const Ports &ports, Movement &movement);
    ~Ferry(); // what is held is closed

    Result<void> start();
    void carry(Parked parked) override;
    // Takes no more, and brings back what waits here; what is under way is still answered for.
    void stop();

private:
    static constexpr std::uint64_t kRetry = 10'000'000;

    void on_ready(std::uint32_t events) override;
    bool take_answer();
    void send_soon();
    void send();
    std::vector<int> pack(ParcelBatch &batch);
    Parcel label(const Parked &parked) const;
    void retry_later();
    void broken();
    void bring_back(Parked parked);
    void settle(std::uint64_t count);

    LoopFace &loop_;
    Fd channel_;
    const Instances &instances_;
    const Ports &ports_;
    Movement &movement_;
    std::deque<Parked> waiting_;
    std::vector<Parked> sent_;
    std::uint32_t number_ = 0; // of the packet under way
    bool sends_soon_ = false;
    TimerHeap::Place retry_ = nullptr;
};

} // namespace hawser::host
