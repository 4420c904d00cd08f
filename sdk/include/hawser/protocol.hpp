// hawser/protocol.hpp: a protocol from a class of the author's, one object a connection.
//
//     struct Session {
//         hawser::Connection connection;                     // the first member, or a constructor that takes it
//         void data(std::string_view bytes);                 // consumes all; or: std::size_t data(…) says how much
//         void opened(); void drained(); void ended();       // each of these may be absent
//         void timer(); void drain(std::uint64_t deadline, std::uint32_t why); void closed(std::int32_t reason);
//         // May it go to the next generation now? What it must remember, at most 1,023 bytes; nullopt: in the middle
//         // of something, ask again. There it is constructed anew, and resumed() comes instead of opened().
//         std::optional<std::string> park(); void resumed(std::string_view remembered);
//     };
//
// With protocol<Session, Protocol>(…) there is also one Protocol a loop, made from its hawser::Node; Session is then
// constructed from (Connection, Protocol &) or (Connection, Protocol &, Node). An exception aborts the connection and
// is logged.
#pragma once

#include "hawser/abi.h"
#include "hawser/connection.hpp"
#include "hawser/node.hpp"

#include <algorithm>
#include <concepts>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>

namespace hawser {

struct Nothing {}; // a protocol without anything of its own

namespace detail {

template<typename S, typename P>
struct SessionBox {
    Instance<P> &owner;
    Connection connection;
    S session;

    SessionBox(Instance<P> &of, Connection c)
        : owner(of)
        , connection(c)
        , session(make(of, c))
    {}
    static S make(Instance<P> &of, Connection c)
    {
        if constexpr (requires { S{c, of.object, of.node}; })
            return S{c, of.object, of.node};
        else if constexpr (requires { S{c, of.object}; })
            return S{c, of.object};
        else
            return S{c};
    }
};

template<typename S, typename P>
struct SessionThunks {
    using Box = SessionBox<S, P>;

    template<typename F>
    static void call(void *self, F &&f) noexcept
    {
        Box &box = *static_cast<Box *>(self);
        guarded_call([&] { f(box.session); },
                     [&](std::string_view why) {
                         box.owner.node.error("session_failed", {{"error", why}});
                         box.connection.abort();
                     });
    }
    static std::size_t HAWSER_CALL on_data(void *self, hawser_bytes data) noexcept
    {
        std::size_t used = data.n;
        call(self, [&](S &session) {
            if constexpr (std::is_void_v<decltype(session.data(view(data)))>)
                session.data(view(data));
            else
                used = session.data(view(data));
        });
        return used;
    }
    static void HAWSER_CALL on_open(void *self, hawser_conn *) noexcept
    {
        call(self, [](S &session) { session.opened(); });
    }
    static void HAWSER_CALL on_drained(void *self) noexcept
    {
        call(self, [](S &session) { session.drained(); });
    }
    static void HAWSER_CALL on_eof(void *self) noexcept
    {
        call(self, [](S &session) { session.ended(); });
    }
    static void HAWSER_CALL on_timer(void *self) noexcept
    {
        call(self, [](S &session) { session.timer(); });
    }
    static void HAWSER_CALL on_drain(void *self, std::uint64_t deadline, std::uint32_t why) noexcept
    {
        call(self, [&](S &session) { session.drain(deadline, why); });
    }
    static void HAWSER_CALL on_close(void *self, std::int32_t reason, hawser_str) noexcept
    {
        if constexpr (requires(S & session) { session.closed(reason); })
            call(self, [&](S &session) { session.closed(reason); });
        else
            static_assert(
                !requires { requires Method<decltype(&S::closed)>; }, "closed(std::int32_t reason) of a session");
        auto *box = static_cast<Box *>(self);
        dispose(box, box->owner.node);
    }
    // One byte before what the session remembers tells a resumed session without anything to remember from a new one.
    static constexpr char kParked = 1;
    static std::int64_t HAWSER_CALL park(void *self, char *state, std::size_t room) noexcept
    {
        std::int64_t n = HAWSER_FAILED;
        call(self, [&](S &session) {
            const std::optional<std::string> remembered = session.park();
            if (!remembered) {
                n = HAWSER_BUSY;
            } else if (remembered->size() < room) {
                state[0] = kParked;
                std::copy(remembered->begin(), remembered->end(), state + 1);
                n = static_cast<std::int64_t>(remembered->size()) + 1;
            } else {
                static_cast<SessionBox<S, P> *>(self)->owner.node.error(
                    "session_not_parked", {{"error", "expected at most 1023 bytes to remember, got more"}});
            }
        });
        return n;
    }
    static void begin([[maybe_unused]] S &session, [[maybe_unused]] hawser_bytes parked)
    {
        if constexpr (requires { session.opened(); }) {
            if (parked.n == 0) session.opened();
        }
        if constexpr (requires { session.resumed(std::string_view()); }) {
            if (parked.n > 0) session.resumed(view(parked).substr(1));
        }
    }
    static void *HAWSER_CALL open(void *self, hawser_conn *conn, hawser_bytes parked) noexcept
    {
        auto &owner = *static_cast<Instance<P> *>(self);
        void *made = nullptr;
        if (parked.n > 0 && parked.p[0] != kParked) return nullptr; // of a version that did it otherwise
        guarded_call(
            [&] {
                auto *box = new Box(owner, Connection(conn));
                made = box;
                begin(box->session, parked);
            },
            [&](std::string_view why) {
                owner.node.error("session_failed", {{"error", why}});
                if (made != nullptr) Connection(conn).abort();
            });
        return made;
    }

