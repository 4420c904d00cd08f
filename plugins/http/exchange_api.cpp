// Tests: plugins/http/tests/exchange_test.cpp, plugins/http/tests/misuse_test.cpp
// What a resource may do with its exchange (hawser/http.h), guarded: two answers, wrong lengths and injected lines
// never reach the wire.
#include "engine.hpp"

#include <algorithm>

namespace http_engine {
namespace {

using Answer = Exchange::Answer;
using Body = Exchange::Body;
using Framing = AnswerHead::Framing;

constexpr std::size_t kTogether = 16; // pieces of one write
constexpr hawser_piece kLineEnd = {"\r\n", 2, nullptr, nullptr};

Exchange &of(hawser_http_exchange *exchange) { return *static_cast<Exchange *>(exchange); }

hawser_piece copied(std::string_view text) { return {text.data(), text.size(), nullptr, nullptr}; }

void release_all(const hawser_piece *pieces, std::size_t count)
{
    for (std::size_t i = 0; i < count; ++i) {
        if (pieces[i].release != nullptr) pieces[i].release(pieces[i].ctx);
    }
}

std::uint64_t total_of(const hawser_piece *pieces, std::size_t count)
{
    std::uint64_t total = 0;
    for (std::size_t i = 0; i < count; ++i) total += pieces[i].n;
    return total;
}

// `first`, the pieces, and `last` if there is one, in as few writes as can be.
std::int32_t write_around(Session &session, const hawser_piece &first, const hawser_piece *pieces, std::size_t count,
                          const hawser_piece *last)
{
    hawser_conn *conn = session.conn;
    hawser_piece all[kTogether];
    all[0] = first;
    const std::size_t room = last != nullptr ? kTogether - 2 : kTogether - 1;
    if (count <= room) {
        std::size_t n = 1;
        for (std::size_t i = 0; i < count; ++i) all[n++] = pieces[i];
        if (last != nullptr) all[n++] = *last;
        return session.written(conn->api->write(conn, all, n));
    }
    conn->api->write(conn, all, 1);
    std::int32_t status = conn->api->write(conn, pieces, count);
    if (last != nullptr) status = conn->api->write(conn, last, 1);
    return session.written(status);
}

// No body follows, whatever the head says (RFC 9112 § 6.3).
bool is_bodiless(const Exchange &exchange, std::uint32_t status)
{
    return exchange.request.method == HAWSER_HTTP_HEAD || status == 204 || status == 304;
}

bool is_final(std::uint32_t status) { return status >= 200 && status <= 999; }

constexpr const char *kAgain = "expected one answer, got another";
constexpr const char *kNoStatus = "expected a status of 200 to 999 and a length, got another";
constexpr const char *kNoField =
    "expected fields whose names are tokens and whose values have no CR, LF and NUL, got others";

// Nothing of the loop is touched from another thread, not even to end what is misused.
[[gnu::cold, gnu::noinline]] std::int32_t elsewhere(const Exchange &exchange, const char *call)
{
    return exchange.misused(call, "expected a call on the loop that owns it, got one on another thread; use post");
}

// After an answer that the engine broke off nothing more is said.
std::int32_t not_begun(const Exchange &exchange, const char *call)
{
    if (exchange.answer == Answer::Broken) return HAWSER_INVALID;
    return exchange.misused(call,
                            exchange.answer == Answer::Ended ? kAgain : "expected an answer that has begun, got none");
}

// The resource ended the exchange against the contract.
std::int32_t end_badly(Exchange &exchange)
{
    const bool begun = exchange.answer == Answer::Begun;
    if (exchange.answer == Answer::Fresh)
        exchange.answer_500();
    else if (begun)
        exchange.break_off();
    if (Access *access = exchange.engine->access.get(); access != nullptr)
        access->answered(exchange, exchange.answer_status, exchange.answer_bytes, !begun);
    exchange.end_answer();
    return HAWSER_INVALID;
}

// The end of respond() with an access log; apart, so that the one without is as short as can be.
[[gnu::noinline, gnu::cold]] std::int32_t send_and_tell(Exchange &exchange, std::string_view head,
                                                        const hawser_piece *body, std::size_t pieces)
{
    const std::int32_t result = write_around(*exchange.session, copied(head), body, pieces, nullptr);
    exchange.engine->access->answered(exchange, exchange.answer_status, result < 0 ? 0 : exchange.answer_bytes,
                                      result >= 0);
    exchange.end_answer();
    return result;
}

std::int32_t respond(hawser_http_exchange *e, std::uint32_t status, const hawser_field *fields, std::size_t count,
                     const hawser_piece *body, std::size_t pieces) noexcept
{
    Exchange &exchange = of(e);
    if (!exchange.engine->is_here()) return release_all(body, pieces), elsewhere(exchange, "respond");
    if (exchange.answer != Answer::Fresh || !is_final(status)) {
        release_all(body, pieces);
        const bool again = exchange.answer != Answer::Fresh;
        exchange.misused("respond", again ? kAgain : kNoStatus);
        return exchange.answer == Answer::Ended ? HAWSER_INVALID : end_badly(exchange);
    }
    AnswerHead head;
    head.status = status;
    head.fields = fields;
    head.count = count;
    head.length = status == 205 ? 0 : total_of(body, pieces);
    head.keeps_length = exchange.request.method == HAWSER_HTTP_HEAD && head.length == 0;
    const bool none = status == 204 || status == 304 || head.keeps_length;
    head.framing = none ? Framing::None : Framing::Length;
    head.connection = exchange.decide_connection(true);
    const std::string_view text = exchange.engine->heads.write(head, exchange.engine->loop->wall);
    if (text.empty()) {
        release_all(body, pieces);
        exchange.misused("respond", kNoField);
        return end_badly(exchange);
    }
    // 205 (Reset Content) has none either, and says so by its length (RFC 9110 § 15.3.6).
    const bool bodiless = is_bodiless(exchange, status) || status == 205;
    if (bodiless) release_all(body, pieces);
    exchange.answer_bytes = bodiless ? 0 : head.length;
    if (exchange.engine->access) {
        exchange.answer_status = status;
        return send_and_tell(exchange, text, body, bodiless ? 0 : pieces);
    }
    const std::int32_t result = write_around(*exchange.session, copied(text), body, bodiless ? 0 : pieces, nullptr);
    exchange.end_answer();
    return result;
}

std::int32_t begin(hawser_http_exchange *e, std::uint32_t status, const hawser_field *fields, std::size_t count,
                   std::int64_t length) noexcept
{
    Exchange &exchange = of(e);
    if (!exchange.engine->is_here()) return elsewhere(exchange, "begin");
    if (exchange.answer != Answer::Fresh) return exchange.misused("begin", kAgain);
    exchange.bodiless = is_bodiless(exchange, status);
    exchange.counted_answer = length >= 0;
    exchange.answer_left = length >= 0 ? static_cast<std::uint64_t>(length) : 0;
    // HTTP/1.0 knows no chunks: the end of the connection is the end of the body.
    const bool unframed = length < 0 && !exchange.bodiless;
    exchange.chunked_answer = unframed && exchange.request.version >= 11;
    if (unframed && !exchange.chunked_answer) exchange.keep_alive = false;
    AnswerHead head;
    head.status = status;
    head.fields = fields;
    head.count = count;
    head.keeps_length = exchange.request.method == HAWSER_HTTP_HEAD && length < 0;
    head.length = exchange.answer_left;
    if (exchange.chunked_answer)
        head.framing = Framing::Chunked;
    else if (length >= 0 && status != 204 && status != 304)
        head.framing = Framing::Length;
    const bool valid = is_final(status) && length >= HAWSER_HTTP_UNKNOWN;
    std::string_view text;
    if (valid) {
        // A resource that has attached may still read the body while it answers.
        head.connection = exchange.decide_connection(exchange.handler == nullptr);
        text = exchange.engine->heads.write(head, exchange.engine->loop->wall);
    }
    if (text.empty()) {
        exchange.misused("begin", valid ? kNoField : kNoStatus);
        exchange.answer_500();
        exchange.answer = Answer::Broken;
        return HAWSER_INVALID;
    }
    exchange.answer = Answer::Begun;
    exchange.answer_status = status;
    exchange.answer_bytes = 0;
    return write_around(*exchange.session, copied(text), nullptr, 0, nullptr);
}

// More was written than promised: the client must see that the body is not whole.
std::int32_t cut_off(Exchange &exchange, const char *call)
{
    exchange.break_off();
    return exchange.misused(call, "expected no more bytes than begin promised, got more");
}

// Takes `n` bytes off what was promised; false: that is too many.
bool count_off(Exchange &exchange, std::uint64_t n)
{
    if (!exchange.counted_answer) return true;
    if (n > exchange.answer_left) return false;
    exchange.answer_left -= n;
    return true;
}

// "1a2b\r\n" in `to`.
hawser_piece chunk_head(std::uint64_t n, char (&to)[18])
{
    char *const end = to + sizeof to;
    char *p = end;
    *--p = '\n';
    *--p = '\r';
    do {
        *--p = "0123456789abcdef"[n % 16];
        n /= 16;
    } while (n != 0);
    return {p, static_cast<std::size_t>(end - p), nullptr, nullptr};
}

std::int32_t write(hawser_http_exchange *e, const hawser_piece *body, std::size_t pieces) noexcept
{
    Exchange &exchange = of(e);
    if (!exchange.engine->is_here()) return release_all(body, pieces), elsewhere(exchange, "write");
    const std::uint64_t total = total_of(body, pieces);
    const bool begun = exchange.answer == Answer::Begun;
    const bool too_long = begun && !count_off(exchange, total);
    Session &session = *exchange.session;
    if (!begun || too_long || exchange.bodiless || total == 0) {
        release_all(body, pieces);
        if (!begun) return not_begun(exchange, "write");
        if (too_long) return cut_off(exchange, "write");
        return session.closing ? HAWSER_CLOSED : HAWSER_OK;
    }
    exchange.answer_bytes += total;
    hawser_conn *conn = session.conn;
    if (!exchange.chunked_answer) return session.written(conn->api->write(conn, body, pieces));
    char size[18];
    return write_around(session, chunk_head(total, size), body, pieces, &kLineEnd);
}

std::int32_t send_file(hawser_http_exchange *e, std::intptr_t fd, std::uint64_t offset, std::uint64_t length,
                       void (*release)(void *), void *ctx) noexcept
{
    Exchange &exchange = of(e);
    if (!exchange.engine->is_here()) {
        if (release != nullptr) release(ctx);
        return elsewhere(exchange, "send_file");
    }
    const bool begun = exchange.answer == Answer::Begun;
    const bool too_long = begun && !count_off(exchange, length);
    Session &session = *exchange.session;
    if (!begun || too_long || exchange.bodiless || length == 0) {
        if (release != nullptr) release(ctx);
        if (!begun) return not_begun(exchange, "send_file");
        if (too_long) return cut_off(exchange, "send_file");
        return session.closing ? HAWSER_CLOSED : HAWSER_OK;
    }
    exchange.answer_bytes += length;
    hawser_conn *conn = session.conn;
    if (!exchange.chunked_answer) return session.written(conn->api->send_file(conn, fd, offset, length, release, ctx));
    char size[18];
    const hawser_piece head = chunk_head(length, size);
    conn->api->write(conn, &head, 1);
    conn->api->send_file(conn, fd, offset, length, release, ctx);
    return session.written(conn->api->write(conn, &kLineEnd, 1));
}

std::int32_t end(hawser_http_exchange *e, const hawser_field *trailers, std::size_t count) noexcept
{
    Exchange &exchange = of(e);
    if (!exchange.engine->is_here()) return elsewhere(exchange, "end");
    if (exchange.answer == Answer::Ended) return exchange.misused("end", kAgain);
    const bool short_of = exchange.counted_answer && exchange.answer_left > 0 && !exchange.bodiless;
    if (exchange.answer != Answer::Begun || short_of) {
        if (exchange.answer == Answer::Begun)
            exchange.misused("end", "expected as many bytes as begin promised, got fewer");
        if (exchange.answer == Answer::Fresh) exchange.misused("end", "expected an answer that has begun, got none");
        return end_badly(exchange);
    }
    std::int32_t status = exchange.session->closing ? HAWSER_CLOSED : HAWSER_OK;
    if (exchange.chunked_answer) {
        const std::string_view text = exchange.engine->heads.write_end(trailers, count);
        if (text.empty()) {
            exchange.misused("end", kNoField);
            return end_badly(exchange);
        }
        status = write_around(*exchange.session, copied(text), nullptr, 0, nullptr);
    } else if (!are_fields_valid(trailers, count)) {
        exchange.misused("end", kNoField);
        return end_badly(exchange);
    }
    if (Access *access = exchange.engine->access.get(); access != nullptr)
        access->answered(exchange, exchange.answer_status, exchange.answer_bytes, status >= 0);
    exchange.end_answer();
    return status;
}

std::int32_t inform(hawser_http_exchange *e, std::uint32_t status, const hawser_field *fields,
                    std::size_t count) noexcept
{
    Exchange &exchange = of(e);
    if (!exchange.engine->is_here()) return elsewhere(exchange, "inform");
    const bool interim = status >= 100 && status < 200 && status != 101;
    if (exchange.answer != Answer::Fresh) return exchange.misused("inform", kAgain);
    if (!interim) return exchange.misused("inform", "expected a status of 100 to 199 but 101, got another");
    if (!are_fields_valid(fields, count)) return exchange.misused("inform", kNoField);
    // An HTTP/1.0 client would take it for the answer (RFC 9110 § 15.2); 100 is only for who waits for it.
    if (exchange.request.version < 11 || (status == 100 && !exchange.wants_continue)) return HAWSER_OK;
    const std::string_view text = exchange.engine->heads.write_interim(status, fields, count);
    if (text.empty()) return HAWSER_FAILED;
    if (status == 100) exchange.wants_continue = false;
    return write_around(*exchange.session, copied(text), nullptr, 0, nullptr);
}

const hawser_http_request *attach(hawser_http_exchange *e, const hawser_http_handler *handler, void *self) noexcept
{
    Exchange &exchange = of(e);
    if (!exchange.engine->is_here()) return elsewhere(exchange, "attach"), nullptr;
    if (!exchange.in_request || exchange.answer != Answer::Fresh || exchange.handler != nullptr) {
        exchange.misused("attach", "expected it once, from inside of on_request and before an answer");
        return nullptr;
    }
    if (!exchange.pin()) return nullptr;
    exchange.handler = handler;
    exchange.self = self;
    if (exchange.wants_continue) {
        // A client that has begun to send its body does not wait any more.
        if (exchange.body == Body::Complete || exchange.request.body.n > 0)
            exchange.wants_continue = false;
        else
            inform(e, 100, nullptr, 0);
    }
    return &exchange.request;
}

void pause(hawser_http_exchange *e, std::int32_t paused) noexcept
{
    Exchange &exchange = of(e);
    if (!exchange.engine->is_here()) return static_cast<void>(elsewhere(exchange, "pause"));
    if (exchange.answer == Answer::Ended || exchange.paused_body == (paused != 0)) return;
    exchange.paused_body = paused != 0;
    if (!exchange.paused_body && exchange.body != Body::Complete) exchange.session->resume();
    exchange.session->settle();
}

std::int32_t upgrade(hawser_http_exchange *e, const hawser_field *fields, std::size_t count,
                     const hawser_session *table, void *self) noexcept
{
    Exchange &exchange = of(e);
    if (!exchange.engine->is_here()) return elsewhere(exchange, "upgrade");
    if (exchange.answer != Answer::Fresh) return exchange.misused("upgrade", kAgain);
    if (!exchange.may_upgrade || exchange.body != Body::Complete) return HAWSER_UNSUPPORTED;
    const std::string_view text = exchange.engine->heads.write_interim(101, fields, count);
    if (text.empty()) {
        exchange.misused("upgrade", kNoField);
        return end_badly(exchange);
    }
    Session &session = *exchange.session;
    const std::int32_t status = write_around(session, copied(text), nullptr, 0, nullptr);
    if (Access *access = exchange.engine->access.get(); access != nullptr)
        access->answered(exchange, 101, 0, status >= 0);
    exchange.answer = Answer::Ended;
    session.upgraded = true;
    session.conn->api->set_timer(session.conn, 0);
    session.resume();
    session.conn->api->attach(session.conn, table, self);
    session.settle();
    return status < 0 ? status : HAWSER_OK;
}

void abort(hawser_http_exchange *e) noexcept
{
    Exchange &exchange = of(e);
    if (!exchange.engine->is_here()) return static_cast<void>(elsewhere(exchange, "abort"));
    if (exchange.answer != Answer::Ended) end_badly(exchange);
}

} // namespace

const hawser_http_exchange_api kExchangeApi = {
    sizeof(hawser_http_exchange_api), 0, respond, begin, write, send_file, end, inform, attach, pause, upgrade, abort,
};

} // namespace http_engine
