#include "fault.hpp"

#include <cstring>

namespace fault {

Instance read(hawser_loop *loop, const hawser_node *node)
{
    Instance instance;
    instance.loop = loop;
    instance.node = node;
    const auto text = [node](const char *key) {
        const hawser_value *value = hawser_find(node->options, key);
        return value != nullptr ? std::string(value->as.string.p, value->as.string.n) : std::string();
    };
    instance.at = text("at");
    instance.how = text("how");
    return instance;
}

namespace {

// What every kind begins with ---------------------------------------------------------------------------------------

void *share(const hawser_node *node, hawser_error *)
{
    auto *shared = new Instance(read(nullptr, node));
    shared->here("share");
    return shared;
}

void unshare(void *shared)
{
    const Instance mine = *static_cast<Instance *>(shared);
    delete static_cast<Instance *>(shared);
    mine.here("unshare");
}

void *create(hawser_loop *loop, const hawser_node *node, hawser_error *)
{
    const Instance made = read(loop, node);
    made.here("create");
    return new Instance(made);
}

const void *get_interface(void *self, const char *id)
{
    static_cast<Instance *>(self)->here("get_interface");
    return std::strcmp(id, "test.fault/1") == 0 ? self : nullptr;
}

void drain(void *self, std::uint64_t, std::uint32_t) { static_cast<Instance *>(self)->here("drain"); }

void destroy(void *self)
{
    const Instance mine = *static_cast<Instance *>(self);
    delete static_cast<Instance *>(self);
    mine.here("destroy");
}

constexpr hawser_kind kind(std::uint32_t size, const char *role, const char *name)
{
    return {size, 0, role, name, share, unshare, create, get_interface, drain, destroy};
}

// The service: what it starts fails on its own ----------------------------------------------------------------------

hawser_op operation;
const Instance *running;

void completed(hawser_op *, std::int64_t) { running->here("complete"); }

// What work threw, its result says.
void worked(hawser_op *, std::int64_t result)
{
    if (running->at == "work" && result == HAWSER_FAILED)
        running->node->host->log(running->node, HAWSER_LOG_INFO, {"fault_work_failed", 17}, nullptr, 0);
}

std::int32_t start(void *self, hawser_op *, hawser_error *)
{
    running = static_cast<const Instance *>(self);
    running->here("start");
    hawser_loop *loop = running->loop;
    operation.complete = completed;
    if (running->at == "complete") loop->api->timer(loop, loop->now, &operation);
    if (running->at == "post")
        running->node->host->post(
            running->node->host, loop->api->track(loop, self),
            [](void *object, void *) { static_cast<Instance *>(object)->here("post"); }, nullptr);
    if (running->at != "work" && running->at != "release") return HAWSER_OK;
    operation.complete = worked;
    const auto work = [](void *ctx) -> std::int64_t {
        static_cast<Instance *>(ctx)->here("work");
        return 0;
    };
    loop->api->offload(
        loop, work, [](void *ctx) { static_cast<Instance *>(ctx)->here("release"); }, self, &operation);
    return HAWSER_OK;
}

std::int32_t stop(void *self, hawser_op *)
{
    static_cast<Instance *>(self)->here("stop");
    return HAWSER_OK;
}

// The protocol: what it is sent it sends back ---------------------------------------------------------------------

struct Session {
    hawser_conn *conn;
    const Instance *of;
};

void sent(void *ctx) { static_cast<Session *>(ctx)->of->here("piece"); }

void on_open(void *self, hawser_conn *) { static_cast<Session *>(self)->of->here("on_open"); }

size_t on_data(void *self, hawser_bytes data)
{
    const Session &mine = *static_cast<Session *>(self);
    mine.of->here("on_data");
    hawser_piece piece{data.p, data.n, nullptr, nullptr};
    static const std::string block(std::size_t{8} << 20, 'x');
    if (mine.of->at == "on_drained") piece = {block.data(), block.size(), [](void *) {}, nullptr};
    if (mine.of->at == "piece") piece = {block.data(), 4096, sent, self};
    if (mine.of->at == "on_timer") mine.conn->api->set_timer(mine.conn, mine.of->loop->now + 1);
    mine.conn->api->write(mine.conn, &piece, 1);
    return data.n;
}

void on_drained(void *self) { static_cast<Session *>(self)->of->here("on_drained"); }

void on_eof(void *self)
{
    const Session &mine = *static_cast<Session *>(self);
    mine.of->here("on_eof");
    mine.conn->api->close(mine.conn, HAWSER_CLOSE);
}

void on_timer(void *self) { static_cast<Session *>(self)->of->here("on_timer"); }

void on_drain(void *self, std::uint64_t, std::uint32_t)
{
    const Session &mine = *static_cast<Session *>(self);
    mine.of->here("on_drain");
    mine.conn->api->close(mine.conn, HAWSER_CLOSE);
}

void on_close(void *self, std::int32_t, hawser_str)
{
    const Session mine = *static_cast<Session *>(self);
    delete static_cast<Session *>(self);
    mine.of->here("on_close");
}

const hawser_session kSession{
    sizeof(hawser_session), 0, on_open, on_data, on_drained, on_eof, on_timer, on_drain, nullptr, on_close};

void *open(void *self, hawser_conn *conn, hawser_bytes)
{
    const auto *of = static_cast<const Instance *>(self);
    of->here("open");
    auto *session = new Session{conn, of};
    if (of->at == "on_open") conn->api->attach(conn, &kSession, session);
    return session;
}

// The resource: what it is sent it counts ---------------------------------------------------------------------------

struct Answer {
    const Instance *of;
    hawser_http_exchange *exchange;
};

void on_body(void *self, hawser_bytes) { static_cast<Answer *>(self)->of->here("on_body"); }

void on_body_end(void *self, const hawser_field *, size_t)
{
    auto *answer = static_cast<Answer *>(self);
    answer->of->here("on_body_end");
    answer->exchange->api->respond(answer->exchange, 200, nullptr, 0, nullptr, 0);
    delete answer;
}

void on_exchange_close(void *self, std::int32_t)
{
    const Instance &of = *static_cast<Answer *>(self)->of;
    delete static_cast<Answer *>(self);
    of.here("on_close");
}

const hawser_http_handler kHandler{sizeof(hawser_http_handler), 0, on_body, on_body_end, nullptr, on_exchange_close};

void on_request(void *self, hawser_http_exchange *exchange, const hawser_http_request *)
{
    const auto *of = static_cast<const Instance *>(self);
    of->here("on_request");
    auto *answer = new Answer{of, exchange};
    if (exchange->api->attach(exchange, &kHandler, answer) == nullptr) delete answer;
}

} // namespace

const hawser_service kService{kind(sizeof(hawser_service), HAWSER_SERVICE, "fault"), start, stop};
const hawser_service kUser{
    {sizeof(hawser_service), 0, HAWSER_SERVICE, "fault_user", nullptr, nullptr, create, nullptr, nullptr, destroy},
    nullptr,
    nullptr};
const hawser_protocol kProtocol{kind(sizeof(hawser_protocol), HAWSER_PROTOCOL, "fault"), &kSession, open};
const hawser_http_resource kResource{kind(sizeof(hawser_http_resource), HAWSER_HTTP_RESOURCE, "fault"), on_request};

} // namespace fault
