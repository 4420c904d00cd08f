// hawser/client.hpp: connections that a plugin opens: read and written like any stream.
//
//     hawser::Task<std::string> ask(std::string question)
//     {
//         auto server = co_await hawser::connect("tcp:example.org:7000");
//         co_await server->write(question + "\n");
//         co_return std::string((co_await server->read_line()).value_or(""));
//     }
//
// Addresses: "tcp:host:port", "unix:/path", "service:NAME" (a listener of this compartment, over a pipe); a scheme that
// the host does not know is a StatusError with HAWSER_UNSUPPORTED. Names are looked up off the loop, and their
// addresses race (RFC 8305). [loop]
#pragma once

#include "hawser/stream.hpp"

#include <chrono>
#include <coroutine>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

namespace hawser {
namespace detail {

// What the host calls for a connection of connect(). Lives until on_close; whoever holds the stream may go before.
class OutgoingSession {
public:
    explicit OutgoingSession(const Node &node)
        : stream(Connection())
    {
        stream.now_ = &node.loop()->now;
    }
    OutgoingSession(const OutgoingSession &) = delete;
    OutgoingSession &operator=(const OutgoingSession &) = delete;
    virtual ~OutgoingSession() = default;

    // Negative: refused, and this is to be deleted.
    std::int32_t begin(const Node &node, std::string_view address, std::chrono::nanoseconds timeout)
    {
        hawser_connect options{};
        options.struct_size = sizeof options;
        options.timeout = timeout.count() > 0 ? static_cast<std::uint64_t>(timeout.count()) : 0;
        hawser_conn *conn = nullptr;
        const std::int32_t result =
            node.loop()->api->connect(node.loop(), node.raw(), str(address), &options, &kTable, this, &conn);
        if (result >= 0) stream.connection_ = Connection(conn);
        return result;
    }
    // The holder has gone: what was written is still sent.
    void let_go(bool abort)
    {
        if (over_) {
            delete this;
            return;
        }
        held_ = false;
        connecting = nullptr;
        if (abort || !is_open_)
            stream.connection_.abort();
        else
            stream.connection_.close();
    }
    bool is_over() const { return over_; }
    bool is_held() const { return held_; }
    // For a connection that is not of connect(): its session, with this as its self.
    static const hawser_session *table() { return &kTable; }
    void use(Connection connection) { stream.connection_ = connection; }
    bool is_quiet() const { return is_open_ && !over_ && !stream.ended_ && stream.input_.size() == stream.used_; }

    Stream stream;
    Resumption *connecting = nullptr; // who waits for on_open
    std::int32_t reason = HAWSER_OK;
    std::string detail;

private:
    static OutgoingSession &of(void *self) { return *static_cast<OutgoingSession *>(self); }
    void go_on()
    {
        Resumption *waiting = std::exchange(connecting, nullptr);
        if (waiting != nullptr) waiting->root->turns->resume(*waiting);
    }
    static void HAWSER_CALL on_open(void *self, hawser_conn *) noexcept
    {
        of(self).is_open_ = true;
        of(self).go_on();
    }
    static std::size_t HAWSER_CALL on_data(void *self, hawser_bytes data) noexcept
    {
        if (of(self).held_) of(self).stream.data(view(data));
        return data.n;
    }
    static void HAWSER_CALL on_drained(void *self) noexcept { of(self).stream.drained(); }
    static void HAWSER_CALL on_eof(void *self) noexcept
    {
        if (of(self).held_)
            of(self).stream.ended();
        else
            of(self).stream.connection_.close();
    }
    static void HAWSER_CALL on_timer(void *self) noexcept { of(self).stream.timer(); }
    static void HAWSER_CALL on_close(void *self, std::int32_t why, hawser_str text) noexcept
    {
        OutgoingSession &session = of(self);
        if (!session.held_) {
            delete &session;
            return;
        }
        session.over_ = true;
        session.reason = why;
        session.detail = view(text);
        if (session.connecting != nullptr)
            session.go_on();
        else
            session.stream.lost();
    }
    static constexpr hawser_session kTable{
        sizeof(hawser_session), 0, on_open, on_data, on_drained, on_eof, on_timer, nullptr, nullptr, on_close};
    bool is_open_ = false, over_ = false, held_ = true;
};

} // namespace detail

// A stream that its holder owns: the end of this closes it, after what was written.
class ClientStream {
public:
    ClientStream() = default;
    explicit ClientStream(detail::OutgoingSession *session)
        : session_(session)
    {}
    ClientStream(ClientStream &&other) noexcept
        : session_(std::exchange(other.session_, nullptr))
    {}
    ClientStream &operator=(ClientStream &&other) noexcept
    {
        if (this != &other) {
            close();
            session_ = std::exchange(other.session_, nullptr);
        }
        return *this;
    }
    ~ClientStream() { close(); }
    Stream *operator->() const { return &session_->stream; }
    Stream &operator*() const { return session_->stream; }
    explicit operator bool() const { return session_ != nullptr; }
    void close()
    {
        if (session_ != nullptr) std::exchange(session_, nullptr)->let_go(false);
    }
    void abort()
    {
        if (session_ != nullptr) std::exchange(session_, nullptr)->let_go(true);
    }
    // Open, with nothing that came unasked: good for another question.
    bool is_quiet() const { return session_ != nullptr && session_->is_quiet(); }

private:
    detail::OutgoingSession *session_ = nullptr;
};

namespace detail {

class [[nodiscard]] Connect {
public:
    Connect(std::string address, std::chrono::nanoseconds timeout)
        : address_(std::move(address))
        , timeout_(timeout)
    {}
    Connect(const Connect &) = delete;
    Connect &operator=(const Connect &) = delete;
    ~Connect()
    {
        if (session_ != nullptr) session_->let_go(true);
    }
    bool await_ready() const noexcept { return false; }
    template<Waits P>
    bool await_suspend(std::coroutine_handle<P> handle)
    {
        Resumption &waiting = handle.promise().resumption;
        session_ = new OutgoingSession(waiting.root->node);
        status_ = session_->begin(waiting.root->node, address_, timeout_);
        if (status_ < 0) {
            delete std::exchange(session_, nullptr);
            return false;
        }
        session_->connecting = &waiting;
        return true;
    }
    ClientStream await_resume()
    {
        if (status_ >= 0 && !session_->is_over()) return ClientStream(std::exchange(session_, nullptr));
        std::string text = "cannot connect to " + address_;
        if (status_ < 0)
            throw StatusError(status_, text + (status_ == HAWSER_UNSUPPORTED ? ": the host has no such scheme"
                                               : status_ == HAWSER_INVALID   ? ": it is no address"
                                                                             : ""));
        if (!session_->detail.empty()) text += ": " + session_->detail;
        throw StatusError(session_->reason, text);
    }

private:
    std::string address_;
    std::chrono::nanoseconds timeout_;
    OutgoingSession *session_ = nullptr;
    std::int32_t status_ = 0;
};

} // namespace detail

// Results in a ClientStream. `timeout` is for the name and the connection together; 0: 30 seconds. Throws StatusError:
// HAWSER_REFUSED, HAWSER_TIMED_OUT, HAWSER_NOT_FOUND (no such name), HAWSER_INVALID, HAWSER_UNSUPPORTED …
inline detail::Connect connect(std::string address, std::chrono::nanoseconds timeout = {})
{
    return {std::move(address), timeout};
}

} // namespace hawser
