// Tests: plugins/http/tests/session_test.cpp, plugins/http/tests/options_test.cpp
#include "engine.hpp"

#include <cstdio>
#include <new>
#include <string>
#include <utility>

namespace http_engine {
namespace {

constexpr std::size_t kMostSpare = 64; // exchanges that are kept for later with their memory
// As many others are over before one is used again: a resource that still holds it is found out.
constexpr std::size_t kRested = 32;

std::uint64_t number(const hawser_value *options, const char *name, std::uint64_t otherwise = 0)
{
    const hawser_value *value = hawser_find(options, name);
    return value != nullptr ? static_cast<std::uint64_t>(value->as.integer) : otherwise;
}

std::uint32_t small_number(const hawser_value *options, const char *name)
{
    return static_cast<std::uint32_t>(number(options, name));
}

bool refuse(hawser_error *error, const std::string &option, const std::string &text)
{
    error->code = HAWSER_INVALID;
    std::snprintf(error->option, sizeof error->option, "%s", option.c_str());
    std::snprintf(error->text, sizeof error->text, "%s", text.c_str());
    return false;
}

} // namespace

Engine::Engine(hawser_loop *on, const hawser_node *at)
    : loop(on)
    , node(at)
{}

Engine::~Engine()
{
    if (at_hand_ != nullptr) exchanges_.destroy(at_hand_);
    for (; spares_ > 0; --spares_) exchanges_.destroy(std::exchange(spare_, spare_->next));
}

bool Engine::configure(hawser_error *error)
{
    const hawser_value *given = node->options;
    options.limits.max_header = small_number(given, "max_header");
    options.limits.max_fields = small_number(given, "max_fields");
    options.limits.max_target = small_number(given, "max_target");
    options.max_body = number(given, "max_body");
    options.body_rate = number(given, "body_rate");
    options.header_timeout = number(given, "header_timeout");
    options.body_timeout = number(given, "body_timeout");
    options.keep_alive = number(given, "keep_alive");
    options.write_timeout = number(given, "write_timeout");
    options.max_requests = small_number(given, "max_requests");
    fields.resize(options.limits.max_fields);
    scratch = std::make_unique<char[]>(std::size_t{3} * options.limits.max_header);
    const hawser_value *server = hawser_find(given, "server");
    const std::string_view name = server != nullptr ? view(server->as.string) : std::string_view();
    if (!is_field_value(name) || !heads.set_server(name))
        return refuse(error, "server", "expected a short text without control characters");
    access = Access::open(loop, node);
    counts.open(loop, node);
    return configure_routes(error);
}

bool Engine::configure_routes(hawser_error *error)
{
    const hawser_value *table = hawser_find(node->options, "routes");
    for (std::uint32_t i = 0; table != nullptr && i < table->count; ++i) {
        const hawser_value &entry = table->as.items[i];
        const std::uint64_t most = number(entry.as.object->with, "max_body", options.max_body);
        const std::uint64_t rate = number(entry.as.object->with, "body_rate", options.body_rate);
        const std::string wrong = routes.add(view(entry.key), entry.as.object, most, rate);
        if (!wrong.empty()) return refuse(error, "routes." + std::string(view(entry.key)), wrong);
    }
    std::string_view pattern;
    const std::string wrong = routes.finish(pattern);
    return wrong.empty() || refuse(error, "routes." + std::string(pattern), wrong);
}

Session *Engine::open(hawser_conn *conn)
{
    thread_ = std::this_thread::get_id();
    return sessions_.make(this, conn);
}

Session *Engine::reopen(hawser_conn *conn, const SessionState &state)
{
    thread_ = std::this_thread::get_id();
    return sessions_.make(this, conn, state);
}

void Engine::close(Session *session)
{
    if (session->exchange != nullptr) give_back(session->exchange);
    if (access) access->forget(session->peer);
    sessions_.destroy(session);
}

Exchange *Engine::at_hand()
{
    if (at_hand_ != nullptr) return at_hand_;
    if (spares_ <= kRested) at_hand_ = exchanges_.make(this);
    if (at_hand_ != nullptr || spares_ == 0) return at_hand_;
    at_hand_ = std::exchange(spare_, spare_->next);
    --spares_;
    return at_hand_;
}

void Engine::give_back(Exchange *exchange)
{
    counts.given_back();
    set_aside(exchange);
}

void Engine::set_aside(Exchange *exchange)
{
    if (exchange == at_hand_) at_hand_ = nullptr;
    exchange->retire(spares_ < kMostSpare);
    (spares_ == 0 ? spare_ : last_spare_->next) = exchange;
    last_spare_ = exchange;
    ++spares_;
}

void Engine::drain(std::uint64_t deadline, std::uint32_t why)
{
    drain_deadline = deadline;
    drains = why == HAWSER_STOPPING ? HAWSER_STOPPING : HAWSER_REPLACED;
}

} // namespace http_engine
