// Tests: plugins/http/tests/options_test.cpp
// The plugin: the protocol `http` and the tables that the host calls.
#include "engine.hpp"

#include <cstdio>
#include <exception>
#include <memory>

namespace http_engine {
namespace {

Session *session_of(void *self) { return static_cast<Session *>(self); }

std::size_t on_data(void *self, hawser_bytes data) noexcept { return session_of(self)->on_data(view(data)); }
void on_drained(void *self) noexcept { session_of(self)->on_drained(); }
void on_eof(void *self) noexcept { session_of(self)->on_eof(); }
void on_timer(void *self) noexcept { session_of(self)->on_timer(); }
void on_drain(void *self, std::uint64_t deadline, std::uint32_t why) noexcept
{
    session_of(self)->on_drain(deadline, why);
}
std::int64_t park(void *self, char *to, std::size_t room) noexcept
{
    SessionState state;
    const std::int32_t status = session_of(self)->park(state);
    return status == HAWSER_OK ? state.write(to, room) : status;
}
void on_close(void *self, std::int32_t reason, hawser_str) noexcept { session_of(self)->on_close(reason); }

void *create(hawser_loop *loop, const hawser_node *node, hawser_error *error) noexcept
{
    try {
        auto engine = std::make_unique<Engine>(loop, node);
        return engine->configure(error) ? engine.release() : nullptr;
    } catch (const std::exception &thrown) {
        error->code = HAWSER_FAILED;
        std::snprintf(error->text, sizeof error->text, "%s", thrown.what());
        return nullptr;
    }
}

void drain(void *self, std::uint64_t deadline, std::uint32_t why) noexcept
{
    static_cast<Engine *>(self)->drain(deadline, why);
}

void destroy(void *self) noexcept { delete static_cast<Engine *>(self); }

void *open(void *self, hawser_conn *conn, hawser_bytes parked) noexcept
{
    Engine &engine = *static_cast<Engine *>(self);
    if (parked.n == 0) return engine.open(conn);
    SessionState state;
    return state.read(parked) ? engine.reopen(conn, state) : nullptr;
}

constexpr hawser_protocol kProtocol = {
    {sizeof(hawser_protocol), 0, HAWSER_PROTOCOL, "http", nullptr, nullptr, create, nullptr, drain, destroy},
    &kSessionTable,
    open,
};

} // namespace

const hawser_session kSessionTable = {
    sizeof(hawser_session), 0, nullptr, on_data, on_drained, on_eof, on_timer, on_drain, park, on_close,
};

} // namespace http_engine

extern "C" HAWSER_PUBLIC const hawser_plugin *hawser_plugin_v1(const hawser_host *, hawser_error *)
{
    static constexpr const hawser_kind *kKinds[] = {&http_engine::kProtocol.kind, &http_engine::kUnavailable.kind,
                                                    &http_engine::kNested.kind};
    static constexpr hawser_plugin kPlugin = {sizeof(hawser_plugin), 0, kKinds, 3};
    return &kPlugin;
}
