// hawser/http_filter.hpp: a resource around another one: it changes the request that the inner one sees, the head of
// its answer, or its body; or answers in its place.
//
//     struct Signed : hawser::http::Filter<Signed> {
//         void head(hawser::http::Head &head) { head.set("X-Signed-By", "me"); }
//     };
//     struct Sign {
//         explicit Sign(hawser::Node node) : node(node), inner(node, "inner") {}
//         void request(hawser::http::Exchange exchange, hawser::http::Request request)
//         {
//             Signed::serve(node, inner, exchange, request);
//         }
//         hawser::Node node;
//         hawser::http::Inner inner;
//     };
//
// What a filter may have, beside what it takes over of the exchange itself (see Filter):
//   void change(hawser_http_request &request);   the inner one sees the change; views in it must outlive the exchange
//   void head(Head &head);                       of its answer, before it is sent
//   void closed();                               the client has gone
// What one of them throws is logged, and aborts the exchange. All of it is [loop].
#pragma once

#include "hawser/http_exchange.hpp"
#include "hawser/http_head.hpp"
#include "hawser/http_inner.hpp"
#include "hawser/http_over.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <utility>

namespace hawser::http {

// The exchange that the inner resource has: derive T from Filter<T>. It deletes itself when the exchange has ended, and
// an inner resource that answers it once more is refused and named.
//
// T may have functions of its own in the place of respond, begin, write, send_file and end, which see what the inner
// resource sends, and send by those of Filter<T>; on_drained() is called then where the inner resource would be.
template<typename T>
class Filter : public hawser_http_exchange {
public:
    // Serves the request by `inner`, through a T made from `arguments`.
    template<typename... Arguments>
    static void serve(const Node &node, const Inner &inner, Exchange outer, Request request, Arguments &&...arguments)
    {
        T *self = make(node, inner, outer, std::forward<Arguments>(arguments)...);
        self->request_ = *request.raw();
        self->pass();
    }

    // As serve(), but the inner one waits until go_on(), which may come later. Null: there is no memory, or it was
    // answered already.
    template<typename... Arguments>
    static T *hold(const Node &node, const Inner &inner, Exchange outer, Request, Arguments &&...arguments)
    {
        T *self = make(node, inner, outer, std::forward<Arguments>(arguments)...);
        if (self->join()) {
            self->outer_->api->pause(self->outer_, 1);
            self->held_ = true;
            return self;
        }
        dispose(self);
        return nullptr;
    }
    void go_on()
    {
        held_ = false;
        pass();
    }

    // Of the outer exchange; the last of each exchange ends it.
    std::int32_t respond(std::uint32_t status, const hawser_field *fields, std::size_t count, const hawser_piece *body,
                         std::size_t pieces)
    {
        over_ = true;
        if constexpr (!requires(T & t, Head & h) { t.head(h); }) {
            return outer_->api->respond(outer_, status, fields, count, body, pieces);
        } else {
            Head head(status, fields, count);
            self().head(head);
            return outer_->api->respond(outer_, head.status, head.fields(), head.count(), body, pieces);
        }
    }
    std::int32_t begin(std::uint32_t status, const hawser_field *fields, std::size_t count, std::int64_t length)
    {
        if constexpr (!requires(T & t, Head & h) { t.head(h); }) {
            return outer_->api->begin(outer_, status, fields, count, length);
        } else {
            Head head(status, fields, count);
            self().head(head);
            return outer_->api->begin(outer_, head.status, head.fields(), head.count(), length);
        }
    }
    std::int32_t write(const hawser_piece *body, std::size_t pieces)
    {
        return outer_->api->write(outer_, body, pieces);
    }
    std::int32_t send_file(std::intptr_t fd, std::uint64_t offset, std::uint64_t length, void (*release)(void *),
                           void *ctx)
    {
        return outer_->api->send_file(outer_, fd, offset, length, release, ctx);
    }
    std::int32_t end(const hawser_field *trailers, std::size_t count)
    {
        over_ = true;
        return outer_->api->end(outer_, trailers, count);
    }

protected:
    Filter()
        : hawser_http_exchange{&kApi}
        , node_(nullptr, nullptr)
        , request_{}
    {}
    Filter(const Filter &) = delete;
    Filter &operator=(const Filter &) = delete;

