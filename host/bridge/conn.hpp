// A connection as plugins see it (hawser_conn and its table), and its session as the host calls it. Lives in its loop's
// slab. For the loop's thread.
#pragma once

#include "hawser/abi.h"
#include "net/connection.hpp"

namespace hawser::host {

class Dial;
class LoopFace;
class Mooring;

class Conn final : public hawser_conn, public Connection {
public:
    // `share`: of the listener that accepted it, counted off at the end; null for an outgoing connection. `terms`: null
    // unless its listener has some.
    Conn(LoopFace &loop, Fd socket, ListenerShare *share, std::uint32_t tag, std::unique_ptr<Terms> terms = nullptr);

    // An accepted connection: its session is made by `protocol`, whose instance is `self`.
    void open(const hawser_protocol &protocol, void *self);
    void make_session(const hawser_protocol &protocol, void *self); // once it is in the loop's set
    // One whose PROXY header comes first: `mooring` hears of it and opens it then.
    void await_header(Mooring &mooring);
    // An outgoing one, whose sockets `dial` makes until one is connected.
    void begin(const hawser_session *session, void *self);
    void set_dial(Dial *dial);
    void connect_to(Fd socket) { start_connecting(std::move(socket)); }
    void cannot_connect(int error) { fail_to_connect(error); }
    void cannot_connect(Outcome reason, std::string_view detail) { fail(reason, detail); }

    std::uint32_t tag() const { return tag_; }
    bool accepted() const { return accepted_; }
    void drain(std::uint64_t deadline, std::uint32_t why);

    // One that was parked as `state`: makes its session, but reads nothing yet. False: refused.
    bool unpark(const hawser_protocol &protocol, void *self, std::string_view state, const Transit &transit);
    using Connection::move_out;
    using Connection::start_moved;
    // Its session can be parked, if not at this very moment.
    bool can_move() const;

private:
    void opened() override;
    std::size_t received(const char *data, std::size_t n) override;
    void drained() override;
    void may_move() override;
    void peer_ended() override;
    void timed_out() override;
    void closed(Outcome reason, std::string_view detail) override;
    void destroy() override;
    std::uint32_t enter_releases() override;
    void leave_releases(std::uint32_t was) override;

    friend class Mooring;
    bool awaits_header() const { return terms() != nullptr && terms()->header != nullptr; }
    std::size_t take_header(const char *data, std::size_t n);
    LoopFace &face();
    bool here(const char *call); // see LoopFace::here
    // Calls the plugin with a crumb left. What it throws is logged and aborts the connection.
    template<typename Call>
    void call(std::uint32_t entry, const Call &into);
    void threw(std::uint32_t entry) noexcept;
    void end_dial();
    static Conn &of(hawser_conn *conn) { return *static_cast<Conn *>(conn); }
    static std::int32_t api_write(hawser_conn *, const hawser_piece *, std::size_t) noexcept;
    static std::int32_t api_send_file(hawser_conn *, std::intptr_t fd, std::uint64_t offset, std::uint64_t length,
                                      void (*release)(void *), void *ctx) noexcept;
    static void api_pause(hawser_conn *, std::int32_t paused) noexcept;
    static void api_set_timer(hawser_conn *, std::uint64_t at) noexcept;
    static void api_close(hawser_conn *, std::uint32_t how) noexcept;
    static void api_attach(hawser_conn *, const hawser_session *, void *self) noexcept;
    static std::int32_t api_address(hawser_conn *, std::uint32_t which, hawser_address *) noexcept;
    static std::int32_t api_tls(hawser_conn *, hawser_tls *) noexcept;
    static std::uint64_t api_queued(hawser_conn *) noexcept;
    static const hawser_conn_api kApi;

    const hawser_session *session_ = nullptr;
    void *self_ = nullptr; // while its header is to come: the Mooring
    union {
        ListenerShare *share_; // of an accepted connection
        Dial *dial_;           // of an outgoing one, until it is connected
    };
    std::uint32_t tag_;
    bool accepted_;
    bool opened_ = false; // its session is the one that its protocol made
};

} // namespace hawser::host
