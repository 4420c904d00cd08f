// Tests: plugins/http/tests/session_test.cpp, plugins/http/tests/conformance_test.cpp
// Session: what a head and a body set off.
#include "engine.hpp"
#include "session.hpp"
#include "statuses.hpp"

#include <algorithm>
#include <array>
#include <cstdio>
#include <new>
#include <string>

namespace http_engine {

using Answer = Exchange::Answer;
using Body = Exchange::Body;

// A head that was not whole is parsed again only when a line has ended or much has come: who sends it byte by byte
// costs no more than the bytes.
bool Session::head_may_be_whole(std::string_view input) const
{
    return scanned == 0 || input.size() >= scanned * std::size_t{2} ||
           input.size() >= engine->options.limits.max_header || input.find('\n', scanned) != std::string_view::npos;
}

// True: go on with what is left of the input.
bool Session::read_head(std::string_view &input)
{
    if (!head_may_be_whole(input)) return false;
    Head head;
    const Verdict verdict = parse_head(input, engine->options.limits, engine->fields.data(), head);
    if (verdict == Verdict::NeedMore) {
        if (scanned == 0)
            conn->api->set_timer(
                conn, engine->options.header_timeout != 0 ? engine->loop->now + engine->options.header_timeout : 0);
        scanned = static_cast<std::uint32_t>(input.size());
        return false;
    }
    scanned = 0;
    Target target;
    if (verdict != Verdict::Complete)
        refuse(static_cast<std::uint32_t>(verdict), input);
    else if (!split_target(head, engine->scratch.get(), target))
        refuse(400, input);
    else
        begin_exchange(head, target, input);
    return !closing;
}

void Session::fill_request(Exchange &e, const Head &head, const Target &target) const
{
    hawser_http_request &r = e.request;
    r.struct_size = sizeof r;
    r.version = head.version;
    r.method = head.method;
    r.method_name = str(head.method_name);
    r.scheme = secure ? hawser_str{"https", 5} : hawser_str{"http", 4};
    r.authority = str(target.authority.empty() ? head.host : target.authority);
    r.target = str(head.target);
    r.path = str(target.path);
    r.query = str(target.query);
    r.rest = {nullptr, 0};
    r.fields = engine->fields.data();
    r.field_count = head.field_count;
    r.body_length = head.length;
    r.body = {nullptr, 0};
    r.conn = conn;
}

void Session::begin_exchange(const Head &head, const Target &target, std::string_view &input)
{
    ++requests;
    Exchange *at_hand = engine->at_hand();
    if (at_hand == nullptr) return refuse(503, input);
    Exchange &e = *at_hand;
    exchange = &e;
    e.begin(this, head);
    e.head_bytes = input.substr(0, head.size);
    fill_request(e, head, target);
    input.remove_prefix(head.size);
    take_first_part(e, input);
    if (!input.empty() && e.body == Body::Complete) pipelines = true;
    bool forgotten = false;
    if (head.expects_other)
        refuse(417);
    else if (head.method == HAWSER_HTTP_CONNECT)
        refuse(501);
    else
        forgotten = !serve(e, target.path);
    const bool pending = e.answer != Answer::Ended && e.handler != nullptr;
    if (pending || (e.answer == Answer::Ended && e.body != Body::Complete && !closing)) {
        engine->keep(&e);
        if (!closing && e.body == Body::Complete) body_over();
        return;
    }
    // Nothing of it outlives this call: it stays at hand. A resource that forgot to answer may try to later.
    if (forgotten) engine->set_aside(&e);
    if (!upgraded) goes_on();
    exchange = nullptr;
}

// The part of a body of known length that came with its head goes to the resource with it.
void Session::take_first_part(Exchange &e, std::string_view &input) const
{
    if (e.body != Body::Length) return;
    const auto n = static_cast<std::size_t>(std::min<std::uint64_t>(e.body_left, input.size()));
    e.request.body = str(input.substr(0, n));
    e.head_bytes = {e.head_bytes.data(), e.head_bytes.size() + n};
    input.remove_prefix(n);
    e.body_left -= n;
    if (e.body_left == 0) e.body = Body::Complete;
}

bool Session::serve(Exchange &e, std::string_view path)
{
    const hawser_http_request &r = e.request;
    const Routes::Found found = engine->routes.find(path, r.method, view(r.method_name));
    const Route *route = found.route;
    e.max_body = route != nullptr ? route->max_body : engine->options.max_body;
    e.body_rate = route != nullptr ? route->body_rate : engine->options.body_rate;
    if (r.body_length > 0 && static_cast<std::uint64_t>(r.body_length) > e.max_body) {
        refuse(413);
        return true;
    }
    e.in_request = true;
    if (route != nullptr) {
        e.request.rest = str(found.rest);
        e.route = route;
        const InResource in(engine->loop, e.tag(), kOnRequest);
        in.call(route->resource->on_request, route->object->self, &e, &e.request);
    } else {
        answer_without_resource(e, path, found.path_matches);
    }
    e.in_request = false;
    // It neither answered nor attached.
    if (e.answer == Answer::Ended || e.handler != nullptr) return true;
    if (e.answer == Answer::Fresh)
        e.misused("respond", "expected an answer or attach before on_request returns, got none");
    kExchangeApi.abort(&e);
    return false;
}

void Session::answer_without_resource(Exchange &e, std::string_view path, bool path_matches)
{
    if (path == "*") { // OPTIONS, for the server as a whole
        kExchangeApi.respond(&e, 204, nullptr, 0, nullptr, 0);
        return;
    }
    std::string allow;
    try {
        if (path_matches) allow = engine->routes.allowed(path);
    } catch (const std::bad_alloc &) {
        kExchangeApi.abort(&e);
        return;
    }
    const std::uint32_t status = path_matches ? 405 : 404;
    const std::string_view body = path_matches ? "405 Method Not Allowed\n" : "404 Not Found\n";
    const hawser_field fields[] = {{{"Content-Type", 12}, {"text/plain; charset=utf-8", 25}},
                                   {{"Allow", 5}, str(allow)}};
    const hawser_piece piece = {body.data(), body.size(), nullptr, nullptr};
    kExchangeApi.respond(&e, status, fields, path_matches ? 2 : 1, &piece, 1);
}

// True: go on with what is left of the input.
bool Session::read_body(std::string_view &input)
{
    Exchange &e = *exchange;
    if (e.body == Body::Length) {
        const auto n = static_cast<std::size_t>(std::min<std::uint64_t>(e.body_left, input.size()));
        const std::string_view data = input.substr(0, n);
        input.remove_prefix(n);
        e.body_left -= n;
        // The last part ends the body: who answers from inside on_body finds it whole.
        if (e.body_left == 0) e.body = Body::Complete;
        if (take_body(data) && e.body == Body::Complete) body_over();
        return true;
    }
    std::string_view data;
    switch (e.chunks.next(input, data, engine->gathered)) {
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
    body_failed(400, HAWSER_CANCELLED);
    return false;
}

// False: nobody wants more of it.
bool Session::take_body(std::string_view data)
{
    Exchange &e = *exchange;
    e.body_seen += data.size();
    e.body_got += data.size();
    if (e.answer == Answer::Ended) {
        // Nobody wants it: read for the connection's sake, within a bound.
        if (e.body_seen <= Exchange::kSkipped) return true;
        close(HAWSER_LINGER);
        return false;
    }
    if (e.body_seen > e.max_body && e.request.body_length < 0) {
        body_failed(413, HAWSER_LIMIT);
        return false;
    }
    if (e.handler != nullptr && e.handler->on_body != nullptr) {
        const InResource in(engine->loop, e.tag(), kOnBody);
        in.call(e.handler->on_body, e.self, str(data));
    }
    return !closing && !upgraded;
}

void Session::body_over()
{
    constexpr std::size_t kMostTrailers = 64;
    Exchange &e = *exchange;
    if (e.answer == Answer::Ended || e.handler == nullptr) return;
    std::array<hawser_field, kMostTrailers> fields;
    std::size_t count = 0;
    if (e.request.body_length < 0 &&
        parse_fields(e.chunks.trailers(), fields.data(), fields.size(), count) != Verdict::Complete)
        return body_failed(400, HAWSER_CANCELLED);
    if (e.handler->on_body_end == nullptr) return;
    const InResource in(engine->loop, e.tag(), kOnBodyEnd);
    in.call(e.handler->on_body_end, e.self, count > 0 ? fields.data() : nullptr, count);
}

// The request's body cannot be read on: the resource hears it, and the client too if its answer has not begun.
void Session::body_failed(std::uint32_t status, std::int32_t reason)
{
    Exchange &e = *exchange;
    const Answer was = e.answer;
    if (was != Answer::Ended) {
        if (Access *access = engine->access.get(); access != nullptr && was != Answer::Fresh) access->cut_off(e);
        e.answer = Answer::Ended;
        if (e.handler != nullptr && e.handler->on_close != nullptr) {
            const InResource in(engine->loop, e.tag(), kOnClose);
            in.call(e.handler->on_close, e.self, reason);
        }
    }
    if (was == Answer::Fresh)
        refuse(status);
    else
        close(was == Answer::Begun ? HAWSER_ABORT : HAWSER_LINGER);
}

} // namespace http_engine