    const Node &node() const { return node_; }
    Request request() const { return Request(&request_); } // as the inner one sees it
    Exchange outer() const { return Exchange(outer_); }
    bool over() const { return over_; }
    // Answers in the place of the inner one.
    void answer(const Response &response)
    {
        over_ = true;
        Exchange(outer_).respond(response);
        if (depth_ == 0) dispose(&self());
    }
    // Goes on after on_request, for on_drained(), though the inner one may not. Only inside on_request. False: it
    // cannot.
    bool join()
    {
        if (joined_) return true;
        const hawser_http_request *stable = outer_->api->attach(outer_, &kHandler, &self());
        joined_ = stable != nullptr;
        if (joined_) take(*stable);
        return joined_;
    }

private:
    T &self() { return static_cast<T &>(*this); }

    template<typename... Arguments>
    static T *make(const Node &node, const Inner &inner, Exchange outer, Arguments &&...arguments)
    {
        void *memory = Memory<>::take();
        T *self = nullptr;
        try {
            self = ::new (memory) T(std::forward<Arguments>(arguments)...);
        } catch (...) {
            Memory<>::give_back(memory);
            throw;
        }
        self->node_ = node;
        self->inner_ = inner;
        self->outer_ = outer.raw();
        self->thread_ = Memory<>::thread();
        return self;
    }

    void take(const hawser_http_request &request)
    {
        request_ = request;
        if constexpr (requires(T & t, hawser_http_request & r) { t.change(r); }) self().change(request_);
    }

    void pass()
    {
        T *const me = &self();
        enter(me, [&] {
            if (!joined_) take(hawser_http_request(request_));
            inner_->serve(me, &request_);
            // Neither answered nor attached: the engine says 500, if it still can by itself.
            if (over_ || handler_ != nullptr || still_sends()) return;
            if (joined_) outer_->api->abort(outer_);
            over_ = true;
        });
    }
    bool still_sends()
    {
        if constexpr (requires(T & t) { t.lingers(); }) return self().lingers();
        return false;
    }

    // Runs f. The object has gone afterwards if the exchange is over.
    template<typename F>
    static void enter(T *self, F &&f) noexcept
    {
        ++self->depth_;
        hawser::detail::guarded_call(f, [&](std::string_view why) {
            self->node_.error("request_failed", {{"error", why}});
            if (std::exchange(self->failed_, true)) return;
            self->outer_->api->abort(self->outer_);
            self->over_ = true;
        });
        if (--self->depth_ == 0 && self->over_) dispose(self);
    }
    // T is complete where this is used.
    template<typename Whole = T>
    using Memory = detail::Resting<sizeof(Whole), alignof(Whole)>;
    static void dispose(T *self) noexcept
    {
        static_assert(sizeof(Filter) >= sizeof(detail::Over) && alignof(Filter) >= alignof(detail::Over));
        const Node node = self->node_;
        const hawser_object *inner = &self->inner_->object();
        const bool told = self->done_ || self->handler_ == nullptr;
        void *face = static_cast<hawser_http_exchange *>(self);
        hawser::detail::guarded_call([&] { self->~T(); },
                                     [&](std::string_view why) {
                                         node.error("destroy_failed", {{"error", why}});
                                     });
        Memory<>::rest(self, face, node, told ? inner : nullptr);
    }

