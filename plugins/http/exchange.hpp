// One request and its answer. While on_request runs it is the engine's one at hand; what outlives that call belongs to
// its session until the answer has ended and the request's body is over. For the loop's thread.
//
// The body is read on after an answer has ended if that is cheap, so that the connection can go on.
#pragma once

#include "chunks.hpp"
#include "hawser/http.h"
#include "head_writer.hpp"
#include "routes.hpp"

#include <cstdint>
#include <string_view>

namespace http_engine {

struct Engine;
struct Session;
struct Head;

struct Exchange : hawser_http_exchange {
    enum class Answer : std::uint8_t {
        Fresh,  // nothing sent
        Begun,  // head sent, parts follow
        Broken, // answered by the engine after a breach of the contract; the resource has not ended it yet
        Ended,  // over for the resource
    };
    enum class Body : std::uint8_t { Length, Chunked, Complete };

    explicit Exchange(Engine *of);
    ~Exchange();
    Exchange(const Exchange &) = delete;
    Exchange &operator=(const Exchange &) = delete;

    // A new request, with the body still to come; fields, path and query are set by whoever has them.
    void begin(Session *of, const Head &head);
    bool is_over() const { return answer == Answer::Ended && body == Body::Complete; }
    std::uint32_t tag() const { return route->object->tag; } // of the resource
    bool is_fresh() const { return answer == Answer::Fresh; }
    // Whether what is left of the body is worth reading for the connection's sake.
    bool can_skip_body() const;
    // What becomes of the connection after this answer; decided when its head is written. `whole`: nothing follows it.
    AnswerHead::Connection decide_connection(bool whole);
    // Copies the request and all that it refers to into memory of this exchange. False: no memory.
    bool pin();
    void answer_500();
    void end_answer(); // the session goes on, with the next request or to its end
    void break_off();  // the client must see that the answer is not whole
    // The resource broke the contract of hawser/http.h: the log names it. Returns HAWSER_INVALID.
    [[gnu::cold, gnu::noinline]] std::int32_t misused(const char *call, const char *what) const;

    static constexpr std::uint64_t kSkipped = 262144; // bytes of an unwanted body

    Engine *engine;
    Session *session = nullptr;
    const hawser_http_handler *handler = nullptr;
    void *self = nullptr;
    hawser_http_request request;
    std::string_view head_bytes; // what the request's views refer to
    std::uint64_t body_left = 0; // of a body with a length
    std::uint64_t body_seen = 0; // of a chunked one, or of what is skipped
    std::uint64_t max_body = 0;
    std::uint64_t answer_left = 0; // of a promised length
    // Of a body that is read on: its clock stands while nobody reads.
    std::uint64_t body_began = 0, body_stopped = 0, body_got = 0, body_rate = 0; // ns, ns or 0, bytes, bytes a second
    std::uint64_t began = 0; // when the request had come; of one that is kept
    // For the access log alone.
    std::uint64_t answer_bytes = 0;  // of an answer in parts, so far
    std::uint32_t answer_status = 0; // of one that has begun

    const Route *route = nullptr; // whose resource serves it
    Answer answer = Answer::Ended;
    Body body = Body::Complete;
    bool in_request = false; // on_request runs
    bool chunked_answer = false, counted_answer = false, bodiless = false;
    bool keep_alive = false;       // the connection can go on
    bool asked_keep_alive = false; // by an HTTP/1.0 client
    bool may_upgrade = false;
    bool wants_continue = false; // the client waits for 100 (Continue)
    bool paused_body = false;    // by the resource
    Chunks chunks;

    // It is over, and waits to be used again; `keeps`: with its memory, unless that is large.
    void retire(bool keeps);
    bool retired = false;
    Exchange *next = nullptr; // while it is nobody's

private:
    static constexpr std::size_t kMostKept = 8192;
    char *pinned_ = nullptr; // room_ bytes, kept for the next request
    std::size_t room_ = 0;
};

extern const hawser_http_exchange_api kExchangeApi;

} // namespace http_engine
