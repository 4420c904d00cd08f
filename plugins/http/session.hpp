// One connection: requests one after the other. It holds at most one exchange; what a client sends ahead waits in the
// host. For the loop's thread; made and given back by its engine.
//
// Invariants
//  1. After on_close or an upgrade nothing touches a session.
//  2. A call into a resource may end the exchange or the connection: look again at `exchange` and `closing` after it.
#pragma once

#include "exchange.hpp"
#include "hawser/abi.h"
#include "parser.hpp"
#include "target.hpp"

#include <cstdint>
#include <string_view>

namespace http_engine {

struct Engine;

// What goes to the next generation with an idle connection. As bytes: a version, then the members; a later version may
// append some.
struct SessionState {
    std::uint32_t requests = 0, scanned = 0; // as in Session
    bool pipelines = false;

    std::int64_t write(char *to, std::size_t room) const; // how many bytes, or HAWSER_FAILED
    bool read(hawser_bytes from);                         // false: not understood
};

struct Session {
    Session(Engine *of, hawser_conn *on);
    Session(Engine *of, hawser_conn *on, const SessionState &state); // its timer came along

    hawser_conn *conn;
    Engine *engine;
    Exchange *exchange = nullptr;
    std::uint64_t queued = 0;   // bytes that waited to be sent when the time for it began
    std::uint32_t requests = 0; // so far
    std::uint32_t scanned = 0;  // bytes of a head that was not whole; 0: none has come
    std::uint32_t peer = 0;     // its number in the access log; 0: none
    bool busy = false;          // a call that settles the session at its end runs
    bool held = false;          // the connection is paused, by this engine
    bool peer_ended = false;
    std::uint8_t drains = 0; // HAWSER_REPLACED or HAWSER_STOPPING: answers close
    bool finishing = false;  // the last answer is on its way: closes when the client has read enough of it
    bool closing = false;    // the connection is being closed
    bool full = false;       // the output is above its mark
    bool upgraded = false;   // the connection has another session: this one ends when it is settled
    bool pipelines = false;  // the client has sent ahead
    bool secure = false;     // TLS

    std::size_t on_data(std::string_view input);
    void on_eof();
    void on_timer();
    void on_drained();
    void on_drain(std::uint64_t deadline, std::uint32_t why);
    std::int32_t park(SessionState &state) const; // OK, or BUSY: in the middle of something
    void on_close(std::int32_t reason);

    void settle(); // unless busy: goes on after the exchange's answer has ended, or ends the session after an upgrade
    // Answers without a resource, and closes. `input`: what was no request, if it is at hand.
    void refuse(std::uint32_t status, std::string_view input = {});
    void close(std::uint32_t how);
    void resume();                             // what was held comes again
    std::int32_t written(std::int32_t status); // of conn->api->write

private:
    bool step(std::string_view &input);
    bool read_head(std::string_view &input);
    bool head_may_be_whole(std::string_view input) const;
    void begin_exchange(const Head &head, const Target &target, std::string_view &input);
    void fill_request(Exchange &e, const Head &head, const Target &target) const;
    bool serve(Exchange &e, std::string_view path); // false: its resource neither answered nor attached
    void answer_without_resource(Exchange &e, std::string_view path, bool path_matches);
    void take_first_part(Exchange &e, std::string_view &input) const;
    bool read_body(std::string_view &input);
    bool take_body(std::string_view data);
    void body_over();
    void body_failed(std::uint32_t status, std::int32_t reason);
    bool goes_on();
    void close_when_read();
    void hear_drained();
    void release_exchange();
    void hold();
    void arm();
    std::uint64_t idle_until() const;
    std::uint64_t body_until() const;
    void count_body_time(bool reads);
    void set_timer(std::uint64_t after);
    std::uint64_t queued_now() const;
};

} // namespace http_engine
