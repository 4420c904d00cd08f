// One loop as plugins see it: hawser_loop and its table, with the connections of the loop. The hawser_loop itself lies
// in memory of the caller's (the status page), so that its crumb survives the process. For the loop's thread.
#pragma once

#include "base/slab.hpp"
#include "bridge/conn.hpp"
#include "hawser/abi.h"
#include "loop/loop.hpp"
#include "loop/refs.hpp"
#include "net/transport.hpp"

#include <array>
#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace hawser::host {

class Checked;
class HostFace;

// A session that was parked, and its connection.
struct Parked {
    Transit transit;
    ListenerShare *share = nullptr;
    std::uint32_t tag = 0; // of the node of its protocol
    std::string state;
};

// Takes connections to another process. For one loop's thread.
class Carrier {
public:
    virtual void carry(Parked parked) = 0;

protected:
    ~Carrier() = default;
};

// What a plugin has open on a loop beside connections: sockets for datagrams, processes, descriptors. For one loop's
// thread.
class Guest {
public:
    // Ends it now; the plugin hears that from the top of the loop, before the next turn's work.
    virtual void abort() = 0;

protected:
    ~Guest() = default;
};

class LoopFace : public Transport {
public:
    static constexpr std::size_t kMemory = 64; // what `memory` must hold, aligned to 64

    // `abi` was made by place() in memory that outlives this.
    LoopFace(HostFace &host, Loop &loop, hawser_loop *abi);
    ~LoopFace();

    // A hawser_loop in `memory`, which the Loop's clock may refer to.
    static hawser_loop *place(void *memory, unsigned index);
    static LoopFace &of(hawser_loop *loop);

    // Whether a [loop] function was called where it may be; if not, the log says who did so. `tag`: of the node that it
    // is about, if that is known.
    bool here(const char *call, std::uint32_t tag = 0) { return loop().is_mine() || elsewhere(call, tag); }
    // A plugin that is called just now broke the contract.
    void broke(std::string_view call, std::string_view what);
    Checked *checked() { return checked_.get(); } // null: abi_check is off
    hawser_conn *shown(Conn &conn);               // what its plugin sees of it
    void report_left(std::uint32_t tag);          // of an instance that was destroyed: what it left pending

    hawser_loop *abi() { return abi_; }
    HostFace &host() { return host_; }
    Refs &refs() { return refs_; }
    Slab<Conn> &conns() { return conns_; }

    // Connections of listeners that are open here.
    std::uint64_t serving() const { return serving_; }
    // Tells every session to finish; `deadline` is monotonic. Those of a generation that is replaced which can be
    // parked go with `carrier` instead, as soon as they are idle.
    void drain_sessions(std::uint64_t deadline, std::uint32_t why, Carrier *carrier = nullptr);
    // This one finishes here; it is told so.
    void cannot_move(Conn &conn);
    // Nobody takes them any more: those that were not parked yet are told to finish.
    void end_moves();
    // Makes the session of a connection that was parked; it reads nothing until start_moved(). Null: refused, and
    // `parked` is whole again. `instance`: of `protocol`, on this loop.
    Conn *reopen(Parked &parked, const hawser_protocol &protocol, void *instance);
    // Ends the connections of listeners (or all, and then none is opened any more) at once. Returns how many.
    std::uint64_t abort_connections(bool outgoing_too);
    void enter(Guest &guest) { guests_.push_back(&guest); }
    void leave(Guest &guest) { std::erase(guests_, &guest); }
    // What plugins have seen and has ended: its memory is another's once as many have ended after it, and until then
    // it says so to whoever uses it.
    struct Ended {
        void *what = nullptr;
        void (*give_back)(LoopFace &, void *what) = nullptr;
    };
    void rest(Ended ended);
    // False: what is used has ended; the log says who did so. `what`: "a port that is open"; `tag`: of its node.
    bool ended(const char *call, std::uint32_t tag, const char *what);
    bool is_ending() const { return ending_; } // nothing is opened any more
    // The generation serves: whoever waits for that hears it in the next turn, and from now on at once.
    void set_running();
    void await_running(hawser_op *op);
    // Gives a connected socket to a listener of this process, by its name. False: there is none.
    bool open_door(std::string_view listener, Fd socket) { return door_ && door_(listener, std::move(socket)); }
    void on_door(std::function<bool(std::string_view listener, Fd socket)> open) { door_ = std::move(open); }
    // A session that was made after drain_sessions() hears of it too.
    void drain_late(Conn &conn);
    // Called from the top of the loop whenever a connection has gone.
    void on_connection_gone(std::function<void()> hear) { gone_ = std::move(hear); }

private:
    friend class Conn;
    static constexpr std::size_t kRested = 64;
    void rest(Conn &conn); // in its place there is a shell
    void drain_or_move(Conn &conn);
    void moved(Parked parked) { carrier_->carry(std::move(parked)); }
    struct Face {
        hawser_loop abi;
        LoopFace *owner;
    };
    bool elsewhere(const char *call, std::uint32_t tag); // false
    bool is_free(hawser_op *op, const char *call);
    static std::int32_t timer(hawser_loop *, std::uint64_t at, hawser_op *) noexcept;
    static std::int32_t cancel(hawser_loop *, hawser_op *) noexcept;
    static std::int32_t offload(hawser_loop *, std::int64_t (*work)(void *), void (*release)(void *), void *ctx,
                                hawser_op *) noexcept;
    static std::int32_t connect(hawser_loop *, const hawser_node *, hawser_str address, const hawser_connect *,
                                const hawser_session *, void *self, hawser_conn **) noexcept;
    static hawser_ref track(hawser_loop *, void *object) noexcept;
    static void untrack(hawser_loop *, hawser_ref) noexcept;
    static const hawser_loop_api kApi;

    HostFace &host_;
    hawser_loop *abi_;
    Refs refs_;
    Slab<Conn> conns_;
    std::array<Ended, kRested> rested_{}; // a ring
    std::size_t oldest_ = 0;
    std::uint64_t serving_ = 0;
    bool ending_ = false;
    std::unique_ptr<Checked> checked_;
    std::uint64_t drain_deadline_ = 0; // 0: not told to drain
    std::uint32_t drain_why_ = 0;
    Carrier *carrier_ = nullptr;
    std::function<void()> gone_;
    std::function<bool(std::string_view, Fd)> door_;
    std::vector<Guest *> guests_;
    bool running_ = false;
    std::vector<hawser_op *> await_running_;
};

} // namespace hawser::host
