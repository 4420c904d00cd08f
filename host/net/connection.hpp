// A byte stream on a socket: the data path. The layer above derives from it and hears what happens;
// it is called back only from the top of the loop, never from inside a call of its own. For the loop's thread.
//
// Invariants
//  1. closed() is the last event, exactly once; destroy() follows. Nothing is freed while a call into it runs.
//  2. Bytes leave in the order of write() and send_file(): through the stage only while the queue is empty.
//  3. A socket that cannot be read any more (paused, ended) is not in the set for input: no spin.
#pragma once

#include "base/fd.hpp"
#include "net/output_queue.hpp"
#include "net/piece.hpp"
#include "net/terms.hpp"
#include "net/transport.hpp"
#include "net/wheel.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace hawser::host {

// A connection that goes to another process: all of it that is not its session's.
struct Transit {
    Fd socket;
    std::string input;       // what the session left unconsumed
    std::uint64_t timer = 0; // monotonic ns, of this machine; 0: none
    bool paused = false;
    std::unique_ptr<Terms::Ends> ends; // as a PROXY header said
};

class Connection : public Watch, private WheelEntry {
public:
    static constexpr std::uint64_t kHighMark = 256 * 1024;  // above: Outcome::Full
    static constexpr std::uint64_t kLowMark = 64 * 1024;    // below: drained()
    static constexpr std::uint64_t kMostCopied = 16u << 20; // … that wait, unless a listener says else; above: Limit
    static constexpr std::size_t kMostUnconsumed = 65536;   // as HAWSER_INPUT_MAX
    // Bytes that one connection's queue sends in a turn; and all of them, after which each sends the least, so that
    // many downloads do not hold up who asks for little.
    static constexpr std::uint64_t kFlushBudget = 1u << 20, kTurnBudget = 8u << 20, kLeastBudget = 32u << 10;
    static constexpr std::uint64_t kLingerTime = 2'000'000'000;
    static constexpr std::uint64_t kCloseTime = 30'000'000'000; // without progress, after close()

    int socket() const { return socket_.get(); }
    Transport &transport() { return transport_; }

    Outcome write(const Piece *pieces, std::size_t count);
    Outcome send_file(int fd, std::uint64_t offset, std::uint64_t length, void (*release)(void *), void *ctx);
    void pause(bool paused);
    void set_timer(std::uint64_t at);
    void close(CloseHow how);
    // The session was exchanged: opened() comes next, then what is unconsumed.
    void reopen();
    std::uint64_t queued() const; // bytes that the kernel has not taken
    // It may move: may_move() comes now and after each event, whenever nothing is on its way in here, until stay().
    void offer_move();
    void stay() { clear(kMoves); }
    bool is_offered() const { return has(kMoves); }
    bool ended() const { return has(kFinished | kClosing | kLingers | kAborts); }

protected:
    // Takes a connected socket (non-blocking) into the loop's set. `terms`: null, or what it is held to.
    Connection(Transport &transport, Fd socket, std::unique_ptr<Terms> terms = nullptr);
    virtual ~Connection();

    // A failed start closes the connection from the top of the loop; false then.
    bool start();
    // No socket yet: writes queue. start_connecting() or fail…() comes later.
    void wait_for_socket() { set(kWaits); }
    // The socket is still connecting, or connected just now: opened() or closed() follows.
    bool start_connecting(Fd socket);
    void fail(Outcome reason, std::string_view detail = {});
    void fail_to_connect(int error); // with the reason that belongs to errno
    Terms *terms() const { return terms_.get(); }
    // In received(): what it leaves is given again as soon as it wants to hear.
    void receive_rest();
    // Takes everything out; closed(Moved) follows, and the socket is not touched any more. REQUIRES: in may_move(), or
    // before start().
    Transit move_out();
    // The other end of it, for one that was made with the socket and not started; `ends` went into its terms.
    void move_in(const Transit &transit);
    bool start_moved(); // as start(); then what came along is heard

