// hawser/http_call.hpp: a request answered by a coroutine. A resource's get, post … may take a Call and return a task:
//
//     struct Slow {
//         hawser::Task<hawser::http::Response> post(hawser::http::Call &call)
//         {
//             const std::string text = co_await call.body(64 * 1024);
//             co_await hawser::sleep(std::chrono::seconds(1));
//             co_return hawser::http::Response{.body = text};
//         }
//     };
//
// A task of void answers by itself: respond(), or begin(), write(), end(). A Problem that it throws is the answer; any
// other exception is logged and answers 500. It is cancelled where it waits when the client has gone. [loop]
#pragma once

#include "hawser/http_exchange.hpp"
#include "hawser/http_problem.hpp"
#include "hawser/node.hpp"
#include "hawser/scope.hpp"
#include "hawser/task.hpp"
#include "hawser/wait.hpp"

#include <coroutine>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

namespace hawser::http {

class Call {
public:
    const Request &request() const { return request_; } // valid as long as the call
    const Node &node() const { return node_; }
    // Tasks beside the one that answers; cancelled with it when the client has gone.
    Scope &scope() { return scope_; }

    // The next part of the request's body; nothing: it is complete. The view holds until the next read.
    auto read() { return Read(*this); }
    // All of the body, or what is left of it. Throws Problem 413 if it is longer.
    Task<std::string> body(std::size_t most = 1024 * 1024)
    {
        std::string whole;
        if (request_.body_length() > 0 && static_cast<std::uint64_t>(request_.body_length()) > most)
            throw too_large(most);
        while (const auto part = co_await read()) {
            if (part->size() > most - whole.size()) throw too_large(most);
            whole += *part;
        }
        co_return whole;
    }

    // The whole answer. Each of these throws Error if the request was answered already.
    void respond(Response response)
    {
        expect(!begun_, "respond");
        begun_ = over_ = true;
        Exchange(exchange_).respond(std::move(response));
    }
    // An answer in parts; `length`: HAWSER_HTTP_UNKNOWN if it is not known. The response's body is not sent.
    void begin(const Response &response, std::int64_t length = HAWSER_HTTP_UNKNOWN)
    {
        expect(!begun_, "begin");
        begun_ = true;
        std::vector<hawser_field> fields;
        if (!response.type.empty()) fields.push_back({str("Content-Type"), str(response.type)});
        for (const auto &[name, value] : response.fields) fields.push_back({str(name), str(value)});
        const std::int32_t result =
            exchange_->api->begin(exchange_, response.status, fields.data(), fields.size(), length);
        if (result < 0) throw StatusError(result, "the answer cannot begin");
    }
    // A part of the body; waits while too much waits to be sent.
    auto write(std::string bytes) { return Write(*this, std::move(bytes)); }
    void end()
    {
        expect(begun_ && !over_, "end");
        over_ = true;
        exchange_->api->end(exchange_, nullptr, 0);
    }
    bool answered() const { return begun_; }
    bool is_over() const { return over_; } // the answer is complete, or the client has gone

    // For http::resource: answers with what f(call) comes to.
    template<typename F>
    static void start(hawser_http_exchange *exchange, const Node &node, F f)
    {
        auto *call = new Call(exchange, node);
        const hawser_http_request *request = exchange->api->attach(exchange, &kTable, call);
        if (request == nullptr) {
            delete call;
            throw Error("the request cannot be answered later: no memory, or it was answered already");
        }
        call->request_ = Request(request);
        call->scope_.spawn([call, f = std::move(f)]() mutable { return run(*call, f); });
    }
    Call(const Call &) = delete;
    Call &operator=(const Call &) = delete;

private:
    class [[nodiscard]] Read {
    public:
        explicit Read(Call &of)
            : call_(of)
        {}
        Read(const Read &) = delete;
        Read &operator=(const Read &) = delete;
        ~Read()
        {
            if (call_.reading_ == this) call_.reading_ = nullptr;
        }
        bool await_ready()
        {
            if (call_.reading_ != nullptr)
                throw Error("two reads of one body at the same time; await one after the other");
            return call_.take(found_);
        }
        template<hawser::detail::Waits P>
        void await_suspend(std::coroutine_handle<P> handle)
        {
            waiting_ = &handle.promise().resumption;
            call_.reading_ = this;
            call_.set_paused(false);
        }
        std::optional<std::string_view> await_resume() const { return found_; }

    private:
        friend Call;
        Call &call_;
        hawser::detail::Resumption *waiting_ = nullptr;
        std::optional<std::string_view> found_;
    };
    class [[nodiscard]] Write {
    public:
        Write(Call &of, std::string bytes)
            : call_(of)
            , bytes_(std::move(bytes))
        {}
        Write(const Write &) = delete;
        Write &operator=(const Write &) = delete;
        ~Write()
        {
            if (call_.writing_ == this) call_.writing_ = nullptr;
        }
        bool await_ready()
        {
            call_.expect(call_.begun_ && !call_.over_, "write");
            if (call_.writing_ != nullptr)
                throw Error("two writes of one answer at the same time; await one after the other");
            const hawser_piece piece{bytes_.data(), bytes_.size(), nullptr, nullptr};
            const std::int32_t result = call_.exchange_->api->write(call_.exchange_, &piece, 1);
            if (result < 0) throw StatusError(result, "the answer cannot go on");
            return result != HAWSER_FULL;
        }
        template<hawser::detail::Waits P>
        void await_suspend(std::coroutine_handle<P> handle)
        {
            waiting_ = &handle.promise().resumption;
            call_.writing_ = this;
        }
        void await_resume() const noexcept {}

