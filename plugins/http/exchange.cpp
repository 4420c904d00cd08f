// Tests: plugins/http/tests/exchange_test.cpp
// The exchange itself; exchange_api.cpp has what a resource may do with it.
#include "exchange.hpp"

#include "engine.hpp"

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <iterator>
#include <string>
#include <utility>

namespace http_engine {

Exchange::Exchange(Engine *of)
    : hawser_http_exchange{&kExchangeApi}
    , engine(of)
    , request{}
{}

Exchange::~Exchange() { std::free(pinned_); }

void Exchange::begin(Session *of, const Head &head)
{
    session = of;
    retired = false;
    handler = nullptr;
    self = nullptr;
    body_left = head.length > 0 ? static_cast<std::uint64_t>(head.length) : 0;
    body_seen = 0;
    route = nullptr;
    answer = Answer::Fresh;
    body = head.length == 0 ? Body::Complete : head.length > 0 ? Body::Length : Body::Chunked;
    bodiless = false;
    keep_alive = head.keep_alive;
    asked_keep_alive = head.asked_keep_alive && head.version == 10;
    may_upgrade = head.upgrade;
    wants_continue = head.expects_continue;
    paused_body = false;
    if (body == Body::Chunked) chunks.begin();
}

bool Exchange::can_skip_body() const
{
    // Who waits for 100 (Continue) may send the body or not (RFC 9110 § 10.1.1): nobody knows what comes next.
    if (wants_continue) return false;
    return body != Body::Length || body_left <= kSkipped;
}

AnswerHead::Connection Exchange::decide_connection(bool whole)
{
    const std::uint32_t most = engine->options.max_requests;
    const bool last = session->drains != 0 || session->peer_ended || (most != 0 && session->requests >= most);
    if (last || (whole && body != Body::Complete && !can_skip_body())) keep_alive = false;
    if (!keep_alive) return AnswerHead::Connection::Close;
    return asked_keep_alive ? AnswerHead::Connection::KeepAlive : AnswerHead::Connection::Silent;
}

void Exchange::end_answer()
{
    answer = Answer::Ended;
    body_seen = 0;
    if (engine->is_at_hand(*this))
        engine->counts.ended(0, request.body.n, answer_bytes);
    else
        engine->counts.ended(engine->loop->now - began, body_got, answer_bytes);
    session->settle();
}

void Exchange::break_off() { session->close(HAWSER_ABORT); }

// The engine's own answer, instead of one that breaks the contract or never comes.
std::int32_t Exchange::misused(const char *call, const char *what) const
{
    const hawser_host *host = engine->node->host;
    if (host == nullptr || host->log == nullptr) return HAWSER_INVALID;
    if (retired) what = "expected an exchange that goes on, got one that is over";
    const std::string error = std::string("hawser_http_exchange.") + call + ": " + what;
    const hawser_field fields[] = {
        {{"resource", 8}, route != nullptr ? route->object->name : hawser_str{"none", 4}},
        {{"error", 5}, {error.data(), error.size()}},
    };
    host->log(engine->node, HAWSER_LOG_ERROR, {"contract_broken", 15}, fields, std::size(fields));
    return HAWSER_INVALID;
}

void Exchange::answer_500()
{
    constexpr std::string_view kBody = "500 Internal Server Error\n";
    static constexpr hawser_field kType = {{"Content-Type", 12}, {"text/plain; charset=utf-8", 25}};
    bodiless = request.method == HAWSER_HTTP_HEAD;
    answer_status = 500;
    answer_bytes = bodiless ? 0 : kBody.size();
    AnswerHead head;
    head.status = 500;
    head.fields = &kType;
    head.count = 1;
    head.framing = AnswerHead::Framing::Length;
    head.length = kBody.size();
    head.connection = decide_connection(true);
    const std::string_view text = engine->heads.write(head, engine->loop->wall);
    if (text.empty()) return break_off();
    const hawser_piece pieces[] = {{text.data(), text.size(), nullptr, nullptr},
                                   {kBody.data(), kBody.size(), nullptr, nullptr}};
    session->written(session->conn->api->write(session->conn, pieces, bodiless ? 1 : 2));
}

void Exchange::retire(bool keeps)
{
    retired = true;
    if (keeps && room_ <= kMostKept) return;
    std::free(std::exchange(pinned_, nullptr));
    room_ = 0;
}

bool Exchange::pin()
{
    hawser_http_request &r = request;
    const char *old = head_bytes.data();
    // A path that was not spelled as path.hpp has it lies elsewhere; `rest` is the end of it.
    const bool elsewhere = r.path.p < old || r.path.p >= old + head_bytes.size();
    const std::size_t fields = r.field_count * sizeof(hawser_field);
    const std::size_t needed = fields + head_bytes.size() + (elsewhere ? r.path.n : 0);
    if (room_ < needed) {
        std::free(std::exchange(pinned_, static_cast<char *>(std::malloc(needed))));
        room_ = pinned_ != nullptr ? needed : 0;
        if (pinned_ == nullptr) return false;
    }
    auto *new_fields = reinterpret_cast<hawser_field *>(pinned_);
    char *text = pinned_ + fields;
    std::memcpy(text, old, head_bytes.size());
    const auto move = [text, old](hawser_str &view) {
        if (view.n > 0) view.p = text + (view.p - old);
    };
    for (std::size_t i = 0; i < r.field_count; ++i) {
        new_fields[i] = r.fields[i];
        move(new_fields[i].name);
        move(new_fields[i].value);
    }
    r.fields = new_fields;
    const std::size_t before_rest = r.path.n - r.rest.n;
    if (elsewhere) {
        r.path.p = static_cast<char *>(std::memcpy(text + head_bytes.size(), r.path.p, r.path.n));
    } else {
        move(r.path);
    }
    r.rest.p = r.path.p + before_rest;
    for (hawser_str *view : {&r.method_name, &r.authority, &r.target, &r.query, &r.body}) move(*view);
    head_bytes = {text, head_bytes.size()};
    return true;
}

} // namespace http_engine
