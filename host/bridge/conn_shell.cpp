// Tests: tests/unit/bridge/checked_test.cpp
#include "bridge/conn_shell.hpp"

#include "bridge/loop_face.hpp"
#include "bridge/refusal.hpp"

namespace hawser::host {

hawser_conn *ConnShell::below(const char *call) const
{
    if (conn_ == nullptr && face_.here(call, tag_))
        face_.ended(call, tag_, "a connection whose on_close has not returned");
    return conn_;
}

std::int32_t ConnShell::write(hawser_conn *conn, const hawser_piece *pieces, std::size_t count) noexcept
{
    hawser_conn *below = of(conn).below("hawser_conn.write");
    if (below != nullptr) return below->api->write(below, pieces, count);
    release_all(pieces, count);
    return HAWSER_CLOSED;
}

std::int32_t ConnShell::send_file(hawser_conn *conn, std::intptr_t fd, std::uint64_t offset, std::uint64_t length,
                                  void (*release)(void *), void *ctx) noexcept
{
    hawser_conn *below = of(conn).below("hawser_conn.send_file");
    if (below != nullptr) return below->api->send_file(below, fd, offset, length, release, ctx);
    if (release != nullptr) release(ctx);
    return HAWSER_CLOSED;
}

void ConnShell::pause(hawser_conn *conn, std::int32_t paused) noexcept
{
    if (hawser_conn *below = of(conn).below("hawser_conn.pause")) below->api->pause(below, paused);
}

void ConnShell::set_timer(hawser_conn *conn, std::uint64_t at) noexcept
{
    if (hawser_conn *below = of(conn).below("hawser_conn.set_timer")) below->api->set_timer(below, at);
}

void ConnShell::close(hawser_conn *conn, std::uint32_t how) noexcept
{
    if (hawser_conn *below = of(conn).below("hawser_conn.close")) below->api->close(below, how);
}

void ConnShell::attach(hawser_conn *conn, const hawser_session *session, void *self) noexcept
{
    if (hawser_conn *below = of(conn).below("hawser_conn.attach")) below->api->attach(below, session, self);
}

std::int32_t ConnShell::address(hawser_conn *conn, std::uint32_t which, hawser_address *to) noexcept
{
    hawser_conn *below = of(conn).below("hawser_conn.address");
    return below != nullptr ? below->api->address(below, which, to) : HAWSER_NOT_FOUND;
}

std::int32_t ConnShell::tls(hawser_conn *conn, hawser_tls *to) noexcept
{
    hawser_conn *below = of(conn).below("hawser_conn.tls");
    return below != nullptr ? below->api->tls(below, to) : HAWSER_NOT_FOUND;
}

std::uint64_t ConnShell::queued(hawser_conn *conn) noexcept
{
    hawser_conn *below = of(conn).below("hawser_conn.queued");
    return below != nullptr ? below->api->queued(below) : 0;
}

const hawser_conn_api ConnShell::kApi{
    sizeof(hawser_conn_api), 0, write, send_file, pause, set_timer, close, attach, address, tls, queued};

} // namespace hawser::host
