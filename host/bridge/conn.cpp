// Tests: tests/unit/bridge/conn_test.cpp
#include "bridge/conn.hpp"

#include "bridge/checked.hpp"
#include "bridge/crumbs.hpp"
#include "bridge/host_face.hpp"
#include "bridge/loop_face.hpp"
#include "bridge/mooring.hpp"
#include "bridge/outgoing.hpp"
#include "bridge/refusal.hpp"
#include "net/address.hpp"

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <utility>

namespace hawser::host {
namespace {

// net's own shapes are those of the boundary.
static_assert(sizeof(Piece) == sizeof(hawser_piece) && offsetof(Piece, release) == offsetof(hawser_piece, release));
static_assert(offsetof(Piece, n) == offsetof(hawser_piece, n) && offsetof(Piece, ctx) == offsetof(hawser_piece, ctx));
static_assert(static_cast<int>(Outcome::Closed) == HAWSER_CLOSED && static_cast<int>(Outcome::Limit) == HAWSER_LIMIT);
static_assert(static_cast<int>(Outcome::Full) == HAWSER_FULL && static_cast<int>(Outcome::Failed) == HAWSER_FAILED);
static_assert(static_cast<int>(CloseHow::Shutdown) == HAWSER_SHUTDOWN &&
              static_cast<int>(CloseHow::Abort) == HAWSER_ABORT);
static_assert(Connection::kMostUnconsumed == HAWSER_INPUT_MAX);

} // namespace

const hawser_conn_api Conn::kApi = {
    sizeof(hawser_conn_api),
    0,
    api_write,
    api_send_file,
    api_pause,
    api_set_timer,
    api_close,
    api_attach,
    api_address,
    api_tls,
    api_queued,
};

Conn::Conn(LoopFace &loop, Fd socket, ListenerShare *share, std::uint32_t tag, std::unique_ptr<Terms> terms)
    : hawser_conn{&kApi}
    , Connection(loop, std::move(socket), std::move(terms))
    , share_(share)
    , tag_(tag)
    , accepted_(share != nullptr)
{
    if (accepted_) ++loop.serving_;
}

LoopFace &Conn::face() { return static_cast<LoopFace &>(transport()); }

bool Conn::here(const char *call) { return face().here(call, tag_); }

template<typename Call>
void Conn::call(std::uint32_t entry, const Call &into)
{
    const crumb::Left left(*face().abi(), tag_, entry);
    try {
        into();
    } catch (...) {
        threw(entry);
    }
}

void Conn::threw(std::uint32_t entry) noexcept
{
    face().host().threw(tag_, entry);
    close(CloseHow::Abort);
}

void Conn::await_header(Mooring &mooring)
{
    constexpr std::uint64_t kHeaderTime = 5'000'000'000;
    self_ = &mooring;
    if (start()) set_timer(face().loop().now() + kHeaderTime);
}

// Before there is a session. Returns how many bytes were the header's.
std::size_t Conn::take_header(const char *data, std::size_t n)
{
    auto &mooring = *static_cast<Mooring *>(self_);
    std::size_t used = 0;
    const ProxyHeader::State state = terms()->header->take(data, n, &used);
    if (state == ProxyHeader::State::Bad) mooring.header_failed(*this, terms()->header->error());
    if (state != ProxyHeader::State::Done) return n;
    set_timer(0);
    mooring.header_came(*this);
    receive_rest();
    return used;
}

void Conn::open(const hawser_protocol &protocol, void *self)
{
    if (start()) make_session(protocol, self);
}

void Conn::make_session(const hawser_protocol &protocol, void *self)
{
    void *made = nullptr;
    if (protocol.open != nullptr)
        call(crumb::kOpen, [&] { made = protocol.open(self, face().shown(*this), {nullptr, 0}); });
    if (made == nullptr) close(CloseHow::Abort);
    if (made == nullptr || session_ != nullptr) return; // attached to another session already
    self_ = made;
    session_ = protocol.session;
    opened_ = true;
}

bool Conn::unpark(const hawser_protocol &protocol, void *self, std::string_view state, const Transit &transit)
{
    void *made = nullptr;
    if (protocol.open != nullptr)
        call(crumb::kOpen, [&] { made = protocol.open(self, face().shown(*this), {state.data(), state.size()}); });
    if (made == nullptr) return false;
    if (session_ == nullptr) { // not attached to another session already
        self_ = made;
        session_ = protocol.session;
        opened_ = true;
    }
    move_in(transit);
    return true;
}

bool Conn::can_move() const
{
    return opened_ && session_ != nullptr && HAWSER_HAS(session_, park) && session_->park != nullptr;
}

void Conn::may_move()
{
    if (session_ == nullptr) return; // its PROXY header is still to come
    char state[HAWSER_STATE_MAX];
    std::int64_t n = HAWSER_FAILED;
    if (can_move()) call(crumb::kSessionPark, [&] { n = session_->park(self_, state, sizeof state); });
    if (ended() || n == HAWSER_BUSY) return;
    if (n >= 0 && n <= HAWSER_STATE_MAX)
        face().moved({move_out(), share_, tag_, std::string(state, static_cast<std::size_t>(n))});
    else
        face().cannot_move(*this);
}

void Conn::begin(const hawser_session *session, void *self)
{
    session_ = session;
    self_ = self;
}

void Conn::set_dial(Dial *dial)
{
    dial_ = dial;
    wait_for_socket();
}

void Conn::end_dial()
{
    if (!accepted_) delete std::exchange(dial_, nullptr);
}

void Conn::drain(std::uint64_t deadline, std::uint32_t why)
{
    if (ended() || session_ == nullptr || session_->on_drain == nullptr) return;
    call(crumb::kSessionDrain, [&] { session_->on_drain(self_, deadline, why); });
}

void Conn::opened()
{
    end_dial();
    if (session_->on_open == nullptr) return;
    call(crumb::kSessionOpen, [&] { session_->on_open(self_, face().shown(*this)); });
}

std::size_t Conn::received(const char *data, std::size_t n)
{
    if (session_ == nullptr || session_->on_data == nullptr) return awaits_header() ? take_header(data, n) : n;
    std::size_t used = n;
    call(crumb::kSessionData, [&] {
        used = face().checked() != nullptr ? Checked::deliver(*session_, self_, {data, n})
                                           : session_->on_data(self_, {data, n});
        if (used > n) face().broke("hawser_session.on_data", "expected at most as many bytes as came, got more");
    });
    return used;
}

void Conn::drained()
{
    if (session_->on_drained == nullptr) return;
    call(crumb::kSessionDrained, [&] { session_->on_drained(self_); });
}

void Conn::peer_ended()
{
    if (session_ == nullptr || session_->on_eof == nullptr) {
        if (awaits_header()) static_cast<Mooring *>(self_)->header_failed(*this, "expected one, got the end of input");
        close(CloseHow::Close);
        return;
    }
    call(crumb::kSessionEof, [&] { session_->on_eof(self_); });
}

void Conn::timed_out()
{
    if (awaits_header()) {
        static_cast<Mooring *>(self_)->header_failed(*this, "expected one within 5 seconds, got less");
        return;
    }
    if (session_->on_timer == nullptr) {
        close(CloseHow::Close);
        return;
    }
    call(crumb::kSessionTimer, [&] { session_->on_timer(self_); });
}

void Conn::closed(Outcome reason, std::string_view detail)
{
    // One that is attached only now hears the end too.
    while (session_ != nullptr) {
        const hawser_session *session = std::exchange(session_, nullptr);
        if (session->on_close == nullptr) continue;
        call(crumb::kSessionClose, [&] { session->on_close(self_, static_cast<std::int32_t>(reason), str(detail)); });
    }
}

std::uint32_t Conn::enter_releases() { return hawser_enter(face().abi(), HAWSER_CRUMB(tag_, crumb::kRelease)); }

void Conn::leave_releases(std::uint32_t was) { hawser_enter(face().abi(), was); }

void Conn::destroy()
{
    LoopFace &loop = face();
    if (loop.checked() != nullptr) loop.checked()->gone(*this);
    if (accepted_) {
        share_->leave();
        loop.loop().counters().closed.add(1);
        --loop.serving_;
    } else {
        end_dial();
    }
    loop.rest(*this);
    if (loop.gone_) loop.gone_();
}

std::int32_t Conn::api_write(hawser_conn *conn, const hawser_piece *pieces, std::size_t count) noexcept
{
    if (!of(conn).here("hawser_conn.write")) {
        release_all(pieces, count);
        return HAWSER_INVALID;
    }
    return static_cast<std::int32_t>(of(conn).write(reinterpret_cast<const Piece *>(pieces), count));
}

std::int32_t Conn::api_send_file(hawser_conn *conn, std::intptr_t fd, std::uint64_t offset, std::uint64_t length,
                                 void (*release)(void *), void *ctx) noexcept
{
    if (!of(conn).here("hawser_conn.send_file")) {
        if (release != nullptr) release(ctx);
        return HAWSER_INVALID;
    }
    return static_cast<std::int32_t>(of(conn).send_file(static_cast<int>(fd), offset, length, release, ctx));
}

void Conn::api_pause(hawser_conn *conn, std::int32_t paused) noexcept
{
    if (of(conn).here("hawser_conn.pause")) of(conn).pause(paused != 0);
}

void Conn::api_set_timer(hawser_conn *conn, std::uint64_t at) noexcept
{
    if (of(conn).here("hawser_conn.set_timer")) of(conn).set_timer(at);
}

void Conn::api_close(hawser_conn *conn, std::uint32_t how) noexcept
{
    if (!of(conn).here("hawser_conn.close")) return;
    // An unknown way to close is taken as the mildest that ends the connection.
    const bool known = how >= HAWSER_SHUTDOWN && how <= HAWSER_ABORT;
    of(conn).close(known ? static_cast<CloseHow>(how) : CloseHow::Close);
}

void Conn::api_attach(hawser_conn *conn, const hawser_session *session, void *self) noexcept
{
    Conn &mine = of(conn);
    if (!mine.here("hawser_conn.attach")) return;
    // If the connection has ended already, the new session hears just that.
    mine.session_ = session;
    mine.self_ = self;
    mine.opened_ = false;
    mine.reopen();
}

std::int32_t Conn::api_address(hawser_conn *conn, std::uint32_t which, hawser_address *address) noexcept
{
    if (!of(conn).here("hawser_conn.address")) return HAWSER_NOT_FOUND;
    SocketAddress found;
    const int socket = of(conn).socket();
    const Terms *terms = of(conn).terms();
    bool ok = true;
    if (terms != nullptr && terms->ends)
        found = which == HAWSER_PEER ? terms->ends->peer : terms->ends->local;
    else
        ok = socket >= 0 && (which == HAWSER_PEER ? peer_address(socket, found) : local_address(socket, found));
    if (!ok) return HAWSER_NOT_FOUND;
    hawser_address filled{};
    filled.family = found.family;
    filled.port = found.port;
    std::copy(found.ip.begin(), found.ip.end(), filled.ip);
    const std::size_t n = std::min(found.text.size(), sizeof filled.text - 1);
    std::memcpy(filled.text, found.text.data(), n);
    filled.struct_size = std::min<std::uint32_t>(address->struct_size, sizeof filled);
    std::memcpy(address, &filled, filled.struct_size);
    return HAWSER_OK;
}

std::int32_t Conn::api_tls(hawser_conn *, hawser_tls *) noexcept { return HAWSER_NOT_FOUND; }

std::uint64_t Conn::api_queued(hawser_conn *conn) noexcept
{
    return of(conn).here("hawser_conn.queued") ? of(conn).queued() : 0;
}

} // namespace hawser::host