    static T *of(hawser_http_exchange *exchange) { return static_cast<T *>(exchange); }
    template<typename F>
    static std::int32_t call(hawser_http_exchange *exchange, F &&f) noexcept
    {
        std::int32_t result = HAWSER_FAILED;
        enter(of(exchange), [&] { result = f(*of(exchange)); });
        return result;
    }
    // Names `call` on another thread; and unless `quiet`, if the inner resource itself has ended the exchange, or knows
    // that it has.
    static bool refuses(hawser_http_exchange *exchange, const char *call, bool quiet = false)
    {
        T *self = of(exchange);
        const bool here = self->thread_ == Memory<>::thread();
        const char *what = here ? "expected one answer, got another"
                                : "expected a call on the loop that owns it, got one on another thread; use post";
        if (!here || (self->done_ && !quiet)) detail::misused(self->node_, self->inner_->object(), call, what);
        return !here || self->over_ || self->done_;
    }
    // What the inner resource calls.
    static std::int32_t HAWSER_CALL api_respond(hawser_http_exchange *e, std::uint32_t status,
                                                const hawser_field *fields, std::size_t count, const hawser_piece *body,
                                                std::size_t pieces) noexcept
    {
        if (refuses(e, "respond")) return release_all(body, pieces), HAWSER_INVALID;
        of(e)->done_ = true;
        return call(e, [&](T &t) { return t.respond(status, fields, count, body, pieces); });
    }
    static std::int32_t HAWSER_CALL api_begin(hawser_http_exchange *e, std::uint32_t status, const hawser_field *fields,
                                              std::size_t count, std::int64_t length) noexcept
    {
        if (refuses(e, "begin")) return HAWSER_INVALID;
        return call(e, [&](T &t) { return t.begin(status, fields, count, length); });
    }
    static std::int32_t HAWSER_CALL api_write(hawser_http_exchange *e, const hawser_piece *body,
                                              std::size_t pieces) noexcept
    {
        if (refuses(e, "write")) return release_all(body, pieces), HAWSER_INVALID;
        return call(e, [&](T &t) { return t.write(body, pieces); });
    }
    static std::int32_t HAWSER_CALL api_send_file(hawser_http_exchange *e, std::intptr_t fd, std::uint64_t offset,
                                                  std::uint64_t length, void(HAWSER_CALL *let_go)(void *),
                                                  void *ctx) noexcept
    {
        if (refuses(e, "send_file")) {
            if (let_go != nullptr) let_go(ctx);
            return HAWSER_INVALID;
        }
        return call(e, [&](T &t) { return t.send_file(fd, offset, length, let_go, ctx); });
    }
    static std::int32_t HAWSER_CALL api_end(hawser_http_exchange *e, const hawser_field *trailers,
                                            std::size_t count) noexcept
    {
        if (refuses(e, "end")) return HAWSER_INVALID;
        of(e)->done_ = true;
        return call(e, [&](T &t) { return t.end(trailers, count); });
    }
    static std::int32_t HAWSER_CALL api_inform(hawser_http_exchange *e, std::uint32_t status,
                                               const hawser_field *fields, std::size_t count) noexcept
    {
        if (refuses(e, "inform")) return HAWSER_INVALID;
        hawser_http_exchange *outer = of(e)->outer_;
        return outer->api->inform(outer, status, fields, count);
    }
    static const hawser_http_request *HAWSER_CALL api_attach(hawser_http_exchange *e,
                                                             const hawser_http_handler *handler, void *inner) noexcept
    {
        T *self = of(e);
        if (refuses(e, "attach") || self->handler_ != nullptr) return nullptr;
        const bool was_held = self->joined_;
        bool joined = false;
        enter(self, [&] { joined = self->join(); });
        if (!joined) return nullptr;
        self->handler_ = handler;
        self->inner_self_ = inner;
        if (was_held) self->outer_->api->pause(self->outer_, 0);
        return &self->request_;
    }
    static void HAWSER_CALL api_pause(hawser_http_exchange *e, std::int32_t paused) noexcept
    {
        if (!refuses(e, "pause", true)) of(e)->outer_->api->pause(of(e)->outer_, paused);
    }
    static std::int32_t HAWSER_CALL api_upgrade(hawser_http_exchange *e, const hawser_field *fields, std::size_t count,
                                                const hawser_session *table, void *session) noexcept
    {
        if (refuses(e, "upgrade")) return HAWSER_INVALID;
        return call(e, [&](T &t) {
            const std::int32_t result = t.outer_->api->upgrade(t.outer_, fields, count, table, session);
            t.over_ = t.done_ = result != HAWSER_UNSUPPORTED;
            return result;
        });
    }
    static void HAWSER_CALL api_abort(hawser_http_exchange *e) noexcept
    {
        if (refuses(e, "abort", true)) return;
        call(e, [](T &t) {
            t.over_ = t.done_ = true;
            t.outer_->api->abort(t.outer_);
            return HAWSER_OK;
        });
    }