    virtual void opened() = 0; // after start_connecting() and reopen() only
    virtual std::size_t received(const char *data, std::size_t n) = 0;
    virtual void drained() = 0;
    virtual void may_move() {}
    virtual void peer_ended() = 0;
    virtual void timed_out() = 0;
    virtual void closed(Outcome reason, std::string_view detail) = 0;
    virtual void destroy() = 0; // frees the object
    // Around releases of what was written, which are the session's code: for whoever keeps account of that.
    virtual std::uint32_t enter_releases() { return 0; } // what leave_releases() gets
    virtual void leave_releases(std::uint32_t) {}

private:
    friend class Transport;
    enum Flag : std::uint32_t {
        kReads = 1u << 0,     // in the set for input
        kWrites = 1u << 1,    // in the set for output
        kPaused = 1u << 2,    // by the session
        kEnded = 1u << 3,     // the peer sends no more
        kShuts = 1u << 4,     // CloseHow::Shutdown was asked for
        kShut = 1u << 5,      // … and done
        kClosing = 1u << 6,   // CloseHow::Close
        kLingers = 1u << 7,   // CloseHow::Linger
        kAborts = 1u << 8,    // CloseHow::Abort
        kFinished = 1u << 9,  // closed() is due
        kDirty = 1u << 10,    // in dirty_
        kAgain = 1u << 11,    // in again_
        kFull = 1u << 12,     // drained() is owed
        kResumes = 1u << 13,  // unconsumed input is to be given again
        kReopens = 1u << 14,  // opened() is due
        kConnects = 1u << 15, // the connection is being made
        kWaits = 1u << 16,    // there is no socket yet
        kOut = 1u << 17,      // not in the set at all
        kTimed = 1u << 18,    // the deadline is over, the session is to hear it
        kTermed = 1u << 19,   // terms_ has something to say about bytes
        kPaced = 1u << 20,    // bytes a second are bounded
        kHeldIn = 1u << 21,   // reads nothing for a while
        kHeldOut = 1u << 22,  // sends nothing for a while
        kMoves = 1u << 23,    // may_move() is to be asked
    };
    bool has(std::uint32_t flags) const { return (flags_ & flags) != 0; }
    void set(std::uint32_t flags) { flags_ |= flags; }
    void clear(std::uint32_t flags) { flags_ &= ~flags; }

    void on_ready(std::uint32_t events) override;
    void finish_connecting();
    void read();
    void discard_input();
    void take_unwanted(std::uint32_t events);
    void deliver(const char *data, std::size_t n);
    bool keep(const char *data, std::size_t n);
    void give_again();
    void end_input();
    void flush_queue();
    void after_flush(OutputQueue::Sent sent, std::uint64_t went);
    Outcome enqueue(const Piece *pieces, std::size_t count);
    bool stage(const Piece &piece);
    Outcome level();
    OutputQueue &queue();
    bool queue_empty() const { return !queue_ || queue_->empty(); }
    void want(bool input, bool output);
    void mark_dirty();
    void mark_again();
    void settle();
    void retry();
    void sent_all();
    void finish(Outcome reason, std::string_view detail);
    void conclude();
    void deadline_over();
    static void fired(WheelEntry &entry);
    static void terms_fired(WheelEntry &entry);
    void begin_terms();
    void end_terms();
    void arm_terms();
    bool is_quiet() const;
    void terms_due();
    std::size_t room_to_read();
    std::uint64_t room_to_send();
    void moved_in(std::uint64_t bytes);
    void moved_out(std::uint64_t bytes);
    bool fits_pace(const Piece *pieces, std::size_t count);
    std::uint64_t most_copied() const { return terms_ ? terms_->share.rules().output : kMostCopied; }

    // The order keeps what an idle or a busy connection touches in its first 64 bytes.
    Transport &transport_;
    Fd socket_;
    std::uint32_t flags_ = 0;
    std::unique_ptr<OutputQueue> queue_;
    struct Input {
        std::size_t n = 0, room = 0;
        char data[1]; // room bytes
    };
    Input *input_ = nullptr; // what the session left unconsumed
    std::string *detail_ = nullptr;
    std::unique_ptr<Terms> terms_;
    std::int32_t reason_ = 0;
};

} // namespace hawser::host
