// Tests: plugins/http/tests/session_test.cpp
// One connection: heads and bodies in, exchanges one after the other.
#include "engine.hpp"

#include <algorithm>
#include <cstdlib>

namespace http_engine {
namespace {

using Answer = Exchange::Answer;
using Body = Exchange::Body;

constexpr std::uint32_t kOnRequest = 7, kOnBody = 129, kOnBodyEnd = 130, kOnDrained = 131, kOnClose = 132;
constexpr std::uint64_t kDiscarded = 262144; // bytes of an unwanted body that are read to keep the connection

} // namespace

void Session::set_timer(std::uint64_t after) { conn->api->set_timer(conn, after != 0 ? engine->loop->now + after : 0); }

void Session::close(std::uint32_t how)
{
    if (closing) return;
    closing = true;
    conn->api->close(conn, how);
}

std::int32_t Session::written(std::int32_t status)
{
    if (status == HAWSER_FULL) {
        full = true;
        if (exchange != nullptr && exchange->answer == Answer::Begun) set_timer(engine->options.write_timeout);
    }
    return status;
}

void Session::write(const hawser_piece *pieces, std::size_t count) { written(conn->api->write(conn, pieces, count)); }

// An answer of the engine's own: to a request that is refused before any resource saw it.
void Session::refuse(std::uint32_t status, std::string_view allow)
{
    const std::string body = std::to_string(status) + ' ' + std::string(reason_phrase(status)) + '\n';
    hawser_field fields[2] = {{str("Content-Type"), str("text/plain; charset=utf-8")}, {str("Allow"), str(allow)}};
    AnswerHead head;
    head.status = status;
    head.fields = fields;
    head.count = allow.empty() ? 1 : 2;
    head.framing = AnswerHead::Framing::Length;
    head.length = body.size();
    head.connection = AnswerHead::Connection::Close;
    const std::string_view text = engine->heads.write(head, engine->loop->wall);
    const hawser_piece pieces[] = {{text.data(), text.size(), nullptr, nullptr},
                                   {body.data(), body.size(), nullptr, nullptr}};
    const bool to_head = exchange != nullptr && exchange->request.method == HAWSER_HTTP_HEAD;
    write(pieces, to_head ? 1 : 2);
    // The client may still be sending: a plain close could destroy the answer on its way.
    close(HAWSER_LINGER);
}

std::size_t Session::on_data(std::string_view input)
{
    const std::size_t all = input.size();
    in_data = true;
    while (!closing && !upgraded) {
        if (exchange == nullptr) {
            if (input.empty() || !read_head(input)) break;
            continue;
        }
        if (exchange->body != Body::Complete) {
            if (exchange->paused_body && exchange->answer != Answer::Ended) {
                if (!paused) conn->api->pause(conn, 1);
                paused = true;
                break;
            }
            if (input.empty() || !read_body(input)) break;
            continue;
        }
        if (exchange->answer != Answer::Ended) {
            // What was sent ahead waits in the host until this answer has gone.
            if (!input.empty() && !paused) conn->api->pause(conn, 1);
            if (!input.empty()) paused = true;
            break;
        }
        release_exchange();
    }
    in_data = false;
    if (upgraded) {
        const std::size_t used = all - input.size();
        engine->close(this);
        return used;
    }
    return closing ? all : all - input.size();
}

// True: go on with what is left of the input.
bool Session::read_head(std::string_view &input)
{
    Head head;
    const Verdict verdict = parse_head(input, engine->options.limits, engine->fields.data(), head);
    if (verdict == Verdict::NeedMore) {
        if (!head_begun) set_timer(engine->options.header_timeout);
        head_begun = true;
        return false;
    }
    Target target;
    if (verdict == Verdict::Complete && split_target(head, engine->scratch.get(), target)) {
        head_begun = false;
        ++requests;
        begin_exchange(head, target, input);
        return true;
    }
    refuse(verdict == Verdict::Complete ? 400 : static_cast<std::uint32_t>(verdict));
    return false;
}

void Session::begin_exchange(const Head &head, const Target &target, std::string_view &input)
{
    Exchange *made = engine->take_exchange();
    if (made == nullptr) {
        refuse(503);
        return;
    }
    exchange = made;
    Exchange &e = *made;
    e.session = this;
    e.keep_alive = head.keep_alive;
    e.asked_keep_alive = head.asked_keep_alive;
    e.may_upgrade = head.upgrade;
    e.wants_continue = head.expects_continue;
    e.body = head.length == 0 ? Body::Complete : head.length > 0 ? Body::Length : Body::Chunked;
    e.body_left = head.length > 0 ? static_cast<std::uint64_t>(head.length) : head.length < 0 ? 1 : 0;
    hawser_http_request &r = e.request;
    r = {};
    r.struct_size = sizeof r;
    r.version = head.version;
    r.method = head.method;
    r.method_name = str(head.method_name);
    r.scheme = str("http");
    r.authority = str(target.authority.empty() ? head.host : target.authority);
    r.target = str(head.target);
    r.path = str(target.path);
    r.query = str(target.query);
    r.fields = engine->fields.data();
    r.field_count = head.field_count;
    r.body_length = head.length;
    r.conn = conn;
    input.remove_prefix(head.size);
    if (head.expects_other) return refuse(417);
    if (head.method == HAWSER_HTTP_CONNECT) return refuse(501);
    const Routes::Found found = engine->routes.find(target.path, head.method_name);
    const hawser_http_resource *resource = found.route != nullptr ? found.route->resource : nullptr;
    e.max_body = found.route != nullptr ? found.route->max_body : engine->options.max_body;
    if (head.length > 0 && static_cast<std::uint64_t>(head.length) > e.max_body) return refuse(413);
    take_first_part(input);
    e.in_request = true;
    if (resource != nullptr) {
        r.rest = str(found.rest);
        e.tag = found.route->object->tag;
        const InResource in(engine->loop, e.tag, kOnRequest);
        resource->on_request(found.route->object->self, &e, &r);
    } else if (target.path == "*") {
        kExchangeApi.respond(&e, 204, nullptr, 0, nullptr, 0);
    } else {
        const std::string allow = found.path_matches ? engine->routes.allowed(target.path) : std::string();
        const std::uint32_t status = found.path_matches ? 405 : 404;
        const std::string body = std::to_string(status) + ' ' + std::string(reason_phrase(status)) + '\n';
        const hawser_field fields[] = {{str("Content-Type"), str("text/plain; charset=utf-8")},
                                       {str("Allow"), str(allow)}};
        const hawser_piece piece = {body.data(), body.size(), nullptr, nullptr};
        kExchangeApi.respond(&e, status, fields, allow.empty() ? 1 : 2, &piece, 1);
    }
    e.in_request = false;
    if (upgraded || closing) return;
    if (e.answer != Answer::Ended && e.handler == nullptr) kExchangeApi.abort(&e);
    if (e.answer == Answer::Ended) return;
    set_timer(e.body == Body::Complete ? 0 : engine->options.body_timeout);
    if (e.body == Body::Complete) body_over();
}

// The part of a body of known length that came with its head goes to the resource with it.
void Session::take_first_part(std::string_view &input)
{
    Exchange &e = *exchange;
    if (e.body != Body::Length) return;
    const auto n = static_cast<std::size_t>(std::min<std::uint64_t>(e.body_left, input.size()));
    e.request.body = str(input.substr(0, n));
    input.remove_prefix(n);
    e.body_left -= n;
    if (e.body_left == 0) e.body = Body::Complete;
}

// True: go on with what is left of the input.
bool Session::read_body(std::string_view &input)
{
    Exchange &e = *exchange;
    if (e.answer != Answer::Ended) set_timer(engine->options.body_timeout);
    if (e.body == Body::Length) {
        const auto n = static_cast<std::size_t>(std::min<std::uint64_t>(e.body_left, input.size()));
        const std::string_view data = input.substr(0, n);
        input.remove_prefix(n);
        e.body_left -= n;
        const bool last = e.body_left == 0;
        if (!take_body(data)) return false;
        if (last) {
            e.body = Body::Complete;
            body_over();
        }
        return true;
    }
    std::string_view data;
    switch (e.chunks.next(input, data)) {
    case Chunks::Step::Data:
        return take_body(data);
    case Chunks::Step::NeedMore:
        return false;
    case Chunks::Step::End:
        e.body = Body::Complete;
        body_over();
        return true;
    case Chunks::Step::Bad:
        break;
    }
    body_failed(400, HAWSER_INVALID);
    return false;
}

// False: the exchange is over.
bool Session::take_body(std::string_view data)
{
    Exchange &e = *exchange;
    e.body_seen += data.size();
    if (e.answer == Answer::Ended) {
        if (e.body_seen <= kDiscarded) return true;
        close(HAWSER_LINGER);
        return false;
    }
    if (e.body == Body::Chunked && e.body_seen > e.max_body) {
        body_failed(413, HAWSER_LIMIT);
        return false;
    }
    if (e.handler != nullptr && e.handler->on_body != nullptr) {
        const InResource in(engine->loop, e.tag, kOnBody);
        e.handler->on_body(e.self, str(data));
    }
    return !closing && !upgraded;
}

void Session::body_over()
{
    Exchange &e = *exchange;
    if (e.answer == Answer::Ended || e.told_end || e.handler == nullptr) return;
    e.told_end = true;
    set_timer(full ? engine->options.write_timeout : 0);
    if (e.handler->on_body_end == nullptr) return;
    const InResource in(engine->loop, e.tag, kOnBodyEnd);
    e.handler->on_body_end(e.self, nullptr, 0);
}

// The request's body cannot be read on: the resource hears it, and the client too if its answer has not begun.
void Session::body_failed(std::uint32_t status, std::int32_t reason)
{
    Exchange &e = *exchange;
    const bool fresh = e.answer == Answer::Fresh || e.answer == Answer::Broken;
    if (e.answer == Answer::Ended) {
        close(HAWSER_LINGER);
        return;
    }
    const bool broken = e.answer == Answer::Broken;
    e.answer = Answer::Ended;
    if (e.handler != nullptr && e.handler->on_close != nullptr) {
        const InResource in(engine->loop, e.tag, kOnClose);
        e.handler->on_close(e.self, reason);
    }
    if (fresh && !broken)
        refuse(status);
    else
        close(broken ? HAWSER_LINGER : HAWSER_ABORT);
}

// A body that nobody wants is read on only if that is cheap and the client is sure to send it.
bool Session::give_up_body() const
{
    return exchange->wants_continue || (exchange->body == Body::Length && exchange->body_left > kDiscarded);
}

void Session::answer_ended()
{
    if (in_data || closing) {
        // on_data goes on; what is being closed has nothing more to read.
        if (!closing && exchange->body != Body::Complete && give_up_body())
            close(HAWSER_LINGER);
        else if (!closing && !exchange->keep_alive)
            close(exchange->body != Body::Complete ? HAWSER_LINGER : HAWSER_CLOSE);
        return;
    }
    if (!exchange->keep_alive || give_up_body()) {
        close(exchange->body != Body::Complete || paused ? HAWSER_LINGER : HAWSER_CLOSE);
        return;
    }
    if (exchange->body == Body::Complete) release_exchange();
    if (paused) {
        paused = false;
        conn->api->pause(conn, 0);
    }
}

void Session::release_exchange()
{
    Exchange *done = exchange;
    exchange = nullptr;
    engine->give_back(done);
    idle();
}

void Session::idle()
{
    if (peer_ended)
        close(HAWSER_CLOSE);
    else
        set_timer(engine->options.keep_alive);
}

void Session::on_eof()
{
    peer_ended = true;
    if (exchange == nullptr) {
        close(HAWSER_CLOSE);
    } else if (exchange->body != Body::Complete) {
        body_failed(400, HAWSER_CLOSED);
    } else {
        exchange->keep_alive = false; // half-closed: the answer is still wanted
    }
}

void Session::on_timer()
{
    if (exchange == nullptr) {
        if (head_begun)
            refuse(408);
        else
            close(HAWSER_CLOSE);
    } else if (exchange->body != Body::Complete) {
        body_failed(408, HAWSER_TIMED_OUT);
    } else if (full) {
        close(HAWSER_ABORT); // nothing was read for too long; on_close tells the resource
    }
}

void Session::on_drained()
{
    full = false;
    if (exchange == nullptr || exchange->answer == Answer::Ended) return;
    if (exchange->body == Body::Complete) set_timer(0);
    if (exchange->handler == nullptr || exchange->handler->on_drained == nullptr) return;
    const InResource in(engine->loop, exchange->tag, kOnDrained);
    exchange->handler->on_drained(exchange->self);
}

void Session::on_drain(std::uint64_t deadline, std::uint32_t why)
{
    constexpr std::uint64_t kBeforeDeadline = 500'000'000;
    draining = true;
    if (exchange != nullptr) return; // its answer says close
    if (why == HAWSER_STOPPING && !head_begun) {
        close(HAWSER_CLOSE);
        return;
    }
    // A client may be sending at this very moment: it gets its answer. Who stays silent is closed before the deadline.
    const std::uint64_t now = engine->loop->now;
    const std::uint64_t last = deadline > now + kBeforeDeadline ? deadline - kBeforeDeadline : now;
    const std::uint64_t wait = head_begun ? engine->options.header_timeout : engine->options.keep_alive;
    conn->api->set_timer(conn, wait != 0 ? std::min(last, now + wait) : last);
}

void Session::on_close(std::int32_t reason)
{
    closing = true;
    if (exchange != nullptr && exchange->answer != Answer::Ended) {
        exchange->answer = Answer::Ended;
        if (exchange->handler != nullptr && exchange->handler->on_close != nullptr) {
            const InResource in(engine->loop, exchange->tag, kOnClose);
            exchange->handler->on_close(exchange->self, reason == HAWSER_OK ? HAWSER_CANCELLED : reason);
        }
    }
    engine->close(this);
}

} // namespace http_engine
