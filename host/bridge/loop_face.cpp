// Tests: tests/unit/bridge/loop_face_test.cpp
#include "bridge/loop_face.hpp"

#include "bridge/checked.hpp"
#include "bridge/conn_shell.hpp"
#include "bridge/crumbs.hpp"
#include "bridge/host_face.hpp"
#include "bridge/outgoing.hpp"
#include "net/address.hpp"
#include "plugin/entry_names.hpp"

#include <atomic>
#include <cstdlib>
#include <memory>
#include <new>
#include <utility>

namespace hawser::host {
namespace {

// hawser_op.host while the op is pending: [0] what it waits for, [1] its place in the heap or its job, [2] the tag of
// who started it.
constexpr std::uintptr_t kIdle = 0, kTimer = 1, kJob = 2, kRun = 3;

std::uintptr_t word(const hawser_op *op, int i) { return reinterpret_cast<std::uintptr_t>(op->host[i]); }
void set_word(hawser_op *op, int i, std::uintptr_t value) { op->host[i] = reinterpret_cast<void *>(value); }

std::uint32_t tag_in_hand(const hawser_loop *loop) { return loop->crumb >> 8; }

void complete(hawser_loop *loop, hawser_op *op, std::int64_t result)
{
    const auto tag = static_cast<std::uint32_t>(word(op, 2));
    set_word(op, 0, kIdle);
    if (Checked *checked = LoopFace::of(loop).checked()) checked->ended(tag);
    const crumb::Left left(*loop, tag, crumb::kComplete);
    try {
        op->complete(op, result);
    } catch (...) {
        LoopFace::of(loop).host().threw(tag, crumb::kComplete);
    }
}

class Job final : public OffloadJob {
public:
    Job(hawser_loop *face, std::int64_t (*run)(void *), void (*after)(void *), void *with, hawser_op *waiting)
        : face_(face)
        , work_(run)
        , release_(after)
        , ctx_(with)
        , op_(waiting)
        , tag_(tag_in_hand(face))
    {
        loop = &LoopFace::of(face).loop();
    }
    void work() override
    {
        try {
            result_ = work_(ctx_);
        } catch (...) {
            result_ = HAWSER_FAILED;
            LoopFace::of(face_).host().threw(tag_, kWorkEntry);
        }
    }
    void done() override
    {
        if (op_ != nullptr) complete(face_, op_, result_);
        if (release_ != nullptr) release();
        delete this;
    }
    void detach() { op_ = nullptr; }

private:
    void release()
    {
        const crumb::Left left(*face_, tag_, crumb::kRelease);
        try {
            release_(ctx_);
        } catch (...) {
            LoopFace::of(face_).host().threw(tag_, crumb::kRelease);
        }
    }