    static constexpr hawser_session make()
    {
        hawser_session table{};
        table.struct_size = sizeof table;
        // A function that is there with other arguments is a mistake, not an absent one.
        if constexpr (requires(S & s, std::string_view v) { s.data(v); })
            table.on_data = on_data;
        else
            static_assert(
                !requires { requires Method<decltype(&S::data)>; }, "data(std::string_view) of a session");
        if constexpr (requires(S & s) { s.opened(); })
            table.on_open = on_open;
        else
            static_assert(
                !requires { requires Method<decltype(&S::opened)>; }, "opened() of a session takes no argument");
        if constexpr (requires(S & s) { s.drained(); })
            table.on_drained = on_drained;
        else
            static_assert(
                !requires { requires Method<decltype(&S::drained)>; }, "drained() of a session takes no argument");
        if constexpr (requires(S & s) { s.ended(); })
            table.on_eof = on_eof;
        else
            static_assert(
                !requires { requires Method<decltype(&S::ended)>; }, "ended() of a session takes no argument");
        if constexpr (requires(S & s) { s.timer(); })
            table.on_timer = on_timer;
        else
            static_assert(
                !requires { requires Method<decltype(&S::timer)>; }, "timer() of a session takes no argument");
        if constexpr (requires(S & s) { s.drain(std::uint64_t{}, std::uint32_t{}); })
            table.on_drain = on_drain;
        else
            static_assert(
                !requires { requires Method<decltype(&S::drain)>; },
                "drain(std::uint64_t deadline, std::uint32_t why) of a session");
        if constexpr (requires(S & s) { std::optional<std::string>(s.park()); })
            table.park = park;
        else
            static_assert(
                !requires { requires Method<decltype(&S::park)>; }, "std::optional<std::string> park() of a session");
        if constexpr (!requires(S & s) { s.resumed(std::string_view()); })
            static_assert(
                !requires { requires Method<decltype(&S::resumed)>; }, "resumed(std::string_view) of a session");
        table.on_close = on_close;
        return table;
    }
    static constexpr hawser_session kTable = make();
};

} // namespace detail

template<typename Session, typename Protocol = Nothing>
constexpr hawser_protocol protocol(const char *name)
{
    using Thunks = detail::SessionThunks<Session, Protocol>;
    return {detail::kind_head<Protocol>(HAWSER_PROTOCOL, name, sizeof(hawser_protocol)), &Thunks::kTable, Thunks::open};
}

} // namespace hawser
