// hawser/stream.hpp: a connection in the order of its reading: a protocol that is one coroutine a connection.
//
//     hawser::Task<> shout(hawser::Stream &stream)
//     {
//         while (const auto line = co_await stream.read_line()) co_await stream.write(upper(*line) + "\n");
//     }
//     HAWSER_PLUGIN(hawser::stream_protocol<shout>("shout"))
//
// When it returns, what was written is sent and the connection is closed; what it throws aborts the connection and is
// logged; when the connection ends first, it is cancelled where it waits. While the host drains, a read that has
// nothing begun ends as if the peer had ended. [loop]
#pragma once

#include "hawser/connection.hpp"
#include "hawser/node.hpp"
#include "hawser/protocol.hpp"
#include "hawser/scope.hpp"
#include "hawser/wait.hpp"

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace hawser {
namespace detail {
template<auto F, typename P>
class StreamSession;
class OutgoingSession;
} // namespace detail

class Stream {
public:
    static constexpr std::size_t kLongestLine = 16 * 1024; // if nothing else is said

    explicit Stream(Connection connection)
        : connection_(connection)
    {}
    Stream(const Stream &) = delete;
    Stream &operator=(const Stream &) = delete;

    // Each of these ends with nothing when the peer has ended (or the host drains) and no byte of it has come; throws
    // StatusError with HAWSER_CLOSED when it has ended in the middle, HAWSER_LIMIT when it would be longer than `most`,
    // HAWSER_TIMED_OUT as set_idle_timeout() says. The view holds until the next read.

    // Up to the end of a line, without it: "\n" or "\r\n".
    auto read_line(std::size_t most = kLongestLine) { return Read(*this, Wanted{Wanted::kLine, 0, most, {}}); }
    // Up to `end`, without it.
    auto read_until(std::string_view end, std::size_t most = kLongestLine)
    {
        return Read(*this, Wanted{Wanted::kUntil, 0, most, std::string(end)});
    }
    // Exactly so many bytes.
    auto read_exactly(std::size_t bytes) { return Read(*this, Wanted{Wanted::kExactly, bytes, bytes, {}}); }
    // What is there, at least one byte.
    auto read_some(std::size_t most = kLongestLine) { return Read(*this, Wanted{Wanted::kSome, 1, most, {}}); }

    // Queues a copy, and waits while too much waits to be sent. Throws StatusError with HAWSER_CLOSED after the end.
    auto write(std::string bytes) { return Write(*this, std::move(bytes)); }
    // The same with a view or a literal: copied before it waits.
    auto write(std::string_view bytes) { return Write(*this, std::string(bytes)); }
    auto write(const char *text) { return Write(*this, std::string(text)); }

    // A read or a write that waits longer throws StatusError with HAWSER_TIMED_OUT; 0: for ever. Up to 200 ms late.
    void set_idle_timeout(std::chrono::nanoseconds time)
    {
        idle_ = static_cast<std::uint64_t>(time.count() > 0 ? time.count() : 0);
    }
    std::string peer() const { return connection_.peer(); }
    // The host stops, or this generation is replaced: nothing new, please.
    bool draining() const { return draining_; }
    const Connection &connection() const { return connection_; }

private:
    template<auto F, typename P>
    friend class detail::StreamSession;
    friend class detail::OutgoingSession;

    struct Wanted {
        enum What { kLine, kUntil, kExactly, kSome } what;
        std::size_t bytes, most;
        std::string end;
    };
    class [[nodiscard]] Read {
    public:
        Read(Stream &of, Wanted wanted)
            : stream_(of)
            , wanted_(std::move(wanted))
        {}
        Read(const Read &) = delete;
        Read &operator=(const Read &) = delete;
        ~Read()
        {
            if (stream_.reading_ != this) return;
            stream_.reading_ = nullptr;
            stream_.read_by_ = 0;
        }
        bool await_ready()
        {
            if (stream_.reading_ != nullptr)
                throw Error("two reads of one stream at the same time; await one after the other");
            stream_.compact();
            return find();
        }
        template<detail::Waits P>
        void await_suspend(std::coroutine_handle<P> handle)
        {
            waiting_ = &handle.promise().resumption;
            stream_.reading_ = this;
            stream_.arm(stream_.read_by_);
            stream_.set_paused(false);
        }
        std::optional<std::string_view> await_resume()
        {
            if (failed_ == HAWSER_CLOSED)
                throw StatusError(failed_, "the peer ended in the middle of what was to be read");
            if (failed_ == HAWSER_LIMIT)
                throw StatusError(failed_,
                                  "the peer sent more than " + std::to_string(wanted_.most) + " bytes at once");
            if (failed_ == HAWSER_TIMED_OUT) throw StatusError(failed_, "the peer sent nothing in time");
            return found_;
        }
        // True: there is an end to it, good or bad.
        bool find();
        void fail(std::int32_t status)
        {
            failed_ = status;
            go_on();
        }
        // It goes on when the turns do: then the stream may be gone.
        detail::Turns &push()
        {
            stream_.reading_ = nullptr;
            stream_.disarm(stream_.read_by_);
            detail::Turns &turns = *waiting_->root->turns;
            turns.push(*waiting_);
            return turns;
        }
        void go_on() { push().go_on(); }

    private:
        void give(std::size_t bytes, std::size_t with_end)
        {
            found_ = std::string_view(stream_.input_).substr(stream_.used_, bytes);
            stream_.used_ += with_end;
        }
        Stream &stream_;
        Wanted wanted_;
        std::size_t searched_ = 0; // bytes that have no end of a line
        detail::Resumption *waiting_ = nullptr;
        std::optional<std::string_view> found_;
        std::int32_t failed_ = 0;
    };

    class [[nodiscard]] Write {
    public:
        Write(Stream &of, std::string bytes)
            : stream_(of)
            , bytes_(std::move(bytes))
        {}
        Write(const Write &) = delete;
        Write &operator=(const Write &) = delete;
        ~Write()
        {
            if (stream_.writing_ != this) return;
            stream_.writing_ = nullptr;
            stream_.write_by_ = 0;
        }
        bool await_ready()
        {
            if (stream_.writing_ != nullptr)
                throw Error("two writes of one stream at the same time; await one after the other");
            if (stream_.closed_) throw StatusError(HAWSER_CLOSED, "the connection has ended");
            return stream_.connection_.write(std::move(bytes_));
        }
        template<detail::Waits P>
        void await_suspend(std::coroutine_handle<P> handle)
        {
            waiting_ = &handle.promise().resumption;
            stream_.writing_ = this;
            stream_.arm(stream_.write_by_);
        }
        void await_resume() const
        {
            if (failed_ == HAWSER_CLOSED) throw StatusError(failed_, "the connection has ended");
            if (failed_ != 0) throw StatusError(failed_, "the peer read nothing in time");
        }
        detail::Turns &push(std::int32_t failed)
        {
            failed_ = failed;
            stream_.writing_ = nullptr;
            stream_.disarm(stream_.write_by_);
            detail::Turns &turns = *waiting_->root->turns;
            turns.push(*waiting_);
            return turns;
        }
        void go_on(std::int32_t failed) { push(failed).go_on(); }

    private:
        Stream &stream_;
        std::string bytes_;
        detail::Resumption *waiting_ = nullptr;
        std::int32_t failed_ = 0;
    };

    // Everything is taken: the views of a read outlive on_data. Nobody reads: no more is read from the peer.
    void data(std::string_view bytes)
    {
        input_ += bytes;
        if (reading_ == nullptr)
            set_paused(true);
        else if (reading_->find())
            reading_->go_on();
    }
    void ended()
    {
        ended_ = true;
        if (reading_ != nullptr && reading_->find()) reading_->go_on();
    }
    void drained()
    {
        if (writing_ != nullptr) writing_->go_on(0);
    }
    void timer()
    {
        const std::uint64_t now = now_ != nullptr ? *now_ : 0;
        if (reading_ != nullptr && read_by_ != 0 && read_by_ <= now)
            reading_->fail(HAWSER_TIMED_OUT); // sets the timer for the other
        else if (writing_ != nullptr && write_by_ != 0 && write_by_ <= now)
            writing_->go_on(HAWSER_TIMED_OUT);
        else
            set_timer();
    }
    // The connection has ended: what is waited for fails.
    void lost()
    {
        closed_ = ended_ = true;
        detail::Turns *turns = nullptr;
        if (reading_ != nullptr && reading_->find()) turns = &reading_->push();
        if (writing_ != nullptr) turns = &writing_->push(HAWSER_CLOSED);
        if (turns != nullptr) turns->go_on();
    }
    void drain()
    {
        draining_ = true;
        if (reading_ != nullptr && reading_->find()) reading_->go_on();
    }
    // A read and a write may wait at the same time, each with its own deadline.
    void arm(std::uint64_t &by)
    {
        if (idle_ == 0 || now_ == nullptr) return;
        by = *now_ + idle_;
        set_timer();
    }
    void disarm(std::uint64_t &by)
    {
        if (std::exchange(by, 0) != 0) set_timer();
    }
    void set_timer()
    {
        const bool both = read_by_ != 0 && write_by_ != 0;
        connection_.set_timer(both ? std::min(read_by_, write_by_) : read_by_ | write_by_);
    }
    void set_paused(bool paused)
    {
        if (paused_ == paused) return;
        paused_ = paused;
        connection_.pause(paused);
    }
    // What was read is let go of; memory too, when nothing is left.
    void compact()
    {
        if (used_ == input_.size()) {
            if (input_.capacity() > kKept)
                input_ = {};
            else
                input_.clear();
            used_ = 0;
        } else if (used_ > kKept) {
            input_.erase(0, used_);
            used_ = 0;
        }
    }

    static constexpr std::size_t kKept = 4096;
    Connection connection_;
    const std::uint64_t *now_ = nullptr; // of the loop
    std::string input_;
    std::size_t used_ = 0; // bytes of it that were read
    std::uint64_t idle_ = 0, read_by_ = 0, write_by_ = 0;
    Read *reading_ = nullptr;
    Write *writing_ = nullptr;
    bool paused_ = false, ended_ = false, draining_ = false, closed_ = false;
};

inline bool Stream::Read::find()
{
    const std::string_view left = std::string_view(stream_.input_).substr(stream_.used_);
    std::size_t end = std::string_view::npos, size = 0;
    switch (wanted_.what) {
    case Wanted::kLine:
        end = left.find('\n', searched_);
        size = 1;
        searched_ = left.size();
        break;
    case Wanted::kUntil:
        end = left.find(wanted_.end, searched_);
        size = wanted_.end.size();
        searched_ = left.size() - std::min(left.size(), size > 0 ? size - 1 : 0);
        break;
    case Wanted::kExactly:
        if (left.size() >= wanted_.bytes) end = wanted_.bytes;
        break;
    case Wanted::kSome:
        if (!left.empty()) end = std::min(left.size(), wanted_.most);
        break;
    }
    if (end != std::string_view::npos) {
        std::size_t bytes = end;
        if (wanted_.what == Wanted::kLine && bytes > 0 && left[bytes - 1] == '\r') --bytes;
        if (bytes > wanted_.most)
            failed_ = HAWSER_LIMIT;
        else
            give(bytes, end + size);
        return true;
    }
    if (left.size() > wanted_.most + size) failed_ = HAWSER_LIMIT;
    if (failed_ == 0 && stream_.ended_ && !left.empty()) failed_ = HAWSER_CLOSED;
    return failed_ != 0 || stream_.ended_ || (stream_.draining_ && left.empty());
}

namespace detail {

// The session of a stream protocol: F(stream), or F(stream, protocol) with one P a loop.
template<auto F, typename P>
class StreamSession {
public:
    StreamSession(Connection connection, P &protocol, const Node &node)
        : stream_(connection)
        , protocol_(protocol)
        , scope_(std::in_place, node, failed, this)
    {
        stream_.now_ = &node.loop()->now;
        scope_->spawn(run());
    }
    StreamSession(const StreamSession &) = delete;
    StreamSession &operator=(const StreamSession &) = delete;
    void data(std::string_view bytes) { stream_.data(bytes); }
    void ended() { stream_.ended(); }
    void drained() { stream_.drained(); }
    void timer() { stream_.timer(); }
    void drain(std::uint64_t, std::uint32_t) { stream_.drain(); }
    void closed(std::int32_t)
    {
        stream_.closed_ = true;
        scope_.reset();
    }

private:
    Task<void> run()
    {
        if constexpr (std::is_invocable_v<decltype(F), Stream &, P &>)
            co_await F(stream_, protocol_);
        else
            co_await F(stream_);
        stream_.connection_.close();
    }
    static void failed(void *self, const std::exception_ptr &thrown) noexcept
    {
        auto &session = *static_cast<StreamSession *>(self);
        session.scope_->node().error("session_failed", {{"error", what(thrown)}});
        session.stream_.connection_.abort();
    }
    Stream stream_;
    P &protocol_;
    std::optional<Scope> scope_;
};

} // namespace detail

// F is a function: Task<> f(Stream &), or Task<> f(Stream &, Protocol &) with one Protocol a loop, made from its Node.
template<auto F, typename Protocol = Nothing>
constexpr hawser_protocol stream_protocol(const char *name)
{
    return protocol<detail::StreamSession<F, Protocol>, Protocol>(name);
}

} // namespace hawser