    hawser_loop *face_;
    std::int64_t (*work_)(void *);
    void (*release_)(void *);
    void *ctx_;
    hawser_op *op_;
    std::uint32_t tag_;
    std::int64_t result_ = 0;
};

} // namespace

const hawser_loop_api LoopFace::kApi = {
    sizeof(hawser_loop_api), 0, timer, cancel, offload, connect, track, untrack,
};

hawser_loop *LoopFace::place(void *memory, unsigned index)
{
    static_assert(sizeof(Face) <= kMemory && offsetof(hawser_loop, crumb) == 24);
    auto *face = new (memory) Face{};
    face->abi.api = &kApi;
    face->abi.index = index;
    return &face->abi;
}

LoopFace &LoopFace::of(hawser_loop *loop) { return *reinterpret_cast<Face *>(loop)->owner; }

LoopFace::LoopFace(HostFace &host, Loop &loop, hawser_loop *abi)
    : Transport(loop)
    , host_(host)
    , abi_(abi)
    , refs_(loop.index())
{
    reinterpret_cast<Face *>(abi)->owner = this;
    if (host.checks()) checked_ = std::make_unique<Checked>(*this);
    host.add_loop(this);
}

LoopFace::~LoopFace()
{
    for (const Ended &each : rested_) {
        if (each.what != nullptr) each.give_back(*this, each.what);
    }
}

void LoopFace::rest(Ended ended)
{
    const Ended oldest = std::exchange(rested_[oldest_], ended);
    oldest_ = (oldest_ + 1) % kRested;
    if (oldest.what != nullptr) oldest.give_back(*this, oldest.what);
}

bool LoopFace::ended(const char *call, std::uint32_t tag, const char *what)
{
    host_.broke(tag, abi_->crumb & 0xff, call, std::string("expected ") + what + ", got one that has ended");
    return false;
}

void LoopFace::rest(Conn &conn)
{
    static_assert(sizeof(ConnShell) <= sizeof(Conn) - sizeof(Connection) && alignof(ConnShell) <= alignof(Conn));
    hawser_conn *face = &conn; // where plugins have it
    const std::uint32_t tag = conn.tag();
    void *memory = conns_.end(&conn);
    ::new (face) ConnShell(*this, tag);
    rest({memory, [](LoopFace &self, void *which) { self.conns_.give_back(which); }});
}

bool LoopFace::elsewhere(const char *call, std::uint32_t tag)
{
    host_.broke(tag, 0, call, "expected a call on the loop that owns it, got one on another thread; use post");
    return false;
}

void LoopFace::broke(std::string_view call, std::string_view what)
{
    host_.broke(tag_in_hand(abi_), abi_->crumb & 0xff, call, what);
}

hawser_conn *LoopFace::shown(Conn &conn) { return checked_ ? checked_->shown(conn) : &conn; }

void LoopFace::report_left(std::uint32_t tag)
{
    if (checked_) checked_->report_left(tag, refs_);
}

// Whether it may be started.
bool LoopFace::is_free(hawser_op *op, const char *call)
{
    if (op->complete == nullptr)
        broke(call, "expected an operation with a complete, got one without");
    else if (word(op, 0) != kIdle)
        broke(call, "expected an operation that is free, and zeroed once, got one that is pending");
    else
        return true;
    return false;
}

void LoopFace::drain_late(Conn &conn)
{
    if (drain_deadline_ != 0) drain_or_move(conn);
}

// One whose PROXY header is still to come is asked again then.
void LoopFace::drain_or_move(Conn &conn)
{
    if (carrier_ != nullptr && conn.can_move())
        conn.offer_move();
    else
        conn.drain(drain_deadline_, drain_why_);
}

void LoopFace::cannot_move(Conn &conn)
{
    conn.stay();
    conn.drain(drain_deadline_, drain_why_);
}

void LoopFace::drain_sessions(std::uint64_t deadline, std::uint32_t why, Carrier *carrier)
{
    drain_deadline_ = deadline;
    drain_why_ = why;
    carrier_ = carrier;
    conns_.for_each([&](Conn &conn) {
        if (!conn.accepted()) return;
        conn.stay();
        drain_or_move(conn);
    });
}

void LoopFace::end_moves()
{
    carrier_ = nullptr;
    conns_.for_each([&](Conn &conn) {
        if (conn.is_offered()) cannot_move(conn);
    });
}

Conn *LoopFace::reopen(Parked &parked, const hawser_protocol &protocol, void *instance)
{
    std::unique_ptr<Terms> terms;
    if (parked.share->has_terms() || parked.transit.ends) {
        terms = std::make_unique<Terms>(*parked.share);
        SocketAddress peer;
        if (parked.transit.ends)
            peer = parked.transit.ends->peer;
        else
            peer_address(parked.transit.socket.get(), peer);
        static_cast<void>(terms->count(peer)); // it was let in before
        terms->ends = std::move(parked.transit.ends);
    }
    parked.share->enter_moved();
    loop().counters().accepted.add(1);
    Conn *conn = conns_.create(*this, std::move(parked.transit.socket), parked.share, parked.tag, std::move(terms));
    if (conn == nullptr) {
        // Without room it took nothing. NOLINTNEXTLINE(bugprone-use-after-move)
        if (terms) parked.transit.ends = std::move(terms->ends);
        parked.share->leave();
        loop().counters().closed.add(1);
        return nullptr;
    }
    if (conn->unpark(protocol, instance, parked.state, parked.transit)) return conn;
    Transit back = conn->move_out(); // all else is still there
    parked.transit.socket = std::move(back.socket);
    parked.transit.ends = std::move(back.ends);
    return nullptr;
}

std::uint64_t LoopFace::abort_connections(bool outgoing_too)
{
    if (outgoing_too) ending_ = true;
    std::uint64_t count = 0;
    conns_.for_each([&](Conn &conn) {
        if (!conn.accepted() && !outgoing_too) return;
        conn.close(CloseHow::Abort);
        ++count;
    });
    if (outgoing_too) {
        const std::vector<Guest *> guests = guests_; // they leave when they have ended
        for (Guest *guest : guests) guest->abort();
    }
    return count;
}

std::int32_t LoopFace::timer(hawser_loop *loop, std::uint64_t at, hawser_op *op) noexcept
{
    if (!of(loop).here("hawser_loop.timer") || !of(loop).is_free(op, "hawser_loop.timer")) return HAWSER_INVALID;
    set_word(op, 0, kTimer);
    set_word(op, 2, tag_in_hand(loop));
    if (of(loop).checked_) of(loop).checked_->started(tag_in_hand(loop));
    // The completion needs the loop, and the op has a word left for it.
    op->host[3] = loop;
    const auto fire = [](void *who) {
        auto *due = static_cast<hawser_op *>(who);
        complete(static_cast<hawser_loop *>(due->host[3]), due, HAWSER_OK);
    };
    of(loop).loop().timers().start(at, fire, op, &op->host[1]);
    return HAWSER_PENDING;
}

void LoopFace::set_running()
{
    running_ = true;
    for (hawser_op *op : std::exchange(await_running_, {})) {
        set_word(op, 0, kIdle);
        hawser_enter(abi_, HAWSER_CRUMB(word(op, 2), crumb::kComplete));
        timer(abi_, 0, op);
    }
    hawser_enter(abi_, 0);
}

void LoopFace::await_running(hawser_op *op)
{
    if (running_) {
        timer(abi_, 0, op);
        return;
    }
    if (!is_free(op, "hawser_life.running")) return;
    set_word(op, 0, kRun);
    set_word(op, 2, tag_in_hand(abi_));
    await_running_.push_back(op);
}

std::int32_t LoopFace::cancel(hawser_loop *loop, hawser_op *op) noexcept
{
    if (!of(loop).here("hawser_loop.cancel")) return 0;
    const std::uintptr_t kind = word(op, 0);
    set_word(op, 0, kIdle);
    if ((kind == kTimer || kind == kJob) && of(loop).checked_)
        of(loop).checked_->ended(static_cast<std::uint32_t>(word(op, 2)));
    if (kind == kRun) return std::erase(of(loop).await_running_, op) > 0 ? 1 : 0;
    if (kind == kTimer) return of(loop).loop().timers().cancel(&op->host[1]) ? 1 : 0;
    if (kind != kJob) return 0;
    static_cast<Job *>(op->host[1])->detach();
    return 1;
}

std::int32_t LoopFace::offload(hawser_loop *loop, std::int64_t (*work)(void *), void (*release)(void *), void *ctx,
                               hawser_op *op) noexcept
{
    if (!of(loop).here("hawser_loop.offload") || !of(loop).is_free(op, "hawser_loop.offload")) return HAWSER_INVALID;
    auto *job = new (std::nothrow) Job(loop, work, release, ctx, op);
    if (job == nullptr) return HAWSER_LIMIT;
    switch (of(loop).host().pool().submit(job)) {
    case OffloadPool::Taken::Ok:
        break;
    case OffloadPool::Taken::Full:
        delete job;
        return HAWSER_LIMIT;
    case OffloadPool::Taken::Ended:
        delete job;
        return HAWSER_CLOSED;
    }
    set_word(op, 0, kJob);
    op->host[1] = job;
    set_word(op, 2, tag_in_hand(loop));
    if (of(loop).checked_) of(loop).checked_->started(tag_in_hand(loop));
    return HAWSER_PENDING;
}

std::int32_t LoopFace::connect(hawser_loop *loop, const hawser_node *node, hawser_str address,
                               const hawser_connect *options, const hawser_session *session, void *self,
                               hawser_conn **conn) noexcept
{
    if (!of(loop).here("hawser_loop.connect", node->tag)) return HAWSER_INVALID;
    if (of(loop).ending_) return HAWSER_CLOSED; // who connects again when a connection ends would never end
    const std::uint64_t timeout = options != nullptr && HAWSER_HAS(options, timeout) ? options->timeout : 0;
    Conn *made = nullptr;
    const std::int32_t status = open_outgoing(of(loop), node->tag, view(address), timeout, made);
    if (status != HAWSER_OK) return status;
    made->begin(session, self);
    *conn = of(loop).shown(*made);
    return HAWSER_OK;
}

hawser_ref LoopFace::track(hawser_loop *loop, void *object) noexcept
{
    if (!of(loop).here("hawser_loop.track")) return 0;
    return of(loop).refs().track(object, tag_in_hand(loop));
}

void LoopFace::untrack(hawser_loop *loop, hawser_ref ref) noexcept
{
    if (!of(loop).here("hawser_loop.untrack")) return;
    if (of(loop).refs().find(ref) == nullptr)
        of(loop).broke("hawser_loop.untrack", "expected a number that track gave and that is tracked, got another");
    else
        of(loop).refs().untrack(ref);
}

} // namespace hawser::host
