// Tests: tests/unit/bridge/checked_test.cpp
#include "bridge/checked.hpp"

#include "bridge/conn.hpp"
#include "bridge/crumbs.hpp"
#include "bridge/host_face.hpp"
#include "bridge/loop_face.hpp"
#include "bridge/refusal.hpp"

#include <algorithm>
#include <string>
#include <utility>

namespace hawser::host {

// In the place of a connection: as long as that lives, everything goes on to it.
class Checked::Shell : public hawser_conn {
public:
    Shell(LoopFace &face, Conn &conn)
        : hawser_conn{&kApi}
        , face_(face)
        , conn_(&conn)
        , tag_(conn.tag())
    {}
    void end() { conn_ = nullptr; }

private:
    static Shell &of(hawser_conn *conn) { return *static_cast<Shell *>(conn); }
    // Null: it has ended; that was told.
    hawser_conn *below(const char *call) const
    {
        if (conn_ == nullptr && face_.here(call, tag_))
            face_.host().broke(tag_, face_.abi()->crumb & 0xff, call,
                               "expected a connection whose on_close has not returned, got one that has ended");
        return conn_;
    }
    static std::int32_t write(hawser_conn *conn, const hawser_piece *pieces, std::size_t count) noexcept
    {
        hawser_conn *below = of(conn).below("hawser_conn.write");
        if (below != nullptr) return below->api->write(below, pieces, count);
        release_all(pieces, count);
        return HAWSER_CLOSED;
    }
    static std::int32_t send_file(hawser_conn *conn, std::intptr_t fd, std::uint64_t offset, std::uint64_t length,
                                  void (*release)(void *), void *ctx) noexcept
    {
        hawser_conn *below = of(conn).below("hawser_conn.send_file");
        if (below != nullptr) return below->api->send_file(below, fd, offset, length, release, ctx);
        if (release != nullptr) release(ctx);
        return HAWSER_CLOSED;
    }
    static void pause(hawser_conn *conn, std::int32_t paused) noexcept
    {
        if (hawser_conn *below = of(conn).below("hawser_conn.pause")) below->api->pause(below, paused);
    }
    static void set_timer(hawser_conn *conn, std::uint64_t at) noexcept
    {
        if (hawser_conn *below = of(conn).below("hawser_conn.set_timer")) below->api->set_timer(below, at);
    }
    static void close(hawser_conn *conn, std::uint32_t how) noexcept
    {
        if (hawser_conn *below = of(conn).below("hawser_conn.close")) below->api->close(below, how);
    }
    static void attach(hawser_conn *conn, const hawser_session *session, void *self) noexcept
    {
        if (hawser_conn *below = of(conn).below("hawser_conn.attach")) below->api->attach(below, session, self);
    }
    static std::int32_t address(hawser_conn *conn, std::uint32_t which, hawser_address *to) noexcept
    {
        hawser_conn *below = of(conn).below("hawser_conn.address");
        return below != nullptr ? below->api->address(below, which, to) : HAWSER_NOT_FOUND;
    }
    static std::int32_t tls(hawser_conn *conn, hawser_tls *to) noexcept
    {
        hawser_conn *below = of(conn).below("hawser_conn.tls");
        return below != nullptr ? below->api->tls(below, to) : HAWSER_NOT_FOUND;
    }
    static std::uint64_t queued(hawser_conn *conn) noexcept
    {
        hawser_conn *below = of(conn).below("hawser_conn.queued");
        return below != nullptr ? below->api->queued(below) : 0;
    }
    static constexpr hawser_conn_api kApi{
        sizeof(hawser_conn_api), 0, write, send_file, pause, set_timer, close, attach, address, tls, queued};

    LoopFace &face_;
    hawser_conn *conn_;
    std::uint32_t tag_;
};

Checked::Checked(LoopFace &face)
    : face_(face)
{}

Checked::~Checked() = default;

hawser_conn *Checked::shown(Conn &conn)
{
    std::unique_ptr<Shell> &shell = live_[&conn];
    if (!shell) shell = std::make_unique<Shell>(face_, conn);
    return shell.get();
}

void Checked::gone(Conn &conn)
{
    const auto found = live_.find(&conn);
    if (found == live_.end()) return;
    found->second->end();
    over_.push_back(std::move(found->second));
    live_.erase(found);
    if (over_.size() > kRemembered) over_.pop_front();
}

std::size_t Checked::deliver(const hawser_session &session, void *self, hawser_bytes data)
{
    std::string copy(data.p, data.n);
    const std::size_t used = session.on_data(self, {copy.data(), copy.size()});
    std::fill(copy.begin(), copy.end(), '\xDD'); // who looks at it later sees that
    return used;
}

void Checked::report_left(std::uint32_t tag, const Refs &refs)
{
    const std::int64_t operations = pending_[tag];
    const std::size_t tracked = refs.count(tag);
    if (operations > 0)
        face_.host().broke(tag, crumb::kDestroy, "destroy",
                           "expected no operation pending, got " + std::to_string(operations));
    if (tracked > 0)
        face_.host().broke(tag, crumb::kDestroy, "destroy",
                           "expected no object tracked, got " + std::to_string(tracked));
}

} // namespace hawser::host
