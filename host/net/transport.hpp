// What all connections of one loop share: the read buffer, the stage, the deadline wheel, and the lists of connections
// that have something to settle at the end of a turn. For the loop's thread; outlives its connections.
//
// Plugin code only sets flags and fills the stage or a queue; everything with a consequence (sending, on_drained,
// on_close, freeing) happens here, outside of any call into a connection's session.
#pragma once

#include "loop/loop.hpp"
#include "net/stage.hpp"
#include "net/wheel.hpp"

#include <memory>
#include <vector>

namespace hawser::host {

class Connection;

class Transport {
public:
    static constexpr std::size_t kReadSize = 65536;
    // So that a few who send much do not hold up many who send little: once so much was read in a turn, others get
    // less; only so many are given again what they left; and of those who have had their last answer, only so many are
    // heard out.
    static constexpr std::size_t kReadBudget = 32768, kLeastRead = 8192, kRetriesInTurn = 4, kDiscardsInTurn = 8;

    explicit Transport(Loop &loop);
    ~Transport();
    Transport(const Transport &) = delete;
    Transport &operator=(const Transport &) = delete;

    Loop &loop() { return loop_; }
    std::uint64_t open() const { return open_; }

    // After any code that may have written to connections: sends what is staged, settles every dirty connection.
    void settle();

private:
    friend class Connection;

    void turn_end();
    void send_stage(bool more = false);
    void arm_wheel();

    Loop &loop_;
    Stage stage_;
    Connection *stage_owner_ = nullptr;
    std::unique_ptr<char[]> input_; // what a session left, then what was read: 2 × kReadSize
    Wheel wheel_;
    std::unique_ptr<Wheel> terms_wheel_; // of the Terms of connections; null until there is one
    TimerHeap::Place wheel_timer_ = nullptr;
    std::uint64_t wheel_armed_ = 0;
    std::vector<Connection *> dirty_, again_;
    std::vector<Connection *> settling_, retrying_;
    std::uint64_t open_ = 0;
    std::uint64_t sent_in_turn_ = 0, read_in_turn_ = 0; // bytes; sent: out of queues
    std::size_t discards_in_turn_ = 0;
};

} // namespace hawser::host
