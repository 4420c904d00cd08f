// hawser/http_exchange.hpp: one request and its answer: at once, or later and in parts by a class of the author's.
#pragma once

#include "hawser/error.hpp"
#include "hawser/http.h"
#include "hawser/node.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace hawser::http {

// Views that live until the resource's function returns, or after attach() until the exchange ends.
class Request {
public:
    explicit Request(const hawser_http_request *request)
        : request_(request)
    {}
    std::uint16_t method() const { return request_->method; } // HAWSER_HTTP_GET …; 0: another
    std::string_view method_name() const { return view(request_->method_name); }
    std::string_view authority() const { return view(request_->authority); }
    std::string_view target() const { return view(request_->target); }
    std::string_view path() const { return view(request_->path); }
    std::string_view query() const { return view(request_->query); }
    std::string_view rest() const { return view(request_->rest); } // what the route did not match
    std::string_view body() const { return view(request_->body); } // all of it if has_whole_body()
    std::int64_t body_length() const { return request_->body_length; }
    bool has_whole_body() const
    {
        return request_->body_length >= 0 && static_cast<std::uint64_t>(request_->body_length) == request_->body.n;
    }
    // The first field of this name (lower case); empty: absent.
    std::string_view field(std::string_view name) const
    {
        const hawser_field *found = hawser_http_find(request_, name.data(), name.size());
        return found != nullptr ? view(found->value) : std::string_view();
    }
    const hawser_http_request *raw() const { return request_; }

private:
    const hawser_http_request *request_;
};

struct Response {
    std::uint32_t status = 200;
    std::string type = "text/plain; charset=utf-8"; // empty: no Content-Type
    std::string body = {};
    std::vector<std::pair<std::string, std::string>> fields = {};
};

namespace detail {

// What goes on after on_request, as long as on_request runs: an exception of on_request ends it too.
class Attachment {
public:
    Attachment() = default;
    ~Attachment()
    {
        if (back_ != nullptr) *back_ = nullptr;
    }
    Attachment(const Attachment &) = delete;
    Attachment &operator=(const Attachment &) = delete;

    void set(void *later, Attachment **back, void (*dispose)(void *) noexcept)
    {
        later_ = later;
        back_ = back;
        dispose_ = dispose;
    }
    void clear() { back_ = nullptr; }
    void drop() noexcept
    {
        if (back_ != nullptr) dispose_(later_);
    }

private:
    void *later_ = nullptr;
    Attachment **back_ = nullptr; // the Later's pointer to this; null: there is none
    void (*dispose_)(void *) noexcept = nullptr;
};

} // namespace detail

// Valid as long as the exchange; copies are cheap. What it is given is copied. [loop]
class Exchange {
public:
    explicit Exchange(hawser_http_exchange *exchange, detail::Attachment *attachment = nullptr)
        : exchange_(exchange)
        , attachment_(attachment)
    {}

    void respond(std::string_view text) const { respond(200, "text/plain; charset=utf-8", text); }
    void respond(const char *text) const { respond(std::string_view(text)); }
    void respond(const std::string &text) const { respond(std::string_view(text)); }
    void respond(std::uint32_t status, std::string_view type, std::string_view body) const
    {
        const hawser_field field{str("Content-Type"), str(type)};
        const hawser_piece piece{body.data(), body.size(), nullptr, nullptr};
        exchange_->api->respond(exchange_, status, &field, type.empty() ? 0 : 1, &piece, 1);
    }
    void respond(Response response) const
    {
        std::vector<hawser_field> fields;
        if (!response.type.empty()) fields.push_back({str("Content-Type"), str(response.type)});
        for (const auto &[name, value] : response.fields) fields.push_back({str(name), str(value)});
        const hawser_piece piece{response.body.data(), response.body.size(), nullptr, nullptr};
        exchange_->api->respond(exchange_, response.status, fields.data(), fields.size(), &piece, 1);
    }
    hawser_http_exchange *raw() const { return exchange_; }
    detail::Attachment *attachment() const { return attachment_; } // of Later, while on_request runs

private:
    hawser_http_exchange *exchange_;
    detail::Attachment *attachment_;
};

