// hawser/testing/connection.hpp: connections in memory: one end is a session, as the host would call it, the other is
// the test's. Part of hawser/testing.hpp.
#pragma once

#include "hawser/abi.h"
#include "hawser/testing/loop.hpp"
#include "hawser/testing/problems.hpp"

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace hawser::testing {

// What the host holds of a connection. Every call of the session comes from the top of the loop; a view that it was
// given is overwritten as soon as it returns.
class Wire : public hawser_conn, public std::enable_shared_from_this<Wire> {
public:
    Wire(Loop &loop, Problems &problems)
        : hawser_conn{&kApi}
        , loop_(loop)
        , problems_(problems)
    {
        timer_.op.complete = timer_came;
        timer_.wire = this;
        std::memcpy(peer_.text, "192.0.2.1:50000", 16);
        peer_.family = 4;
        peer_.port = 50000;
    }
    Wire(const Wire &) = delete;
    Wire &operator=(const Wire &) = delete;
    ~Wire() { arm(0); }

    void use(const hawser_session *session, void *self)
    {
        session_ = session;
        self_ = self;
    }
    // It is up; for a connection of connect() the session hears of it.
    void open(bool tell)
    {
        is_open_ = true;
        later([tell](Wire &wire) {
            if (tell && wire.session_->on_open != nullptr) wire.session_->on_open(wire.self_, &wire);
            wire.settle();
        });
    }
    void receive(std::string_view bytes)
    {
        unread_ += bytes;
        deliver_later();
    }
    void end_input()
    {
        input_ended_ = true;
        deliver_later();
    }
    // The session's last call, in the loop's next turn.
    void lose(std::int32_t reason)
    {
        if (over_) return;
        over_ = true;
        arm(0);
        for (const hawser_piece &piece : std::exchange(queue_, {})) release(piece);
        later([reason](Wire &wire) { wire.tell_close(reason); });
    }
    // Not before that time, with TIMED_OUT.
    void lose_at(std::uint64_t at)
    {
        timing_out_ = true;
        arm(at);
    }
    void reads(bool on)
    {
        peer_reads_ = on;
        if (on) later([](Wire &wire) { wire.settle(); });
    }
    void drain(std::uint32_t why, std::uint64_t deadline)
    {
        later([why, deadline](Wire &wire) {
            if (wire.over_ || wire.session_->on_drain == nullptr) return;
            wire.session_->on_drain(wire.self_, deadline, why);
            wire.settle();
        });
    }
    // What it remembers; nothing: BUSY, or it cannot be parked. The session is closed with MOVED then.
    std::optional<std::string> park()
    {
        if (over_ || session_->park == nullptr || !queue_.empty()) return std::nullopt;
        std::string state(HAWSER_STATE_MAX, '\0');
        const std::int64_t n = session_->park(self_, state.data(), state.size());
        if (n < 0) return std::nullopt;
        state.resize(static_cast<std::size_t>(n));
        lose(HAWSER_MOVED);
        return state;
    }

    std::string take_output() { return std::exchange(output_, {}); }
    const std::string &left() const { return kept_; }   // bytes that the session has not consumed
    bool closed() const { return closed_; }             // on_close was called
    std::int32_t reason() const { return reason_; }     // why
    bool output_ended() const { return output_ended_; } // it sends no more
    bool paused() const { return paused_; }
    bool opened() const { return is_open_; }
    std::size_t high_mark = 64 * 1024;        // FULL from here
    std::size_t hard_bound = 4 * 1024 * 1024; // LIMIT from here
    std::size_t largest_read = 16 * 1024;     // at most so much at a time; the size of each read is by the seed
    hawser_address &peer() { return peer_; }

private:
    struct TimerOp {
        hawser_op op{};
        Wire *wire = nullptr;
    };
    template<typename F>
    void later(F f)
    {
        loop_.call([self = shared_from_this(), f] { f(*self); });
    }
    void deliver_later()
    {
        if (delivering_) return;
        delivering_ = true;
        later([](Wire &wire) { wire.deliver(); });
    }
    // A part of what came, as a read gives it; then what was left unconsumed comes with more only.
    void deliver()
    {
        delivering_ = false;
        if (over_ || paused_ || closing_ || !is_open_) return;
        const bool again = std::exchange(resumed_, false);
        if (!unread_.empty()) {
            const std::size_t most = std::min(unread_.size(), largest_read);
            const std::size_t n = 1 + loop_.random()() % most;
            kept_ += unread_.substr(0, n);
            unread_.erase(0, n);
        } else if (kept_.empty() || !again) {
            if (input_ended_) tell_end();
            return settle();
        }
        hand_over();
        settle();
        if (!unread_.empty() || input_ended_) deliver_later();
    }
    void hand_over()
    {
        std::string view = kept_;
        std::size_t used = view.size();
        if (session_->on_data != nullptr) used = session_->on_data(self_, {view.data(), view.size()});
        std::fill(view.begin(), view.end(), '\xDD');
        if (used > view.size()) {
            problems_.report("on_data: expected at most " + std::to_string(view.size()) + " bytes consumed, got " +
                             std::to_string(used));
            used = view.size();
        }
        kept_.erase(0, used);
        if (kept_.size() >= HAWSER_INPUT_MAX && !paused_ && !over_ && !closing_) lose(HAWSER_LIMIT);
    }
    void tell_end()
    {
        if (end_told_) return;
        end_told_ = true;
        kept_.clear();
        if (session_->on_eof != nullptr)
            session_->on_eof(self_);
        else
            end(HAWSER_CLOSE);
    }
    void arm(std::uint64_t at)
    {
        loop_.api->cancel(&loop_, &timer_.op);
        if (at != 0 && !over_) loop_.api->timer(&loop_, at, &timer_.op);
    }
    void end(std::uint32_t how)
    {
        if (over_) return;
        if (how == HAWSER_ABORT) return lose(HAWSER_CANCELLED);
        (how == HAWSER_SHUTDOWN ? shut_ : closing_) = true;
        later([](Wire &wire) { wire.settle(); });
    }
    // After a callback: what was written goes out, and what follows from that.
    void settle()
    {
        if (over_ || !is_open_) return;
        if (peer_reads_) {
            for (const hawser_piece &piece : std::exchange(queue_, {})) {
                output_.append(piece.p, piece.n);
                release(piece);
            }
            queued_ = 0;
        }
        if (!queue_.empty()) return;
        if (shut_) output_ended_ = true;
        if (closing_) return lose(HAWSER_OK);
        if (!full_) return;
        full_ = false;
        if (session_->on_drained != nullptr)
            later([](Wire &wire) {
                if (wire.over_ || wire.closing_) return;
                wire.session_->on_drained(wire.self_);
                wire.settle();
            });
    }
    void tell_close(std::int32_t reason)
    {
        closed_ = output_ended_ = true;
        reason_ = reason;
        if (session_->on_close != nullptr) session_->on_close(self_, reason, {nullptr, 0});
        gone_ = true;
    }
    static void release(const hawser_piece &piece)
    {
        if (piece.release != nullptr) piece.release(piece.ctx);
    }
    static void HAWSER_CALL drop_copy(void *copy) noexcept { delete static_cast<std::string *>(copy); }

    static Wire &of(hawser_conn *conn) { return *static_cast<Wire *>(conn); }
    // False, and a problem: the session may not call this, not here or not any more.
    static bool may(hawser_conn *conn, const char *call)
    {
        Wire &self = of(conn);
        if (!self.loop_.expect_thread(call)) return false;
        if (self.gone_)
            self.problems_.report(std::string(call) + ": expected a connection that goes on, got one that has ended");
        return !self.gone_;
    }
    static std::int32_t HAWSER_CALL write(hawser_conn *conn, const hawser_piece *pieces, std::size_t count) noexcept
    {
        Wire &self = of(conn);
        const bool allowed = may(conn, "write");
        for (std::size_t i = 0; i < count; ++i) {
            hawser_piece piece = pieces[i];
            if (!allowed || self.over_ || self.closing_ || self.shut_) {
                release(piece);
                continue;
            }
            if (piece.release == nullptr) {
                auto *copy = new std::string(piece.p, piece.n);
                piece = {copy->data(), copy->size(), drop_copy, copy};
            }
            self.queued_ += piece.n;
            self.queue_.push_back(piece);
        }
        if (!allowed) return HAWSER_INVALID;
        if (self.over_ || self.closing_ || self.shut_) return HAWSER_CLOSED;
        if (self.queued_ > self.hard_bound) {
            self.lose(HAWSER_LIMIT);
            return HAWSER_LIMIT;
        }
        self.later([](Wire &wire) { wire.settle(); });
        self.full_ = self.full_ || self.queued_ > self.high_mark;
        return self.full_ ? HAWSER_FULL : HAWSER_OK;
    }
    static std::int32_t HAWSER_CALL send_file(hawser_conn *conn, std::intptr_t, std::uint64_t, std::uint64_t,
                                              void(HAWSER_CALL *release)(void *), void *ctx) noexcept
    {
        of(conn).problems_.report("send_file: connections in memory send no files");
        if (release != nullptr) release(ctx);
        return HAWSER_UNSUPPORTED;
    }
    static void HAWSER_CALL pause(hawser_conn *conn, std::int32_t paused) noexcept
    {
        Wire &self = of(conn);
        if (!may(conn, "pause")) return;
        if (self.paused_ && paused == 0) self.resumed_ = true;
        self.paused_ = paused != 0;
        if (!self.paused_ && (self.resumed_ || !self.unread_.empty() || self.input_ended_)) self.deliver_later();
    }
    static void HAWSER_CALL set_timer(hawser_conn *conn, std::uint64_t at) noexcept
    {
        if (may(conn, "set_timer")) of(conn).arm(at);
    }
    static void HAWSER_CALL timer_came(hawser_op *op, std::int64_t) noexcept
    {
        Wire &self = *reinterpret_cast<TimerOp *>(op)->wire;
        const auto held = self.shared_from_this();
        if (self.timing_out_) return self.lose(HAWSER_TIMED_OUT);
        if (self.session_->on_timer != nullptr)
            self.session_->on_timer(self.self_);
        else
            self.end(HAWSER_CLOSE);
        self.settle();
    }
    static void HAWSER_CALL close(hawser_conn *conn, std::uint32_t how) noexcept
    {
        if (may(conn, "close")) of(conn).end(how);
    }
    static void HAWSER_CALL attach(hawser_conn *conn, const hawser_session *session, void *object) noexcept
    {
        Wire &self = of(conn);
        if (!may(conn, "attach")) return;
        self.use(session, object);
        self.resumed_ = true;
        self.open(true);
        self.deliver_later();
    }
    static std::int32_t HAWSER_CALL address(hawser_conn *conn, std::uint32_t which, hawser_address *to) noexcept
    {
        if (!may(conn, "address")) return HAWSER_INVALID;
        if (which != HAWSER_PEER) return HAWSER_NOT_FOUND;
        const std::uint32_t size = to->struct_size;
        *to = of(conn).peer_;
        to->struct_size = size;
        return HAWSER_OK;
    }
    static std::int32_t HAWSER_CALL tls(hawser_conn *, hawser_tls *) noexcept { return HAWSER_NOT_FOUND; }
    static std::uint64_t HAWSER_CALL queued(hawser_conn *conn) noexcept
    {
        return may(conn, "queued") ? of(conn).queued_ : 0;
    }
    static constexpr hawser_conn_api kApi{
        sizeof(hawser_conn_api), 0, write, send_file, pause, set_timer, close, attach, address, tls, queued};

    Loop &loop_;
    Problems &problems_;
    const hawser_session *session_ = nullptr;
    void *self_ = nullptr;
    std::string unread_, kept_, output_; // on the way; read and not consumed; what the peer has got
    std::vector<hawser_piece> queue_;
    std::size_t queued_ = 0;
    bool is_open_ = false, paused_ = false, resumed_ = false, delivering_ = false, full_ = false, shut_ = false;
    bool closing_ = false, over_ = false, closed_ = false, input_ended_ = false, end_told_ = false;
    bool output_ended_ = false, peer_reads_ = true, timing_out_ = false, gone_ = false;
    std::int32_t reason_ = 0;
    hawser_address peer_{};
    TimerOp timer_;
};

// The test's end of a connection.
class Peer {
public:
    Peer(Loop &loop, std::shared_ptr<Wire> wire)
        : loop_(&loop)
        , wire_(std::move(wire))
    {}
    // The session gets it in reads of any size, as a network would give them.
    void send(std::string_view bytes)
    {
        wire_->receive(bytes);
        loop_->run();
    }
    // What the session has sent since the last call.
    std::string receive()
    {
        loop_->run();
        return wire_->take_output();
    }
    std::string ask(std::string_view bytes)
    {
        send(bytes);
        return receive();
    }
    void end() // it sends no more
    {
        wire_->end_input();
        loop_->run();
    }
    void reset()
    {
        wire_->lose(HAWSER_RESET);
        loop_->run();
    }
    void close() // at once, in order
    {
        wire_->lose(HAWSER_CLOSED);
        loop_->run();
    }
    void reads(bool on) // false: it reads no more, and the session's output fills up
    {
        wire_->reads(on);
        loop_->run();
    }
    void drain(std::uint32_t why, std::uint64_t deadline)
    {
        wire_->drain(why, deadline);
        loop_->run();
    }
    std::optional<std::string> park()
    {
        auto state = wire_->park();
        loop_->run();
        return state;
    }
    bool closed() const { return wire_->closed(); }
    bool ended() const { return wire_->output_ended(); }
    std::int32_t reason() const { return wire_->reason(); }
    Wire &wire() const { return *wire_; }

private:
    Loop *loop_;
    std::shared_ptr<Wire> wire_;
};

} // namespace hawser::testing
