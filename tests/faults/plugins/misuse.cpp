// A protocol that breaks the contract of hawser/abi.h, one way for each byte that it gets, and a resource that breaks
// that of hawser/http.h: it answers from another thread before it does from its own.
#include "hawser/abi.h"
#include "hawser/http.h"

#include <cstdint>
#include <cstdlib>
#include <thread>

namespace {

void completed(hawser_op *, std::int64_t) {}

struct Instance {
    hawser_loop *loop;
    hawser_op pending{completed, {}};
};

struct Session {
    Instance *instance;
    hawser_conn *conn;
    hawser_op later{};
    bool goes_on = false; // after its end
};

void say(hawser_conn *conn, const char *text)
{
    const hawser_piece piece{text, 1, nullptr, nullptr};
    conn->api->write(conn, &piece, 1);
}

// Long after on_close.
void too_late(hawser_op *op, std::int64_t)
{
    auto *session = reinterpret_cast<Session *>(reinterpret_cast<char *>(op) - offsetof(Session, later));
    say(session->conn, "!");
    delete session;
}

std::size_t on_data(void *self, hawser_bytes data)
{
    auto &session = *static_cast<Session *>(self);
    hawser_loop *loop = session.instance->loop;
    switch (data.p[0]) {
    case 't':
        std::thread([&session] { say(session.conn, "!"); }).join();
        break;
    case 'o':
        loop->api->timer(loop, loop->now + 3'600'000'000'000, &session.instance->pending);
        loop->api->timer(loop, loop->now + 3'600'000'000'000, &session.instance->pending);
        break;
    case 'u':
        loop->api->untrack(loop, 77);
        break;
    case 'e':
        session.goes_on = true;
        break;
    default:
        break;
    }
    say(session.conn, data.p);
    return data.p[0] == 'm' ? data.n + 100 : data.n;
}

void on_close(void *self, std::int32_t, hawser_str)
{
    auto *session = static_cast<Session *>(self);
    if (!session->goes_on) {
        delete session;
        return;
    }
    session->later.complete = too_late;
    session->instance->loop->api->timer(session->instance->loop, 0, &session->later);
}

void *open(void *self, hawser_conn *conn, hawser_bytes)
{
    return new Session{static_cast<Instance *>(self), conn, {}, false};
}

void *create(hawser_loop *loop, const hawser_node *, hawser_error *) { return new Instance{loop}; }
void destroy(void *self) { delete static_cast<Instance *>(self); }

void on_request(void *, hawser_http_exchange *exchange, const hawser_http_request *)
{
    const auto say = [exchange](const char *text) {
        const hawser_piece piece{text, 5, nullptr, nullptr};
        exchange->api->respond(exchange, 200, nullptr, 0, &piece, 1);
    };
    std::thread([&say] { say("wrong"); }).join();
    say("right");
}

constexpr hawser_session kSession{
    sizeof(hawser_session), 0, nullptr, on_data, nullptr, nullptr, nullptr, nullptr, nullptr, on_close};
constexpr hawser_protocol kProtocol{
    {sizeof(hawser_protocol), 0, HAWSER_PROTOCOL, "misuse", nullptr, nullptr, create, nullptr, nullptr, destroy},
    &kSession,
    open};
constexpr hawser_http_resource kResource{{sizeof(hawser_http_resource), 0, "hawser.http.resource/1", "misuse", nullptr,
                                          nullptr, create, nullptr, nullptr, destroy},
                                         on_request};
const hawser_kind *const kKinds[] = {&kProtocol.kind, &kResource.kind};
constexpr hawser_plugin kPlugin{sizeof(hawser_plugin), 0, kKinds, 2};

} // namespace

extern "C" HAWSER_PUBLIC const hawser_plugin *hawser_plugin_v1(const hawser_host *, hawser_error *) { return &kPlugin; }
