// hawser/testing/http.hpp: HTTP requests without a socket and without an engine. Part of hawser/testing.hpp for those
// who include it beside that.
//
//     hawser::testing::Instance hello(host, hawser::http::resource<Hello>("hello"));
//     EXPECT_EQ(hawser::testing::ask(hello, {.path = "/ada"}).body, "Hello, ada\n");
#pragma once

#include "hawser/http.h"
#include "hawser/http_fields.hpp"
#include "hawser/http_over.hpp"
#include "hawser/testing/instance.hpp"

#include <algorithm>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace hawser::testing {

using Fields = std::vector<std::pair<std::string, std::string>>;

struct Answer {
    std::uint32_t status = 0; // 0: none yet
    Fields fields;
    std::string body;
    bool complete = false; // it was ended
    bool aborted = false;  // the resource gave up
    std::vector<std::uint32_t> interim;

    std::string field(std::string_view name) const // the first; empty: absent
    {
        for (const auto &[key, value] : fields)
            if (http::same_name(key, name)) return value;
        return {};
    }
};

struct Ask {
    std::string method = "GET";
    std::string path = "/"; // what the route left of it goes to the resource: all
    std::string query = {};
    Fields fields = {};
    std::string body = {};
    std::string scheme = "http";
    std::string authority = "test.example";
    bool body_later = false; // the body comes by send() and end()
};

// One request on its way.
class Asked {
public:
    Asked(Instance &resource, Ask ask)
        : exchange_(std::make_shared<Exchange>(resource.host(), std::move(ask)))
    {
        exchange_->go(resource);
        resource.host().run();
    }
    const Answer &answer() const
    {
        exchange_->host.run();
        return exchange_->answer;
    }
    // Parts of a body that comes later.
    void send(std::string_view part)
    {
        exchange_->body(part);
        exchange_->host.run();
    }
    void end()
    {
        exchange_->body_end();
        exchange_->host.run();
    }
    // The same, in the loop's own time.
    void send_later(std::string_view part) { exchange_->body(part); }
    void end_later() { exchange_->body_end(); }
    // The client has gone.
    void close(std::int32_t reason = HAWSER_CLOSED)
    {
        exchange_->lose(reason);
        exchange_->host.run();
    }
    // The client reads no more: writes are FULL; then it reads again.
    void reads(bool on)
    {
        exchange_->full = !on;
        if (on) exchange_->drained();
        exchange_->host.run();
    }
    bool paused() const { return exchange_->paused; }

private:
    // A request with all that it refers to, which is overwritten when nobody may read it any more.
    struct Shown {
        Ask text;
        std::vector<hawser_field> views;
        hawser_http_request request{};

        explicit Shown(const Ask &ask)
            : text(ask)
        {
            const auto of = [](const std::string &each) { return hawser_str{each.data(), each.size()}; };
            for (const auto &[name, value] : text.fields) views.push_back({of(name), of(value)});
            request.struct_size = sizeof request;
            request.version = 11;
            static constexpr std::string_view kMethods[] = {"",       "GET",     "HEAD",  "POST",   "PUT",
                                                            "DELETE", "OPTIONS", "PATCH", "CONNECT"};
            for (std::size_t i = 1; i < std::size(kMethods); ++i)
                if (kMethods[i] == text.method) request.method = static_cast<std::uint16_t>(i);
            request.method_name = of(text.method);
            request.scheme = of(text.scheme);
            request.authority = of(text.authority);
            request.target = request.path = of(text.path);
            request.query = of(text.query);
            request.rest = request.path;
            if (request.rest.n > 0) request.rest = {request.rest.p + 1, request.rest.n - 1};
            request.fields = views.data();
            request.field_count = views.size();
            request.body_length = text.body_later ? HAWSER_HTTP_UNKNOWN : static_cast<std::int64_t>(text.body.size());
            if (!text.body_later) request.body = of(text.body);
        }
        Shown(const Shown &) = delete;
        Shown &operator=(const Shown &) = delete;
        ~Shown()
        {
            for (std::string *each : {&text.method, &text.path, &text.query, &text.body, &text.scheme, &text.authority})
                std::fill(each->begin(), each->end(), '\xDD');
            for (auto &[name, value] : text.fields) {
                std::fill(name.begin(), name.end(), '\xDD');
                std::fill(value.begin(), value.end(), '\xDD');
            }
            request = {};
        }
    };
    struct Exchange : hawser_http_exchange, std::enable_shared_from_this<Exchange> {
        Host &host;
        Ask ask;
        Answer answer;
        std::unique_ptr<Shown> pinned; // since attach(), until it is over
        const hawser_http_handler *handler = nullptr;
        void *self = nullptr;
        bool inside = false, over = false, paused = false, full = false, begun = false;
        std::int64_t promised = HAWSER_HTTP_UNKNOWN;

