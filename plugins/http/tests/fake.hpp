// A host in memory for the engine: a loop with a clock of the test's, a connection that records, resources that are
// functions of the test. The engine is called through its tables only, as the host calls it.
#pragma once

#include "hawser/http.h"
#include "hawser/records.h"

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace http_engine::test {

inline std::string_view text(hawser_str s) { return {s.p, s.n}; }

// Records what is written and what is asked for.
struct FakeConn : hawser_conn {
    FakeConn();

    std::string output;
    std::vector<std::string> writes; // one a call
    int paused = 0, pauses = 0;
    std::uint64_t timer = 0;
    std::uint32_t closed = 0; // how; 0: open
    std::int32_t write_result = HAWSER_OK;
    std::uint64_t queued_bytes = 0;
    const hawser_session *attached = nullptr;
    void *attached_self = nullptr;
    bool tls_on = false;
    hawser_address peer{}; // family 0 and no text: it cannot be told
    bool quiet = false;    // takes writes without keeping them

    static const hawser_conn_api kApi;
};

using Answerer = std::function<void(hawser_http_exchange *, const hawser_http_request *)>;

// An engine with routes to functions of the test, and one connection.
class Rig {
public:
    Rig();
    ~Rig();
    Rig(const Rig &) = delete;
    Rig &operator=(const Rig &) = delete;

    // Before the first bytes. Options are those of the manifest, with its defaults.
    void set(const std::string &option, std::int64_t number) { numbers_[option] = number; }
    void set_server(const std::string &name) { server_ = name; }
    // The access log is on; what it gets is in lines().
    void log_access(std::uint32_t format) { host_.format = format; }
    const std::string &lines() const { return host_.lines; }
    // Events of the log: "event value value;".
    const std::string &told() const { return host_.told; }
    // `own`: the value of an option of the route, `name`.
    void route(const std::string &pattern, Answerer answer, std::int64_t own = -1, const char *name = "max_body");
    // False: the engine refused its options; error() says why.
    bool create();
    const hawser_error &error() const { return error_; }
    void open();
    void *open_on(FakeConn &other)
    {
        if (instance_ == nullptr) create();
        return protocol_->open(instance_, &other, {nullptr, 0});
    }
    const hawser_session *table() const { return session_; }
    // As of a connection of the generation before; its session is this rig's then. False: refused.
    bool open_with(std::string_view state)
    {
        self_ = protocol_->open(instance_, &conn, {state.data(), state.size()});
        return self_ != nullptr;
    }
    std::int64_t park(std::string &state)
    {
        state.resize(HAWSER_STATE_MAX);
        const std::int64_t n = session_->park(self_, state.data(), state.size());
        state.resize(n > 0 ? static_cast<std::size_t>(n) : 0);
        return n;
    }

    // As a host: what was left comes first, a paused connection waits, and the bytes are gone after the call.
    void feed(std::string_view bytes);
    void deliver(); // what is left, after a resume
    void eof() { session_->on_eof(self_); }
    void timer() { session_->on_timer(self_); }
    void drained() { session_->on_drained(self_); }
    void drain_instance(std::uint32_t why) { protocol_->kind.drain(instance_, loop.now + 10'000'000'000, why); }
    void drain(std::uint32_t why) { session_->on_drain(self_, loop.now + 10'000'000'000, why); }
    void lose(std::int32_t reason); // the connection ends
    bool is_open() const { return self_ != nullptr && conn.closed == 0 && conn.attached == nullptr; }

    std::string take() { return std::exchange(conn.output, {}); }
    const std::string &left() const { return left_; } // bytes that the session has not consumed
    // on_data with bytes of the caller's, without a copy.
    std::size_t data(std::string_view bytes) { return session_->on_data(self_, {bytes.data(), bytes.size()}); }

    hawser_loop loop{};
    FakeConn conn;

private:
    struct Target {
        hawser_http_resource table{};
        hawser_object object{};
        hawser_value with{}, own{};
        std::string pattern;
        Answerer answer;
    };

    // Whose tables its hawser_host gives: hawser.records/1.
    struct Host : hawser_host {
        Host();
        std::uint32_t format = 0; // 0: off
        std::string lines, told;  // records; events of its log
        static const hawser_records kRecords;
    };

    Host host_;
    std::map<std::string, std::int64_t> numbers_;
    std::string server_ = "test";
    std::deque<Target> targets_;
    std::vector<hawser_value> options_, routes_;
    hawser_value table_{};
    hawser_node node_{};
    hawser_error error_{};
    const hawser_protocol *protocol_ = nullptr;
    const hawser_session *session_ = nullptr;
    void *instance_ = nullptr, *self_ = nullptr;
    std::string left_;
};

// Answers with `body`.
void say(hawser_http_exchange *e, std::string_view body, std::uint32_t status = 200);
// A GET of HTTP/1.1, with more field lines.
std::string get(const std::string &path, const std::string &fields = {});
// A request with a Host.
std::string request(const std::string &line, const std::string &fields = {}, const std::string &body = {});
// The bodies of answers with Content-Length, one after the other.
std::vector<std::string> bodies(std::string output);
// The statuses of the answers in `output`, as "200 404"; interim ones included.
std::string statuses(const std::string &output);

// What a handler hears, in words.
struct Heard {
    std::string log;
    static const hawser_http_handler kTable;
};

// Reads the body to its end, then answers with it.
class Echo {
public:
    // Attaches to the exchange; deletes itself when that has ended.
    static void attach(hawser_http_exchange *e, const hawser_http_request *r);

private:
    explicit Echo(hawser_http_exchange *e)
        : exchange_(e)
    {}
    static const hawser_http_handler kTable;
    hawser_http_exchange *exchange_;
    std::string body_;
};

} // namespace http_engine::test
