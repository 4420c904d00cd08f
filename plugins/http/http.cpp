// Tests: plugins/http/tests/session_test.cpp
// The plugin: the protocol `http`, its options, and the tables that the host calls.
#include "engine.hpp"

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <new>

namespace http_engine {
namespace {

std::uint64_t number(const hawser_value *options, const char *name)
{
    const hawser_value *value = hawser_find(options, name);
    return value != nullptr ? static_cast<std::uint64_t>(value->as.integer) : 0;
}

void refuse(hawser_error *error, const std::string &option, const std::string &text)
{
    if (error == nullptr || error->struct_size < sizeof *error) return;
    error->code = HAWSER_INVALID;
    std::snprintf(error->option, sizeof error->option, "%s", option.c_str());
    std::snprintf(error->text, sizeof error->text, "%s", text.c_str());
}

Session *session_of(void *self) { return static_cast<Session *>(self); }

std::size_t on_data(void *self, hawser_bytes data) noexcept { return session_of(self)->on_data(view(data)); }
void on_drained(void *self) noexcept { session_of(self)->on_drained(); }
void on_eof(void *self) noexcept { session_of(self)->on_eof(); }
void on_timer(void *self) noexcept { session_of(self)->on_timer(); }
void on_drain(void *self, std::uint64_t deadline, std::uint32_t why) noexcept
{
    session_of(self)->on_drain(deadline, why);
}
void on_close(void *self, std::int32_t reason, hawser_str) noexcept { session_of(self)->on_close(reason); }

void *create(hawser_loop *loop, const hawser_node *node, hawser_error *error) noexcept
{
    try {
        auto engine = std::make_unique<Engine>(loop, node);
        return engine->configure(error) ? engine.release() : nullptr;
    } catch (const std::exception &thrown) {
        refuse(error, {}, thrown.what());
        return nullptr;
    }
}

void destroy(void *self) noexcept { delete static_cast<Engine *>(self); }

void *open(void *self, hawser_conn *conn, hawser_bytes) noexcept { return static_cast<Engine *>(self)->open(conn); }

constexpr hawser_protocol kProtocol = {
    {sizeof(hawser_protocol), 0, HAWSER_PROTOCOL, "http", nullptr, nullptr, create, nullptr, nullptr, destroy},
    &kSessionTable,
    open,
};

} // namespace

const hawser_session kSessionTable = {
    sizeof(hawser_session), 0, nullptr, on_data, on_drained, on_eof, on_timer, on_drain, nullptr, on_close,
};

bool Engine::configure(hawser_error *error)
{
    const hawser_value *given = node->options;
    options.limits.max_header = static_cast<std::uint32_t>(number(given, "max_header"));
    options.limits.max_fields = static_cast<std::uint32_t>(number(given, "max_fields"));
    options.limits.max_target = static_cast<std::uint32_t>(number(given, "max_target"));
    options.max_body = number(given, "max_body");
    options.header_timeout = number(given, "header_timeout");
    options.body_timeout = number(given, "body_timeout");
    options.keep_alive = number(given, "keep_alive");
    options.write_timeout = number(given, "write_timeout");
    options.max_requests = static_cast<std::uint32_t>(number(given, "max_requests"));
    if (const hawser_value *server = hawser_find(given, "server"); server != nullptr)
        options.server = view(server->as.string);
    if (!is_field_value(options.server)) {
        refuse(error, "server", "expected a text without control characters");
        return false;
    }
    heads = HeadWriter(options.server);
    fields.resize(options.limits.max_fields);
    scratch = std::make_unique<char[]>(options.limits.max_header + 1);
    const hawser_value *table = hawser_find(given, "routes");
    for (std::uint32_t i = 0; table != nullptr && i < table->count; ++i) {
        const hawser_value &entry = table->as.items[i];
        const hawser_value *own = hawser_find(entry.as.object->with, "max_body");
        const std::uint64_t most = own != nullptr ? static_cast<std::uint64_t>(own->as.integer) : options.max_body;
        const std::string wrong = routes.add(view(entry.key), entry.as.object, most);
        if (wrong.empty()) continue;
        refuse(error, "routes." + std::string(view(entry.key)), wrong);
        return false;
    }
    routes.finish();
    return true;
}

Engine::~Engine()
{
    for (Exchange *exchange : spare_exchanges) delete exchange;
    for (Session *session : spare_sessions) delete session;
}

Session *Engine::open(hawser_conn *conn)
{
    Session *session;
    if (!spare_sessions.empty()) {
        session = spare_sessions.back();
        spare_sessions.pop_back();
        *session = Session{};
    } else {
        session = new (std::nothrow) Session{};
        if (session == nullptr) return nullptr;
    }
    session->conn = conn;
    session->engine = this;
    conn->api->set_timer(conn, options.header_timeout != 0 ? loop->now + options.header_timeout : 0);
    return session;
}

void Engine::close(Session *session)
{
    constexpr std::size_t kMostSpare = 1024;
    if (session->exchange != nullptr) give_back(session->exchange);
    if (spare_sessions.size() < kMostSpare)
        spare_sessions.push_back(session);
    else
        delete session;
}

Exchange *Engine::take_exchange()
{
    Exchange *exchange;
    if (!spare_exchanges.empty()) {
        exchange = spare_exchanges.back();
        spare_exchanges.pop_back();
        *exchange = Exchange{};
    } else {
        exchange = new (std::nothrow) Exchange{};
        if (exchange == nullptr) return nullptr;
    }
    exchange->api = &kExchangeApi;
    exchange->engine = this;
    return exchange;
}

void Engine::give_back(Exchange *exchange)
{
    constexpr std::size_t kMostSpare = 1024;
    std::free(exchange->pinned);
    exchange->pinned = nullptr;
    if (spare_exchanges.size() < kMostSpare)
        spare_exchanges.push_back(exchange);
    else
        delete exchange;
}

} // namespace http_engine

extern "C" HAWSER_PUBLIC const hawser_plugin *hawser_plugin_v1(const hawser_host *, hawser_error *)
{
    static constexpr const hawser_kind *kKinds[] = {&http_engine::kProtocol.kind};
    static constexpr hawser_plugin kPlugin = {sizeof(hawser_plugin), 0, kKinds, 1};
    return &kPlugin;
}