        Exchange(Host &in, Ask with)
            : hawser_http_exchange{&kApi}
            , host(in)
            , ask(std::move(with))
        {}
        void go(Instance &resource)
        {
            inside = true;
            {
                const Shown shown(ask);
                const auto &kind = reinterpret_cast<const hawser_http_resource &>(resource.kind());
                kind.on_request(resource.self(), this, &shown.request);
            }
            inside = false;
            if (handler == nullptr && !over) {
                host.problems().report("on_request: expected an answer or attach(), got neither");
                over = true;
            }
            if (!ask.body_later && !over) host.loop().call([held = shared_from_this()] { held->tell_body_end(); });
        }
        void body(std::string_view part)
        {
            host.loop().call([held = shared_from_this(), text = std::string(part)]() mutable {
                if (held->over || held->handler == nullptr || held->handler->on_body == nullptr) return;
                held->handler->on_body(held->self, {text.data(), text.size()});
                std::fill(text.begin(), text.end(), '\xDD');
            });
        }
        void body_end()
        {
            host.loop().call([held = shared_from_this()] { held->tell_body_end(); });
        }
        void tell_body_end()
        {
            if (!over && handler != nullptr && handler->on_body_end != nullptr) handler->on_body_end(self, nullptr, 0);
        }
        void drained()
        {
            host.loop().call([held = shared_from_this()] {
                if (!held->over && held->handler != nullptr && held->handler->on_drained != nullptr)
                    held->handler->on_drained(held->self);
            });
        }
        void lose(std::int32_t reason)
        {
            host.loop().call([held = shared_from_this(), reason] {
                if (std::exchange(held->over, true)) return;
                if (held->handler != nullptr && held->handler->on_close != nullptr)
                    held->handler->on_close(held->self, reason);
                held->pinned.reset();
            });
        }
        void take(const hawser_field *fields, std::size_t count)
        {
            for (std::size_t i = 0; i < count; ++i) {
                answer.fields.emplace_back(view(fields[i].name), view(fields[i].value));
                if (!http::is_field_name(view(fields[i].name)) || !http::is_field_value(view(fields[i].value)))
                    host.problems().report("an answer has the field \"" + answer.fields.back().first +
                                           "\", which no answer can have");
            }
        }
        void take_body(const hawser_piece *pieces, std::size_t count)
        {
            for (std::size_t i = 0; i < count && ask.method != "HEAD"; ++i)
                answer.body.append(pieces[i].p, pieces[i].n);
            http::detail::release_all(pieces, count);
        }
        static Exchange &of(hawser_http_exchange *exchange) { return *static_cast<Exchange *>(exchange); }
        static bool is_here(hawser_http_exchange *exchange, const char *call)
        {
            return of(exchange).host.loop().expect_thread(call);
        }
        std::int32_t wrong(const char *call)
        {
            host.problems().report(std::string(call) + ": the exchange has ended, or its answer has begun otherwise");
            return HAWSER_INVALID;
        }
        static std::int32_t HAWSER_CALL respond(hawser_http_exchange *exchange, std::uint32_t status,
                                                const hawser_field *fields, std::size_t count, const hawser_piece *body,
                                                std::size_t pieces) noexcept
        {
            Exchange &self = of(exchange);
            if (!is_here(exchange, "respond")) return http::detail::release_all(body, pieces), HAWSER_INVALID;
            if (self.over || self.begun) {
                http::detail::release_all(body, pieces);
                return self.wrong("respond");
            }
            self.answer.status = status;
            self.take(fields, count);
            self.take_body(body, pieces);
            self.answer.complete = self.over = self.begun = true;
            self.pinned.reset();
            return HAWSER_OK;
        }
        static std::int32_t HAWSER_CALL begin(hawser_http_exchange *exchange, std::uint32_t status,
                                              const hawser_field *fields, std::size_t count,
                                              std::int64_t length) noexcept
        {
            Exchange &self = of(exchange);
            if (!is_here(exchange, "begin")) return HAWSER_INVALID;
            if (self.over || self.begun) return self.wrong("begin");
            self.answer.status = status;
            self.take(fields, count);
            self.begun = true;
            self.promised = length;
            return self.full ? HAWSER_FULL : HAWSER_OK;
        }
        static std::int32_t HAWSER_CALL write(hawser_http_exchange *exchange, const hawser_piece *body,
                                              std::size_t pieces) noexcept
        {
            Exchange &self = of(exchange);
            const bool here = is_here(exchange, "write");
            if (!here || self.over || !self.begun) {
                http::detail::release_all(body, pieces);
                return here ? self.wrong("write") : HAWSER_INVALID;
            }
            self.take_body(body, pieces);
            return self.full ? HAWSER_FULL : HAWSER_OK;
        }
        static std::int32_t HAWSER_CALL send_file(hawser_http_exchange *exchange, std::intptr_t, std::uint64_t,
                                                  std::uint64_t, void(HAWSER_CALL *release)(void *), void *ctx) noexcept
        {
            of(exchange).host.problems().report("send_file: exchanges without an engine send no files");
            if (release != nullptr) release(ctx);
            return HAWSER_UNSUPPORTED;
        }
        static std::int32_t HAWSER_CALL end(hawser_http_exchange *exchange, const hawser_field *, std::size_t) noexcept
        {
            Exchange &self = of(exchange);
            if (!is_here(exchange, "end")) return HAWSER_INVALID;
            if (self.over || !self.begun) return self.wrong("end");
            self.answer.complete = self.over = true;
            self.pinned.reset();
            if (self.promised >= 0 && self.ask.method != "HEAD" &&
                static_cast<std::uint64_t>(self.promised) != self.answer.body.size())
                self.host.problems().report("end: the body is longer or shorter than begin() promised");
            return HAWSER_OK;
        }
        static std::int32_t HAWSER_CALL inform(hawser_http_exchange *exchange, std::uint32_t status,
                                               const hawser_field *, std::size_t) noexcept
        {
            if (!is_here(exchange, "inform")) return HAWSER_INVALID;
            of(exchange).answer.interim.push_back(status);
            return HAWSER_OK;
        }
        static const hawser_http_request *HAWSER_CALL attach(hawser_http_exchange *exchange,
                                                             const hawser_http_handler *handler, void *object) noexcept
        {
            Exchange &self = of(exchange);
            if (!is_here(exchange, "attach")) return nullptr;
            if (!self.inside || self.over) {
                self.wrong("attach");
                return nullptr;
            }
            self.handler = handler;
            self.self = object;
            self.pinned = std::make_unique<Shown>(self.ask);
            return &self.pinned->request;
        }
        static void HAWSER_CALL pause(hawser_http_exchange *exchange, std::int32_t paused) noexcept
        {
            if (is_here(exchange, "pause")) of(exchange).paused = paused != 0;
        }
        static std::int32_t HAWSER_CALL upgrade(hawser_http_exchange *, const hawser_field *, std::size_t,
                                                const hawser_session *, void *) noexcept
        {
            return HAWSER_UNSUPPORTED;
        }
        static void HAWSER_CALL abort(hawser_http_exchange *exchange) noexcept
        {
            Exchange &self = of(exchange);
            if (!is_here(exchange, "abort") || std::exchange(self.over, true)) return;
            self.answer.aborted = true;
            self.pinned.reset();
            if (!self.begun) self.answer.status = 500;
        }
        static constexpr hawser_http_exchange_api kApi{sizeof(hawser_http_exchange_api),
                                                       0,
                                                       respond,
                                                       begin,
                                                       write,
                                                       send_file,
                                                       end,
                                                       inform,
                                                       attach,
                                                       pause,
                                                       upgrade,
                                                       abort};
    };
    std::shared_ptr<Exchange> exchange_;
};

// The whole answer to a request; a resource that needs time for it gets it: the clock jumps.
inline Answer ask(Instance &resource, Ask with)
{
    Asked asked(resource, std::move(with));
    Host &host = resource.host();
    while (!asked.answer().complete && !asked.answer().aborted && host.advance_to_next()) {}
    return asked.answer();
}

} // namespace hawser::testing