// An exchange that goes on after on_request: derive T from Later<T>, make it with Later<T>::attach(exchange, node, …).
// It deletes itself when the exchange has ended: after respond(), end() or abort(), or when the client has gone.
//
//     struct Copy : hawser::http::Later<Copy> {
//         void body(std::string_view bytes);   void body_end();   void drained();   void closed(std::int32_t reason);
//     };
//
// Each function may be absent; what one of them throws is logged and aborts the exchange.
template<typename T>
class Later {
public:
    // Returns null if there is no memory or the exchange was answered already. Calls begin(Request) if T has it.
    template<typename... Arguments>
    static T *attach(Exchange exchange, const Node &node, Arguments &&...arguments)
    {
        auto *self = new T(std::forward<Arguments>(arguments)...);
        Later &later = *self;
        later.exchange_ = exchange.raw();
        later.node_ = node;
        const hawser_http_request *request = exchange.raw()->api->attach(exchange.raw(), &kTable, self);
        if (request == nullptr) {
            delete self;
            return nullptr;
        }
        later.request_ = Request(request);
        if (exchange.attachment() != nullptr) {
            later.attachment_ = exchange.attachment();
            later.attachment_->set(self, &later.attachment_, dispose);
        }
        if constexpr (requires { self->begin(later.request_); })
            if (!call(self, [&] { self->begin(later.request_); })) return nullptr;
        return self;
    }

protected:
    Later()
        : request_(nullptr)
        , node_(nullptr, nullptr)
    {}
    ~Later()
    {
        if (attachment_ != nullptr) attachment_->clear();
    }
    Later(const Later &) = delete;
    Later &operator=(const Later &) = delete;

    const Request &request() const { return request_; }
    const Node &node() const { return node_; }
    bool ended() const { return ended_; }

    void respond(std::uint32_t status, std::string_view type, std::string_view body)
    {
        Exchange(exchange_).respond(status, type, body);
        finish();
    }
    // `length`: HAWSER_HTTP_UNKNOWN if not known. False: the answer cannot begin.
    bool begin_answer(std::uint32_t status, std::string_view type, std::int64_t length)
    {
        const hawser_field field{str("Content-Type"), str(type)};
        return exchange_->api->begin(exchange_, status, &field, type.empty() ? 0 : 1, length) >= 0;
    }
    bool write(std::string_view bytes) // false: stop until drained()
    {
        const hawser_piece piece{bytes.data(), bytes.size(), nullptr, nullptr};
        return exchange_->api->write(exchange_, &piece, 1) == HAWSER_OK;
    }
    void end()
    {
        exchange_->api->end(exchange_, nullptr, 0);
        finish();
    }
    void abort()
    {
        exchange_->api->abort(exchange_);
        finish();
    }
    void pause(bool paused) { exchange_->api->pause(exchange_, paused ? 1 : 0); }

    // For calls of the exchange's own table: finish() follows whatever ended it.
    hawser_http_exchange *exchange() const { return exchange_; }
    void finish()
    {
        ended_ = true;
        if (depth_ == 0) dispose(static_cast<T *>(this));
    }

private:
    // False: the object has gone.
    template<typename F>
    static bool call(T *self, F &&f) noexcept
    {
        Later &later = *self;
        ++later.depth_;
        hawser::detail::guarded_call(f, [&](std::string_view why) {
            later.node_.error("request_failed", {{"error", why}});
            if (!later.ended_) later.exchange_->api->abort(later.exchange_);
            later.ended_ = true;
        });
        // While depth_ counts this call, nobody disposes of it. NOLINTNEXTLINE(clang-analyzer-cplusplus.NewDelete)
        if (--later.depth_ > 0 || !later.ended_) return true;
        dispose(self);
        return false;
    }
    static void dispose(void *later) noexcept
    {
        auto *self = static_cast<T *>(later);
        hawser::detail::dispose(self, static_cast<Later *>(self)->node_);
    }
    static void HAWSER_CALL on_body(void *self, hawser_bytes data) noexcept
    {
        auto *mine = static_cast<T *>(self);
        if constexpr (requires { mine->body(view(data)); }) call(mine, [&] { mine->body(view(data)); });
    }
    static void HAWSER_CALL on_body_end(void *self, const hawser_field *, std::size_t) noexcept
    {
        auto *mine = static_cast<T *>(self);
        if constexpr (requires { mine->body_end(); }) call(mine, [&] { mine->body_end(); });
    }
    static void HAWSER_CALL on_drained(void *self) noexcept
    {
        auto *mine = static_cast<T *>(self);
        if constexpr (requires { mine->drained(); }) call(mine, [&] { mine->drained(); });
    }
    static void HAWSER_CALL on_close(void *self, std::int32_t reason) noexcept
    {
        auto *mine = static_cast<T *>(self);
        call(mine, [&] {
            static_cast<Later *>(mine)->ended_ = true;
            if constexpr (requires { mine->closed(reason); }) mine->closed(reason);
        });
    }
    static constexpr hawser_http_handler kTable{
        sizeof(hawser_http_handler), 0, on_body, on_body_end, on_drained, on_close};

    hawser_http_exchange *exchange_ = nullptr;
    Request request_;
    Node node_;
    detail::Attachment *attachment_ = nullptr;
    int depth_ = 0;
    bool ended_ = false;
};

} // namespace hawser::http
