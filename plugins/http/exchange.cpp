// Tests: plugins/http/tests/exchange_test.cpp
// What a resource may do with its exchange (hawser/http.h), guarded: two answers, wrong lengths and injected lines
// never reach the wire.
#include "engine.hpp"

#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <cstring>

namespace http_engine {
namespace {

using Answer = Exchange::Answer;

Exchange &of(hawser_http_exchange *exchange) { return *static_cast<Exchange *>(exchange); }

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

// No body follows, whatever the head says (RFC 9112 § 6.3).
bool is_bodiless(const Exchange &exchange, std::uint32_t status)
{
    return exchange.request.method == HAWSER_HTTP_HEAD || status == 204 || status == 304;
}

AnswerHead::Connection connection_of(Exchange &exchange)
{
    Session &session = *exchange.session;
    const std::uint32_t most = exchange.engine->options.max_requests;
    // A body that is not read to its end leaves the connection of no use.
    const bool unread =
        exchange.body != Exchange::Body::Complete && exchange.handler == nullptr &&
        (exchange.wants_continue || exchange.body_left > 65536 || exchange.body == Exchange::Body::Chunked);
    if (session.draining || session.peer_ended || unread || (most != 0 && session.requests >= most))
        exchange.keep_alive = false;
    if (!exchange.keep_alive) return AnswerHead::Connection::Close;
    return exchange.asked_keep_alive && exchange.request.version == 10 ? AnswerHead::Connection::KeepAlive
                                                                       : AnswerHead::Connection::Silent;
}

// The engine's own answer instead of one that breaks the contract.
void answer_500(Exchange &exchange)
{
    constexpr std::string_view kBody = "internal server error\n";
    static constexpr hawser_field kType = {{"Content-Type", 12}, {"text/plain; charset=utf-8", 25}};
    exchange.bodiless = is_bodiless(exchange, 500);
    AnswerHead head;
    head.status = 500;
    head.fields = &kType;
    head.count = 1;
    head.framing = AnswerHead::Framing::Length;
    head.length = kBody.size();
    head.connection = connection_of(exchange);
    const std::string_view text = exchange.engine->heads.write(head, exchange.engine->loop->wall);
    const hawser_piece pieces[] = {{text.data(), text.size(), nullptr, nullptr},
                                   {kBody.data(), kBody.size(), nullptr, nullptr}};
    exchange.session->write(pieces, exchange.bodiless ? 1 : 2);
}

void end_answer(Exchange &exchange)
{
    exchange.answer = Answer::Ended;
    exchange.session->answer_ended();
}

// The head, and with `pieces` the body behind it in the same send.
std::int32_t send_head(Exchange &exchange, const AnswerHead &head, const hawser_piece *pieces, std::size_t count)
{
    constexpr std::size_t kTogether = 16;
    const std::string_view text = exchange.engine->heads.write(head, exchange.engine->loop->wall);
    hawser_piece all[kTogether];
    all[0] = {text.data(), text.size(), nullptr, nullptr};
    const std::size_t first = std::min(count, kTogether - 1);
    std::copy_n(pieces, first, all + 1);
    hawser_conn *conn = exchange.session->conn;
    std::int32_t status = conn->api->write(conn, all, first + 1);
    if (first < count) status = conn->api->write(conn, pieces + first, count - first);
    return exchange.session->written(status);
}

std::int32_t respond(hawser_http_exchange *e, std::uint32_t status, const hawser_field *fields, std::size_t count,
                     const hawser_piece *body, std::size_t pieces) noexcept
{
    Exchange &exchange = of(e);
    if (exchange.answer != Answer::Fresh || status < 200 || status > 999 || !are_fields_valid(fields, count)) {
        release_all(body, pieces);
        if (exchange.answer == Answer::Ended) return HAWSER_INVALID;
        if (exchange.answer == Answer::Fresh)
            answer_500(exchange);
        else if (exchange.answer == Answer::Begun)
            exchange.session->close(HAWSER_ABORT);
        end_answer(exchange);
        return HAWSER_INVALID;
    }
    exchange.bodiless = is_bodiless(exchange, status);
    AnswerHead head;
    head.status = status;
    head.fields = fields;
    head.count = count;
    head.length = total_of(body, pieces);
    head.keeps_length = exchange.request.method == HAWSER_HTTP_HEAD && head.length == 0;
    const bool none = status == 204 || status == 304 || head.keeps_length;
    head.framing = none ? AnswerHead::Framing::None : AnswerHead::Framing::Length;
    head.connection = connection_of(exchange);
    if (exchange.bodiless) release_all(body, pieces);
    const std::int32_t result = send_head(exchange, head, body, exchange.bodiless ? 0 : pieces);
    end_answer(exchange);
    return result;
}

std::int32_t begin(hawser_http_exchange *e, std::uint32_t status, const hawser_field *fields, std::size_t count,
                   std::int64_t length) noexcept
{
    Exchange &exchange = of(e);
    if (exchange.answer != Answer::Fresh) return HAWSER_INVALID;
    if (status < 200 || status > 999 || length < HAWSER_HTTP_UNKNOWN || !are_fields_valid(fields, count)) {
        answer_500(exchange);
        exchange.answer = Answer::Broken;
        return HAWSER_INVALID;
    }
    exchange.bodiless = is_bodiless(exchange, status);
    AnswerHead head;
    head.status = status;
    head.fields = fields;
    head.count = count;
    exchange.counted_answer = length >= 0;
    exchange.answer_left = length >= 0 ? static_cast<std::uint64_t>(length) : 0;
    // HTTP/1.0 knows no chunks: the end of the connection is the end of the body.
    exchange.chunked_answer = length < 0 && exchange.request.version >= 11 && !exchange.bodiless;
    if (length < 0 && exchange.request.version < 11 && !exchange.bodiless) exchange.keep_alive = false;
    if (status != 204 && status != 304) {
        if (length >= 0)
            head.framing = AnswerHead::Framing::Length;
        else if (exchange.chunked_answer)
            head.framing = AnswerHead::Framing::Chunked;
        head.keeps_length = exchange.bodiless;
        head.length = exchange.answer_left;
    }
    head.connection = connection_of(exchange);
    exchange.answer = Answer::Begun;
    return send_head(exchange, head, nullptr, 0);
}

// More was written than promised, or less at the end: the client must see that the body is not whole.
std::int32_t cut_off(Exchange &exchange)
{
    exchange.session->close(HAWSER_ABORT);
    return HAWSER_INVALID;
}

// Takes `n` bytes off what was promised; false: that is too many.
bool count_off(Exchange &exchange, std::uint64_t n)
{
    if (!exchange.counted_answer) return true;
    if (n > exchange.answer_left) return false;
    exchange.answer_left -= n;
    return true;
}

// "1a2b\r\n" in `to`, which has room for 20.
hawser_piece chunk_head(std::uint64_t n, char *to)
{
    char *end = std::to_chars(to, to + 16, n, 16).ptr;
    *end++ = '\r';
    *end++ = '\n';
    return {to, static_cast<std::size_t>(end - to), nullptr, nullptr};
}

constexpr hawser_piece kLineEnd = {"\r\n", 2, nullptr, nullptr};

std::int32_t write(hawser_http_exchange *e, const hawser_piece *body, std::size_t pieces) noexcept
{
    Exchange &exchange = of(e);
    const std::uint64_t total = total_of(body, pieces);
    if (exchange.answer != Answer::Begun) {
        release_all(body, pieces);
        return HAWSER_INVALID;
    }
    if (!count_off(exchange, total)) {
        release_all(body, pieces);
        return cut_off(exchange);
    }
    Session &session = *exchange.session;
    if (exchange.bodiless || total == 0) {
        release_all(body, pieces);
        return session.closing ? HAWSER_CLOSED : HAWSER_OK;
    }
    hawser_conn *conn = session.conn;
    if (!exchange.chunked_answer) return session.written(conn->api->write(conn, body, pieces));
    char size[20];
    const hawser_piece head = chunk_head(total, size);
    if (pieces == 1) {
        const hawser_piece all[] = {head, body[0], kLineEnd};
        return session.written(conn->api->write(conn, all, 3));
    }
    conn->api->write(conn, &head, 1);
    conn->api->write(conn, body, pieces);
    return session.written(conn->api->write(conn, &kLineEnd, 1));
}

std::int32_t send_file(hawser_http_exchange *e, std::intptr_t fd, std::uint64_t offset, std::uint64_t length,
                       void (*release)(void *), void *ctx) noexcept
{
    Exchange &exchange = of(e);
    const bool refused = exchange.answer != Answer::Begun;
    const bool too_long = !refused && !count_off(exchange, length);
    if (refused || too_long || exchange.bodiless || length == 0) {
        if (release != nullptr) release(ctx);
        if (refused) return HAWSER_INVALID;
        return too_long ? cut_off(exchange) : HAWSER_OK;
    }
    Session &session = *exchange.session;
    hawser_conn *conn = session.conn;
    char size[20];
    if (exchange.chunked_answer) {
        const hawser_piece head = chunk_head(length, size);
        conn->api->write(conn, &head, 1);
    }
    const std::int32_t status = conn->api->send_file(conn, fd, offset, length, release, ctx);
    if (!exchange.chunked_answer) return session.written(status);
    return session.written(conn->api->write(conn, &kLineEnd, 1));
}

std::int32_t end(hawser_http_exchange *e, const hawser_field *trailers, std::size_t count) noexcept
{
    Exchange &exchange = of(e);
    if (exchange.answer == Answer::Ended) return HAWSER_INVALID;
    if (exchange.answer != Answer::Begun) {
        if (exchange.answer == Answer::Fresh) answer_500(exchange);
        end_answer(exchange);
        return HAWSER_INVALID;
    }
    const bool short_of = exchange.counted_answer && exchange.answer_left > 0 && !exchange.bodiless;
    if (short_of || !are_fields_valid(trailers, count)) {
        cut_off(exchange);
        end_answer(exchange);
        return HAWSER_INVALID;
    }
    std::int32_t status = HAWSER_OK;
    if (exchange.chunked_answer) {
        hawser_conn *conn = exchange.session->conn;
        if (count == 0) {
            constexpr hawser_piece kLast = {"0\r\n\r\n", 5, nullptr, nullptr};
            status = exchange.session->written(conn->api->write(conn, &kLast, 1));
        } else {
            std::string text = "0\r\n";
            for (std::size_t i = 0; i < count; ++i)
                text.append(view(trailers[i].name)).append(": ").append(view(trailers[i].value)).append("\r\n");
            text += "\r\n";
            const hawser_piece last = {text.data(), text.size(), nullptr, nullptr};
            status = exchange.session->written(conn->api->write(conn, &last, 1));
        }
    }
    end_answer(exchange);
    return status;
}

std::int32_t inform(hawser_http_exchange *e, std::uint32_t status, const hawser_field *fields,
                    std::size_t count) noexcept
{
    Exchange &exchange = of(e);
    const bool interim = status >= 100 && status < 200 && status != 101;
    if (exchange.answer != Answer::Fresh || !interim || !are_fields_valid(fields, count)) return HAWSER_INVALID;
    // An HTTP/1.0 client would take it for the answer (RFC 9110 § 15.2).
    if (exchange.request.version < 11) return HAWSER_OK;
    const std::string_view text = exchange.engine->heads.write_interim(status, fields, count);
    const hawser_piece piece = {text.data(), text.size(), nullptr, nullptr};
    if (status == 100) exchange.wants_continue = false;
    hawser_conn *conn = exchange.session->conn;
    return exchange.session->written(conn->api->write(conn, &piece, 1));
}

// Copies a request and all that it refers to into one block.
class Pin {
public:
    static char *make(hawser_http_request &request)
    {
        std::size_t size = request.field_count * sizeof(hawser_field);
        for_texts(request, [&size](hawser_str &text) { size += text.n; });
        auto *block = static_cast<char *>(std::malloc(size + 1));
        if (block == nullptr) return nullptr;
        auto *fields = reinterpret_cast<hawser_field *>(block);
        std::copy_n(request.fields, request.field_count, fields);
        request.fields = fields;
        char *to = block + request.field_count * sizeof(hawser_field);
        for_texts(request, [&to](hawser_str &text) {
            if (text.n > 0) std::memcpy(to, text.p, text.n);
            text.p = to;
            to += text.n;
        });
        return block;
    }

private:
    template<typename Each>
    static void for_texts(hawser_http_request &request, Each each)
    {
        for (hawser_str *text : {&request.method_name, &request.authority, &request.target, &request.path,
                                 &request.query, &request.rest, &request.body})
            each(*text);
        for (std::size_t i = 0; i < request.field_count; ++i) {
            // Before the copy these are the parser's own array, which is this request's alone.
            auto &field = const_cast<hawser_field &>(request.fields[i]);
            each(field.name);
            each(field.value);
        }
    }
};

const hawser_http_request *attach(hawser_http_exchange *e, const hawser_http_handler *handler, void *self) noexcept
{
    Exchange &exchange = of(e);
    if (!exchange.in_request || exchange.answer != Answer::Fresh || exchange.handler != nullptr) return nullptr;
    exchange.pinned = Pin::make(exchange.request);
    if (exchange.pinned == nullptr) return nullptr;
    exchange.handler = handler;
    exchange.self = self;
    if (exchange.wants_continue && exchange.body_left > 0) inform(e, 100, nullptr, 0);
    return &exchange.request;
}

void pause(hawser_http_exchange *e, std::int32_t paused) noexcept
{
    Exchange &exchange = of(e);
    if (exchange.answer == Answer::Ended || exchange.paused_body == (paused != 0)) return;
    exchange.paused_body = paused != 0;
    Session &session = *exchange.session;
    if (!exchange.paused_body && session.paused) {
        session.paused = false;
        session.conn->api->pause(session.conn, 0);
    }
}

std::int32_t upgrade(hawser_http_exchange *e, const hawser_field *fields, std::size_t count,
                     const hawser_session *table, void *self) noexcept
{
    Exchange &exchange = of(e);
    if (exchange.answer != Answer::Fresh) return HAWSER_INVALID;
    if (!exchange.may_upgrade || exchange.body != Exchange::Body::Complete) return HAWSER_UNSUPPORTED;
    if (!are_fields_valid(fields, count)) {
        answer_500(exchange);
        end_answer(exchange);
        return HAWSER_INVALID;
    }
    Session &session = *exchange.session;
    const std::string_view text = exchange.engine->heads.write_interim(101, fields, count);
    const hawser_piece piece = {text.data(), text.size(), nullptr, nullptr};
    const std::int32_t status = session.conn->api->write(session.conn, &piece, 1);
    exchange.answer = Answer::Ended;
    session.conn->api->attach(session.conn, table, self);
    session.upgraded = true;
    if (!session.in_data) exchange.engine->close(&session);
    return status < 0 ? status : HAWSER_OK;
}

void abort(hawser_http_exchange *e) noexcept
{
    Exchange &exchange = of(e);
    if (exchange.answer == Answer::Ended) return;
    if (exchange.answer == Answer::Fresh)
        answer_500(exchange);
    else if (exchange.answer == Answer::Begun)
        exchange.session->close(HAWSER_ABORT);
    end_answer(exchange);
}

} // namespace

const hawser_http_exchange_api kExchangeApi = {
    sizeof(hawser_http_exchange_api), 0, respond, begin, write, send_file, end, inform, attach, pause, upgrade, abort,
};

} // namespace http_engine
