// The engine: one instance a listener and loop, its sessions (one a connection) and exchanges (one a request in hand).
// For the loop's thread.
//
// A session holds at most one exchange; what a client sends ahead waits unconsumed in the host. An exchange is over
// when its answer has ended and its request's body has been read or given up.
#pragma once

#include "chunks.hpp"
#include "hawser/http.h"
#include "head_writer.hpp"
#include "parser.hpp"
#include "routes.hpp"

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace http_engine {

struct Engine;
struct Session;

struct Options {
    Limits limits;
    std::uint64_t max_body = 1 << 20;                                                      // bytes
    std::uint64_t header_timeout = 0, body_timeout = 0, keep_alive = 0, write_timeout = 0; // ns; 0: none
    std::uint32_t max_requests = 0;                                                        // 0: no bound
    std::string server;
};

struct Exchange : hawser_http_exchange {
    enum class Answer : std::uint8_t {
        Fresh,  // nothing sent
        Begun,  // head sent, parts follow
        Broken, // answered by the engine after a breach of the contract; the resource has not ended it yet
        Ended,  // over for the resource
    };
    enum class Body : std::uint8_t { Length, Chunked, Complete };

    Engine *engine;
    Session *session;
    const hawser_http_handler *handler;
    void *self;
    char *pinned; // what attach() copied, or null
    hawser_http_request request;
    Chunks chunks;
    std::uint64_t body_left, body_seen, max_body;
    std::uint64_t answer_left; // of a promised length
    std::uint32_t tag;         // of the resource
    Answer answer;
    Body body;
    bool in_request, chunked_answer, counted_answer, bodiless, keep_alive, asked_keep_alive, may_upgrade,
        wants_continue;
    bool told_end;    // on_body_end was called
    bool paused_body; // by the resource
};

struct Session {
    hawser_conn *conn;
    Engine *engine;
    Exchange *exchange;
    std::uint32_t requests;
    bool in_data;    // on_data runs
    bool paused;     // the connection is, by this engine
    bool head_begun; // a part of a head has come
    bool peer_ended;
    bool draining; // answers close
    bool closing;  // the connection is being closed
    bool full;     // the output is above its mark
    bool upgraded; // the connection has another session: this one ends with on_data

    std::size_t on_data(std::string_view input);
    void on_eof();
    void on_timer();
    void on_drained();
    void on_drain(std::uint64_t deadline, std::uint32_t why);
    void on_close(std::int32_t reason);

    void answer_ended(); // of the exchange; goes on with the connection unless on_data does
    void refuse(std::uint32_t status, std::string_view allow = {}); // answers and closes, or answers only with `allow`
    void close(std::uint32_t how);
    void write(const hawser_piece *pieces, std::size_t count);
    std::int32_t written(std::int32_t status); // of conn->api->write

private:
    bool read_head(std::string_view &input);
    void begin_exchange(const Head &head, const Target &target, std::string_view &input);
    void take_first_part(std::string_view &input);
    bool read_body(std::string_view &input);
    bool take_body(std::string_view data);
    void body_over();
    void body_failed(std::uint32_t status, std::int32_t reason);
    bool give_up_body() const;
    void release_exchange();
    void idle();
    void set_timer(std::uint64_t after);
};

struct Engine {
    Engine(hawser_loop *on, const hawser_node *at)
        : loop(on)
        , node(at)
        , heads("")
    {}
    ~Engine();
    // Reads the options. False: `error` says what is wrong.
    bool configure(hawser_error *error);

    Session *open(hawser_conn *conn);
    void close(Session *session);
    Exchange *take_exchange();
    void give_back(Exchange *exchange);

    hawser_loop *loop;
    const hawser_node *node;
    Options options;
    Routes routes;
    HeadWriter heads;
    std::vector<hawser_field> fields; // of the head that is parsed
    std::unique_ptr<char[]> scratch;  // a path without dot segments
    std::vector<Exchange *> spare_exchanges;
    std::vector<Session *> spare_sessions;
};

extern const hawser_http_exchange_api kExchangeApi;
extern const hawser_session kSessionTable;

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

private:
    hawser_loop *loop_;
    std::uint32_t was_;
};

inline std::string_view view(hawser_str text) { return {text.p, text.n}; }
inline hawser_str str(std::string_view text) { return {text.data(), text.size()}; }

} // namespace http_engine