    // What the engine calls.
    bool inner_hears() const { return handler_ != nullptr && !done_; }
    static void HAWSER_CALL heard_body(void *me, hawser_bytes data) noexcept
    {
        T *self = static_cast<T *>(me);
        if (self->inner_hears() && self->handler_->on_body != nullptr)
            enter(self, [&] { self->handler_->on_body(self->inner_self_, data); });
    }
    static void HAWSER_CALL heard_body_end(void *me, const hawser_field *trailers, std::size_t count) noexcept
    {
        T *self = static_cast<T *>(me);
        if (self->inner_hears() && self->handler_->on_body_end != nullptr)
            enter(self, [&] { self->handler_->on_body_end(self->inner_self_, trailers, count); });
    }
    static void HAWSER_CALL heard_drained(void *me) noexcept
    {
        T *self = static_cast<T *>(me);
        if constexpr (requires(T & t) { t.on_drained(); })
            enter(self, [&] { self->on_drained(); });
        else
            self->tell_drained();
    }
    static void HAWSER_CALL heard_close(void *me, std::int32_t reason) noexcept
    {
        T *self = static_cast<T *>(me);
        enter(self, [&] {
            self->over_ = true;
            if (self->inner_hears()) {
                self->done_ = true;
                if (self->handler_->on_close != nullptr) self->handler_->on_close(self->inner_self_, reason);
            }
            if constexpr (requires(T & t) { t.closed(); }) self->closed();
        });
    }

protected:
    // Tells the inner resource that it may write again.
    void tell_drained()
    {
        if (inner_hears() && handler_->on_drained != nullptr)
            enter(&self(), [&] { handler_->on_drained(inner_self_); });
    }
    static void release_all(const hawser_piece *pieces, std::size_t count) { detail::release_all(pieces, count); }
    bool inner_is_done() const { return done_; }

private:
    static constexpr hawser_http_exchange_api kApi{sizeof(hawser_http_exchange_api),
                                                   0,
                                                   api_respond,
                                                   api_begin,
                                                   api_write,
                                                   api_send_file,
                                                   api_end,
                                                   api_inform,
                                                   api_attach,
                                                   api_pause,
                                                   api_upgrade,
                                                   api_abort};
    static constexpr hawser_http_handler kHandler{
        sizeof(hawser_http_handler), 0, heard_body, heard_body_end, heard_drained, heard_close};

    Node node_;
    std::optional<Inner> inner_;
    hawser_http_exchange *outer_ = nullptr;
    hawser_http_request request_;
    const hawser_http_handler *handler_ = nullptr; // of the inner resource
    void *inner_self_ = nullptr;
    const void *thread_ = nullptr;
    int depth_ = 0;
    bool joined_ = false; // attached to the outer exchange
    bool held_ = false;   // the inner resource was not asked yet
    bool done_ = false;   // the inner resource has ended its exchange
    bool over_ = false;   // the outer one has ended
    bool failed_ = false;
};

} // namespace hawser::http