    private:
        friend Call;
        Call &call_;
        std::string bytes_;
        hawser::detail::Resumption *waiting_ = nullptr;
    };

    Call(hawser_http_exchange *exchange, const Node &node)
        : exchange_(exchange)
        , request_(nullptr)
        , node_(node)
        , scope_(node, failed, this, emptied)
    {}
    ~Call() = default;

    template<typename F>
    static Task<void> run(Call &call, F &f)
    {
        using Result = decltype(f(call));
        if constexpr (std::is_same_v<Result, Task<Response>>) {
            Response response = co_await f(call);
            if (!call.begun_) call.respond(std::move(response));
        } else if constexpr (std::is_same_v<Result, Task<std::string>>) {
            std::string text = co_await f(call);
            if (!call.begun_) call.respond(Response{200, "text/plain; charset=utf-8", std::move(text), {}});
        } else {
            static_assert(std::is_same_v<Result, Task<void>>, "a handler that takes a Call returns a Task of void, "
                                                              "std::string or hawser::http::Response");
            co_await f(call);
        }
    }
    static Problem too_large(std::size_t most)
    {
        return {413, "expected a body of at most " + std::to_string(most) + " bytes"};
    }
    void expect(bool good, const char *what) const
    {
        if (!good) throw Error(std::string(what) + ": the answer was given already, or has not begun");
    }
    // True: there is a part, or there is none any more.
    bool take(std::optional<std::string_view> &part)
    {
        if (!first_taken_) {
            first_taken_ = true;
            if (request_.has_whole_body()) complete_ = true;
            if (!request_.body().empty()) {
                part = request_.body();
                return true;
            }
        }
        if (!input_.empty()) {
            current_ = std::exchange(input_, {});
            part = current_;
            return true;
        }
        return complete_;
    }
    void set_paused(bool paused)
    {
        if (paused_ == paused || over_) return;
        paused_ = paused;
        exchange_->api->pause(exchange_, paused ? 1 : 0);
    }
    void give()
    {
        Read *read = reading_;
        if (read == nullptr || !take(read->found_)) return;
        reading_ = nullptr;
        read->waiting_->root->turns->resume(*read->waiting_);
    }
    static void HAWSER_CALL on_body(void *self, hawser_bytes data) noexcept
    {
        auto &call = *static_cast<Call *>(self);
        call.input_ += view(data);
        if (call.reading_ == nullptr && call.input_.size() > kAhead) call.set_paused(true);
        call.give();
    }
    static void HAWSER_CALL on_body_end(void *self, const hawser_field *, std::size_t) noexcept
    {
        auto &call = *static_cast<Call *>(self);
        call.complete_ = true;
        call.give();
    }
    static void HAWSER_CALL on_drained(void *self) noexcept
    {
        auto &call = *static_cast<Call *>(self);
        Write *write = std::exchange(call.writing_, nullptr);
        if (write != nullptr) write->waiting_->root->turns->resume(*write->waiting_);
    }
    static void HAWSER_CALL on_close(void *self, std::int32_t) noexcept
    {
        auto *call = static_cast<Call *>(self);
        call->over_ = true;
        call->scope_.cancel();
        delete call;
    }
    static void failed(void *self, const std::exception_ptr &thrown) noexcept
    {
        auto &call = *static_cast<Call *>(self);
        try {
            std::rethrow_exception(thrown);
        } catch (const Problem &problem) {
            if (!call.begun_) return call.respond(problem.to_response());
            call.node_.error("request_failed", {{"error", problem.what()}});
        } catch (...) {
            call.node_.error("request_failed", {{"error", hawser::detail::what(thrown)}});
        }
        call.abort();
    }
    void abort()
    {
        if (over_) return;
        begun_ = over_ = true;
        exchange_->api->abort(exchange_);
    }
    // Nothing is left that could answer.
    static void emptied(void *self) noexcept
    {
        auto *call = static_cast<Call *>(self);
        if (!call->over_) {
            call->node_.error("request_failed", {{"error", "the task ended without an answer"}});
            call->abort();
        }
        delete call;
    }
    static constexpr hawser_http_handler kTable{
        sizeof(hawser_http_handler), 0, on_body, on_body_end, on_drained, on_close};
    static constexpr std::size_t kAhead = 64 * 1024; // of the body, while nobody reads it

    hawser_http_exchange *exchange_;
    Request request_;
    Node node_;
    Scope scope_;
    std::string input_, current_;
    Read *reading_ = nullptr;
    Write *writing_ = nullptr;
    bool first_taken_ = false, complete_ = false, paused_ = false;
    bool begun_ = false, over_ = false; // the answer; over: the exchange may not be touched
};

namespace detail {

// What http::resource does for a handler that takes a Call.
template<typename T>
struct CallStarter {
    template<typename F>
    static void start(hawser_http_exchange *exchange, const Node &node, F f)
    {
        Call::start(exchange, node, std::move(f));
    }
};

} // namespace detail
} // namespace hawser::http
