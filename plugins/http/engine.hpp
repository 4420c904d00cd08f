// The engine: one instance a listener and loop, with what its sessions share. For the loop's thread.
#pragma once

#include "access.hpp"
#include "counts.hpp"
#include "exchange.hpp"
#include "hawser/http.h"
#include "head_writer.hpp"
#include "parser.hpp"
#include "pool.hpp"
#include "routes.hpp"
#include "session.hpp"

#include <array>
#include <cstdint>
#include <memory>
#include <string_view>
#include <thread>
#include <vector>

namespace http_engine {

struct Options {
    Limits limits;
    std::uint64_t max_body = 1 << 20;                                                      // bytes
    std::uint64_t body_rate = 0;                                                           // bytes a second; 0: none
    std::uint64_t header_timeout = 0, body_timeout = 0, keep_alive = 0, write_timeout = 0; // ns; 0: none
    std::uint32_t max_requests = 0;                                                        // 0: no bound
};

struct Engine {
    Engine(hawser_loop *on, const hawser_node *at);
    ~Engine();
    Engine(const Engine &) = delete;
    Engine &operator=(const Engine &) = delete;
    // Reads the options. False: `error` says what is wrong.
    bool configure(hawser_error *error);

    Session *open(hawser_conn *conn);
    Session *reopen(hawser_conn *conn, const SessionState &state); // of a connection of the generation before
    void close(Session *session);
    // The exchange at hand, for a request that begins; null: out of memory.
    Exchange *at_hand();
    // It outlives its on_request: the session has it from now on.
    void keep(Exchange *exchange)
    {
        exchange->began = exchange->body_began = loop->now;
        exchange->body_stopped = 0;
        exchange->body_got = exchange->request.body.n;
        counts.kept();
        at_hand_ = nullptr;
    }
    bool is_at_hand(const Exchange &exchange) const { return at_hand_ == &exchange; }
    void give_back(Exchange *exchange); // one that was kept is over
    // One that is over, though its resource may still hold it.
    void set_aside(Exchange *exchange);
    void drain(std::uint64_t deadline, std::uint32_t why);
    // Whether this is the thread of its loop, where its sessions open.
    bool is_here() const { return std::this_thread::get_id() == thread_; }

    hawser_loop *loop;
    const hawser_node *node;
    Options options;
    Routes routes;
    Counts counts;
    HeadWriter heads{&counts};
    std::unique_ptr<Access> access;    // null: no lines of requests
    std::vector<hawser_field> fields;  // of the head that is parsed
    std::unique_ptr<char[]> scratch;   // a path that the client spelled otherwise
    std::array<char, 8192> gathered{}; // a body that comes in tiny chunks
    std::uint64_t drain_deadline = 0;
    std::uint8_t drains = 0; // HAWSER_REPLACED or HAWSER_STOPPING: of sessions that open from now on

private:
    bool configure_routes(hawser_error *error);
    std::thread::id thread_;
    Exchange *at_hand_ = nullptr, *spare_ = nullptr, *last_spare_ = nullptr; // the first is over for longest
    std::size_t spares_ = 0;
    Pool<Session> sessions_;
    Pool<Exchange> exchanges_;
};

extern const hawser_session kSessionTable;
extern const hawser_http_resource kNested;      // routes below a route
extern const hawser_http_resource kUnavailable; // stands in for one that the host has taken out

// Functions of others that the engine calls directly, as crumbs number them (hawser/abi.h).
inline constexpr std::uint32_t kOnRequest = 7, kOnBody = 129, kOnBodyEnd = 130, kOnDrained = 131, kOnClose = 132;

// A crumb of the resource around a call into it.
class InResource {
public:
    InResource(hawser_loop *loop, std::uint32_t tag, std::uint32_t entry)
        : loop_(loop)
        , was_(hawser_enter(loop, HAWSER_CRUMB(tag, entry)))
    {}
    ~InResource() { hawser_enter(loop_, was_); }
    InResource(const InResource &) = delete;
    InResource &operator=(const InResource &) = delete;
    // What the resource throws ends the worker in here, while the crumb still names the resource.
    template<typename Function, typename... Arguments>
    void call(Function function, Arguments... arguments) const noexcept
    {
        function(arguments...);
    }

private:
    hawser_loop *loop_;
    std::uint32_t was_;
};

inline std::string_view view(hawser_str text) { return {text.p, text.n}; }
inline hawser_str str(std::string_view text) { return {text.data(), text.size()}; }

} // namespace http_engine
