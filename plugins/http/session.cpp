// Tests: plugins/http/tests/session_test.cpp
// One connection: what comes in, what time is over, and how it ends. requests.cpp has what a whole head sets off.
#include "session.hpp"

#include "engine.hpp"
#include "statuses.hpp"

#include <algorithm>
#include <cstdio>
#include <cstring>

namespace http_engine {

using Answer = Exchange::Answer;
using Body = Exchange::Body;

Session::Session(Engine *of, hawser_conn *on)
    : Session(of, on, SessionState())
{
    set_timer(engine->options.header_timeout);
}

Session::Session(Engine *of, hawser_conn *on, const SessionState &state)
    : conn(on)
    , engine(of)
    , requests(state.requests)
    , scanned(state.scanned)
    , drains(of->drains == HAWSER_STOPPING ? HAWSER_STOPPING : 0) // where it cannot move, on_drain comes
    , pipelines(state.pipelines)
{
    hawser_tls tls;
    tls.struct_size = sizeof tls;
    secure = conn->api->tls(conn, &tls) == HAWSER_OK;
    if (engine->access) peer = engine->access->meet(conn);
}

std::int32_t Session::park(SessionState &state) const
{
    if (exchange != nullptr || busy || held || full || finishing || closing || upgraded || peer_ended || drains != 0)
        return HAWSER_BUSY;
    state.requests = requests;
    state.scanned = scanned;
    state.pipelines = pipelines;
    return HAWSER_OK;
}

namespace {

constexpr std::uint8_t kStateVersion = 1;
constexpr std::size_t kStateSize = 1 + 4 + 4 + 1;

} // namespace

std::int64_t SessionState::write(char *to, std::size_t room) const
{
    if (room < kStateSize) return HAWSER_FAILED;
    to[0] = static_cast<char>(kStateVersion);
    std::memcpy(to + 1, &requests, 4);
    std::memcpy(to + 5, &scanned, 4);
    to[9] = pipelines ? 1 : 0;
    return static_cast<std::int64_t>(kStateSize);
}

bool SessionState::read(hawser_bytes from)
{
    if (from.n < kStateSize || from.p[0] != static_cast<char>(kStateVersion)) return false;
    std::memcpy(&requests, from.p + 1, 4);
    std::memcpy(&scanned, from.p + 5, 4);
    pipelines = from.p[9] != 0;
    return scanned <= HAWSER_INPUT_MAX;
}

void Session::set_timer(std::uint64_t after) { conn->api->set_timer(conn, after != 0 ? engine->loop->now + after : 0); }

std::uint64_t Session::queued_now() const
{
    return HAWSER_HAS(conn->api, queued) && conn->api->queued != nullptr ? conn->api->queued(conn) : 0;
}

void Session::close(std::uint32_t how)
{
    if (closing) return;
    closing = true;
    conn->api->close(conn, how);
}

void Session::hold()
{
    if (held) return;
    held = pipelines = true;
    conn->api->pause(conn, 1);
}

void Session::resume()
{
    if (!held) return;
    held = false;
    conn->api->pause(conn, 0);
}

std::int32_t Session::written(std::int32_t status)
{
    if (status == HAWSER_FULL && !full) {
        full = true;
        if (!busy) arm();
    }
    return status;
}

// How long an idle connection may last; one that drains is closed before the host would abort it.
std::uint64_t Session::idle_until() const
{
    constexpr std::uint64_t kBeforeDeadline = 500'000'000;
    const std::uint64_t now = engine->loop->now;
    const std::uint64_t until = engine->options.keep_alive != 0 ? now + engine->options.keep_alive : 0;
    if (drains == 0) return until;
    const std::uint64_t deadline = engine->drain_deadline;
    const std::uint64_t last = deadline > now + kBeforeDeadline ? deadline - kBeforeDeadline : now + 1;
    return until != 0 ? std::min(until, last) : last;
}

// Between two parts of a body, and for as much of it as has come; 0: no bound.
std::uint64_t Session::body_until() const
{
    const Exchange &e = *exchange;
    const std::uint64_t timeout = engine->options.body_timeout, now = engine->loop->now;
    const std::uint64_t by_part = timeout != 0 ? now + timeout : 0;
    if (e.body_rate == 0) return by_part;
    constexpr double kSecond = 1e9;
    const auto earned =
        static_cast<std::uint64_t>(static_cast<double>(e.body_got) / static_cast<double>(e.body_rate) * kSecond);
    const std::uint64_t by_rate = std::max(e.body_began + timeout + earned, now + 1);
    return by_part != 0 ? std::min(by_part, by_rate) : by_rate;
}

// The client is not to blame for the time in which nobody reads.
void Session::count_body_time(bool reads)
{
    Exchange &e = *exchange;
    const std::uint64_t now = engine->loop->now;
    if (!reads) {
        if (e.body_stopped == 0) e.body_stopped = now;
    } else if (e.body_stopped != 0) {
        e.body_began += now - e.body_stopped;
        e.body_stopped = 0;
    }
}

// Sets the one timer to what the connection waits for now.
void Session::arm()
{
    if (full) {
        queued = queued_now();
        if (exchange != nullptr && exchange->body != Body::Complete) count_body_time(false);
        set_timer(engine->options.write_timeout);
    } else if (exchange == nullptr) {
        // The time for a head is counted from its first byte.
        if (scanned == 0) conn->api->set_timer(conn, idle_until());
    } else if (exchange->body != Body::Complete) {
        const bool waits = exchange->paused_body && exchange->answer != Answer::Ended;
        count_body_time(!waits);
        conn->api->set_timer(conn, waits ? 0 : body_until());
    } else {
        set_timer(0);
    }
}

std::size_t Session::on_data(std::string_view input)
{
    constexpr std::uint32_t kRequestsInTurn = 32; // others wait meanwhile
    const std::size_t all = input.size();
    const std::uint32_t last = requests + kRequestsInTurn;
    const auto is_enough = [&] { return requests == last && exchange == nullptr && !input.empty(); };
    busy = true;
    while (!closing && !upgraded && !is_enough() && step(input)) {}
    if (!closing && !upgraded && !held && is_enough()) { // what is left comes again in the next turn
        hold();
        resume();
    }
    busy = false;
    if (upgraded) {
        const std::size_t used = all - input.size();
        engine->close(this);
        return used;
    }
    if (closing) return all;
    arm();
    return all - input.size();
}

// True: go on with what is left of the input.
bool Session::step(std::string_view &input)
{
    if (finishing) return false;
    if (exchange == nullptr) {
        if (input.empty()) return false;
        if (!full) return read_head(input);
        hold(); // until the client has read the answers before
        return false;
    }
    if (exchange->answer == Answer::Ended) {
        if (!goes_on()) return false;
        if (exchange->body == Body::Complete) {
            release_exchange();
            return true;
        }
        return !input.empty() && read_body(input);
    }
    if (input.empty()) return false;
    // What was sent ahead waits in the host until this answer has gone.
    if (exchange->body != Body::Complete && !exchange->paused_body) return read_body(input);
    hold();
    return false;
}

// After the answer of the exchange: whether the connection is of further use; else it is closed.
bool Session::goes_on()
{
    if (closing || finishing) return false;
    const Exchange &e = *exchange;
    const bool whole = e.body == Body::Complete;
    if (e.keep_alive && !peer_ended && drains != HAWSER_STOPPING && (whole || e.can_skip_body())) return true;
    // A client that may still be sending would lose the answer to a plain close.
    if ((!whole || pipelines) && !peer_ended)
        close(HAWSER_LINGER);
    else
        close_when_read();
    return false;
}

// What waits for a slow client has the time of write_timeout, as before any other answer; a close would bound it anew.
void Session::close_when_read()
{
    if (!full) return close(HAWSER_CLOSE);
    finishing = true;
    hold();
}

void Session::settle()
{
    if (busy) return;
    if (upgraded) {
        engine->close(this);
        return;
    }
    if (closing) return;
    if (finishing && !full) return close(HAWSER_CLOSE);
    if (exchange != nullptr && exchange->answer == Answer::Ended && goes_on()) {
        if (exchange->body == Body::Complete) release_exchange();
        resume();
    }
    if (!closing) arm();
}

void Session::release_exchange()
{
    Exchange *done = exchange;
    exchange = nullptr;
    engine->give_back(done);
}

// An answer of the engine's own, and the end of the connection: the client may still be sending.
void Session::refuse(std::uint32_t status, std::string_view input)
{
    char body[80];
    const int n = std::snprintf(body, sizeof body, "%u %s\n", status, reason_phrase(status).data());
    static constexpr hawser_field kType = {{"Content-Type", 12}, {"text/plain; charset=utf-8", 25}};
    AnswerHead head;
    head.status = status;
    head.fields = &kType;
    head.count = 1;
    head.framing = AnswerHead::Framing::Length;
    head.length = static_cast<std::uint64_t>(n);
    head.connection = AnswerHead::Connection::Close;
    const std::string_view text = engine->heads.write(head, engine->loop->wall);
    const bool to_head = exchange != nullptr && exchange->request.method == HAWSER_HTTP_HEAD;
    if (Access *access = engine->access.get(); access != nullptr) {
        const std::uint64_t bytes = to_head || text.empty() ? 0 : head.length;
        if (exchange != nullptr)
            access->answered(*exchange, status, bytes, !text.empty());
        else
            access->rejected(*this, status, bytes, input);
    }
    if (text.empty()) return close(HAWSER_ABORT);
    const hawser_piece pieces[] = {{text.data(), text.size(), nullptr, nullptr},
                                   {body, static_cast<std::size_t>(n), nullptr, nullptr}};
    conn->api->write(conn, pieces, to_head ? 1 : 2);
    close(HAWSER_LINGER);
}

void Session::on_eof()
{
    peer_ended = true;
    if (exchange == nullptr || exchange->answer == Answer::Ended)
        close(HAWSER_CLOSE);
    else if (exchange->body != Body::Complete)
        body_failed(400, HAWSER_CLOSED);
    else
        exchange->keep_alive = false; // half-closed: the answer is still wanted
}

void Session::on_timer()
{
    if (full) {
        // Slow, but reading.
        if (const std::uint64_t now = queued_now(); now < queued)
            arm();
        else
            close(HAWSER_ABORT); // on_close tells the resource
    } else if (exchange == nullptr) {
        if (scanned > 0)
            refuse(408);
        else
            close(HAWSER_CLOSE);
    } else if (exchange->body != Body::Complete) {
        body_failed(408, HAWSER_TIMED_OUT);
    }
}

void Session::on_drained()
{
    full = false;
    busy = true;
    hear_drained();
    busy = false;
    settle();
}

void Session::hear_drained()
{
    if (exchange == nullptr) {
        if (!finishing) resume();
        return;
    }
    const Exchange &e = *exchange;
    if (e.answer == Answer::Ended || e.handler == nullptr || e.handler->on_drained == nullptr) return;
    const InResource in(engine->loop, e.tag(), kOnDrained);
    in.call(e.handler->on_drained, e.self);
}

void Session::on_drain(std::uint64_t deadline, std::uint32_t why)
{
    drains = why == HAWSER_STOPPING ? HAWSER_STOPPING : HAWSER_REPLACED;
    engine->drain(deadline, why);
    // What is in hand is finished; its answer says close, if that has not begun.
    if (closing || exchange != nullptr || scanned > 0) return;
    if (drains == HAWSER_STOPPING)
        close(HAWSER_CLOSE);
    else
        arm(); // a client may be sending at this very moment: it gets its answer
}

void Session::on_close(std::int32_t reason)
{
    closing = true;
    if (exchange != nullptr && exchange->answer != Answer::Ended) {
        if (Access *access = engine->access.get(); access != nullptr) access->cut_off(*exchange);
        exchange->answer = Answer::Ended;
        if (exchange->handler != nullptr && exchange->handler->on_close != nullptr) {
            const InResource in(engine->loop, exchange->tag(), kOnClose);
            in.call(exchange->handler->on_close, exchange->self, reason == HAWSER_OK ? HAWSER_CANCELLED : reason);
        }
    }
    engine->close(this);
}

} // namespace http_engine
